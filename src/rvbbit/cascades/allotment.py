"""How many questions are worth asking to know how far a student can be trusted. Guesses, before any is asked: they cost calls, never truth.

Every function takes what the student expects of itself, `doubt`: the chance that each of its answers is wrong, in the order of a ranking.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rvbbit.cascades.guarantee import at_most, bad_from, longer, most_errors

Array = npt.NDArray[np.float64]

FEWEST = 20
SIZES = 24  # sizes of a sample that are weighed
CUTS = 16  # shares of a ranking's end that are asked at once


@dataclass(frozen=True, slots=True)
class Allotment:
    """`sample` of the ranking are asked at random, after its last `end` ones (those the student would be least sure of) were asked in any
    case; `start` is the first prefix whose precision is tested. `cost` is how many are expected to be asked in all."""

    sample: int
    cost: float
    end: int = 0
    start: int = 0


def for_errors(doubt: Array, allowed: int, delta: float) -> Allotment:
    """For a ranking in which so many errors are allowed."""
    size = len(doubt)
    best = Allotment(0, size)
    for sample in _sizes(size):
        most = most_errors(size, allowed, sample, delta)
        if most < 0:
            continue
        decided = int(np.searchsorted(np.cumsum(doubt) * sample / size, most + 0.5))
        cost = sample + (size - sample) * (1 - decided / size)
        if cost < best.cost:
            best = Allotment(sample, cost)
    return best


def for_misses(doubt: Array, known: int, target: float, delta: float) -> Allotment:
    """For a ranking of rejections: `doubt` is the chance that each is a hit, ascending; `known` hits are there already."""
    size, best = len(doubt), Allotment(0, len(doubt))
    total = float(doubt.sum())
    for end in sorted({int(size * cut / CUTS) for cut in range(CUTS)} | {int(size * cut / 4 / CUTS) for cut in range(CUTS)}):
        left = doubt[: size - end]
        found = known + int(total - float(left.sum()))
        one = for_errors(left, misses(found, target), delta)
        if end + one.cost < best.cost:
            best = Allotment(one.sample, end + one.cost, end)
    return best


def for_precision(doubt: Array, target: float, others: int, delta: float) -> Allotment:
    """For a ranking of hits. The first prefix must pass with errors to spare: where it fails, nothing is decided at all."""
    size, best = len(doubt), Allotment(0, len(doubt))
    wrong = np.concatenate([[0.0], np.cumsum(doubt)])
    for sample in _sizes(size):
        length, good, first = max(1, size // 20), 0, 0
        while length <= size:
            drawn, expected = int(sample * length / size), wrong[length] * sample / size
            feared = math.ceil(expected if first else expected + math.sqrt(expected) + 1)
            if at_most(feared, drawn, bad_from(length, target, others), length) <= delta:
                good, first = length, first or length
            elif first:
                break
            length = longer(length, size)
        cost = sample + (size - sample) * (1 - good / size)
        if good and cost < best.cost:
            best = Allotment(sample, cost, start=first)
    return best


def misses(found: int, target: float) -> int:
    """So many hits may be missed where so many are found: found / (found + missed) is still the target."""
    return math.floor(found * (1 - target) / target + 1e-9)


def _sizes(size: int) -> list[int]:
    """Sizes of a sample that are weighed, up to half of what there is."""
    return sorted({int(one) for one in np.geomspace(FEWEST, size / 2, SIZES)}) if size >= 2 * FEWEST else []
