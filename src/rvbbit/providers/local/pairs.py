"""What two texts are to each other, as numbers: for `same`, which compares names, and for `pair`, which learns what follows from what.

Pure functions of texts and their vectors; measured in `bench/pairs.py`. Word lists are English: other languages lose the two features that
look for a negation, and keep the rest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from rvbbit.providers.local.student import Array

WIDTH = 1.0
NOISE = 0.3
SHARPNESS = 4.0  # brings a ridge score, about -1 to 1, to the scale of a logarithm of odds
MOST_PAIRS = 2000  # fitting takes their number cubed
STEEPNESS = 4.0  # how fast sameness becomes certain beside its threshold
CONFLICT = 0.25  # what two names lose whose numbers or codes have nothing in common
_WEIGHTS = np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5])
_NEGATIONS = frozenset(["no", "not", "nobody", "nothing", "none", "never", "neither", "nor", "without", "cannot"])
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_CODE = re.compile(r"[^\W_](?:[^\W_]|[-/.](?=[^\W_]))*")


@dataclass(frozen=True, slots=True)
class Side:
    """One text of a pair, taken apart once."""

    words: frozenset[str]
    grams: frozenset[str]
    codes: frozenset[str]
    joined: str
    negated: bool


def side(text: str) -> Side:
    """Lower case, without punctuation. `codes` are tokens with a digit in them: model numbers, sizes, years."""
    words = _WORD.findall(text.lower())
    joined = "".join("".join(letter for letter in word if letter.isalnum()) for word in words)
    padded = f" {' '.join(words)} "
    codes = ["".join(letter for letter in code.lower() if letter.isalnum()) for code in _CODE.findall(text)]
    return Side(
        words=frozenset(words),
        grams=frozenset(padded[place : place + 3] for place in range(len(padded) - 2)),
        codes=frozenset(code for code in codes if any(letter.isdigit() for letter in code)),
        joined=joined,
        negated=any(word in _NEGATIONS or word.endswith(("n't", "n’t")) for word in words),
    )


def sameness(one: Side, other: Side, near: float) -> float:
    """How surely two names are of one thing, 0-1; `near` is their cosine. The order of the two does not count."""
    score = (max(near, 0.0) + _dice(one.grams, other.grams)) / 2 - CONFLICT * _conflict(one, other)
    return min(max(score, 0.0), 1.0)


def features(one: Side, other: Side, near: float) -> Array:
    """A row a student of pairs learns from: nearness, shared words and letters, what either has alone, numbers; last, sameness."""
    shared = len(one.words & other.words)
    row = [
        near,
        float(one.negated and other.negated),
        float(one.negated != other.negated),
        len(other.words - one.words) / max(len(other.words), 1),
        len(one.words - other.words) / max(len(one.words), 1),
        shared / max(len(one.words | other.words), 1),
        _dice(one.grams, other.grams),
        float(bool(one.codes & other.codes)),
        float(_conflict(one, other)),
    ]
    return np.append(np.array(row) * _WEIGHTS, sameness(one, other, near))


@dataclass(frozen=True, slots=True)
class Ridge:
    """Fitted pairs. `threshold` is of sameness, which decides before there are examples; None where it says nothing."""

    pairs: Array
    weights: Array
    threshold: float | None

    def scores(self, rows: Array) -> Array:
        """Rows × (true, false): logarithms of odds."""
        score = SHARPNESS / 2 * (_prior(rows, self.threshold) + _kernel(rows, self.pairs) @ self.weights)
        return np.stack([score, -score], axis=1)


def fit_pairs(threshold: float | None, rows: Array, answers: Array) -> Ridge:
    """Kernel ridge regression on what sameness leaves unexplained; `answers` are 0 for true and 1 for false, newest first, and weigh alike
    however many there are of each. Above `MOST_PAIRS` the newest are kept."""
    rows, answers = rows[:MOST_PAIRS], answers[:MOST_PAIRS]
    targets = np.where(answers == 0, 1.0, -1.0)
    counts = np.array([(answers == 0).sum(), (answers == 1).sum()])
    crowd = 2 * counts[answers.astype(np.intp)] / max(len(answers), 1)
    kernel = _kernel(rows, rows)
    kernel[np.diag_indices_from(kernel)] += NOISE * crowd
    return Ridge(rows, np.asarray(np.linalg.solve(kernel, targets - _prior(rows, threshold)), np.float64), threshold)


def _prior(rows: Array, threshold: float | None) -> Array:
    return np.zeros(len(rows)) if threshold is None else np.clip(STEEPNESS * (rows[:, -1] - threshold), -1, 1)


def _kernel(left: Array, right: Array) -> Array:
    left, right = left[:, :-1], right[:, :-1]
    squares = (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1)[None] - 2 * left @ right.T
    return np.asarray(np.exp(-np.maximum(squares, 0) / WIDTH))


def _dice(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / max(len(one) + len(other), 1)


def _conflict(one: Side, other: Side) -> bool:
    """Both have numbers or codes, and none of one's is in the other."""
    if not one.codes or not other.codes or one.codes & other.codes:
        return False
    return not (_written_in(one.codes, other.joined) or _written_in(other.codes, one.joined))


def _written_in(codes: frozenset[str], joined: str) -> bool:
    """`PGI-5BK` and `PGI 5 BK` are one; short numbers stand in too many places to tell."""
    return any(len(code) > 3 and code in joined for code in codes)
