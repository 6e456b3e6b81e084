"""Search by words: BM25 over stems, by bm25s. It knows nothing of meaning; `fused` puts both together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from rvbbit.embeddings.space import Places, Scores


class Words:
    """The words of some texts, in their order."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._size = len(texts)
        tokens = _tokens(texts)
        self._index: Any = None
        if any(tokens):
            bm25s, _ = _libraries()
            self._index = bm25s.BM25()
            self._index.index(tokens, show_progress=False)

    def scores(self, query: str) -> Scores:
        """How well each text fits a query, from 0."""
        (tokens,) = _tokens([query])
        known = [] if self._index is None else [token for token in tokens if token in self._index.vocab_dict]
        if not known:
            return np.zeros(self._size, np.float32)
        scores: Scores = self._index.get_scores(known).astype(np.float32)
        return scores


def _tokens(texts: Sequence[str]) -> list[list[str]]:
    bm25s, stemmer = _libraries()
    tokens: list[list[str]] = bm25s.tokenize(list(texts), stopwords="en", stemmer=stemmer, return_ids=False, show_progress=False)
    return tokens


@cache
def _libraries() -> tuple[Any, Any]:
    # Imported when first needed: a search by meaning alone need not load them.
    import bm25s
    import Stemmer

    return bm25s, Stemmer.Stemmer("english")


RANK = 60
"""How much the first places weigh against the later ones."""


def fused(first: Scores, second: Scores) -> Scores:
    """Two scores of the same rows as one by their ranks, 0–1: 1 is first in both. No word of the query (0) gives nothing for words.

    Source: Cormack, Clarke and Büttcher, "Reciprocal rank fusion outperforms Condorcet and individual rank learning", 2009.
    """
    named = np.flatnonzero(second > 0)
    total = _by_rank(first)
    total[named] += _by_rank(second[named])
    return total


def _by_rank(scores: Scores) -> Scores:
    """Half of what is fused: exactly 0.5 for the first, so that two of them make 1."""
    ranks = np.empty(len(scores), np.float32)
    ranks[_highest_first(scores)] = np.arange(1, len(scores) + 1, dtype=np.float32)
    half: Scores = (RANK + 1) / 2 / (RANK + ranks)
    return half


def _highest_first(scores: Scores) -> Places:
    """The places of all scores in order, the first of equals first: numbers that hold score and place are sorted ten times as fast."""
    bits = (0.0 - scores).view(np.int32)
    rising = (bits ^ ((bits >> 31) & 0x7FFFFFFF)).astype(np.int64)
    order: Places = np.sort((rising << 32) | np.arange(len(scores))) & 0xFFFFFFFF
    return order
