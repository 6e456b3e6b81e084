"""How many are asked next."""

from __future__ import annotations

import random

import pytest

from rvbbit.execution.batches import Share, needed, rank


def asked(passes: list[bool], wanted: int, at_once: int, *, many_rounds: bool) -> tuple[int, int]:
    """Calls and rounds until so many have passed."""
    share, calls, rounds, found = Share(), 0, 0, 0
    while found < wanted and calls < len(passes):
        batch = passes[calls : calls + needed(wanted - found, share, at_once, many_rounds=many_rounds)]
        calls, rounds, found = calls + len(batch), rounds + 1, found + sum(batch)
        share.add(len(batch), sum(batch))
    return calls, rounds


def drawn(share: float, seed: int, size: int = 5_000) -> list[bool]:
    source = random.Random(seed)
    return [source.random() < share for _ in range(size)]


@pytest.mark.parametrize(("share", "calls", "rounds"), [(0.5, 26, 2.0), (1 / 3, 39, 2.2), (0.05, 290, 6.0)])
def test_ten_rows_take_few_rounds(share: float, calls: float, rounds: float) -> None:
    runs = [asked(drawn(share, seed), 10, 64, many_rounds=False) for seed in range(200)]
    assert sum(run[0] for run in runs) / 200 <= calls
    assert sum(run[1] for run in runs) / 200 <= rounds


@pytest.mark.parametrize("share", [0.5, 0.7, 1.0])
def test_with_many_rounds_hardly_anything_is_asked_in_vain_while_half_of_them_pass(share: float) -> None:
    for seed in range(50):
        passes = drawn(share, seed)
        calls, _ = asked(passes, 10, 64, many_rounds=True)
        tenth = [place for place, passed in enumerate(passes, 1) if passed][9]
        assert tenth <= calls <= tenth + 2


@pytest.mark.parametrize("many_rounds", [False, True])
def test_what_is_asked_in_vain_is_less_than_a_round(many_rounds: bool) -> None:
    for share in (0.02, 0.3, 0.9):
        for seed in range(30):
            passes = drawn(share, seed)
            calls, _ = asked(passes, 10, 64, many_rounds=many_rounds)
            tenth = [place for place, passed in enumerate(passes, 1) if passed][9]
            assert calls - tenth < 64


def test_a_batch_is_never_empty_nor_above_what_is_asked_at_once() -> None:
    nothing, everything = Share(1_000, 0), Share(1_000, 1_000)
    assert needed(10, nothing, 64, many_rounds=False) == 64
    assert needed(10, everything, 64, many_rounds=False) in {10, 11}
    assert needed(1, everything, 1, many_rounds=True) == 1


def test_and_begins_with_what_rejects_most_for_least_and_or_with_what_accepts() -> None:
    assert rank(1, 0.1, any_=False) < rank(1, 0.9, any_=False)
    assert rank(1, 0.9, any_=True) < rank(1, 0.1, any_=True)
    assert rank(0.01, 0.9, any_=False) < rank(1, 0.1, any_=False)
    assert rank(0, 0.99, any_=False) == 0
