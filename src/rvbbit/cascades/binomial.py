"""What independent draws show of a share that is never counted in full. Exact: no normal approximation (Clopper and Pearson, 1934)."""

from __future__ import annotations

import math

_NOTHING = 1e-17
_HALVINGS = 50  # until a bound is as exact as a float


def at_most(found: int, draws: int, share: float) -> float:
    """The chance that so many draws hold `found` or fewer of what has this share of all."""
    if found >= draws or share <= 0:
        return 1.0
    if share >= 1:
        return 0.0
    if found > draws * share:
        return max(0.0, 1.0 - at_most(draws - found - 1, draws, 1 - share))
    term = total = math.exp(_ways(draws, found) + found * math.log(share) + (draws - found) * math.log1p(-share))
    for i in range(found, 0, -1):  # below the mean each is smaller than the one before
        term *= i * (1 - share) / ((draws - i + 1) * share)
        total += term
        if term < total * _NOTHING:
            break
    return min(1.0, total)


def shows(right: int, draws: int, target: float, delta: float) -> bool:
    """Whether a share of `target` or more is right, said with a chance of at most `delta` where it is less."""
    return draws > 0 and at_most(draws - right, draws, 1 - target) <= delta


def least(right: int, draws: int, delta: float) -> float:
    """The share that is right at least, but for a chance of `delta`; 0 without a draw."""
    low, high = 0.0, right / draws if draws else 0.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if shows(right, draws, middle, delta) else (low, middle)
    return low


def fewest(target: float, delta: float) -> int:
    """How many draws, all of them right, show a `target` below 1: fewer never can."""
    return math.ceil(math.log(delta) / math.log(target) - 1e-9)


def _ways(draws: int, found: int) -> float:
    return math.lgamma(draws + 1) - math.lgamma(found + 1) - math.lgamma(draws - found + 1)
