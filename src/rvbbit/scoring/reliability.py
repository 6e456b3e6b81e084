"""How far confidences can be believed: a reliability table, expected calibration error with its interval, Brier score. It fits nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]

_BINS = 10
_DRAWS = 1_000
_SEED = 20_240_601


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers with a confidence in [low, high): how many, their mean confidence, and which share is right."""

    low: float
    high: float
    number: int
    confidence: float
    right: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """`ece` is the mean distance between confidence and share right over the bins; `low` and `high` its 95 % bootstrap interval.

    `brier` is the mean squared error; `auc` the chance that a right answer has a higher confidence than a wrong one (0.5: it tells nothing;
    None where all are right or none is).
    """

    number: int
    ece: float
    low: float
    high: float
    brier: float
    auc: float | None
    bins: tuple[Bin, ...]


def reliability(confidence: Array, right: Array) -> Reliability:
    """Confidences beside what people verified (1 right, 0 wrong); one each at least."""
    places = _places(confidence)
    random = np.random.default_rng(_SEED)
    draws = (random.integers(0, len(right), len(right)) for _ in range(_DRAWS))
    errors = [_ece(confidence[draw], right[draw], places[draw]) for draw in draws]
    low, high = np.quantile(errors, [0.025, 0.975])
    brier = float(np.mean((confidence - right) ** 2))
    bins = tuple(_bin(place, confidence, right, places) for place in range(_BINS) if np.any(places == place))
    return Reliability(len(right), _ece(confidence, right, places), float(low), float(high), brier, _auc(confidence, right), bins)


def _places(confidence: Array) -> npt.NDArray[np.int64]:
    return np.minimum((confidence * _BINS).astype(np.int64), _BINS - 1)


def _ece(confidence: Array, right: Array, places: npt.NDArray[np.int64]) -> float:
    gaps = np.bincount(places, confidence - right, _BINS)
    return float(np.abs(gaps).sum() / len(right))


def _bin(place: int, confidence: Array, right: Array, places: npt.NDArray[np.int64]) -> Bin:
    inside = places == place
    edges = place / _BINS, (place + 1) / _BINS
    return Bin(*edges, int(inside.sum()), float(confidence[inside].mean()), float(right[inside].mean()))


def _auc(confidence: Array, right: Array) -> float | None:
    """By ranks, ties shared (Mann-Whitney)."""
    good, bad = int(right.sum()), int(len(right) - right.sum())
    if not good or not bad:
        return None
    _, inverse, counts = np.unique(confidence, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return float((ranks[right == 1].sum() - good * (good + 1) / 2) / (good * bad))
