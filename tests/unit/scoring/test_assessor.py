"""The assessor: everything unscored is scored once, in batches that are kept, with a calibration where enough is verified."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import md5
from random import Random

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
            again = score.version == "again" or (one.again and score.scorer != "judge")
            self.rows[score.trace_id] = replace(one, scores=(*others, score), again=again)

    def value(self, one: Scorable, scorer: str = "confidence") -> Score | None:
        return next((score for score in self.rows[one.trace_id].scores if score.scorer == scorer), None)

    def _left(self, due: Due) -> list[Scorable]:
        return [one for one in self.rows.values() if is_due(one, due)]


def is_due(one: Scorable, due: Due) -> bool:
    """As a store tells."""
    versions = {score.scorer: score.version for score in one.scores}  # in the order they were recorded
    unjudged = bool(due.judge) and (one.again or versions.get("judge") != due.judge)
    if due.asked:
        order = list(versions)
        return "asked" in order and (unjudged or "confidence" not in order[order.index("asked") :])
    if md5(one.trace_id.encode()).hexdigest()[:8] >= due.below:
        return False
    return unjudged or versions.get("confidence") != due.version


def judging(value: float, asked: list[Arguments], until: int = 10**9) -> Judge:
    async def ask(question: Arguments) -> tuple[Value, float | None]:
        if len(asked) >= until:
            raise BudgetReached("the ceiling is met")
        asked.append(question)
        return {**dict.fromkeys(("clarity", "correctness", "completeness", "format"), value), "reason": "r"}, 0.5

    return Judge(ask, "v1")


def assessor(store: Memory, words: Embedder, judge: Judge | None = None) -> Assessor:
    return Assessor(store, words, lambda cell: lambda *_: None, judge, lambda: NOW)


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
    (step,) = [step async for step in assessor(store, words, judging(1.0, asked, until=2)).run()]
    assert (step.executions, step.cost_usd, type(step.stopped)) == (2, 1.0, BudgetReached)
    assert assessor(store, words, judging(1.0, asked)).waiting().executions == 3


async def test_where_the_judge_stops_while_a_cell_is_calibrated_nothing_is_scored_on_half_a_fit(execution: Make, words: Embedder) -> None:
    store, asked = Memory([execution("a", f"q {n}", right=True) for n in range(50)]), list[Arguments]()
    (step,) = [step async for step in assessor(store, words, judging(1.0, asked, until=20)).run()]
    assert (step.executions, step.cost_usd, type(step.stopped)) == (0, 10.0, BudgetReached)
    steps = [step async for step in assessor(store, words, judging(1.0, asked)).run()]
    assert [(step.executions, step.cost_usd, step.stopped) for step in steps] == [(0, 15.0, None), (50, 0, None)]


async def test_what_a_judge_has_not_seen_waits_for_it_and_what_was_scored_freely_does_not_wait_twice(
    execution: Make, words: Embedder
) -> None:
    store, asked = Memory([execution("a"), execution("b")]), list[Arguments]()
    _ = [step async for step in assessor(store, words).run()]
    judge = judging(0.3, asked)
    assert [step.executions async for step in assessor(store, words, judge).run()] == [2]
    assert [step async for step in assessor(store, words).run()] == []  # the judge gone again: nothing is scored anew
    assert [step async for step in assessor(store, words, judge).run()] == []
    assert len(asked) == 2


async def test_a_share_leaves_the_rest_alone_and_a_request_is_served_all_the_same(execution: Make, words: Embedder) -> None:
    rows = [execution(str(n)) for n in range(40)]
    store = Memory(rows)
    sample = {one.trace_id for one in rows if is_due(one, Due("", share=0.5))}
    assert 0 < len(sample) < 40
    some = Assessor(store, words, lambda cell: lambda *_: None, share=0.5)
    _ = [step async for step in some.run()]
    assert {one.trace_id for one in rows if store.value(one)} == sample
    left = next(one for one in rows if one.trace_id not in sample)
    store.record([request(left, NOW)])
    assert [step.executions async for step in Assessor(store, words, lambda cell: lambda *_: None, share=0.0).run(asked=False)] == []
    assert [step.executions async for step in Assessor(store, words, lambda cell: lambda *_: None, share=0.0).run()] == [1]
    assert store.value(left) is not None


def request(one: Scorable, at: datetime, version: str = "once") -> Score:
    return Score(one.trace_id, "asked", version, None, "ann asked", at)


async def test_a_request_is_closed_also_where_its_server_was_ahead_of_ours(execution: Make, words: Embedder) -> None:
    one = execution("a")
    store = Memory([one])
    store.record([request(one, NOW + timedelta(hours=1))])
    assert [step.executions async for step in assessor(store, words).run()] == [1]
    assert [step async for step in assessor(store, words).run()] == []


async def test_asked_again_the_judge_speaks_anew_asked_once_it_does_not(execution: Make, words: Embedder) -> None:
    one, asked = execution("a"), list[Arguments]()
    store, judge = Memory([one]), judging(0.3, asked)
    _ = [step async for step in assessor(store, words, judge).run()]
    store.record([request(one, NOW)])
    _ = [step async for step in assessor(store, words, judge).run()]
    assert len(asked) == 1
    store.record([request(one, NOW, "again")])
    _ = [step async for step in assessor(store, words, judge).run()]
    _ = [step async for step in assessor(store, words, judge).run()]
    assert len(asked) == 2


async def test_free_scorers_do_not_close_what_the_judge_was_asked_for(execution: Make, words: Embedder) -> None:
    one, asked = execution("a"), list[Arguments]()
    store, judge = Memory([one]), judging(0.3, asked)
    _ = [step async for step in assessor(store, words, judge).run()]
    store.record([request(one, NOW, "again"), request(one, NOW)])
    assert [step.executions async for step in assessor(store, words).run()] == [1]
    assert [step async for step in assessor(store, words).run()] == []
    _ = [step async for step in Assessor(store, words, lambda cell: lambda *_: None, judge, share=0.0).run()]
    assert len(asked) == 2
    assert [step async for step in assessor(store, words, judge).run()] == []


async def test_what_people_asked_for_comes_before_what_waits(execution: Make, words: Embedder) -> None:
    rows = [execution(str(n)) for n in range(5)]
    store = Memory(rows)
    store.record([request(rows[4], NOW)])
    assert [step.executions async for step in assessor(store, words).run(1)] == [1]
    assert [one for one in rows if store.value(one)] == [rows[4]]


async def test_portions_are_on_disk_one_by_one(execution: Make, words: Embedder) -> None:
    store = Memory([execution(str(n)) for n in range(5)])
    small = Assessor(store, words, lambda cell: lambda *_: None, portion=2, shuffle=Random(1))
    assert [(step.executions, len(store.written)) async for step in small.run()] == [(2, 1), (2, 2), (1, 3)]


async def test_what_was_read_long_ago_is_read_again_before_a_judge_is_paid_for_it(execution: Make, words: Embedder) -> None:
    rows, asked = [execution(str(n)) for n in range(4)], list[Arguments]()
    store, now = Memory(rows), [NOW]

    def clock() -> datetime:
        now[0] += timedelta(seconds=10)
        return now[0]

    slow = Assessor(store, words, lambda cell: lambda *_: None, judging(0.3, asked), clock, portion=1)
    elsewhere = assessor(store, words, judging(0.3, asked))
    steps = slow.run()
    await anext(steps)
    _ = [step async for step in elsewhere.run()]  # another server judges the rest meanwhile
    assert [step async for step in steps] == []
    assert len(asked) == 4


async def test_a_fit_is_kept_between_runs_until_what_is_verified_changes(execution: Make, words: Embedder) -> None:
    store = Memory([execution("a", f"q {n}", right=True) for n in range(50)])
    one = Assessor(store, words, lambda cell: lambda *_: None)
    assert [step.executions async for step in one.run()] == [0, 50]
    fresh = execution("b", "something else")
    store.rows[fresh.trace_id] = fresh
    assert [step.executions async for step in one.run()] == [1]  # no step of a fit
    found = store.value(fresh)
    assert found and found.calibrated


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
