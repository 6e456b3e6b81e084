"""An HNSW index over the first vectors of a space, by usearch: half-precision inside, so the caller measures again what it finds.

Source: Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using HNSW graphs", 2016.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rvbbit.interfaces import Matrix

CONNECTIVITY, BUILDING, SEARCHING = 16, 128, 1600
"""Neighbours a node, and how many are looked at while it is made and searched: recall@10 in docs/embeddings.md."""
MARGIN = 4
STEP = 5_000


class Index:
    """Vectors 0 … size-1. Searched from any thread once it is made."""

    def __init__(self, inner: Any, size: int) -> None:
        self._inner = inner
        self.size = size

    @classmethod
    def made(cls, matrix: Matrix, threads: int, told: Callable[[int], bool]) -> Index | None:
        """Of all rows of a matrix; `told` hears of so many more and answers whether to go on. None where it was not."""
        inner = _empty(matrix.shape[1])
        for start in range(0, len(matrix), STEP):
            part = matrix[start : start + STEP]
            inner.add(np.arange(start, start + len(part), dtype=np.uint64), np.ascontiguousarray(part), threads=threads)
            if not told(len(part)):
                return None
        return cls(inner, len(matrix))

    @classmethod
    def opened(cls, file: Path, dims: int) -> Index:
        """One that was saved, mapped and not read. Raises OSError, ValueError where it cannot be."""
        inner = _empty(dims)
        try:
            inner.view(str(file))
        except RuntimeError as error:
            raise ValueError(str(error)) from error
        return cls(inner, len(inner))

    def save(self, file: Path) -> None:
        """Into a file."""
        self._inner.save(str(file))

    def nearest(self, vector: Matrix, k: int, total: int, wanted: npt.NDArray[np.int64] | None) -> npt.NDArray[np.int64]:
        """Places of vectors near another, at least k of those wanted where there are so many. `total`: vectors there are."""
        allowed = None
        share = 1.0
        if wanted is not None:
            allowed = np.zeros(total, bool)
            allowed[wanted] = True
            share = max(len(wanted) / total, 1e-6)
        count = min(self.size, int(k * MARGIN / share) + k)
        while True:
            found: npt.NDArray[np.int64] = self._inner.search(vector, count).keys.astype(np.int64)
            kept = found if allowed is None else found[allowed[found]]
            if len(kept) >= k or count >= self.size:
                return kept
            count = min(self.size, count * 4)


def _empty(dims: int) -> Any:
    from usearch import index  # it takes 0.4 s, which a search of a small table need not pay

    return index.Index(ndim=dims, metric="ip", dtype="f16", connectivity=CONNECTIVITY, expansion_add=BUILDING, expansion_search=SEARCHING)
