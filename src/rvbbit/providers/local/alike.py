"""Texts that say the same, and texts that are like no other, by their embeddings. Pure functions; nothing depends on the order of texts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rvbbit.providers.local import pairs
from rvbbit.providers.local.student import Array, Places

NEIGHBOURS = 5
COMPARED = 0.6  # cosine from which two texts are looked at closely
ROWS = 512  # of the similarity matrix held at once


def leaders(texts: Sequence[str], vectors: Array, weights: Array, threshold: float) -> Places:
    """For each distinct text the place of the one that stands for it: itself, or one that is the same by at least so much.

    Sameness is that of `pairs`: nearness, letters and numbers together; texts whose vectors are far apart are not compared. The most
    frequent stand for others first, of equally frequent ones the longer, then the first by name: what is kept is what most rows say, and no
    chain of small steps joins what is far apart.
    """
    order = sorted(range(len(texts)), key=lambda place: (-weights[place], -len(texts[place]), texts[place]))
    sides = [pairs.side(text) for text in texts]
    stands = np.full(len(texts), -1, np.intp)
    for start in range(0, len(order), ROWS):
        some = order[start : start + ROWS]
        near = vectors[some] @ vectors.T
        for row, place in zip(near, some, strict=True):
            if stands[place] >= 0:
                continue
            stands[place] = place
            for other in np.flatnonzero((row >= COMPARED) & (stands < 0)):
                if pairs.sameness(sides[place], sides[other], float(row[other])) >= threshold:
                    stands[other] = place
    return stands


def loneliness(vectors: Array) -> Array:
    """How far each distinct text is from its nearest neighbours, on average."""
    count = min(NEIGHBOURS, len(vectors) - 1)
    if count < 1:
        return np.zeros(len(vectors))
    found = []
    for start in range(0, len(vectors), ROWS):
        near = vectors[start : start + ROWS] @ vectors.T
        near[np.arange(len(near)), np.arange(start, start + len(near))] = -np.inf
        found.append(1 - np.mean(np.partition(near, -count, axis=1)[:, -count:], axis=1))
    return np.concatenate(found)
