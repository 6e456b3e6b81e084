"""What is told of a cell's confidences: nothing where nothing is known, no answer vouching for itself, and which was taken for which."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from rvbbit.scoring.report import Mistaken, report
from rvbbit.types import CellKey, Scorable, Score, Value

Make = Callable[..., Scorable]
CELL = CellKey("means", "judge")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def scored(one: Scorable, **values: float) -> Scorable:
    given = {**values, "confidence": 0.5}
    return replace(one, scores=tuple(Score(one.trace_id, name, "1", value, "r", NOON) for name, value in given.items()))


def verified(number: int, *, says: Callable[[bool], float], answer: Value = "a") -> list[Scorable]:
    """Executions of which two in three are right; `rules` says of each what `says` makes of that."""
    found = []
    for place in range(number):
        right = place % 3 != 0
        one = Scorable(f"t{place}", CELL, {"text": f"text {place}"}, answer, held=answer if right else "b", right=right)
        found.append(scored(one, judge=says(right)))
    return found


def test_a_cell_without_verified_answers_has_no_figures() -> None:
    found = report(CELL, [])
    assert (found.method, found.verified, found.measured, found.bins, found.confusion) == ("uncalibrated", 0, 0, (), ())
    assert found.ece is found.low is found.brier is found.auc is None


def test_what_scorers_have_not_spoken_of_is_counted_and_not_measured() -> None:
    rows = verified(10, says=float)
    found = report(CELL, [*rows[:4], *(replace(one, scores=()) for one in rows[4:])])
    assert (found.verified, found.right, found.measured) == (10, 6, 4)


def test_before_fifty_the_uncalibrated_confidence_is_measured() -> None:
    found = report(CELL, verified(49, says=lambda right: 0.75))
    assert found.method == "uncalibrated"
    assert [(one.low, one.number, one.confidence) for one in found.bins] == [(0.7, 49, pytest.approx(0.75))]
    assert found.ece == pytest.approx(abs(0.75 - 32 / 49))


@pytest.mark.parametrize(("number", "method"), [(50, "platt"), (2_000, "platt_isotonic")])
def test_a_scorer_that_is_too_sure_is_mended(number: int, method: str) -> None:
    found = report(CELL, verified(number, says=lambda right: 0.99))
    assert found.method == method
    assert found.ece is not None and found.low is not None and found.high is not None
    assert found.low <= found.high
    assert found.ece < 0.1 < abs(0.99 - 2 / 3)
    assert found.measured == sum(one.number for one in found.bins) == number


def test_no_answer_vouches_for_itself() -> None:
    """A scorer that is pure noise must not look like one that knows: a fit on the same answers would."""
    dice = random.Random(1)
    rows = [
        scored(replace(one, scores=()), **{f"noise {place}": dice.random() for place in range(25)})
        for one in verified(60, says=lambda _: 0.5)
    ]
    found = report(CELL, rows)
    assert found.auc is not None and found.auc < 0.7


def test_what_was_taken_for_what_is_counted_the_most_frequent_first() -> None:
    rows = verified(9, says=float)
    doubted = replace(rows[0], trace_id="doubted", held="a", right=False)
    assert report(CELL, [*rows, doubted]).confusion == (Mistaken("a", "a", 6), Mistaken("a", "b", 3), Mistaken("a", None, 1))


def test_prose_and_answers_that_never_repeat_are_not_confused() -> None:
    assert report(CELL, verified(3, says=float, answer="x" * 65)).confusion is None
    many = [replace(one, answer=place, held=place) for place, one in enumerate(verified(101, says=float))]
    assert report(CELL, many).confusion is None
