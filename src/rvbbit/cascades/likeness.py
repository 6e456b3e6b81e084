"""Which texts may say the same, by their embeddings: only those are asked about, together. It decides nothing itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rvbbit.interfaces import Embedder
from rvbbit.types import Value

ROWS = 512  # of the similarity matrix held at once


async def blocks(values: Sequence[Value], embedder: Embedder, least: float) -> tuple[list[list[Value]], list[Value]]:
    """Distinct texts linked by a similarity of at least `least`, a list a block, in their order; and those that are like no other."""
    texts = list(dict.fromkeys(str(value) for value in values))
    vectors = await embedder.embed([text or " " for text in texts])
    first = list(range(len(texts)))

    def root(place: int) -> int:
        while first[place] != place:
            first[place] = first[first[place]]
            place = first[place]
        return place

    for start in range(0, len(texts), ROWS):
        near = vectors[start : start + ROWS] @ vectors.T
        for row, column in zip(*np.nonzero(near >= least), strict=True):
            one, other = root(start + int(row)), root(int(column))
            first[max(one, other)] = min(one, other)
    found: dict[int, list[Value]] = {}
    for place, text in enumerate(texts):
        found.setdefault(root(place), []).append(text)
    return [block for block in found.values() if len(block) > 1], [block[0] for block in found.values() if len(block) == 1]
