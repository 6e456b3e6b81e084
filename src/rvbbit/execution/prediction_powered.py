"""A total or mean over many answers, corrected by the few of them that are known to be right or wrong, with its interval. Arrays only.

Prediction-powered inference (Angelopoulos et al., Science 2023), in the tuned form that never does worse than the known answers alone
(PPI++, 2023); over a finite population it is survey sampling's regression estimator. It assumes that the known answers are a random sample.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

FEWEST = 30
"""Known answers under which an interval would be a guess."""


@dataclass(frozen=True, slots=True)
class Contributions:
    """What each question adds to a total: `predicted` all of them; `known` those at the places `sample`, by their known answers."""

    predicted: Array
    sample: npt.NDArray[np.intp]
    known: Array


@dataclass(frozen=True, slots=True)
class Interval:
    estimate: float
    low: float
    high: float


def total(given: Contributions, level: float) -> Interval | None:
    """The sum over the population; None where too little is known."""
    size, drawn = len(given.predicted), len(given.sample)
    if drawn < min(FEWEST, size) or not drawn:
        return None
    predicted = given.predicted[given.sample]
    trust = _trust(given.known, predicted)
    residuals = given.known - trust * predicted
    return _around(_estimate(given, trust), size * _error(residuals, _weight(given), size), _degrees(residuals), level)


def count(given: Contributions, most: Array, level: float) -> Interval | None:
    """The same of a total to which each question adds between nothing and `most`: what is known is neither more nor less."""
    found = total(given, level)
    if found is None:
        return None
    low, high = float(given.known.sum()), float(most.sum() - (most[given.sample] - given.known).sum())
    return Interval(*(min(max(end, low), high) for end in (found.estimate, found.low, found.high)))


def mean(over: Contributions, under: Contributions, level: float) -> Interval | None:
    """The ratio of two totals of the same questions (a sum and a count); None where too little is known or nothing is counted.

    By linearisation: what a question adds to the sum beyond its share of the mean. One trust serves both totals.
    """
    size, drawn = len(over.predicted), len(over.sample)
    if drawn < min(FEWEST, size) or not drawn:
        return None
    trust = 1.0
    for _ in range(2):  # the trust needs a ratio, and the ratio a trust
        counted = _estimate(under, trust)
        if counted <= 0:
            return None
        ratio = _estimate(over, trust) / counted
        known, predicted = over.known - ratio * under.known, over.predicted - ratio * under.predicted
        residuals = known - trust * predicted[over.sample]
        trust = _trust(known, predicted[over.sample])
    away = np.abs(predicted)[predicted != 0]
    error = _error(residuals, float(away.mean()) if len(away) else 0.0, size)
    return _around(ratio, size * error / counted, _degrees(residuals), level)


def _estimate(given: Contributions, trust: float) -> float:
    known = given.known - trust * given.predicted[given.sample]
    return trust * float(given.predicted.sum()) + len(given.predicted) * float(known.mean())


def _trust(known: Array, predicted: Array) -> float:
    """How far predictions are worth going by: the slope of what is known on them, 0-1."""
    spread = float(((predicted - predicted.mean()) ** 2).sum())
    if spread == 0.0:
        return 1.0
    return float(np.clip(((known - known.mean()) * (predicted - predicted.mean())).sum() / spread, 0.0, 1.0))


def _error(residuals: Array, weight: float, size: int) -> float:
    """The standard error of the residuals' mean. Two imagined ones, a question too many and one too few, keep it from being none."""
    drawn = len(residuals)
    spread = (float(((residuals - residuals.mean()) ** 2).sum()) + 2 * weight**2) / max(1, drawn - 1)
    return math.sqrt(spread / drawn * max(0.0, 1 - drawn / size))


def _weight(given: Contributions) -> float:
    """What one question more or less adds, as a rule."""
    added = np.abs(np.concatenate([given.predicted, given.known]))
    return float(added[added > 0].mean()) if added.any() else 1.0


def _degrees(residuals: Array) -> float:
    """How many residuals there are in effect, where few of them, or few large ones, make the whole spread."""
    squares = (residuals - residuals.mean()) ** 2
    fourth = float((squares**2).sum())
    return max(4.0, float(squares.sum()) ** 2 / fourth) if fourth else len(residuals) - 1.0


def _around(estimate: float, error: float, degrees: float, level: float) -> Interval:
    half = _quantile(level, degrees) * error
    return Interval(estimate, estimate - half, estimate + half)


def _quantile(level: float, degrees: float) -> float:
    """Student's t, by the first terms of its expansion around the normal: from 4 degrees on right within a hundredth, up to 95 %."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    return z + (z**3 + z) / (4 * degrees) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)
