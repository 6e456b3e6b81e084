"""Calibration: what is fitted can be believed, from the number of answers on that is stated, and never before."""

from __future__ import annotations

import numpy as np
import pytest

from rvbbit.scoring.calibration import ENOUGH, MANY, fit, isotonic, stage
from rvbbit.scoring.reliability import reliability


def world(number: int, seed: int = 0) -> tuple[list[dict[str, float | None]], np.ndarray]:
    """A scorer that is far too sure of itself, one that is silent half the time, and the truth."""
    random = np.random.default_rng(seed)
    chance = random.uniform(0.05, 0.95, number)
    right = random.random(number) < chance
    sure = 1 / (1 + np.exp(-4 * np.log(chance / (1 - chance))))
    return [{"sure": float(s), "noise": float(n) if n > 0.5 else None} for s, n in zip(sure, random.random(number), strict=True)], right


def test_fewer_than_fifty_answers_calibrate_nothing() -> None:
    said, right = world(ENOUGH)
    assert fit(said[:-1], list(right[:-1])) is None
    assert fit(said, list(right)) is not None


@pytest.mark.parametrize("number", [200, 2 * MANY])
def test_a_calibration_mends_a_scorer_that_is_too_sure(number: int) -> None:
    said, right = world(number)
    unseen, truth = world(4_000, seed=1)
    made = fit(said, list(right))
    assert made is not None
    before = reliability(np.array([one["sure"] for one in unseen], dtype=np.float64), truth.astype(np.float64))
    after = reliability(made.confidence(unseen), truth.astype(np.float64))
    assert after.ece < 0.06 < 0.15 < before.ece
    assert after.brier < before.brier


def test_a_cell_where_everything_was_right_is_not_certain() -> None:
    made = fit([{"rules": 1.0}] * ENOUGH, [True] * ENOUGH)
    assert made is not None
    assert 0.9 < made.confidence([{"rules": 1.0}])[0] < 1


def test_a_scorer_that_was_never_heard_while_fitting_counts_for_nothing() -> None:
    said, right = world(200)
    made = fit(said, list(right))
    assert made is not None
    with_judge, without = made.confidence([{"sure": 0.5, "judge": 0.0}, {"sure": 0.5}])
    assert with_judge == without


def test_isotonic_regression_never_falls_and_pools_what_does() -> None:
    values = np.array([0.1, 0.2, 0.3, 0.4, 0.4, 0.9])
    knots, heights = isotonic(values, np.array([0.0, 1.0, 0.0, 0.0, 1.0, 1.0]))
    assert np.all(np.diff(knots) > 0) and np.all(np.diff(heights) >= 0)
    assert len(knots) == 3  # 0.1 alone; 0.2 to 0.4 together; 0.9 alone
    assert heights[1] == pytest.approx((2 + 0.5) / (4 + 1))


def test_a_calibration_is_made_anew_whenever_the_verified_have_doubled() -> None:
    stages = [stage(number) for number in (0, 49, 50, 99, 100, 199, 200)]
    assert stages[0] == stages[1] == "uncalibrated"
    assert len(set(stages)) == 4
    assert stages[2] == stages[3] and stages[4] == stages[5]


def test_reliability_of_known_cases() -> None:
    confidence, right = np.array([0.9, 0.9, 0.1, 0.1]), np.array([1.0, 1.0, 0.0, 0.0])
    found = reliability(confidence, right)
    assert (found.ece, found.brier, found.auc) == (pytest.approx(0.1), pytest.approx(0.01), 1.0)
    assert [(one.number, one.right) for one in found.bins] == [(2, 0.0), (2, 1.0)]
    worst = reliability(1 - confidence, right)
    assert (worst.ece, worst.auc) == (pytest.approx(0.9), 0.0)
    assert reliability(np.array([0.5, 0.5]), np.array([1.0, 1.0])).auc is None


def test_the_interval_of_the_error_shrinks_with_more_answers() -> None:
    random = np.random.default_rng(2)
    confidence = random.random(4_000)
    right = (random.random(4_000) < confidence).astype(np.float64)
    few, many = reliability(confidence[:100], right[:100]), reliability(confidence, right)
    assert many.high - many.low < few.high - few.low
