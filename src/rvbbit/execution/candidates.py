"""Which pairs to ask about next, and when to stop: a small model of which are true learns from every answer. It asks nobody itself.

The first questions are spread over the nearest partner of every text. Then a logistic regression over what is known of a pair (how near
it is, how much nearer the nearest partners of its two texts are, whether those have matches already, how often they were asked in vain)
says how likely each pair that was not asked is to be true, and the likeliest are asked. It ends where

- what the model still expects in all other pairs is less than half of what the recall allows to miss, and the likeliest of them, asked to
  make sure, are all FALSE; or
- of the last questions fewer than one in fifty came out TRUE.

So recall is a target, and holds as far as true pairs look like those found: a pair unlike every other true one is missed. Deterministic.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from rvbbit.execution.nearness import Indices, Near

Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]

FIRST = 256
SURE = 32
"""The likeliest others, asked to make sure."""
LEAST = 32
"""A round is at least as large, at most a quarter of all before; of what the model holds for true, as much as all before."""
LAST, LAST_SHARE, YIELD = 128, 0.25, 0.02
RIDGE = 0.3
SCALE = 5.0


@dataclass(slots=True)
class Candidates:
    """Pairs of two lists of texts. `ids` name the texts, left ones then right ones: equal ids are one text where the operator is symmetric.

    Take `batch()`, answer all of it by `tell`, and again, until it is empty. `reached` says whether the target recall ended it.
    """

    near: Near
    ids: tuple[Indices, Indices]
    recall: float
    reached: bool = field(default=True, init=False)
    _asked: Truths = field(init=False)
    _true: Truths = field(init=False)
    _last: list[bool] = field(default_factory=list, init=False)
    _batch: Indices | None = field(default=None, init=False)
    _making_sure: bool = field(default=False, init=False)
    _nodes: tuple[Indices, Indices] = field(init=False)
    _gaps: tuple[Floats, Floats] = field(init=False)
    _count: int = field(init=False)

    def __post_init__(self) -> None:
        pairs = len(self.near.scores)
        self._asked, self._true = np.zeros(pairs, bool), np.zeros(pairs, bool)
        self._nodes = self.ids[0][self.near.left], self.ids[1][self.near.right]
        self._count = 1 + max((int(nodes.max()) for nodes in self._nodes if pairs), default=0)
        best = np.full(self._count, -np.inf)
        for nodes in self._nodes:
            np.maximum.at(best, nodes, self.near.scores.astype(np.float64))
        first, second = (best[nodes] - self.near.scores.astype(np.float64) for nodes in self._nodes)
        self._gaps = first, second

    def expected(self) -> Indices:
        """What will be asked about, as far as that is known before the first answer: the nearest of every text, and some more."""
        top = self._top()
        others = np.setdiff1d(np.argsort(-self.near.scores, kind="stable")[: len(top) + SURE], top, assume_unique=True)
        return np.concatenate([top, others[:SURE]])

    def batch(self) -> Indices:
        """Places of the pairs to ask now; none: it is done."""
        batch = self._first() if self._batch is None else self._next()
        self._batch = batch
        return batch

    def tell(self, truths: Truths) -> None:
        """The answers to the last batch, in its order."""
        assert self._batch is not None
        first = not self._asked.any()
        self._asked[self._batch] = True
        self._true[self._batch] = truths
        if not first:
            self._last.extend(truths.tolist())

    def _top(self) -> Indices:
        """The nearest pairs of every text, nearest first."""
        top = np.flatnonzero((self._gaps[0] <= 0) | (self._gaps[1] <= 0))
        return top[np.argsort(-self.near.scores[top], kind="stable")]

    def _first(self) -> Indices:
        top = self._top()
        return top if len(top) <= FIRST else top[np.linspace(0, len(top) - 1, FIRST).astype(np.int64)]

    def _next(self) -> Indices:
        rest = np.flatnonzero(~self._asked)
        if not len(rest) or self._dry():
            return rest[:0]
        if self._making_sure and not self._true[self._batch].any():
            return rest[:0]
        likely = self._likely(rest)
        order = np.argsort(-likely, kind="stable")
        wanted = self._wanted(likely[order])
        self._making_sure = wanted == 0
        before = int(self._asked.sum())
        room = max(LEAST, before // 4, min(before, int((likely > 0.5).sum())))
        return rest[order[: SURE if self._making_sure else min(wanted, room)]]

    def _dry(self) -> bool:
        window = max(LAST, int(self._asked.sum() * LAST_SHARE))
        if len(self._last) < window or sum(self._last[-window:]) >= YIELD * window:
            return False
        self.reached = False
        return True

    def _wanted(self, likely: Floats) -> int:
        """How many of the likeliest must be asked until what is expected beyond is little enough."""
        expected = float(likely.sum())
        allowed = (1 - self.recall) * (float(self._true.sum()) + expected) / 2
        beyond = expected - np.cumsum(likely)
        return 0 if expected <= allowed else int(np.count_nonzero(beyond > allowed)) + 1

    def _likely(self, rest: Indices) -> Floats:
        asked = np.flatnonzero(self._asked)
        hits, misses = self._tallied(self._true), self._tallied(self._asked & ~self._true)
        weights = _fitted(self._features(asked, hits, misses), self._true[asked].astype(np.float64))
        return _logistic(self._features(rest, hits, misses) @ weights)

    def _tallied(self, which: Truths) -> Indices:
        """How many such pairs each text is in."""
        first, second = (np.bincount(nodes[which], minlength=self._count) for nodes in self._nodes)
        return first + second

    def _features(self, some: Indices, hits: Indices, misses: Indices) -> Floats:
        """One row a pair. What is counted of its texts leaves its own answer out."""
        own_hit = self._true[some]
        own_miss = self._asked[some] & ~own_hit
        first, second = (nodes[some] for nodes in self._nodes)
        return np.stack(
            [
                np.ones(len(some)),
                SCALE * self.near.scores[some],
                SCALE * self._gaps[0][some],
                SCALE * self._gaps[1][some],
                hits[first] > own_hit,
                hits[second] > own_hit,
                np.log1p(misses[first] - own_miss),
                np.log1p(misses[second] - own_miss),
            ],
            axis=1,
        )


def _fitted(features: Floats, truths: Floats) -> Floats:
    """Logistic regression with a ridge, by Newton's method."""
    weights = np.zeros(features.shape[1])
    ridge = RIDGE * np.eye(features.shape[1])
    ridge[0, 0] = 1e-3
    for _ in range(30):
        likely = _logistic(features @ weights)
        slope = features.T @ (likely - truths) + ridge @ weights
        bend = (features * (likely * (1 - likely) + 1e-6)[:, None]).T @ features + ridge
        step = np.linalg.solve(bend, slope)
        weights -= step
        if np.abs(step).max() < 1e-4:
            break
    return weights


def _logistic(values: Floats) -> Floats:
    found: Floats = 1 / (1 + np.exp(-np.clip(values, -30, 30)))
    return found
