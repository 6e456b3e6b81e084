"""Vectors that are made, not embedded, and given to a project as if it had embedded the texts they stand for.

Clusters of unequal size and spread in 384 dimensions, of length 1: nearer to what text gives than points drawn alike.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

import rvbbit
from rvbbit.embeddings.embedding import hashed
from rvbbit.interfaces import Matrix

DIMS, CLUSTERS, STEP = 384, 500, 10_000
MODEL = "local:minilm"


def made(rows: int, queries: int) -> tuple[Matrix, Matrix]:
    """The vectors of rows, and of queries drawn as they are; the same each time."""
    random = np.random.default_rng(0)
    centres = random.normal(size=(CLUSTERS, DIMS)).astype(np.float32)
    sizes = random.pareto(1.0, CLUSTERS) + 0.1
    of = random.choice(CLUSTERS, rows + queries, p=sizes / sizes.sum())
    spread = random.uniform(0.6, 1.4, CLUSTERS).astype(np.float32)
    points = random.normal(size=(rows + queries, DIMS), scale=1.0).astype(np.float32)
    points *= spread[of][:, None]
    points += centres[of]
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    return points[:rows], points[rows:]


def nearest(matrix: Matrix, queries: Matrix, k: int) -> list[set[int]]:
    """The places of the k nearest to each query, by comparing everything."""
    return [set(np.argpartition(-(matrix @ query), k)[:k].tolist()) for query in queries]


def given(db: rvbbit.Database, texts: Sequence[str], matrix: Matrix) -> None:
    """What embedding the texts would leave in the store."""
    for start in range(0, len(texts), STEP):
        some = hashed(pa.array(texts[start : start + STEP], pa.string())).to_pylist()
        db._rooms.store.vectors.keep(MODEL, some, matrix[start : start + STEP])
