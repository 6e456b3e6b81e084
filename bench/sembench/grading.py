"""How good an answer to a SemBench Movie question is, by the measures its paper uses. Pure.

*Source*: Lao et al., SemBench, arXiv:2511.01716, and its evaluator: F1 for rows (with a LIMIT, recall counts against the limit; a pair is
the same either way round), relative error for counts, Spearman's rank correlation for scores.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

Rows: TypeAlias = Sequence[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Measure:
    """`title` as in the table; of F1, higher is better, of errors, lower. `limit` None where there is none."""

    title: str
    grade: Callable[[Rows, Rows, int | None], float]
    limit: int | None = None


def quality(name: str, rows: Rows, true: Rows) -> float:
    measure = MEASURES[name]
    return measure.grade(rows, true, measure.limit)


def f1(rows: Rows, true: Rows, limit: int | None) -> float:
    found, right = ({_key(row) for row in some} for some in (rows, true))
    hits = len(found & right)
    precision, recall = hits / max(1, len(found)), hits / (len(right) if limit is None else min(limit, len(right)))
    return 2 * precision * recall / (precision + recall) if hits else 0.0


def _key(row: tuple[Any, ...]) -> tuple[str, ...]:
    """A pair's two reviews in order; anything else as it is."""
    first, *pair = (str(cell) for cell in row)
    return (first, *sorted(pair))


def error(rows: Rows, true: Rows, _: int | None) -> float:
    """Of one number, or the mean over those of each sentiment."""
    found, right = (dict(row if len(row) > 1 else ("", row[0]) for row in some) for some in (rows, true))
    names = found.keys() | right.keys()
    return float(np.mean([abs(found.get(name, 0) - right[name]) / right[name] if right.get(name) else 1.0 for name in names]))


def spearman(rows: Rows, true: Rows, _: int | None) -> float:
    """Over the rows that have a true score."""
    scores = dict(rows)
    both = [(scores[key], score) for key, score in true if score is not None and scores.get(key) is not None]
    found, right = (_ranks(np.array(side, dtype=float)) for side in zip(*both, strict=True))
    return float(np.corrcoef(found, right)[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    """Equal values share the mean of their ranks."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks: np.ndarray = ((ends - counts + 1 + ends) / 2)[inverse]
    return ranks


MEASURES = {
    **{name: Measure("F1", f1, 5) for name in ("Q1", "Q2")},
    **{name: Measure("relative error", error) for name in ("Q3", "Q4", "Q8")},
    **{name: Measure("F1", f1, 10) for name in ("Q5", "Q6")},
    "Q7": Measure("F1", f1),
    **{name: Measure("Spearman", spearman) for name in ("Q9", "Q10")},
}
