"""What Tab offers."""

from __future__ import annotations

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import fragment_list_to_text

from rvbbit.cli.completion import ShellCompleter, Words, starts
from rvbbit.types import Operator

MEANS = Operator(
    "means",
    "means",
    ("{{ text }} MEANS {{ criterion }}", "{{ text }} NOT MEANS {{ criterion }}"),
    (),
    "BOOLEAN",
    description="has the meaning",
)
ASK = Operator("ask", "ask", ("ASK({{ text }}, {{ question }})",), (), "VARCHAR", description="answers a question")
WORDS = Words(
    keywords=["select", "from", "with"],
    tables=[("main", "tickets", ["id", "text"]), ("sales", "orders", ["total"])],
    operators=[MEANS, ASK],
    commands={"\\d": "tables", "\\q": "leave"},
)


def offered(text: str) -> dict[str, str]:
    found = ShellCompleter(WORDS).get_completions(Document(text), CompleteEvent())
    return {completion.text: fragment_list_to_text(completion.display_meta) for completion in found}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("SEL", {"SELECT"}),
        ("sel", {"select"}),
        ("SELECT * FROM t", {"tickets"}),
        ("SELECT * FROM ", {"tickets", "sales.orders"}),
        ("SELECT * FROM sales.", {"sales.orders"}),
        ("SELECT tickets.t", {"tickets.text"}),
        ("SELECT te", {"text"}),
        ("SELECT sales.orders.to", {"sales.orders.total"}),
        ("\\", {"\\d", "\\q"}),
        ("\\d ti", {"tickets"}),
        ("", set()),
    ],
)
def test_what_fits_the_place_is_offered(typed: str, expected: set[str]) -> None:
    assert set(offered(typed)) == expected


def test_operators_come_with_their_help() -> None:
    assert offered("SELECT x mea") == {"means": "has the meaning"}
    assert offered("SELECT as") == {"ask(": "answers a question"}


def test_a_pattern_starts_with_its_first_words() -> None:
    assert starts(MEANS) == ["MEANS", "NOT MEANS"] and starts(ASK) == ["ASK("]
