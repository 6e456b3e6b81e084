"""The student of a score: how much a text is about something, learned from the scores people gave others. Pure functions of matrices.

Kernel ridge regression on what the similarity alone leaves unexplained; without examples the similarity is the score.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rvbbit.providers.local.student import MOST_EXAMPLES, Array

KERNEL_WIDTH = 0.3  # narrow: what was said of one text should not move the scores of all
NOISE = 0.2
WIDE = 0.8  # of sentiment, which one text shares with many
POLE_WEIGHT = 2.0  # brings the difference of two similarities, seldom beyond 0.3, nearer to a score


@dataclass(frozen=True, slots=True)
class Grades:
    """Fitted examples. `against` is a vector of length 1."""

    against: Array
    examples: Array
    weights: Array

    def scores(self, texts: Array) -> Array:
        """Texts × 1: scores from 0 to 1."""
        return np.asarray(np.clip(texts @ self.against + kernel(texts, self.examples) @ self.weights, 0, 1)[:, None])


def fit_grades(against: Array, examples: Array, scores: Array) -> Grades:
    """Grades from examples (rows of length 1, newest first) and the score 0-1 of each. Above `MOST_EXAMPLES` the newest are kept."""
    examples, scores = examples[:MOST_EXAMPLES], scores[:MOST_EXAMPLES]
    likeness = kernel(examples, examples) + NOISE * np.eye(len(examples))
    residuals = scores - np.clip(examples @ against, 0, 1)
    return Grades(against, examples, np.asarray(np.linalg.solve(likeness, residuals), np.float64))


@dataclass(frozen=True, slots=True)
class Polarity:
    """Fitted sentiments. `axis` points from the negative pole to the positive."""

    axis: Array
    examples: Array
    weights: Array

    def scores(self, texts: Array) -> Array:
        """Texts × 1: scores from -1 to 1."""
        return np.asarray(np.clip(texts @ self.axis + _wide(texts, self.examples) @ self.weights, -1, 1)[:, None])


def fit_polarity(poles: Array, examples: Array, scores: Array) -> Polarity:
    """Kernel ridge regression on what the two poles (positive, negative) leave unexplained. Above `MOST_EXAMPLES` the newest are kept."""
    examples, scores = examples[:MOST_EXAMPLES], scores[:MOST_EXAMPLES]
    axis = POLE_WEIGHT * (poles[0] - poles[1])
    kernel = _wide(examples, examples) + NOISE * np.eye(len(examples))
    return Polarity(axis, examples, np.asarray(np.linalg.solve(kernel, scores - examples @ axis), np.float64))


def _wide(left: Array, right: Array) -> Array:
    return np.asarray(np.exp((left @ right.T - 1) / WIDE))


def kernel(left: Array, right: Array) -> Array:
    """How far one row speaks for another: 1 where they are the same."""
    return np.asarray(np.exp((left @ right.T - 1) / KERNEL_WIDTH))
