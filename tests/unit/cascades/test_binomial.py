"""Bounds of a share against counting by hand, and against thousands of simulated draws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rvbbit.cascades.binomial import at_most, fewest, least, shows

RUNS = 4_000


@given(st.integers(1, 200), st.integers(0, 200), st.floats(0.001, 0.999))
def test_the_tail_is_what_counting_gives(draws: int, found: int, share: float) -> None:
    ways = (math.comb(draws, i) * share**i * (1 - share) ** (draws - i) for i in range(min(found, draws) + 1))
    assert at_most(found, draws, share) == pytest.approx(sum(ways), rel=1e-9, abs=1e-300)


@pytest.mark.parametrize(
    ("right", "draws", "published"),
    [(10, 10, 0.7411), (29, 30, 0.8514), (95, 100, 0.8977), (50, 100, 0.4136), (0, 20, 0.0)],
)
def test_the_bound_is_clopper_and_pearsons(right: int, draws: int, published: float) -> None:
    assert least(right, draws, 0.05) == pytest.approx(published, abs=5e-4)


@given(st.integers(1, 300), st.floats(0, 1), st.sampled_from([0.01, 0.05, 0.2]))
def test_a_target_is_shown_up_to_the_bound_and_no_further(draws: int, share: float, delta: float) -> None:
    right = round(share * draws)
    bound = least(right, draws, delta)
    assert right == 0 or shows(right, draws, bound - 1e-9, delta)
    assert bound <= right / draws and not shows(right, draws, bound + 1e-9, delta)


@pytest.mark.parametrize(("target", "needed"), [(0.9, 29), (0.95, 59), (0.99, 299)])
def test_fewer_than_the_fewest_show_nothing(target: float, needed: int) -> None:
    assert fewest(target, 0.05) == needed
    assert shows(needed, needed, target, 0.05) and not shows(needed - 1, needed - 1, target, 0.05)


def test_no_draws_show_nothing_and_none_show_all() -> None:
    assert not shows(0, 0, 0.5, 0.05) and least(0, 0, 0.05) == 0.0
    assert not shows(10_000, 10_000, 1.0, 0.05)


@pytest.mark.parametrize("share", [0.7, 0.9, 0.97])
def test_what_is_said_is_wrong_no_oftener_than_stated(share: float) -> None:
    drawn = np.random.default_rng(5).binomial(80, share, RUNS)
    wrong = sum(least(int(right), 80, 0.05) > share for right in drawn) / RUNS
    assert wrong <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / RUNS)
