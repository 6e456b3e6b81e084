"""The student of a yes-or-no cell: whether a text matches a criterion, from the similarity and the examples of that criterion.

Kernel ridge regression on what the similarity alone leaves unexplained; without examples the similarity decides alone. Pure functions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

STEEPNESS = 0.15
"""How far from the threshold, in similarity, the names alone are certain."""
PENALTY = 0.5
WIDTH = 0.5


@dataclass(frozen=True, slots=True)
class Judge:
    """A fitted yes-or-no student. `criterion` is a unit vector."""

    criterion: Array
    threshold: float
    examples: Array
    weights: Array
    left_out: Array

    def margins(self, queries: Array, own: npt.NDArray[np.intp]) -> Array:
        """Above 0 matches. `own[i]` is the example that query i itself is, -1 where it is none: scored as if it were not there."""
        learned = _kernel(queries, self.examples) @ self.weights
        learned[own >= 0] = self.left_out[own[own >= 0]]
        return _alone(queries, self.criterion, self.threshold) + learned


def fit(criterion: Array, threshold: float, examples: Array, answers: npt.NDArray[np.bool_]) -> Judge:
    """A judge from examples (unit rows) and whether each matches."""
    residual = np.where(answers, 1.0, -1.0) - _alone(examples, criterion, threshold)
    solved = np.linalg.inv(_kernel(examples, examples) + PENALTY * np.eye(len(examples))) if len(examples) else np.zeros((0, 0))
    weights = solved @ residual
    left_out = residual - weights / np.diag(solved) if len(examples) else residual
    return Judge(criterion, threshold, examples, weights, left_out)


def _alone(queries: Array, criterion: Array, threshold: float) -> Array:
    return np.asarray(np.clip((queries @ criterion - threshold) / STEEPNESS, -1, 1))


def _kernel(left: Array, right: Array) -> Array:
    return np.asarray(np.exp((left @ right.T - 1) / WIDTH))
