"""Which examples speak for a whole set: the most typical of each answer. Matrices only: no text, no store.

A core stands in front of every prompt, where providers' prompt caches find it, and takes the place of neighbours. Source of the numbers:
`bench/core.py`. From 20 examples on, half of them may be a core and the right answer is among the examples as often, within a point; of ten
examples, five neighbours are missed.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from rvbbit.interfaces import Matrix

FROM = 20  # examples a prompt must have before any of them may be a core
SHARE = 2  # one in so many


def room(limit: int, answers: int) -> int:
    """How many of `limit` examples a core may take. None where neighbours are needed to show every one of the answers there are."""
    most = limit // SHARE if limit >= FROM else 0
    return 0 if most < answers <= limit else most


def typical(vectors: Matrix, answers: Sequence[str]) -> list[int]:
    """All places: the example nearest to the middle of each answer's, the most frequent answer first; then each one's next."""
    places: dict[str, list[int]] = {}
    for place, answer in enumerate(answers):
        places.setdefault(answer, []).append(place)
    ordered = []
    for own in sorted(places.values(), key=len, reverse=True):
        rows = vectors[own]
        ordered.append([own[at] for at in np.argsort(-(rows @ rows.mean(axis=0)), kind="stable")])
    return [place for each in itertools.zip_longest(*ordered) for place in each if place is not None]
