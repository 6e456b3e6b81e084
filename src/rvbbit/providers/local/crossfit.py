"""A student that never answers a text with that text's own answer (DESIGN, decision 8); knows no tasks and embeds nothing.

Examples are dealt into a few folds by their texts, never by their answers; a text that is itself an example is answered by the head fitted
without its fold, every other text by the head fitted on all. So whole sets can be asked again at the cost of a handful of fits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from rvbbit.providers.local.student import Array

FOLDS = 5
ALL = -1


class Fitted(Protocol):
    """A head."""

    def scores(self, texts: Array) -> Array:
        """One row a text."""


Fit: TypeAlias = "Callable[[Array, npt.NDArray[np.float64]], Fitted]"
"""Examples (rows of length 1, newest first) and what each was answered, as a number → a head."""


class Student:
    """Examples as (text, vector, answer), newest first, and how heads are fitted on them; of equal texts the newest counts."""

    def __init__(self, fit: Fit, texts: Sequence[str], vectors: Array, answers: Sequence[float]) -> None:
        newest = {text: place for place, text in reversed(list(enumerate(texts)))}
        kept = sorted(newest.values())
        self._fit = fit
        self._vectors = vectors[kept]
        self._answers = np.array([answers[place] for place in kept], np.float64)
        self._fold = {text: place % FOLDS for place, text in enumerate(sorted(newest))}
        self._folds = np.array([self._fold[texts[place]] for place in kept], np.intp)
        self._heads: dict[int, Fitted] = {}

    def __len__(self) -> int:
        """Examples held."""
        return len(self._answers)

    def scores(self, texts: Sequence[str], vectors: Array) -> Array:
        """One row a text, as the heads give them. Heads are fitted when first needed."""
        folds = np.array([self._fold.get(text, ALL) for text in texts], np.intp)
        rows = [np.flatnonzero(folds == fold) for fold in np.unique(folds)]
        scores = np.concatenate([self._head(int(folds[some[0]])).scores(vectors[some]) for some in rows])
        return np.asarray(scores[np.argsort(np.concatenate(rows))])

    def _head(self, without: int) -> Fitted:
        if without not in self._heads:
            rows = self._folds != without
            self._heads[without] = self._fit(self._vectors[rows], self._answers[rows])
        return self._heads[without]
