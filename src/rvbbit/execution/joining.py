"""A stage that pairs two tables: each side's values once, the near pairs of them, questions about those that may be true.

The pairs of large tables are never read: DuckDB gives the values of each side, and, where conditions link the sides, which of the near
pairs meet. What is not asked about is FALSE. Without an embedder every pair is asked about. Texts are sorted: the same tables bring the
same questions, in whatever order DuckDB gives their rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import duckdb
import numpy as np
import pyarrow as pa
from sqlglot import exp

from rvbbit.execution import arguments
from rvbbit.execution.candidates import Candidates
from rvbbit.execution.mirrored import Answerer
from rvbbit.execution.nearness import POOL, Indices, Near, Nearness
from rvbbit.interfaces import Matrix
from rvbbit.pairwise import aimed_at
from rvbbit.sql.lowering import KEY, TRUE_, UNKNOWN, VALUE, Stage, at_most
from rvbbit.sql.plan import Ask
from rvbbit.sql.sides import Pairing
from rvbbit.types import Arguments, Value

Embed = Callable[[Sequence[str]], Matrix]
"""Texts → rows of length 1, in order. Blocks; raises ProviderError, Cancelled."""

Query = Callable[[exp.Expr], pa.Table]
IN_ORDER = [(f"{KEY}{place}", "ascending") for place in (0, 1)]


@dataclass(frozen=True, slots=True)
class Paired:
    """What became of a stage's distinct `pairs`: so many were `asked` about. `reached`: the recall aimed at ended it, else that hardly any
    of the last ones came out TRUE."""

    pairs: int
    asked: int
    reached: bool


Told = Callable[[Ask, Paired], None]


@dataclass(frozen=True, slots=True)
class Joining:
    """What pairing needs from outside."""

    embed: Embed
    told: Told


@dataclass(frozen=True, slots=True)
class _Values:
    """Texts of both sides, the pairs of them to choose from, and how many there are in all."""

    left: list[str]
    right: list[str]
    near: Near
    pairs: int


@dataclass(frozen=True, slots=True)
class Joiner:
    """One stage on one connection. `query` runs a query of the plan."""

    connection: duckdb.DuckDBPyConnection
    query: Query
    stage: Stage
    joining: Joining

    @property
    def ask(self) -> Ask:
        """What the stage asks."""
        return self.stage.ask

    def run(self, answer: Answerer) -> None:
        """Ask, and make what is not FALSE readable under the stage's name."""
        values = self._values()
        candidates = self._candidates(values)
        found: list[tuple[str, str, int]] = [(text, text, TRUE_) for text in self._same(values)]
        asked = 0
        while len(batch := candidates.batch()):
            pairs = _texts(values, candidates.near, batch)
            answers = answer(self.ask, self._arguments(pairs))
            asked += len(pairs)
            candidates.tell(np.array([one.value is True for one in answers], bool))
            found += [(*pair, TRUE_ if one.value else UNKNOWN) for pair, one in zip(pairs, answers, strict=True) if one.value is not False]
        keep(self.connection, self.stage, found if not self._symmetric else [*found, *((b, a, code) for a, b, code in found if a != b)])
        self.joining.told(self.ask, Paired(values.pairs, asked, candidates.reached))

    def first(self) -> list[Arguments]:
        """What will be asked about, as far as that is known before the first answer."""
        values = self._values()
        candidates = self._candidates(values)
        likely = candidates.expected()
        self.joining.told(self.ask, Paired(values.pairs, len(likely), True))
        return self._arguments(_texts(values, candidates.near, likely))

    @property
    def _symmetric(self) -> bool:
        return self.ask.operator.pairs.symmetric

    def _same(self, values: _Values) -> list[str]:
        """Texts on both sides, where those are TRUE without a question."""
        return list(set(values.left) & set(values.right)) if self.ask.operator.pairs.reflexive else []

    def _arguments(self, pairs: Sequence[tuple[str, str]]) -> list[Arguments]:
        rows = pa.table({f"{KEY}{place}": pa.array([pair[place] for pair in pairs], pa.string()) for place in (0, 1)})
        return arguments.of(self.ask, rows, None)

    def _values(self) -> _Values:
        pairing = self.stage.pairing
        assert pairing is not None
        if pairing.linked and self.query(at_most(self.stage.counted, POOL)).column(0)[0].as_py() < POOL:
            return self._met(self.query(self.stage.rows))
        left, right = sorted(_column(self.query(pairing.left), 0)), sorted(_column(self.query(pairing.right), 1))
        if not left or not right:
            return _Values([], [], _NONE, 0)
        nearness = self._nearness(left, right)
        values = _Values(left, right, nearness.nearest(), len(left) * len(right))
        return self._linked(pairing, values, nearness) if pairing.linked else values

    def _met(self, rows: pa.Table) -> _Values:
        """The pairs of few rows, all of them."""
        if not rows.num_rows:
            return _Values([], [], _NONE, 0)
        rows = rows.sort_by(IN_ORDER)
        sides = [rows[f"{KEY}{place}"].combine_chunks().dictionary_encode() for place in (0, 1)]
        left, right = (side.dictionary.to_pylist() for side in sides)
        places = [side.indices.to_numpy(zero_copy_only=False).astype(np.int64) for side in sides]
        return _Values(left, right, self._nearness(left, right).of(places[0], places[1]), rows.num_rows)

    def _linked(self, pairing: Pairing, values: _Values, nearness: Nearness) -> _Values:
        """The near pairs that meet in some row."""
        both = _texts(values, values.near, np.arange(len(values.near.left)))
        near = pa.table({f"{KEY}{place}": pa.array([pair[place] for pair in both], pa.string()) for place in (0, 1)})
        self.connection.register(pairing.near, near)
        try:
            rows = self.query(pairing.among).sort_by(IN_ORDER)
        finally:
            self.connection.unregister(pairing.near)
        places = [{text: place for place, text in enumerate(side)} for side in (values.left, values.right)]
        met = [np.array([places[side][text] for text in _column(rows, side)], np.int64) for side in (0, 1)]
        return replace(values, near=nearness.of(met[0], met[1]))

    def _nearness(self, left: Sequence[str], right: Sequence[str]) -> Nearness:
        texts = list(dict.fromkeys([*left, *right]))
        vectors = self.joining.embed(texts)
        place = {text: row for row, text in enumerate(texts)}
        return Nearness(left, right, (vectors[[place[text] for text in left]], vectors[[place[text] for text in right]]))

    def _candidates(self, values: _Values) -> Candidates:
        """Each pair once; where the operator is symmetric or reflexive without what that makes needless."""
        near = values.near
        ids: dict[str, int] = {}
        left = np.array([ids.setdefault(text, len(ids)) for text in values.left], np.int64)
        if not self._symmetric:
            ids = {text: place for place, text in enumerate(values.right, start=len(ids))}
        right = np.array([ids.setdefault(text, len(ids)) for text in values.right], np.int64)
        kept = np.ones(len(near.left), bool)
        if self.ask.operator.pairs.reflexive:
            same = set(values.left) & set(values.right)
            place = {text: number for number, text in enumerate(same)}
            marks = [np.array([place.get(text, none) for text in side], np.int64) for side, none in ((values.left, -1), (values.right, -2))]
            kept &= marks[0][near.left] != marks[1][near.right]
        if self._symmetric and len(kept):
            one, other = left[near.left], right[near.right]
            _, first = np.unique(np.minimum(one, other) * len(ids) + np.maximum(one, other), return_index=True)
            unique = np.zeros(len(kept), bool)
            unique[first] = True
            kept &= unique
        chosen = Near(near.left[kept], near.right[kept], near.scores[kept])
        return Candidates(chosen, (left, right), aimed_at(self.ask.hints.blocking))


def keep(connection: duckdb.DuckDBPyConnection, stage: Stage, found: Sequence[tuple[str, str, int]]) -> None:
    """Make answers that are not FALSE readable: (left, right, `TRUE_` or `UNKNOWN`)."""
    types = (pa.string(), pa.string(), pa.int8())
    columns = [pa.array([row[place] for row in dict.fromkeys(found)], type_) for place, type_ in enumerate(types)]
    connection.register(stage.name, pa.table(columns, names=[f"{KEY}0", f"{KEY}1", VALUE]))


def keep_all(connection: duckdb.DuckDBPyConnection, stage: Stage, rows: pa.Table, values: Sequence[Value]) -> None:
    """The same from all rows of a stage and their answers."""
    pairs = zip(_column(rows, 0), _column(rows, 1), values, strict=True)
    keep(connection, stage, [(left, right, TRUE_ if value else UNKNOWN) for left, right, value in pairs if value is not False])


_NONE = Near(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))


def _column(rows: pa.Table, place: int) -> list[str]:
    texts: list[str] = rows[f"{KEY}{place}"].to_pylist()
    return texts


def _texts(values: _Values, near: Near, some: Indices) -> list[tuple[str, str]]:
    return [(values.left[i], values.right[j]) for i, j in zip(near.left[some].tolist(), near.right[some].tolist(), strict=True)]
