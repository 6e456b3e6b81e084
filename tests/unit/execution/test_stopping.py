"""A LIMIT, or an EXISTS, stops asking; several predicates are asked in the order that takes the fewest calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from rvbbit.execution.executor import Executor
from rvbbit.execution.questions import Asking
from rvbbit.sql.plan import Ask
from rvbbit.types import Answer, Arguments

MANY = """CREATE TABLE many AS SELECT i AS id, 'text ' || i || CASE WHEN i % 2 = 0 THEN ' even' ELSE '' END AS text,
 'title ' || i || CASE WHEN i % 10 = 0 THEN ' rare' ELSE '' END AS title, i % 7 AS amount FROM range(1000) r(i)"""


@pytest.fixture
def many(bench: Any) -> Any:
    """A thousand texts of which every second is even, and every tenth title is rare."""
    bench.setup(MANY)
    return bench


def test_limit_stops_calling_the_model(many: Any) -> None:
    many.check("SELECT id FROM many WHERE means(text, 'even') ORDER BY id LIMIT 10")
    assert 20 <= len(many.asked) <= 33
    assert len(many.batches) <= 2


def test_limit_without_an_order_takes_any_rows_that_pass(many: Any) -> None:
    ids = many.run("SELECT id FROM many WHERE means(text, 'even') LIMIT 10")["id"].to_pylist()
    assert len(set(ids)) == 10
    assert all(id_ % 2 == 0 for id_ in ids)
    assert len(many.asked) <= 33


def test_many_rounds_take_no_call_that_could_be_avoided(many: Any) -> None:
    many.check("-- @ rounds: many\nSELECT id FROM many WHERE means(text, 'even') ORDER BY id LIMIT 10")
    assert len(many.asked) == 19, "the tenth even number is 18"


def test_offset_counts(many: Any) -> None:
    many.check("SELECT id FROM many WHERE means(text, 'even') ORDER BY id LIMIT 5 OFFSET 10")
    assert 30 <= len(many.asked) <= 50


def test_rows_that_are_too_few_are_all_asked(many: Any) -> None:
    many.check("SELECT id FROM many WHERE means(text, 'no such word') AND id < 300 ORDER BY id LIMIT 10")
    assert len(many.asked) == 300
    assert max(many.batches) <= 64


def test_no_batch_is_more_than_a_round(many: Any) -> None:
    many.check("SELECT id FROM many WHERE means(title, 'rare') ORDER BY id LIMIT 60")
    assert max(many.batches) <= 64
    assert len(many.asked) < 591 + 64


def test_cheap_predicates_go_first(many: Any) -> None:
    many.check("SELECT id FROM many WHERE means(text, 'even') AND amount = 3 ORDER BY id DESC LIMIT 3")
    assert all(int(text.split()[1]) % 7 == 3 for _, (text, _) in many.asked)


def test_duplicates_are_asked_once(many: Any) -> None:
    many.run("SELECT a.id, b.id FROM many a, range(50) b(id) WHERE means(a.text, 'even') ORDER BY a.id, b.id LIMIT 100")
    assert len(many.asked) <= 64
    assert len(set(many.asked)) == len(many.asked)


def test_output_calls_are_asked_for_the_rows_that_are_left(many: Any) -> None:
    many.check("SELECT id, ask(title, 'q') AS a FROM many WHERE means(text, 'even') ORDER BY id LIMIT 4 OFFSET 3")
    assert sum(name == "ask" for name, _ in many.asked) == 4


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT EXISTS (SELECT * FROM many WHERE means(text, 'even'))",
        "SELECT id FROM u WHERE EXISTS (SELECT ask(text, 'x') FROM many WHERE means(text, 'even')) ORDER BY id",
        "SELECT count(*) FROM (SELECT id FROM many WHERE means(text, 'even') LIMIT 1)",
        "WITH c AS (SELECT text FROM many WHERE means(text, 'even') ORDER BY id LIMIT 1) SELECT c.text, d.text FROM c, c d",
    ],
)
def test_one_row_is_enough(many: Any, statement: str) -> None:
    many.check(statement)
    assert len(many.asked) <= 4


def test_a_limit_may_be_a_parameter(many: Any) -> None:
    assert many.run("SELECT id FROM many WHERE text MEANS ? ORDER BY id LIMIT ? OFFSET ?", ["even", 2, 1])["id"].to_pylist() == [2, 4]
    assert len(many.asked) <= 16


def test_what_fails_the_first_batch_fails_the_statement_and_leaves_nothing(many: Any) -> None:
    def refuses(ask: Ask, arguments: Sequence[Arguments]) -> list[Answer]:
        raise RuntimeError("no answer")

    many.answers = refuses
    with pytest.raises(RuntimeError, match="no answer"):
        many.run("SELECT id FROM many WHERE means(text, 'even') LIMIT 10")
    assert many.left_behind() == []


def test_known_answers_are_tried_before_a_call_is_made(many: Any) -> None:
    many.run("SELECT id FROM many WHERE means(text, 'even') LIMIT 10")
    many.asked.clear()
    known = {f"text {i}{' even' * (i % 2 == 0)}" for i in range(100, 130)}

    def recall(ask: Ask, arguments: Sequence[Arguments]) -> list[Answer | None]:
        return [Answer("even" in str(given["text"]), cached=True) if given["text"] in known else None for given in arguments]

    executor = Executor(many.ours, many.by_rule, "__rvx", asking=Asking(many.by_rule, recall))
    found = executor.run(many.plan, {}, in_transaction=False)["id"].to_pylist()
    assert many.asked == []
    assert found == list(range(100, 120, 2))


def test_known_answers_count_in_their_place_where_there_is_an_order(many: Any) -> None:
    many.run("SELECT id FROM many WHERE means(text, 'even') ORDER BY id LIMIT 10")
    many.asked.clear()

    def recall(ask: Ask, arguments: Sequence[Arguments]) -> list[Answer | None]:
        return [
            Answer("even" in str(given["text"]), cached=True) if int(str(given["text"]).split()[1]) > 5 else None for given in arguments
        ]

    executor = Executor(many.ours, many.by_rule, "__rvx", asking=Asking(many.by_rule, recall))
    assert executor.run(many.plan, {}, in_transaction=False)["id"].to_pylist() == list(range(0, 20, 2))
    assert len(many.asked) == 6


# The order of predicates


@pytest.mark.parametrize("where", ["means(text, 'even') AND means(title, 'rare')", "means(title, 'rare') AND means(text, 'even')"])
def test_and_asks_first_what_rejects_most(many: Any, where: str) -> None:
    many.check(f"SELECT id FROM many WHERE {where}")
    assert len(many.asked) <= 1_000 + 100 + 64, "in the other order: 1,500"


@pytest.mark.parametrize("where", ["means(text, 'even') OR means(title, 'rare')", "means(title, 'rare') OR means(text, 'even')"])
def test_or_asks_first_what_accepts_most(many: Any, where: str) -> None:
    many.check(f"SELECT id FROM many WHERE {where}")
    assert len(many.asked) <= 1_000 + 500 + 64, "in the other order: 1,900"


def test_a_cheap_side_of_or_spares_calls(many: Any) -> None:
    many.check("SELECT id FROM many WHERE means(text, 'even') AND (means(title, 'rare') OR amount < 6)")
    assert sum("title" in text for _, (text, _) in many.asked) <= 1_000 / 7 + 1


def test_what_costs_nothing_is_asked_first(many: Any) -> None:
    many.run("SELECT id FROM many WHERE means(text, 'even') AND about(title, 'x') > 0.05")
    many.asked.clear()
    asking = Asking(many.by_rule, cost=lambda ask: {"means": 1.0, "about": 0.001}[ask.operator.name])
    Executor(many.ours, many.by_rule, "__rvx", asking=asking).run(many.plan, {}, in_transaction=False)
    means, about = (sum(name == asked for name, _ in many.asked) for asked in ("means", "about"))
    assert about == 1_000
    assert means < 1_000


def test_an_answer_that_the_output_needs_is_asked_whatever_the_order(many: Any) -> None:
    many.check("SELECT id, means(text, 'even'), means(title, 'rare') FROM many WHERE means(text, 'even') OR means(title, 'rare')")


def test_the_same_query_asks_the_same(many: Any) -> None:
    query = "SELECT id FROM many WHERE means(text, 'even') AND means(title, 'rare') AND about(text, 'x') > 0.3"
    many.run(query)
    first = list(many.asked)
    many.asked.clear()
    many.run(query)
    assert sorted(many.asked) == sorted(first)
