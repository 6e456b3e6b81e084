"""Text → vector, tokens and, of two, what they have in common: for the texts of one batch, embedded before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np

from rvbbit.providers.local import pairs
from rvbbit.providers.local.minilm import Encoded
from rvbbit.providers.local.student import Array

Pair = tuple[str, str]


class Lookup:
    """`encoded` has a row a text."""

    def __init__(self, texts: Sequence[str], encoded: Encoded) -> None:
        self._place = {text: place for place, text in enumerate(texts)}
        self._encoded = encoded
        self._side = cache(pairs.side)

    def vectors(self, texts: Iterable[str]) -> Array:
        """A row of length 1 a text."""
        return self._encoded.vectors[[self._place[text] for text in texts]].astype(np.float64).reshape(-1, self._encoded.vectors.shape[1])

    def tokens(self, texts: Iterable[str]) -> list[int]:
        """How many the model read of each."""
        return [int(self._encoded.tokens[self._place[text]]) for text in texts]

    def sameness(self, asked: Sequence[Pair]) -> Array:
        """How surely the two of each pair name one thing, 0-1."""
        return np.array([pairs.sameness(self._side(a), self._side(b), near) for (a, b), near in zip(asked, self._near(asked), strict=True)])

    def features(self, asked: Sequence[Pair]) -> Array:
        """A row a pair, for a student."""
        found = [pairs.features(self._side(a), self._side(b), near) for (a, b), near in zip(asked, self._near(asked), strict=True)]
        return np.array(found, np.float64).reshape(len(asked), -1)

    def _near(self, asked: Sequence[Pair]) -> list[float]:
        near = np.einsum("ij,ij->i", self.vectors(a for a, _ in asked), self.vectors(b for _, b in asked))
        return [float(one) for one in near]
