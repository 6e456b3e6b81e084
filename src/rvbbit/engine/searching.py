"""VECTOR_SEARCH and HYBRID_SEARCH for queries: the column found, what is missing embedded, the space of it kept for the next search."""

from __future__ import annotations

import asyncio
import difflib
import os
import threading
from collections import OrderedDict
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp
from sqlglot.errors import TokenError

from rvbbit.embeddings import embedding
from rvbbit.embeddings.embedding import Column
from rvbbit.embeddings.index import Index
from rvbbit.embeddings.kept import Kept
from rvbbit.embeddings.space import INDEX_FROM, KEPT_FROM, STALE, Space, best, grown
from rvbbit.embeddings.words import Words, fused
from rvbbit.engine.embedding import Embeddings
from rvbbit.errors import Cancelled, SQLError
from rvbbit.execution import keys
from rvbbit.execution.searching import Rows, Target, constant
from rvbbit.interfaces import Matrix
from rvbbit.sql import lowering, searches
from rvbbit.sql.dialect import Dialect
from rvbbit.sql.schema import Schema
from rvbbit.sql.search import Search
from rvbbit.types import Answer

if TYPE_CHECKING:
    from rvbbit.engine.query import Landed, Query

SPACES = 8
"""Columns whose vectors are held in memory, the longest unused forgotten first."""
DEFAULT_K = 10
_LOOK = 0.1


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is looked for, and how many rows of it are wanted."""

    text: str
    k: int
    threshold: float | None


@dataclass(frozen=True, slots=True)
class _Sought:
    """A column that is searched, by which model, for which query."""

    query: Query
    rows: Rows
    model: str

    @property
    def name(self) -> str:
        """The same for every query."""
        return "\n".join([*self.rows.target.table.path, self.rows.target.column, self.model])

    @property
    def stage(self) -> int:
        """Searches are stages below zero, two each: asks have the numbers from 1."""
        return -2 * int(self.rows.search.name.rpartition("_")[2])


class Searching:
    """Of one project. Any thread. `folder` keeps what took long to make."""

    def __init__(self, embeddings: Embeddings, folder: Path | None) -> None:
        self._embeddings = embeddings
        self._kept = Kept(folder)
        self._spaces: OrderedDict[str, Space] = OrderedDict()
        self._words: dict[str, tuple[pa.Array, Words]] = {}
        self._turns: dict[str, threading.Lock] = {}
        self._door = threading.Lock()

    def find(self, query: Query, rows: Rows) -> pa.Table:
        """What a search finds, nearest first, in its columns. Raises SQLError, CallError, BudgetReached, Cancelled."""
        text, k, threshold = rows.value(0), _count(rows), _threshold(rows)
        if text is None or not str(text).strip() or k == 0:
            return rows.texts(_nothing(rows))
        column = _Sought(query, rows, self._embeddings.default)
        space = self._current(column)
        vector = self._embeddings.vector(query, column.model, str(text), stage=column.stage)
        if rows.search.hybrid:
            return rows.texts(self._hybrid(column, space, vector, _Asked(str(text), k, threshold)))
        places, cosines = space.nearest(vector, k, rows.kept(space.ids), threshold)
        return rows.texts(_table(space, places, {"similarity": cosines, "distance": 1 - cosines}))

    def expected(self, rows: Rows) -> str:
        """What a search would take, in words. It embeds nothing."""
        read = rows.read()
        texts = _distinct(read)
        missing = embedding.missing(self._embeddings.store.vectors, self._embeddings.default, texts["content_hash"].combine_chunks())
        how = "through an index" if texts.num_rows >= INDEX_FROM else "exact"
        return f"{read.num_rows:,} rows, {texts.num_rows:,} distinct, {pc.sum(missing).as_py() or 0:,} to embed, {how}"

    def _current(self, column: _Sought) -> Space:
        """The space of the column as it is now."""
        state = column.rows.state()
        space = self._held(column.name)
        if space is None or space.state != state:
            with self._turn(column):
                space = self._held(column.name) or self._kept.load(column.name)
                if space is None or space.state != state:
                    space = self._made(column, space, state)
                self._hold(column.name, space)
        return space

    def _held(self, name: str) -> Space | None:
        with self._door:
            if name in self._spaces:
                self._spaces.move_to_end(name)
            return self._spaces.get(name)

    def _hold(self, name: str, space: Space) -> None:
        with self._door:
            self._spaces[name] = space
            self._spaces.move_to_end(name)
            while len(self._spaces) > SPACES:
                self._words.pop(self._spaces.popitem(last=False)[0], None)

    def _made(self, column: _Sought, old: Space | None, state: str) -> Space:
        """What is missing embedded, said of each row, and put behind what was there."""
        read = column.rows.read()
        texts, store, table = _distinct(read), self._embeddings.store.vectors, column.rows.target.table
        of = Column(table.name, column.rows.target.column)
        hashes = texts["content_hash"].combine_chunks()
        self._embeddings.ensure(column.query, column.model, texts["text"].combine_chunks(), hashes, stage=column.stage, of=of)
        if table.lasting:
            self._embeddings.say_key(column.query, table)
            embedding.place(store, column.model, of, read.select(["row_key", "content_hash"]), whole=True)
        if old is not None and _share_gone(old, hashes) > STALE:
            old = None
        named, fresh = grown(old, hashes)
        matrix = embedding.matrix(embedding.aligned(store, column.model, fresh))
        if old is not None:
            matrix = np.concatenate([old.matrix, matrix]) if len(matrix) else old.matrix
        owner = pc.index_in(read["content_hash"].combine_chunks(), named).to_numpy().astype(np.int64)
        index = None if old is None else old.index
        return self._indexed(column, Space(state, read["id"].combine_chunks(), owner, named, matrix, index))

    def _indexed(self, column: _Sought, space: Space) -> Space:
        """The space with an index where one is worth making, kept on disk where it is large."""
        indexed = space.index is not None or len(space.matrix) >= INDEX_FROM
        if indexed and (space.index is None or space.stale > STALE):
            space = replace(space, index=self._index(column, space))
        if indexed or len(space.matrix) >= KEPT_FROM:
            self._kept.save(column.name, space)
        return space

    def _index(self, column: _Sought, space: Space) -> Index:
        def work(landed: Landed) -> Coroutine[Any, Any, Index | None]:
            def told(count: int) -> bool:
                landed(Answer(None), count)
                return not column.query.stop.is_set()

            return asyncio.to_thread(Index.made, space.matrix, os.cpu_count() or 1, told)

        index = column.query.staged(column.stage - 1, "index", len(space.matrix), work)
        if index is None:
            raise Cancelled("cancelled while an index was made", hint="what was embedded is kept; run it again")
        return index

    def _hybrid(self, column: _Sought, space: Space, vector: Matrix, asked: _Asked) -> pa.Table:
        """The rows that are best by meaning and by words, of those that the query would keep."""
        kept = column.rows.kept(space.ids)
        among = np.arange(len(space.owner)) if kept is None else kept
        cosines = space.cosines(vector)[among] if len(among) else np.empty(0, np.float32)
        words = self._words_of(column, space).scores(asked.text)[space.owner[among]] if len(among) else cosines
        near, scores = best(np.arange(len(among)), fused(cosines, words), asked.k, asked.threshold)
        return _table(space, among[near], {"score": scores, "similarity": cosines[near], "distance": 1 - cosines[near]})

    def _words_of(self, column: _Sought, space: Space) -> Words:
        held = self._words.get(column.name)
        if held is None or held[0] is not space.hashes:
            read = _distinct(column.rows.read())
            texts = read["text"].combine_chunks().take(pc.index_in(space.hashes, read["content_hash"].combine_chunks()))
            held = (space.hashes, Words([text or "" for text in texts.to_pylist()]))
            self._words[column.name] = held
        return held[1]

    @contextmanager
    def _turn(self, column: _Sought) -> Iterator[None]:
        """One at a time makes a space; who waits can be stopped."""
        with self._door:
            lock = self._turns.setdefault(column.name, threading.Lock())
        while not lock.acquire(timeout=_LOOK):
            if column.query.stop.is_set():
                raise Cancelled("cancelled while another query embedded the same column", hint="run it again")
        try:
            yield
        finally:
            lock.release()


@dataclass(frozen=True, slots=True)
class Searched:
    """A search of a statement with the column it is of, and the rows that its query would keep."""

    search: Search
    target: Target
    candidates: exp.Select | None = None

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection, tables: keys.Tables, search: Search, parameters: Mapping[str, Any]) -> Searched:
        """Raises SQLError where its column cannot be told."""
        return cls(search, target(connection, tables, search, parameters))

    def narrowed(self, schema: Schema) -> Searched:
        """With what its query keeps, where that can be asked alone: a block that depends on rows around it cannot."""
        candidates = searches.candidates(self.search)
        if candidates is None or schema.reads_differently(candidates):
            return self
        try:
            schema.describe(searches.with_rows(candidates, self.search, self.target.rows("id", "text")))
        except SQLError:
            return self
        return replace(self, candidates=candidates)

    def rows(self, connection: duckdb.DuckDBPyConnection, parameters: Mapping[str, Any]) -> Rows:
        """On a query's connection."""
        return Rows(connection, self.search, self.target, self.candidates, parameters)


def target(connection: duckdb.DuckDBPyConnection, tables: keys.Tables, search: Search, parameters: Mapping[str, Any]) -> Target:
    """The column that a search names. Raises SQLError: it is not there, or cannot be told."""
    named = constant(connection, search.arguments[1], parameters)
    parts = _parts(named)
    if parts is None:
        raise search.refuse(f"{_as_sql(named)} names no column", hint=_quoted(named))
    known = tables.find(*reversed(parts[:-1])) if len(parts) > 1 else None
    column = parts[-1] if known is not None else None
    if known is None and len(parts) <= 3:
        known = tables.find(*reversed(parts))
    if known is None:
        raise _no_table(connection, search, parts)
    texts = [name for name, type_ in known.columns.items() if type_ == "VARCHAR" and name not in known.keyed.key]
    if column is None:
        if len(texts) != 1:
            what = f"has {len(texts)} columns of text: {', '.join(texts)}" if texts else "has no column of text"
            hint = f"say which: '{'.'.join(parts)}.{texts[0]}'" if texts else f"its columns are {', '.join(known.columns)}"
            raise search.refuse(f"{known.keyed.name} {what}", hint=hint)
        column = texts[0]
    actual = next((name for name in known.columns if name.lower() == column.lower()), None)
    if actual is None:
        near = difflib.get_close_matches(column, known.columns, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else f"its columns are {', '.join(known.columns)}"
        raise search.refuse(f"{known.keyed.name} has no column {column}", hint=hint)
    type_ = known.columns[actual]
    if not type_.startswith(("VARCHAR", "ENUM", "JSON")) or type_.endswith("]"):
        raise search.refuse(f"{known.keyed.name}.{actual} is {type_}, not text", hint=f"columns of text: {', '.join(texts) or 'none'}")
    keyed = known.keyed
    types = [known.columns[name] for name in keyed.key]
    struct = ", ".join(f'"{name}" {one}' for name, one in zip(keyed.key, types, strict=True))
    return Target(keyed, actual, "BIGINT" if not types else types[0] if len(types) == 1 else f"STRUCT({struct})")


def _parts(named: object) -> list[str] | None:
    """`shop."my table".text` → its parts."""
    if not isinstance(named, str) or not named.strip():
        return None
    try:
        tokens = Dialect().tokenize(named)
    except TokenError:
        return None
    names, dots = tokens[::2], tokens[1::2]
    if len(names) not in range(1, 5) or len(names) != len(dots) + 1 or any(dot.text != "." for dot in dots):
        return None
    return [token.text for token in names]


def _quoted(named: object) -> str:
    """How a column that cannot be told would be written."""
    parts = named.split(".") if isinstance(named, str) and '"' not in named else []
    if len(parts) not in range(1, 5) or not all(part.strip() for part in parts):
        return "write it as text: 'products.description'"
    dotted = ".".join(f'"{part}"' for part in parts)
    return f"names with spaces or signs stand in double quotes inside the text: {_as_sql(dotted)}"


def _as_sql(value: object) -> str:
    """A value as it is written in SQL."""
    try:
        return lowering.written(exp.convert(value))
    except ValueError:
        return str(value)


def _no_table(connection: duckdb.DuckDBPyConnection, search: Search, parts: Sequence[str]) -> Exception:
    there = keys.relations(connection)
    views = [name for name, is_view in there.items() if is_view and name.lower() in {part.lower() for part in parts[:2]}]
    if views:
        return search.refuse(
            f"{views[0]} is a view: its rows have no key by which vectors could be kept",
            hint=f"search the table behind it, or CREATE TABLE … AS FROM {views[0]}",
        )
    names = [name for name, is_view in there.items() if not is_view]
    near = difflib.get_close_matches(parts[-2] if len(parts) > 1 else parts[0], names, n=1, cutoff=0.5)
    shown = f"tables are {', '.join(names[:10])}" if names else "there is no table yet"
    return search.refuse(f"there is no table {'.'.join(parts[:-1] or parts)}", hint=f"did you mean {near[0]}?" if near else shown)


def _count(rows: Rows) -> int:
    k = rows.value(2) if len(rows.search.arguments) > 2 else DEFAULT_K
    if isinstance(k, bool) or not isinstance(k, int) or k < 0:
        raise rows.search.refuse(f"k is {_as_sql(k)}, not a number of rows", hint="give a whole number from 0, such as 10")
    return k


def _threshold(rows: Rows) -> float | None:
    threshold = rows.value(3)
    if threshold is None:
        return None
    try:
        number = float(threshold)
    except (TypeError, ValueError) as error:
        raise rows.search.refuse(
            f"threshold is {_as_sql(threshold)}, not a number", hint="give the least similarity, such as 0.5"
        ) from error
    return number


def _distinct(read: pa.Table) -> pa.Table:
    """Each text once, by its hash."""
    hashes = read["content_hash"].combine_chunks()
    firsts = pc.index_in(pc.unique(hashes), hashes)
    return read.select(["text", "content_hash"]).take(firsts)


def _share_gone(old: Space, hashes: pa.Array) -> float:
    there = pc.sum(pc.is_in(old.hashes, hashes)).as_py() or 0
    return 1 - there / max(1, len(old.hashes))


def _table(space: Space, places: Any, figures: Mapping[str, Any]) -> pa.Table:
    measured = {name: pa.array(np.asarray(values, np.float64)) for name, values in figures.items()}
    return pa.table({"id": space.ids.take(pa.array(places)), **measured})


def _nothing(rows: Rows) -> pa.Table:
    read = rows.read().slice(0, 0)
    return pa.table({"id": read["id"], **{name: pa.array([], pa.float64()) for name in rows.search.columns[2:]}})
