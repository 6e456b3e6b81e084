"""Which pairs of two lists of texts may be true at all: all of them where they are few, else those near each other. Asks nobody.

Nearness is the inner product of embeddings beside that of letters. The pairs of large lists are never in memory together: products are
made a block of rows at a time and each row keeps its nearest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rvbbit.execution.lexical import letters
from rvbbit.interfaces import Matrix

Indices = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]

MEANING = 0.5
"""The share of the embedding in nearness; the letters have the rest. On Abt-Buy the nearest three hold 0.985 of the matches, 0.966 without
letters (bench/joins.py)."""
POOL = 1_000_000
"""Pairs that are looked at, about: all there are up to here, beyond it the nearest of each text."""
NEAREST = 20
"""However many texts there are, so many nearest of each are looked at."""
CELLS = 4_000_000
"""Products in memory at a time."""


@dataclass(frozen=True, slots=True)
class Near:
    """Pairs (a place in the left list, one in the right) with their nearness."""

    left: Indices
    right: Indices
    scores: Scores


class Nearness:
    """Of two lists of texts whose embeddings are given, a row of length 1 a text."""

    def __init__(self, left: Sequence[str], right: Sequence[str], meaning: tuple[Matrix, Matrix]) -> None:
        spelled = letters(left, right)
        shares = np.sqrt(np.float32(MEANING)), np.sqrt(np.float32(1 - MEANING))
        sides = zip(meaning, spelled, strict=True)
        self._left, self._right = (np.hstack([shares[0] * means, shares[1] * letter]) for means, letter in sides)

    def nearest(self) -> Near:
        """The pairs worth looking at: every one, or of each text on either side its nearest."""
        rows, columns = len(self._left), len(self._right)
        if rows * columns <= POOL:
            left, right = (side.ravel() for side in np.indices((rows, columns)))
            return Near(left, right, (self._left @ self._right.T).ravel())
        most = max(NEAREST, POOL // (rows + columns))
        there = _nearest(self._left, self._right, min(most, columns))
        back = _nearest(self._right, self._left, min(most, rows))
        keys = np.concatenate([there.left * columns + there.right, back.right * columns + back.left])
        unique, first = np.unique(keys, return_index=True)
        return Near(unique // columns, unique % columns, np.concatenate([there.scores, back.scores])[first])

    def of(self, left: Indices, right: Indices) -> Near:
        """The same for given pairs."""
        scores = np.empty(len(left), np.float32)
        step = max(1, CELLS // self._left.shape[1])
        for start in range(0, len(left), step):
            some = slice(start, start + step)
            scores[some] = np.einsum("ij,ij->i", self._left[left[some]], self._right[right[some]])
        return Near(left, right, scores)


def _nearest(rows: Matrix, columns: Matrix, most: int) -> Near:
    step = max(1, CELLS // max(1, len(columns)))
    found: list[Indices] = []
    scores: list[Scores] = []
    for start in range(0, len(rows), step):
        products = rows[start : start + step] @ columns.T
        found.append(np.argpartition(-products, most - 1, axis=1)[:, :most].astype(np.int64))
        scores.append(np.take_along_axis(products, found[-1], axis=1))
    left = np.repeat(np.arange(len(rows), dtype=np.int64), most)
    return Near(left, np.concatenate(found).ravel(), np.concatenate(scores).ravel())
