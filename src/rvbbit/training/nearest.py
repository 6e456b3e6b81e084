"""Which examples are near a question, and different enough from each other to be worth their room. Matrices only: no text, no store.

Diversity is maximal marginal relevance (Carbonell and Goldstein, 1998). Large sets are searched in their own first principal components,
and what is near there is compared exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rvbbit.interfaces import Matrix

LIKENESS = 0.97  # cosine from which two questions count as one: with this embedder, rewording moves a sentence further than that
RELEVANCE = 0.7  # what nearness counts beside difference from what is chosen already
CANDIDATES = 64  # weighed against each other, at least; four times what is asked for where that is more
SHORTLIST = 512  # compared exactly in a large set
LARGE = 8_192  # examples from which a shortlist is faster than comparing all
COMPONENTS = 64
SAMPLE = 20_000  # rows that principal components are taken from
SKETCHED = 4_096  # texts from which comparing in rough pays
SKETCH = 64  # numbers a sketch has
ROUNDING = 1e-3  # what float32 may take from a bound, with room to spare
TWINS = 128  # of one text that are remembered
ROWS, COLUMNS = 1_024, 4_096  # compared at once: 16 MB, which a processor's cache holds
PAIRS = 65_536  # compared whole at once

_Places = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Space:
    """Embedded examples, grouped by answer. `order[i]` is the caller's place of row i; `starts` is where each answer's rows begin."""

    vectors: Matrix
    order: _Places
    starts: _Places
    basis: Matrix | None
    projected: Matrix | None

    @staticmethod
    def of(vectors: Matrix, answers: Sequence[str]) -> Space:
        """`vectors` and `answers` belong to the same examples, in order."""
        _, codes = np.unique(np.array(answers, object), return_inverse=True)
        order = np.argsort(codes, kind="stable")
        starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
        rows = np.ascontiguousarray(vectors[order], np.float32)
        if len(rows) < LARGE:
            return Space(rows, order, starts, None, None)
        basis = _components(rows, COMPONENTS)
        return Space(rows, order, starts, basis, np.ascontiguousarray(rows @ basis))

    def near(self, asked: Matrix, limit: int) -> Iterator[int]:
        """Places of examples, the one worth most first. Where there are no more answers than `limit`, the nearest of each comes first."""
        if self.projected is None or self.basis is None:
            rough = products(self.vectors, asked)
        else:
            rough = products(self.projected, self.basis.T @ asked)
        candidates = self._candidates(rough, asked, max(CANDIDATES, 4 * limit))
        covering = self._covering(rough, asked) if len(self.starts) <= limit else candidates[:0]
        candidates = np.concatenate([covering, candidates[~np.isin(candidates, covering)]])
        return (int(self.order[candidates[place]]) for place in self._diverse(candidates, asked, len(covering)))

    def _candidates(self, rough: Matrix, asked: Matrix, number: int) -> _Places:
        """The rows nearest to what is asked; in a large set, of those that are nearest in rough."""
        if self.projected is None:
            return _best(rough, number)
        shortlist = _best(rough, max(SHORTLIST, number))
        return shortlist[_best(self.vectors[shortlist] @ asked, number)]

    def _covering(self, rough: Matrix, asked: Matrix) -> _Places:
        """The nearest row of every answer, nearest first."""
        ends = [*self.starts[1:], len(self.vectors)]
        rows = np.array([start + int(np.argmax(rough[start:end])) for start, end in zip(self.starts, ends, strict=True)], np.intp)
        return rows[np.argsort(-(self.vectors[rows] @ asked), kind="stable")]

    def _diverse(self, candidates: _Places, asked: Matrix, chosen: int) -> Iterator[int]:
        """Places among the candidates; the first `chosen` are settled."""
        rows = self.vectors[candidates]
        similar = rows @ asked
        alike = np.full(len(rows), -1.0, np.float32)
        left = np.ones(len(rows), bool)
        for number in range(len(rows)):
            worth = np.where(left, RELEVANCE * similar - (1 - RELEVANCE) * np.maximum(alike, 0), -np.inf)
            place = number if number < chosen else int(np.argmax(worth))
            left[place] = False
            alike = np.maximum(alike, rows @ rows[place])
            yield place


class Likeness:
    """Which texts are as good as the same. Remembers what it compared, so that a new text costs one comparison with each other one.

    Exact, and fast: two texts are first compared in `SKETCH` numbers that bound their cosine from above (their principal components and the
    length of what those leave out, after Cauchy and Schwarz), and only what passes is compared whole. Of a text with hundreds of twins the
    first `TWINS` are remembered: a crowd of near-duplicates then falls into groups of that size and not into one.
    """

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._vectors: Matrix = np.empty((0, 0), np.float32)  # rows beyond the texts' number are room to grow
        self._sketches: Matrix | None = None
        self._basis: Matrix | None = None
        self._sketched = 0  # texts the basis was made from
        self._alike: list[list[int]] = []
        self._twins = np.empty(0, np.intp)

    def missing(self, texts: Sequence[str]) -> list[str]:
        """Those it has not seen, each once."""
        return [text for text in dict.fromkeys(texts) if text not in self._places]

    def add(self, texts: Sequence[str], vectors: Matrix) -> None:
        """Texts that were missing, and their vectors."""
        if not texts:
            return
        first = len(self._places)
        self._vectors = _grown(self._vectors, first, vectors)
        self._places |= {text: first + number for number, text in enumerate(texts)}
        self._alike += [[] for _ in texts]
        self._twins = np.concatenate([self._twins, np.zeros(len(texts), np.intp)])
        rows = self._sketch(first)
        for start in range(first, len(rows), ROWS):
            self._compare(rows, slice(start, min(start + ROWS, len(rows))))

    def vectors(self, texts: Sequence[str]) -> Matrix:
        """One row a text, all of them seen before."""
        return self._vectors[[self._places[text] for text in texts]]

    def near(self, texts: Sequence[str]) -> dict[int, list[int]]:
        """For places in `texts` that have any: the other places that ask as good as the same."""
        held: dict[int, list[int]] = {}
        for place, text in enumerate(texts):
            held.setdefault(self._places[text], []).append(place)
        return {
            place: [twin for other in self._alike[known] for twin in held.get(other, ())]
            for known, places in held.items()
            if self._alike[known]
            for place in places
        }

    def _sketch(self, first: int) -> Matrix:
        """A row a text to be compared in rough; those from `first` on are new. While there are few, the vectors themselves."""
        known = len(self._places)
        if known < SKETCHED:
            return self._vectors[:known]
        if self._basis is None or known > 4 * self._sketched:  # made from few, it would tell little of the many
            self._basis, self._sketched, first = _components(self._vectors[:known], SKETCH - 1), known, 0
        inside = self._vectors[first:known] @ self._basis
        outside = np.sqrt(np.maximum(0, 1 - np.einsum("ij,ij->i", inside, inside)))
        held = np.empty((0, SKETCH), np.float32) if self._sketches is None else self._sketches
        self._sketches = _grown(held, first, np.hstack([inside, outside[:, None]]))
        return self._sketches[:known]

    def _compare(self, rows: Matrix, new: slice) -> None:
        """Find the twins of new rows among themselves and all before them."""
        for start in range(0, new.stop, COLUMNS):
            columns = np.arange(start, min(start + COLUMNS, new.stop))
            columns = columns[self._twins[columns] < TWINS]
            if not len(columns):
                continue
            others = rows[columns[0] : columns[-1] + 1] if _contiguous(columns) else rows[columns]
            hits = np.flatnonzero(rows[new] @ others.T >= LIKENESS - ROUNDING)
            if len(hits):
                self._pair(hits // len(columns) + new.start, columns[hits % len(columns)])

    def _pair(self, ones: _Places, others: _Places) -> None:
        """Remember those of the pairs that are alike indeed; `ones` ascend."""
        ones, others = ones[others < ones], others[others < ones]
        for start in range(0, len(ones), PAIRS):
            some = slice(start, start + PAIRS)
            alike = np.einsum("ij,ij->i", self._vectors[ones[some]], self._vectors[others[some]]) >= LIKENESS
            for one, group in _runs(ones[some][alike], others[some][alike]):
                room = group[self._twins[group] < TWINS][: max(0, TWINS - int(self._twins[one]))]
                self._alike[one] += room.tolist()
                self._twins[one] += len(room)
                self._twins[room] += 1
                for other in room.tolist():
                    self._alike[other].append(one)


def _components(rows: Matrix, number: int) -> Matrix:
    """dimensions × number (fewer where there are no more): the directions in which the rows differ most."""
    sample = rows[:: max(1, len(rows) // SAMPLE)]
    _, directions = np.linalg.eigh(sample.T @ sample)
    return np.ascontiguousarray(directions[:, -number:], np.float32)


def _grown(held: Matrix, used: int, new: Matrix) -> Matrix:
    """`new` behind the first `used` rows of what is held, in place where there is room; else in twice the room."""
    if used + len(new) > len(held):
        roomy = np.empty((max(used + len(new), 2 * used), new.shape[1]), np.float32)
        roomy[:used] = held[:used].reshape(used, new.shape[1])
        held = roomy
    held[used : used + len(new)] = new
    return held


def _contiguous(places: _Places) -> bool:
    return int(places[-1] - places[0]) + 1 == len(places)


def _runs(ones: _Places, others: _Places) -> Iterator[tuple[int, _Places]]:
    """Each one with its others."""
    starts = np.flatnonzero(np.diff(ones, prepend=-1))
    yield from zip(ones[starts].tolist(), np.split(others, starts[1:]), strict=False)


def products(rows: Matrix, asked: Matrix) -> Matrix:
    """`rows @ asked` on this thread alone: waking the others for a millisecond's work takes ten on busy cores."""
    found: Matrix = np.einsum("ij,j->i", rows, asked)
    return found


def _best(values: Matrix, number: int) -> _Places:
    """Places of the largest values, largest first."""
    places = np.argpartition(-values, number - 1)[:number] if number < len(values) else np.arange(len(values))
    found: _Places = places[np.argsort(-values[places], kind="stable")]
    return found
