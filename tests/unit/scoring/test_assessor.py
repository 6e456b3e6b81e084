"""The assessor: everything unscored is scored once, in batches that are kept, with a calibration where enough is verified."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import md5

import pytest

from rvbbit.errors import BudgetReached
from rvbbit.interfaces import Due, Embedder
from rvbbit.scoring.assessor import Assessor
from rvbbit.scoring.judge import Judge
from rvbbit.types import Arguments, CellKey, Scorable, Score, Value, Waiting

Make = Callable[..., Scorable]
NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Memory:
    """A `ScoreStore` of one cell."""

    def __init__(self, rows: Sequence[Scorable]) -> None:
        self.rows = {one.trace_id: one for one in rows}
        self.written: list[list[Score]] = []

    def cells(self) -> Mapping[CellKey, int]:
        return {CellKey("classify", "label"): sum(one.right is not None for one in self.rows.values())}

    def waiting(self, cell: CellKey, due: Due, most: int) -> Waiting:
        return Waiting(len(self._left(due)))

    def unscored(self, cell: CellKey, due: Due, limit: int) -> Sequence[Scorable]:
        return self._left(due)[:limit]

    def verified(self, cell: CellKey, limit: int) -> Sequence[Scorable]:
        return [one for one in self.rows.values() if one.right is not None][:limit]

    def record(self, scores: Sequence[Score]) -> None:
        self.written.append(list(scores))
        for score in scores:
            one = self.rows[score.trace_id]
            others = tuple(known for known in one.scores if known.scorer != score.scorer)
            self.rows[score.trace_id] = replace(one, scores=(*others, score))

    def value(self, one: Scorable, scorer: str = "confidence") -> Score | None:
        return next((score for score in self.rows[one.trace_id].scores if score.scorer == scorer), None)

    def _left(self, due: Due) -> list[Scorable]:
        return [one for one in self.rows.values() if is_due(one, due)]


def is_due(one: Scorable, due: Due) -> bool:
    """As a store tells."""
    newest = {score.scorer: score for score in one.scores}
    if due.asked:
        return "asked" in newest and ("confidence" not in newest or newest["confidence"].timestamp < newest["asked"].timestamp)
    if md5(one.trace_id.encode()).hexdigest()[:8] >= due.below:
        return False
    versions = {name: score.version for name, score in newest.items()}
    return versions.get("confidence") != due.version or bool(due.judge and versions.get("judge") != due.judge)


def judging(value: float, asked: list[Arguments], until: int = 10**9) -> Judge:
    async def ask(question: Arguments) -> tuple[Value, float | None]:
        if len(asked) >= until:
            raise BudgetReached("the ceiling is met")
        asked.append(question)
        return {**dict.fromkeys(("clarity", "correctness", "completeness", "format"), value), "reason": "r"}, 0.5

    return Judge(ask, "v1")


def assessor(store: Memory, words: Embedder, judge: Judge | None = None) -> Assessor:
    return Assessor(store, words, lambda *_: None, judge, lambda: NOW)


async def test_each_execution_gets_a_confidence_once(execution: Make, words: Embedder) -> None:
    store = Memory([execution("a"), execution("I'm sorry, no.")])
    assert [step.executions async for step in assessor(store, words).run()] == [2]
    first, second = (store.value(one) for one in store.rows.values())
    assert first and second and (first.value, second.value, first.calibrated) == (1.0, 0.5, False)
    assert "uncalibrated" in first.reason
    assert [step async for step in assessor(store, words).run()] == []


async def test_a_limit_is_kept_and_the_next_run_goes_on(execution: Make, words: Embedder) -> None:
    store = Memory([execution(str(n)) for n in range(5)])
    assert [step.executions async for step in assessor(store, words).run(3)] == [3]
    assert assessor(store, words).waiting().executions == 2
    assert [step.executions async for step in assessor(store, words).run()] == [2]


async def test_scorers_that_cannot_tell_write_nothing(execution: Make, words: Embedder) -> None:
    one = execution("a")
    store = Memory([one])
    _ = [step async for step in assessor(store, words).run()]
    assert {score.scorer for score in store.rows[one.trace_id].scores} == {"rules", "confidence"}


async def test_the_judges_opinion_counts_and_is_paid_once(execution: Make, words: Embedder) -> None:
    asked: list[Arguments] = []
    one = execution("a")
    store = Memory([one])
    steps = [step async for step in assessor(store, words, judging(0.3, asked)).run()]
    assert [(step.executions, step.cost_usd) for step in steps] == [(1, 0.5)]
    found = store.value(one)
    assert found and found.value == pytest.approx(0.3)
    store.rows[one.trace_id] = replace(
        store.rows[one.trace_id], scores=tuple(s for s in store.rows[one.trace_id].scores if s.scorer == "judge")
    )
    assert [step.cost_usd async for step in assessor(store, words, judging(0.3, asked)).run()] == [0]
    assert len(asked) == 1


async def test_at_the_budget_what_was_judged_is_kept_and_the_rest_waits(execution: Make, words: Embedder) -> None:
    store, asked = Memory([execution(str(n)) for n in range(5)]), list[Arguments]()
    done = []
    with pytest.raises(BudgetReached):
        async for step in assessor(store, words, judging(1.0, asked, until=2)).run():
            done.append((step.executions, step.cost_usd))
    assert done == [(2, 1.0)]
    assert assessor(store, words, judging(1.0, asked)).waiting().executions == 3


async def test_fifty_verified_answers_calibrate_the_cell_and_score_it_anew(execution: Make, words: Embedder) -> None:
    good, bad = "a fine answer", "I'm sorry, I am not able to do that for you."
    waiting = [execution(good, "new one"), execution(bad, "new two")]
    verified = [execution(good if n % 2 else bad, f"question {n}", right=bool(n % 2)) for n in range(50)]
    store = Memory(waiting)
    _ = [step async for step in assessor(store, words).run()]
    store.rows |= {one.trace_id: one for one in verified}
    assert assessor(store, words).waiting().executions == 52
    _ = [step async for step in assessor(store, words).run()]
    first, second = (store.value(one) for one in waiting)
    assert first and second and first.calibrated and second.calibrated
    assert first.value is not None and second.value is not None and first.value > 0.8 > 0.2 > second.value


async def test_a_calibration_shows_the_judge_what_people_verified(execution: Make, words: Embedder) -> None:
    asked: list[Arguments] = []
    store = Memory([execution("a", f"q {n}", right=True) for n in range(50)])
    _ = [step async for step in assessor(store, words, judging(1.0, asked)).run()]
    assert len(asked) == 50
    assert all(store.value(one, "judge") for one in store.rows.values())
