"""The highest scores are found without asking about every row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from rvbbit.execution.executor import Executor
from rvbbit.execution.questions import Asking
from rvbbit.sql.plan import Ask
from rvbbit.types import Answer, Arguments

QUERY = "SELECT id, about(text, 'x') AS score FROM many ORDER BY score DESC, id LIMIT 10"


@pytest.fixture
def many(bench: Any) -> Any:
    """A thousand rows of 500 texts."""
    bench.setup("CREATE TABLE many AS SELECT i AS id, 'text ' || (i % 500) AS text FROM range(1000) r(i)")
    return bench


def number(given: Arguments) -> int:
    return int(str(given["text"]).split()[1])


def ran(
    bench: Any,
    score: Callable[[int], float | None],
    close: Callable[[int], float] | None,
    query: str = QUERY,
    known: Callable[[int], bool] = lambda n: False,
) -> tuple[list[int], list[int], list[tuple[int, int]]]:
    """Ids found, the texts that were asked about, and what was told of how many were judged."""
    asked: list[int] = []
    told: list[tuple[int, int]] = []

    def answer(ask: Ask, given: Sequence[Arguments]) -> list[Answer]:
        asked.extend(number(one) for one in given)
        return [Answer(score(number(one))) for one in given]

    def recall(ask: Ask, given: Sequence[Arguments]) -> list[Answer | None]:
        return [Answer(score(number(one)), cached=True) if known(number(one)) else None for one in given]

    def closeness(ask: Ask, given: Sequence[Arguments]) -> list[float] | None:
        return None if close is None else [close(number(one)) for one in given]

    bench.run(query)
    asking = Asking(answer, recall, closeness=closeness, judged=lambda ask, judged, of: told.append((judged, of)))
    table = Executor(bench.ours, answer, "__rvx", asking=asking).run(bench.plan, {}, in_transaction=False)
    assert bench.left_behind() == []
    return table["id"].to_pylist(), asked, told


def test_the_nearest_are_asked_about_and_no_more_where_those_behind_change_nothing(many: Any) -> None:
    found, asked, told = ran(many, lambda n: n / 500, lambda n: n / 500)
    assert found == [499, 999, 498, 998, 497, 997, 496, 996, 495, 995]
    assert len(asked) == 48
    assert told == [(48, 500)]


def test_it_goes_on_while_batches_bring_higher_scores(many: Any) -> None:
    found, asked, _ = ran(many, lambda n: n / 100, lambda n: -n)
    assert found[:2] == [499, 999]
    assert len(asked) == 500


def test_what_lifts_the_scores_by_less_than_a_model_tells_apart_is_left(many: Any) -> None:
    _, asked, told = ran(many, lambda n: n / 10_000, lambda n: -n)
    assert (len(asked), told) == (48, [(48, 500)])


def test_every_row_is_asked_about_where_no_embedding_tells(many: Any) -> None:
    found, asked, told = ran(many, lambda n: -n, None)
    assert found == [0, 500, 1, 501, 2, 502, 3, 503, 4, 504]
    assert sorted(asked) == list(range(500))
    assert told == []


def test_judge_all_asks_about_every_row(many: Any) -> None:
    found, asked, told = ran(many, lambda n: -n, lambda n: n, f"-- @ judge: all\n{QUERY}")
    assert found == [0, 500, 1, 501, 2, 502, 3, 503, 4, 504]
    assert (len(asked), told) == (500, [])


def test_known_answers_count_wherever_they_stand(many: Any) -> None:
    found, asked, _ = ran(many, lambda n: 1.0 if n == 3 else n / 1_000, lambda n: n, known=lambda n: n < 100)
    assert found[:2] == [3, 503]
    assert not any(n < 100 for n in asked)


def test_an_answer_that_is_null_is_last(many: Any) -> None:
    found, _, _ = ran(many, lambda n: None if n > 495 else n / 500, lambda n: n)
    assert found[:2] == [495, 995]


def test_fewer_candidates_than_are_wanted_are_all_asked_about(many: Any) -> None:
    query = "SELECT id, about(text, 'x') AS score FROM many WHERE id < 6 ORDER BY score DESC LIMIT 10"
    found, asked, told = ran(many, lambda n: n, lambda n: -n, query)
    assert (found, sorted(asked), told) == ([5, 4, 3, 2, 1, 0], [0, 1, 2, 3, 4, 5], [])


def test_output_calls_are_asked_for_the_rows_that_are_left(many: Any) -> None:
    many.check("SELECT id, ask(text, 'q') AS a FROM many ORDER BY about(text, 'x') DESC, id LIMIT 4")
    assert sum(name == "ask" for name, _ in many.asked) <= 4
