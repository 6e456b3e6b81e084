"""A student that never answers a text with that text's own answer (DESIGN, decision 8); knows no tasks and embeds nothing.

Examples are dealt into a few folds by their texts, never by their answers; a text that is itself an example is answered by the head fitted
without its fold, every other text by the head fitted on all. So whole sets can be asked again at the cost of a handful of fits.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rvbbit.providers.local.student import Array, Head, Names, Places, fit

FOLDS = 5
ALL = -1


class Student:
    """Names, and examples as (text, vector, place of the answer), newest first; of equal texts the newest counts. Fitted when asked."""

    def __init__(self, names: Names, texts: Sequence[str], vectors: Array, answers: Places) -> None:
        newest = {text: place for place, text in reversed(list(enumerate(texts)))}
        kept = np.array(sorted(newest.values()), np.intp)
        self._names = names
        self._vectors = vectors[kept]
        self._answers = answers[kept]
        self._fold = {text: place % FOLDS for place, text in enumerate(sorted(newest))}
        self._folds = np.array([self._fold[texts[place]] for place in kept], np.intp)
        self._heads: dict[int, Head] = {}

    def __len__(self) -> int:
        """Examples held."""
        return len(self._answers)

    def scores(self, texts: Sequence[str], vectors: Array) -> Array:
        """Texts × answers, as `Head.scores` gives them."""
        folds = np.array([self._fold.get(text, ALL) for text in texts], np.intp)
        scores = np.empty((len(texts), self._names.count))
        for fold in np.unique(folds):
            rows = folds == fold
            scores[rows] = self._head(int(fold)).scores(vectors[rows])
        return scores

    def _head(self, without: int) -> Head:
        if without not in self._heads:
            rows = self._folds != without
            self._heads[without] = fit(self._names, self._vectors[rows], self._answers[rows])
        return self._heads[without]
