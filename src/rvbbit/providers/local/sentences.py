"""A text in one of its own sentences: the one nearest in meaning to all of them together. It writes nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from rvbbit.providers.local.answers import completion
from rvbbit.providers.local.lookup import Lookup
from rvbbit.providers.local.questions import Question
from rvbbit.types import Completion

MOST = 64
"""Sentences looked at; those of long texts come first, as news and letters have it."""
_END = re.compile(r"[.!?。！？][\"'”’)\]]*\s+|\n+|$")
_SHORT = re.compile(r"(?:\b(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|No|vs|etc|e\.g|i\.e|approx|Inc|Ltd|Co|Corp))\.$")


def of(text: str) -> list[str]:
    """The sentences, at most `MOST`: cut after a full stop that ends no abbreviation, and at line breaks."""
    found: list[str] = []
    start = 0
    for end in _END.finditer(text):
        piece, start = text[start : end.end()].strip(), end.end()
        if found and _SHORT.search(found[-1]):
            found[-1] = f"{found[-1]} {piece}"
        elif piece:
            found.append(piece)
    return found[:MOST]


def shortened(questions: Sequence[Question], lookup: Lookup, tokens: Sequence[int]) -> list[Completion]:
    """One sentence each; blank text stays as it is."""
    return [_one(question, lookup, count) for question, count in zip(questions, tokens, strict=True)]


def _one(question: Question, lookup: Lookup, tokens: int) -> Completion:
    found = of(question.text)
    if len(found) < 2:
        return completion(question, question.text.strip(), None, {"sentences": len(found)}, tokens)
    vectors = lookup.vectors(found)
    near = vectors @ vectors.mean(axis=0)
    best = int(np.argmax(near))
    return completion(question, found[best], None, {"sentences": len(found), "place": best + 1}, sum(lookup.tokens(found)))
