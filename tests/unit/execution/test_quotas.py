"""Which rows are asked about where some are enough in each group."""

from __future__ import annotations

import numpy as np
import pytest

from rvbbit.execution.batches import Share
from rvbbit.execution.quotas import Quotas


def _quotas(groups: list[int], wanted: int | None, least: int = 0, rows: list[int] | None = None) -> Quotas:
    profiles = np.arange(len(groups)) if rows is None else np.array(rows)
    return Quotas(profiles, np.array(groups, np.int64), int(profiles.max(initial=-1)) + 1, wanted, least)


def _asked(quotas: Quotas, *, seen: int = 100, at_once: int = 1, many_rounds: bool = True) -> list[int]:
    batch, _ = quotas.batch(seen, Share(), at_once, many_rounds=many_rounds)
    return list(batch)


def test_each_group_is_asked_about_as_many_rows_as_it_lacks() -> None:
    quotas = _quotas([1, 1, 1, 2, 2, 3], 2)
    assert _asked(quotas) == [0, 1, 3, 4, 5]
    quotas.decide(np.array([0, 1, 3, 4, 5]), np.array([0, 3, 4]))
    assert _asked(quotas) == [2]
    quotas.decide(np.array([2]), np.array([], np.int64))
    assert quotas.enough
    assert list(quotas.chosen(0)) == [0, 3, 4]


def test_a_group_that_cannot_have_enough_is_given_up_as_soon_as_that_is_known() -> None:
    quotas = _quotas([1, 1, 2, 2, 2], 3, least=3)
    assert _asked(quotas) == [2], "one that fails is enough; the first group has too few rows"
    quotas.decide(np.array([2]), np.array([], np.int64))
    assert quotas.enough


def test_idle_calls_are_filled_from_all_groups_where_few_rounds_are_wanted() -> None:
    groups = [1] * 20 + [2] * 20
    assert _asked(_quotas(groups, 1), at_once=64, many_rounds=False) == [0, 1, 2, 3, 20, 21, 22, 23]
    assert _asked(_quotas(groups, 1), at_once=3, many_rounds=False) == [0, 1, 20]
    assert _asked(_quotas(groups, 1), at_once=64, many_rounds=True) == [0, 20]


def test_a_profile_of_several_groups_counts_in_each_and_its_rows_all_at_once() -> None:
    quotas = _quotas([1, 1, 2], 2, rows=[0, 0, 0])
    assert _asked(quotas) == [0]
    quotas.decide(np.array([0]), np.array([0]))
    assert quotas.enough
    assert list(quotas.chosen(0)) == [0, 1, 2]


@pytest.mark.parametrize(("wanted", "enough"), [(0, True), (-3, True), (1, False), (None, False)])
def test_none_wanted_asks_nothing_and_no_number_asks_all(wanted: int | None, enough: bool) -> None:
    assert _quotas([1, 1], wanted).enough is enough


def test_rows_that_were_not_looked_for_in_the_log_wait() -> None:
    assert _asked(_quotas([1, 1, 1], 3), seen=2) == [0, 1]
    assert _quotas([], 3).enough
