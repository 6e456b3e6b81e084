"""Totals and means corrected by what is known: exact where all is known, and holding the truth as often as they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rvbbit.execution.prediction_powered import FEWEST, Contributions, count, mean, total

RUNS = 1_500


def drawn(random: np.random.Generator, guess: np.ndarray, truth: np.ndarray, number: int) -> Contributions:
    places = random.choice(len(truth), number, replace=False)
    return Contributions(guess.astype(float), places, truth[places].astype(float))


@given(st.integers(0, 2**32 - 1), st.integers(30, 200))
@settings(max_examples=40)
def test_where_everything_is_known_nothing_is_left_to_guess(seed: int, size: int) -> None:
    random = np.random.default_rng(seed)
    truth, guess = random.random(size) < 0.4, random.random(size) < 0.5
    found = total(drawn(random, guess, truth, size), 0.95)
    assert found is not None
    assert (found.low, found.estimate, found.high) == pytest.approx((truth.sum(),) * 3)


@given(st.integers(0, 2**32 - 1), st.integers(30, 100), st.floats(0.5, 0.99))
@settings(max_examples=40)
def test_a_count_is_never_less_than_what_is_known_nor_more_than_what_is_left(seed: int, number: int, level: float) -> None:
    random = np.random.default_rng(seed)
    truth, guess = random.random(120) < 0.05, random.random(120) < 0.5
    one = drawn(random, guess, truth, number)
    found = count(one, np.ones(120), level)
    assert found is not None
    assert one.known.sum() <= found.low <= found.estimate <= found.high <= 120 - (number - one.known.sum())


@pytest.mark.parametrize("wrong", [0.02, 0.1, 0.4])
@pytest.mark.parametrize("share", [0.1, 0.5])
def test_a_count_holds_the_truth_as_often_as_it_says(share: float, wrong: float) -> None:
    random = np.random.default_rng(5)
    truth = random.random(800) < share
    guess = truth ^ (random.random(800) < wrong)
    held = 0
    for _ in range(RUNS):
        found = count(drawn(random, guess, truth, 100), np.ones(800), 0.95)
        held += found is not None and found.low <= truth.sum() <= found.high
    assert held / RUNS >= 0.93


def test_a_mean_holds_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(6)
    truth, value = random.random(800) < 0.4, random.normal(50, 15, 800)
    guess = truth ^ (random.random(800) < 0.1)
    held = 0
    for _ in range(RUNS):
        under = drawn(random, guess, truth, 150)
        over = Contributions(guess * value, under.sample, under.known * value[under.sample])
        found = mean(over, under, 0.95)
        held += found is not None and found.low <= value[truth].mean() <= found.high
    assert held / RUNS >= 0.93


def test_good_predictions_narrow_an_interval_and_bad_ones_do_not_widen_it() -> None:
    random = np.random.default_rng(7)
    truth = random.random(1_000) < 0.5
    places = random.choice(1_000, 100, replace=False)

    def wide(guess: np.ndarray) -> float:
        found = total(Contributions(guess.astype(float), places, truth[places].astype(float)), 0.95)
        assert found is not None
        return found.high - found.low

    alone = wide(np.zeros(1_000))
    assert wide(truth ^ (random.random(1_000) < 0.05)) < 0.7 * alone
    assert wide(random.random(1_000) < 0.5) < 1.1 * alone


def test_a_sample_without_a_single_error_is_no_certainty() -> None:
    truth = np.arange(1_000) % 2 == 0
    found = total(Contributions(truth.astype(float), np.arange(100), truth[:100].astype(float)), 0.95)
    assert found is not None and found.low < 499 and found.high > 501


@pytest.mark.parametrize("known", [0, FEWEST - 1])
def test_too_little_known_gives_no_interval(known: int) -> None:
    one = Contributions(np.ones(100), np.arange(known), np.ones(known))
    assert total(one, 0.95) is None and count(one, np.ones(100), 0.95) is None and mean(one, one, 0.95) is None


def test_the_mean_of_nothing_has_no_interval() -> None:
    nothing = Contributions(np.zeros(100), np.arange(50), np.zeros(50))
    assert mean(nothing, nothing, 0.95) is None
