"""Texts as vectors of their letters: hashed trigrams, each weighed by how few texts have it. Model numbers and names that an embedding
blurs stay apart here. Pure, and the same for the same texts.

Idea: TF-IDF over character n-grams with the hashing trick (Weinberger et al., 2009).
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from rvbbit.interfaces import Matrix

WIDTH = 1024
READ_CHARACTERS = 2_000


def letters(left: Sequence[str], right: Sequence[str]) -> tuple[Matrix, Matrix]:
    """Rows of length 1 (or 0, for a text without letters), a row a text; both sides weighed together."""
    both = [_counted(left), _counted(right)]
    having = sum((np.count_nonzero(side, axis=0) for side in both), np.ones(WIDTH))
    weights = np.log((len(left) + len(right) + 1) / having).clip(min=0).astype(np.float32)
    first, second = (_unit(side * weights) for side in both)
    return first, second


def _counted(texts: Sequence[str]) -> Matrix:
    rows = np.zeros((len(texts), WIDTH), np.float32)
    for row, text in zip(rows, texts, strict=True):
        padded = f" {' '.join(text[:READ_CHARACTERS].lower().split())} "
        for gram in {padded[i : i + 3] for i in range(len(padded) - 2)}:
            place, sign = _place(gram)
            row[place] += sign
    return rows


@lru_cache(100_000)
def _place(gram: str) -> tuple[int, int]:
    number = zlib.crc32(gram.encode("utf-8", "surrogatepass"))
    return number % WIDTH, 1 if number >> 16 & 1 else -1


def _unit(rows: Matrix) -> Matrix:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    lengths[lengths == 0] = 1
    unit: Matrix = rows / lengths
    return unit
