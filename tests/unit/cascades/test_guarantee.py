"""The bounds against counting by hand, and the promise against thousands of simulated samples."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rvbbit.cascades import allotment
from rvbbit.cascades.guarantee import Sample, at_most, budget, longer, most_errors, precise_reach, reach

DELTA = 0.05
RUNS = 4_000
SLACK = 4 * math.sqrt(DELTA * (1 - DELTA) / RUNS)  # a run in thirty thousand is farther from its share


def counted(found: int, sample: int, marked: int, population: int) -> float:
    ways = (math.comb(marked, i) * math.comb(population - marked, sample - i) for i in range(min(found, marked, sample) + 1))
    return sum(ways) / math.comb(population, sample)


@given(st.data())
def test_the_tail_is_what_counting_gives(data: st.DataObject) -> None:
    population = data.draw(st.integers(1, 300))
    sample, marked = data.draw(st.integers(0, population)), data.draw(st.integers(0, population))
    found = data.draw(st.integers(0, population))
    assert at_most(found, sample, marked, population) == pytest.approx(counted(found, sample, marked, population), rel=1e-9, abs=1e-300)


def test_a_tail_too_small_for_its_first_term_is_still_a_number() -> None:
    assert at_most(1_000, 2_000, 50_000, 100_000) == pytest.approx(0.5, abs=0.02)
    assert 0 < at_most(700, 2_000, 50_000, 100_000) < 1e-30


@given(st.integers(50, 2_000), st.floats(0.5, 0.99), st.floats(0.01, 0.3), st.integers(1, 100))
def test_the_most_errors_are_the_last_number_that_keeps_the_promise(size: int, target: float, delta: float, sample: int) -> None:
    sample = min(sample, size // 2)
    allowed = budget(size, target)
    most = most_errors(size, allowed, sample, delta)
    if allowed >= size - sample:
        assert most == sample
        return
    assert most == -1 or at_most(most, sample, allowed + 1 + most, size) <= delta
    assert at_most(most + 1, sample, allowed + 2 + most, size) > delta


@pytest.mark.parametrize("share", [0.08, 0.101, 0.13, 0.2, 0.5])
@pytest.mark.parametrize("spread", ["last", "anywhere", "first"])
def test_more_errors_than_allowed_slip_through_no_oftener_than_stated(share: float, spread: str) -> None:
    """Whatever the student's errors are, and wherever in its ranking: at the end, as of a good one, anywhere, or first."""
    random = np.random.default_rng(7)
    size, sample = 400, 80
    allowed = budget(size, 0.9)
    wrong = np.zeros(size, bool)
    places = {"last": np.arange(size)[::-1], "first": np.arange(size), "anywhere": random.permutation(size)}[spread]
    wrong[places[: int(share * size)]] = True
    most = most_errors(size, allowed, sample, DELTA)
    missed = 0
    for _ in range(RUNS):
        drawn = np.zeros(size, bool)
        drawn[random.choice(size, sample, replace=False)] = True
        length = reach(size, np.flatnonzero(drawn & wrong).tolist(), most)
        missed += int((wrong & ~drawn)[:length].sum()) > allowed
    assert missed / RUNS <= DELTA + SLACK


def test_the_promise_is_not_kept_by_a_rule_that_is_one_error_too_kind() -> None:
    """What the test above would say of a wrong bound."""
    random = np.random.default_rng(7)
    size, sample = 400, 80
    allowed, most = budget(size, 0.9), most_errors(size, budget(size, 0.9), sample, DELTA) + 1
    wrong = np.ones(size, bool)
    missed = 0
    for _ in range(RUNS):
        drawn = np.zeros(size, bool)
        drawn[random.choice(size, sample, replace=False)] = True
        missed += int((wrong & ~drawn)[: reach(size, np.flatnonzero(drawn & wrong).tolist(), most)].sum()) > allowed
    assert missed / RUNS > DELTA + SLACK


@pytest.mark.parametrize("wrong_at", [0.02, 0.101, 0.15, 0.3])
def test_a_prefix_said_to_be_precise_is_not_oftener_than_stated(wrong_at: float) -> None:
    """The share wrong grows along the ranking from nothing to twice what is given."""
    random = np.random.default_rng(11)
    size, sample = 500, 150
    wrong = random.random(size) < np.linspace(0, 2 * wrong_at, size)
    missed = 0
    for _ in range(RUNS):
        drawn = np.zeros(size, bool)
        drawn[random.choice(size, sample, replace=False)] = True
        found = Sample(size, np.flatnonzero(drawn).tolist(), np.flatnonzero(drawn & wrong).tolist())
        length = precise_reach(found, 100, 0.9, 0, DELTA)
        out = length - int((drawn & wrong)[:length].sum())
        missed += length > 0 and (wrong & ~drawn)[:length].sum() > 0.1 * out + 1e-9
    assert missed / RUNS <= DELTA + SLACK


def test_nothing_is_trusted_where_even_a_clean_sample_says_too_little() -> None:
    assert most_errors(1_000, 10, 50, DELTA) == -1
    assert reach(1_000, [], -1) == 0
    assert precise_reach(Sample(1_000, range(0, 1_000, 100), ()), 100, 0.99, 0, DELTA) == 0


def test_prefixes_grow_to_the_whole_and_then_end() -> None:
    lengths = [10]
    while lengths[-1] < 100:
        lengths.append(longer(lengths[-1], 100))
    assert lengths[-1] == 100 and longer(100, 100) > 100


def test_a_student_who_expects_to_be_right_costs_a_sample_and_one_who_does_not_costs_everything() -> None:
    sure, unsure = np.full(1_000, 0.001), np.full(1_000, 0.4)
    assert allotment.for_errors(sure, 100, DELTA).cost < 50
    assert allotment.for_errors(unsure, 100, DELTA).cost > 700
    assert allotment.for_errors(sure, 0, DELTA) == allotment.Allotment(0, 1_000)
    assert allotment.for_precision(np.full(1_000, 0.5), 0.9, 0, DELTA) == allotment.Allotment(0, 1_000)


def test_likely_hits_are_asked_at_once_where_hits_are_few() -> None:
    doubt = np.concatenate([np.full(950, 0.001), np.full(50, 0.9)])
    plan = allotment.for_misses(doubt, 0, 0.9, DELTA)
    assert 50 <= plan.end < 300 and plan.cost < 700


@given(st.integers(0, 10_000), st.floats(0.01, 1.0))
def test_missing_no_more_than_is_allowed_keeps_the_recall(found: int, target: float) -> None:
    missed = allotment.misses(found, target)
    assert missed == 0 or found / (found + missed) >= target - 1e-6
