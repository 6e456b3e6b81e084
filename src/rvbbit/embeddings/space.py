"""The rows of one column as points: whose vector is which, and what is nearest. Exact where that is quick, through an index beyond.

Rows with the same text share a vector. Vectors only ever come in behind the others, so that an index of the first of them stays right;
those without a row are passed over, and the space is made anew when a fifth of it is outside the index or gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rvbbit.embeddings.index import Index
from rvbbit.interfaces import Matrix

Places: TypeAlias = npt.NDArray[np.int64]
Scores: TypeAlias = npt.NDArray[np.float32]

INDEX_FROM = 500_000
"""Vectors from which an index is worth making, which finds less than all of them do. Measured: docs/embeddings.md."""
KEPT_FROM = 100_000
"""Vectors that take longer to read out of the store than to map from a file of their own."""
EXACT_UNDER = 20_000
"""Vectors that are compared one by one although there is an index, where a filter leaves no more."""
STALE = 0.2


@dataclass(frozen=True)
class Space:
    """Rows and their vectors. `ids` and `owner` (the place of a row's vector in `matrix`) go by the rows; `hashes` name the vectors.

    `state` tells whether the table is as it was. `index` covers the first of the vectors, or is None.
    """

    state: str
    ids: pa.Array
    owner: Places
    hashes: pa.Array
    matrix: Matrix
    index: Index | None = None

    @property
    def stale(self) -> float:
        """The share of the vectors that the index does not have, or that have no row any more."""
        gone = int((~self._alive).sum())
        return (gone + len(self.matrix) - (0 if self.index is None else self.index.size)) / max(1, len(self.matrix))

    def nearest(self, vector: Matrix, k: int, rows: Places | None = None, threshold: float | None = None) -> tuple[Places, Scores]:
        """The places of the k rows nearest to a vector, nearest first, with their cosines; among `rows` only, where given.

        Of rows that are equally near, the first ones. Fewer than k where there are no more, or none as near as `threshold`.
        """
        if k <= 0 or not len(self.owner) or (rows is not None and not len(rows)):
            return np.empty(0, np.int64), np.empty(0, np.float32)
        near, cosines = self._vectors(vector, k, self._wanted(rows))
        starts, ends = self._starts[near], self._starts[near + 1]
        found = np.concatenate([self._order[start:end] for start, end in zip(starts, ends, strict=True)])
        scores = np.repeat(cosines, ends - starts)
        if rows is not None:
            among = np.isin(found, rows)
            found, scores = found[among], scores[among]
        return best(found, scores, k, threshold)

    def cosines(self, vector: Matrix) -> Scores:
        """The cosine of every row with a vector."""
        similar: Scores = _compared(self.matrix, vector)[self.owner]
        return similar

    @cached_property
    def _order(self) -> Places:
        """The rows, those of one vector together."""
        return np.argsort(self.owner, kind="stable")

    @cached_property
    def _starts(self) -> Places:
        """Where in the order each vector's rows start, and behind the last one."""
        return np.concatenate([[0], np.cumsum(np.bincount(self.owner, minlength=len(self.matrix)))])

    @cached_property
    def _alive(self) -> npt.NDArray[np.bool_]:
        """Which of the vectors has a row."""
        return np.diff(self._starts) > 0

    def _wanted(self, rows: Places | None) -> Places | None:
        """The vectors of some rows; None where that is all there are."""
        if rows is not None:
            return np.unique(self.owner[rows])
        return None if self._alive.all() else np.flatnonzero(self._alive)

    def _vectors(self, vector: Matrix, k: int, wanted: Places | None) -> tuple[Places, Scores]:
        """At least the k nearest vectors of those wanted (ties included where they are compared one by one), and their cosines."""
        places = np.arange(len(self.matrix)) if wanted is None else wanted
        if self.index is None or len(places) <= max(EXACT_UNDER, k):
            if len(places) * 2 < len(self.matrix):
                return _top(places, _compared(self.matrix[places], vector), k)
            cosines = _compared(self.matrix, vector)
            return _top(places, cosines if wanted is None else cosines[places], k)
        near = self.index.nearest(vector, k, len(self.matrix), wanted)
        near = np.concatenate([near, places[np.searchsorted(places, self.index.size) :]])
        return _top(near, _compared(self.matrix[near], vector), k)


def _compared(matrix: Matrix, vector: Matrix) -> Scores:
    """The cosine of each row with a vector, equal for equal rows.

    Not by `@`: its threads wait busily for 30 ms for more, which takes ten times the CPU, and from the next statements.
    """
    cosines: Scores = np.vecdot(matrix, vector)
    return cosines


def best(places: Places, scores: Scores, k: int, threshold: float | None = None) -> tuple[Places, Scores]:
    """The k places with the highest scores; the first ones of equals."""
    if threshold is not None:
        enough = scores >= np.float32(threshold)
        places, scores = places[enough], scores[enough]
    places, scores = _top(places, scores, k)
    order = np.lexsort((places, -scores))[:k]
    return places[order], scores[order]


def _top(places: Places, scores: Scores, k: int) -> tuple[Places, Scores]:
    if len(scores) <= k:
        return places, scores
    least = np.partition(scores, len(scores) - k)[len(scores) - k]
    chosen = scores >= least
    return places[chosen], scores[chosen]


def grown(old: Space | None, hashes: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Contents in the order of the next matrix, those of the space before first; and those of them that it does not have."""
    if old is None:
        return hashes, hashes
    fresh = hashes.filter(pc.invert(pc.is_in(hashes, old.hashes)))
    return pa.concat_arrays([old.hashes, fresh]), fresh
