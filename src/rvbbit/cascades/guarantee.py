"""How far down a ranking a student may be trusted, from a sample of it that a model answered. Exact for the rows there are; arithmetic.

A ranking puts the questions that the student is surest of first, before any is asked. A uniform sample of it, without replacement, is
asked; answers that differ from the student's are *errors*. The student decides a prefix of the ranking, the sampled ones excepted (theirs
are the model's). With `allowed` errors among what it decides and no more, the prefix ends before the (k + 1)-th sampled error.

Why that holds. It fails only where `allowed + 1` unsampled errors come before the (k + 1)-th sampled one: where, of the first
`allowed + 1 + k` errors in the order of the ranking, at most k were sampled. Which of them were is a draw without replacement, so the
chance is one hypergeometric tail, whatever the ranking and whatever the errors. No grid of thresholds, so no price for looking at many.

The idea of a student under a guarantee is SUPG's (Kang et al., VLDB 2020) and BARGAIN's (Zeighami et al., SIGMOD 2025); the precision of a
growing prefix is tested in a fixed sequence, as there.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

GROWTH = 1.2  # how much longer the next prefix is whose precision is tested


def at_most(found: int, sample: int, marked: int, population: int) -> float:
    """The chance that a sample without replacement holds `found` or fewer of the `marked` ones; 0 where more are marked than there are."""
    if marked > population:
        return 0.0
    lowest = max(0, sample - (population - marked))
    if found < lowest:
        return 0.0
    if found >= min(sample, marked):
        return 1.0
    term = math.exp(_choose(marked, lowest) + _choose(population - marked, sample - lowest) - _choose(population, sample))
    if term == 0.0:  # the first terms are too small for a float: start from the last, which is the largest below the mean
        return _from_the_top(found, lowest, sample, marked, population)
    total = term
    for i in range(lowest, found):
        term *= (marked - i) * (sample - i) / ((i + 1) * (population - marked - sample + i + 1))
        total += term
    return min(1.0, total)


def most_errors(population: int, allowed: int, sample: int, delta: float) -> int:
    """The sampled errors that a prefix may hold so that, with chance 1 - delta, at most `allowed` unsampled ones are in it. -1: not one.

    All of the sample where more errors than allowed cannot be left.
    """
    if allowed >= population - sample:
        return sample
    low, high = -1, sample
    while low < high:  # the chance to fail grows with k
        middle = (low + high + 1) // 2
        if at_most(middle, sample, allowed + 1 + middle, population) <= delta:
            low = middle
        else:
            high = middle - 1
    return low


def reach(size: int, errors: Sequence[int], most: int) -> int:
    """How long a prefix is that ends before the sampled error after the `most`-th; `errors` are ranks, ascending. -1 trusts nothing."""
    if most < 0:
        return 0
    return size if len(errors) <= most else errors[most]


@dataclass(frozen=True, slots=True)
class Sample:
    """What of a ranking of so many was asked, and where the student was wrong: ranks, ascending."""

    size: int
    ranks: Sequence[int]
    errors: Sequence[int]


def precise_reach(sample: Sample, start: int, target: float, others: int, delta: float) -> int:
    """How long a prefix is of which, with chance 1 - delta, at least a share `target` is right; 0 where none can be shown to be.

    `others` answers that are right go out with the prefix. Prefixes are tested from `start` on, each longer, all at `delta`, until one
    fails: the first bad one is let through with chance delta at most.
    """
    good, length = 0, start
    while 0 < length <= sample.size:
        drawn, wrong = bisect_left(sample.ranks, length), bisect_left(sample.errors, length)
        if at_most(wrong, drawn, bad_from(length, target, others), length) > delta:
            break
        good, length = length, longer(length, sample.size)
    return good


def longer(length: int, size: int) -> int:
    """The next prefix; the whole ranking is the last."""
    grown = max(length + 1, math.ceil(length * GROWTH))
    return size if length < size < grown else grown


def bad_from(length: int, target: float, others: int) -> int:
    """From so many errors on, a prefix that long misses its target."""
    return budget(length + others, target) + 1


def budget(population: int, target: float) -> int:
    """How many of so many may be wrong; what is a whole number but for rounding is taken as that."""
    return math.floor((1 - target) * population + 1e-9)


def _choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _from_the_top(found: int, lowest: int, sample: int, marked: int, population: int) -> float:
    term = math.exp(_choose(marked, found) + _choose(population - marked, sample - found) - _choose(population, sample))
    total = term
    for i in range(found, lowest, -1):
        term *= i * (population - marked - sample + i) / ((marked - i + 1) * (sample - i + 1))
        total += term
        if term < total * 1e-17:
            break
    return min(1.0, total)
