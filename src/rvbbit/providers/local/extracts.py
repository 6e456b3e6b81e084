"""Summaries made of the texts' own sentences: the ones nearest to all (or to a focus), each unlike those already taken.

Extractive, and no more: it writes nothing, so it misses what no sentence says. Centroid sentences (Radev et al. 2004), chosen by maximal
marginal relevance (Carbonell and Goldstein 1998). Pure functions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from rvbbit.providers.local.student import Array

SENTENCES = 3
MOST = 1_000  # sentences looked at: evenly over all texts
SHORTEST = 3  # words that a sentence must have, where any has
NEW = 0.3  # how much being unlike the chosen ones counts
_END = re.compile(r"(?<=[.!?…。！？])[\"'”’)]*\s+|\n+")


def sentences(texts: Sequence[str]) -> list[str]:
    """The distinct sentences of some texts, in order; those of few words only where there is nothing else."""
    found = dict.fromkeys(part.strip() for text in texts for part in _END.split(text) if part.strip())
    long = [one for one in found if len(one.split()) >= SHORTEST]
    kept = long or list(found)
    return kept if len(kept) <= MOST else [kept[place] for place in np.linspace(0, len(kept) - 1, MOST).astype(int)]


def chosen(vectors: Array, towards: Array, count: int) -> list[int]:
    """The places of the sentences nearest to a direction, each unlike those before it, in the order in which they stand."""
    near = vectors @ towards
    taken = [int(np.argmax(near))]
    while len(taken) < min(count, len(vectors)):
        worth = (1 - NEW) * near - NEW * np.max(vectors @ vectors[taken].T, axis=1)
        worth[taken] = -np.inf
        taken.append(int(np.argmax(worth)))
    return sorted(taken)


def centre(vectors: Array, weights: Array | None = None) -> Array:
    """The direction of the mean, of length 1."""
    mean = np.average(vectors, axis=0, weights=weights)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9))
