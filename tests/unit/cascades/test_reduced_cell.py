"""Lists longer than a model reads: asked about in parts, then about the answers; the number of calls is known before."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from rvbbit.cascades import reducing
from rvbbit.cascades.loader import load_text
from rvbbit.cascades.runner import Runner
from rvbbit.errors import CallError
from rvbbit.types import CallContext, Request

CASCADE = """\
cascade_id: condense
sql_function:
  name: condense
  shape: aggregate
  args: [{name: texts, type: "VARCHAR[]"}]
  returns: RETURNS
cells:
  - name: cell
    instructions: |
      {% for text in input.texts %}
      {{ loop.index }}. <text>{{ text }}</text>
      {% endfor %}
    MORE
"""
TEXTS = [f"text {number:04} {'x' * 391}" for number in range(100)]
"""About 108 tokens each."""


def cascade(more: str, returns: str = "VARCHAR") -> str:
    return CASCADE.replace("RETURNS", returns).replace("MORE", more)


def seen(request: Request) -> list[str]:
    return re.findall(r"<text>(.*?)</text>", request.messages[-1].content)


async def calls(world: Any, texts: list[str]) -> int:
    context = CallContext("s")
    known = await world.runner.known("condense", [{"texts": texts}], context)
    expected: int = await world.runner.requests("condense", 1 - known, context, [{"texts": texts}])
    return expected


@pytest.fixture
def joining(world: Any) -> Any:
    """A cell that answers with how many texts it saw; its answers are summed by a prompt of their own."""
    world.write(cascade('reduce: {over: texts, tokens: 1100, at_once: 3, system: add, instructions: "SUM {{ input.texts }}"}'))

    def says(request: Request) -> str:
        asked = request.messages[-1].content
        return str(sum(map(int, json.loads(re.sub(r"</?texts>|SUM ", "", asked))))) if asked.startswith("SUM") else str(len(seen(request)))

    world.says(says)
    return world


async def test_a_list_that_fits_is_one_question(joining: Any) -> None:
    assert await calls(joining, TEXTS[:10]) == 1
    (answer,) = await joining.answer("condense", {"texts": TEXTS[:10]})
    assert (answer.value, answer.calls) == ("10", 1)


async def test_a_longer_one_is_asked_in_parts_and_its_answers_brought_together(joining: Any) -> None:
    expected = await calls(joining, TEXTS)
    (answer,) = await joining.answer("condense", {"texts": TEXTS})
    parts = [seen(request) for request in joining.provider.requests if not request.messages[-1].content.startswith("SUM")]
    assert answer.value == "100"
    assert [text for part in parts for text in part] == TEXTS
    assert answer.calls == expected == len(joining.provider.requests) == 17
    assert len(parts) == 11  # brought together by 4, 1 (one answer of four is alone) and 1 more
    assert all(sum(map(reducing.tokens, part)) <= 1100 for part in parts)


async def test_what_was_answered_is_found_again(joining: Any) -> None:
    await joining.answer("condense", {"texts": TEXTS})
    assert await calls(joining, TEXTS) == 0
    (again,) = await joining.answer("condense", {"texts": TEXTS})
    assert (again.value, again.calls, again.cached) == ("100", 0, True)


async def test_a_value_more_asks_about_few_parts_again(joining: Any) -> None:
    (first,) = await joining.answer("condense", {"texts": TEXTS})
    more = sorted([*TEXTS, "text 0050 and one more"])
    expected = await calls(joining, more)
    (second,) = await joining.answer("condense", {"texts": more})
    assert second.value == "101"
    assert expected == second.calls < first.calls / 2


async def test_answers_of_a_stopped_query_are_kept(joining: Any) -> None:
    says, asked = joining.provider.answer, []

    def breaks(request: Request) -> Any:
        asked.append(request)
        return CallError("down") if len(asked) > 12 else says(request)

    joining.says(breaks)
    with pytest.raises(CallError, match="down"):
        await joining.answer("condense", {"texts": TEXTS})
    joining.says(says)
    left = await calls(joining, TEXTS)
    (answer,) = await joining.answer("condense", {"texts": TEXTS})
    assert answer.value == "100"
    assert answer.calls == left == 5


async def test_without_a_prompt_of_its_own_the_cell_is_asked_about_its_answers(world: Any) -> None:
    world.write(cascade("reduce: {over: texts, tokens: 1100}"))
    world.says(lambda request: f"{len(seen(request))} texts")
    (answer,) = await world.answer("condense", {"texts": TEXTS})
    assert answer.value == f"{len(reducing.parts(TEXTS, 1100))} texts" or answer.value == "2 texts"


async def test_numbers_are_averaged_by_the_size_of_their_parts(world: Any) -> None:
    world.write(cascade("output_schema: {type: number}\n    reduce: {over: texts, tokens: 1100, combine: mean}", "DOUBLE"))
    world.says(lambda request: str(len([text for text in seen(request) if text < "text 0025"]) / len(seen(request))))
    assert await calls(world, TEXTS) == len(reducing.parts(TEXTS, 1100))
    (answer,) = await world.answer("condense", {"texts": TEXTS})
    assert answer.value == pytest.approx(0.25)


NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Letters:
    """An embedding of a text's first letter."""

    async def embed(self, texts: Any) -> Any:
        return np.array([np.eye(128, dtype=np.float32)[ord(text[0]) % 128] for text in texts])


async def test_only_texts_that_are_alike_are_asked_about_together(world: Any) -> None:
    more = (
        "numbered: texts\n    output_schema: {type: array, items: {type: integer}}\n    reduce: {over: texts, combine: join, likeness: 0.5}"
    )
    world.write(cascade(more, "VARCHAR[]"))
    world.runner = Runner(
        world.catalog, world.provider_for, world.log, world.selector, world.run_sql, "fake:default", embedder=Letters(), clock=lambda: NOON
    )
    world.says(lambda request: "[1]")
    texts = ["apple", "avocado", "bread", "cherry", "cider", "coal"]
    assert await calls(world, texts) == 2
    (answer,) = await world.answer("condense", {"texts": texts})
    assert answer.value == ["apple", "bread", "cherry"]
    assert [seen(request) for request in world.provider.requests] == [["apple", "avocado"], ["cherry", "cider", "coal"]]
    (alone,) = await world.answer("condense", {"texts": ["bread", "zinc"]})
    assert (alone.value, alone.calls) == (["bread", "zinc"], 0)


async def test_a_model_that_reads_no_messages_gets_the_whole_list(world: Any) -> None:
    world.write(cascade("reduce: {over: texts, tokens: 1100}"))
    world.says(lambda request: str(len(request.arguments["texts"])), reads_messages=False)
    (answer,) = await world.answer("condense", {"texts": TEXTS})
    assert (answer.value, answer.calls) == ("100", 1)


def test_parts_end_where_the_values_say() -> None:
    before, after = reducing.parts(TEXTS, 1100), reducing.parts(sorted([*TEXTS, "text 0050 and one more"]), 1100)
    assert len([part for part in after if part not in before]) <= 3


def test_a_value_longer_than_the_room_stands_alone() -> None:
    assert reducing.parts(["a", "x" * 10_000, "b"], 200) == [["a"], ["x" * 10_000], ["b"]]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("reduce: {over: tests}", "tests is neither an input"),
        ("reduce: {over: texts, tokens: 5}", "reduce.tokens"),
        ("reduce: {over: texts, combine: mean, instructions: x}", "asks nothing"),
        ("reduce: {over: texts, likeness: 0.5}", "go together"),
        ("reduce: {over: texts, chunk: 5}", "unknown key"),
        ("takes: {n: 3}\n    reduce: {over: texts}", "leave out `takes`"),
        ('reduce: {over: texts, instructions: "{{ input.tests }}"}', "input.tests does not exist"),
    ],
)
def test_a_reduce_that_cannot_be_is_refused(more: str, said: str) -> None:
    assert any(said in problem for problem in load_text(cascade(more), "f.yaml").problems)
