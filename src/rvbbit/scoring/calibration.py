"""From what scorers say to a share of right answers, fitted to what people verified in one cell. Closed forms on NumPy; it reads no log.

Platt scaling over all scorers at once: a logistic regression on the log-odds of each score, with a second weight for "could not tell", a
little ridge, and Platt's targets, which keep a cell where everything was right from claiming certainty. Where answers are many, isotonic
regression (pool adjacent violators) on top of it mends what a logistic curve cannot bend to. `docs/confidence.md` has the measurements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]
Opinions: TypeAlias = Mapping[str, float | None]
"""What each scorer says of one execution."""

ENOUGH = 50
"""Verified answers from which on a cell is calibrated."""
MANY = 2_000
"""Verified answers from which on isotonic regression is added: with 1,200 it draws level with the curve alone, with fewer it is worse."""

_RIDGE = 1.0
_EDGE = 0.01  # scores of 0 and 1 have no log-odds; nothing a scorer says is surer than 99 to 1
_STEPS = 50
_SMALL = 1e-8


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was fitted. `knots` are (logistic, isotonic) pairs, empty where there were few answers."""

    scorers: tuple[str, ...]
    weights: Array
    knots: tuple[Array, Array] | None = None

    def confidence(self, opinions: Sequence[Opinions]) -> Array:
        """The share of right answers among executions that scorers speak of like this, one each."""
        logistic = _sigmoid(_features(self.scorers, opinions) @ self.weights)
        if self.knots is None:
            return logistic
        bent: Array = np.interp(logistic, *self.knots)
        return bent


def fit(opinions: Sequence[Opinions], right: Sequence[bool], many: int = MANY, enough: int = ENOUGH) -> Calibration | None:
    """A calibration of verified executions; None where there are fewer than `enough`. From `many` on, with isotonic regression."""
    if len(right) < enough:
        return None
    truth = np.array(right, dtype=np.float64)
    scorers = tuple(sorted({name for said in opinions for name, value in said.items() if value is not None}))
    features = _features(scorers, opinions)
    weights = _logistic(features, _smoothed(truth))
    knots = isotonic(_sigmoid(features @ weights), truth) if len(right) >= many else None
    return Calibration(scorers, weights, knots)


def stage(verified: int) -> str:
    """Which calibration so many verified answers give: it is fitted anew whenever they have doubled, so scores change seldom."""
    if verified < ENOUGH:
        return "uncalibrated"
    step = ENOUGH
    while 2 * step <= verified:
        step *= 2
    return f"calibrated, {step} verified"


def isotonic(values: Array, truth: Array) -> tuple[Array, Array]:
    """Pool adjacent violators: the knots of the best non-decreasing curve. Each pool is drawn towards the mean by one answer."""
    levels, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    goods = np.bincount(place, truth)
    pools: list[list[float]] = []  # sum of values, sum of truth, number
    for level, good, count in zip(levels, goods, counts, strict=True):
        pools.append([float(level * count), float(good), float(count)])
        while len(pools) > 1 and pools[-2][1] / pools[-2][2] >= pools[-1][1] / pools[-1][2]:
            last = pools.pop()
            pools[-1] = [ours + theirs for ours, theirs in zip(pools[-1], last, strict=True)]
    held = np.array(pools)
    mean = float(truth.mean())
    return held[:, 0] / held[:, 2], np.maximum.accumulate((held[:, 1] + mean) / (held[:, 2] + 1))


def _features(scorers: Sequence[str], opinions: Sequence[Opinions]) -> Array:
    """rows × (1 + 2 a scorer): a constant, log-odds (0 where it could not tell), and whether it could not tell."""
    given = np.array([[said.get(name) for name in scorers] for said in opinions], dtype=np.float64).reshape(len(opinions), len(scorers))
    silent = np.isnan(given)
    held = np.clip(np.where(silent, 0.5, given), _EDGE, 1 - _EDGE)
    return np.hstack([np.ones((len(opinions), 1)), np.log(held / (1 - held)), silent.astype(np.float64)])


def _smoothed(truth: Array) -> Array:
    """Platt's targets: (n+ + 1) / (n+ + 2) for right, 1 / (n- + 2) for wrong."""
    good = truth.sum()
    targets: Array = np.where(truth == 1, (good + 1) / (good + 2), 1 / (len(truth) - good + 2))
    return targets


def _logistic(features: Array, targets: Array) -> Array:
    """Newton's method; the ridge leaves the constant alone, but for a trace that keeps the system solvable."""
    ridge = np.full(features.shape[1], _RIDGE)
    ridge[0] = _SMALL
    weights = np.zeros(features.shape[1])
    for _ in range(_STEPS):
        held = _sigmoid(features @ weights)
        slope = features.T @ (held - targets) + ridge * weights
        curve = (features * (held * (1 - held) + _SMALL)[:, None]).T @ features + np.diag(ridge)
        step = np.linalg.solve(curve, slope)
        weights -= step
        if np.abs(step).max() < _SMALL:
            break
    return weights


def _sigmoid(values: Array) -> Array:
    held: Array = 1 / (1 + np.exp(-np.clip(values, -30, 30)))
    return held
