"""A searched column on a query's own connection: its rows as they are now, and those the query would keep. It compares no vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sqlglot import exp

from rvbbit.execution import database
from rvbbit.sql import lowering, searches
from rvbbit.sql.origins import Keyed
from rvbbit.sql.search import Search

_ROW = "__rv_t"


@dataclass(frozen=True, slots=True)
class Target:
    """The column that is searched. Rows without text, or with nothing but space in it, are none of it. `type` is that of a row's id."""

    table: Keyed
    column: str
    type: str

    def rows(self, *columns: str) -> str:
        """SQL for columns of its rows: `id`, `row_key`, `text`."""
        return _rows(self, columns)

    def state(self) -> str:
        """SQL for figures that are the same for as long as no row of the table and no text of the column changes.

        Of all rows, those without text, too: to tell them apart takes as long as to hash them.
        """
        return _state(self)

    def texts(self, near: str, columns: Sequence[str]) -> str:
        """SQL for columns of a table of ids with their figures, in the order of its `rank`, and for `text` those rows' texts."""
        return _texts(self, near, tuple(columns))


@lru_cache(512)
def _rows(target: Target, columns: tuple[str, ...]) -> str:
    text = _text(target)
    what = {
        "id": lowering.written(target.table.row(_ROW)),
        "row_key": lowering.written(target.table.row_text(_ROW)),
        "text": text,
    }
    chosen = ", ".join(f"{what[name]} AS {name}" for name in columns)
    # Most texts tell by their first character that they are not blank; trim() looks at every one, which takes twenty times as long.
    return f"SELECT {chosen} FROM {_source(target)} WHERE trim(substr({text}, 1, 1)) <> '' OR trim({text}) <> ''"


@lru_cache(512)
def _state(target: Target) -> str:
    row = f"hash({lowering.written(target.table.row(_ROW))}, {_text(target)})"
    return f"SELECT count(*), bit_xor({row}), sum({row}) FROM {_source(target)}"


def _texts(target: Target, near: str, columns: tuple[str, ...]) -> str:
    # By the key's own columns, by which DuckDB passes over nearly all of the table.
    key = target.table.key
    ids = [f"n.id.{_quoted(name)}" for name in key] if len(key) > 1 else ["n.id"]
    parts = [f"{_ROW}.{_quoted(name)}" for name in key] if key else [f"{_ROW}.rowid"]
    same = " AND ".join(f"{part} = {id_}" for part, id_ in zip(parts, ids, strict=True))
    chosen = ", ".join(f"{_text(target)} AS text" if name == "text" else f"n.{name}" for name in columns)
    return f"SELECT {chosen} FROM {near} AS n JOIN {_source(target)} ON {same} ORDER BY n.rank"


def _text(target: Target) -> str:
    return f"CAST({_ROW}.{_quoted(target.column)} AS VARCHAR)"


@lru_cache(512)
def _source(target: Target) -> str:
    return lowering.written(target.table.source(_ROW))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class Rows:
    """Of one search in one query. Raises our errors."""

    connection: duckdb.DuckDBPyConnection
    search: Search
    target: Target
    candidates: exp.Select | None
    parameters: Mapping[str, Any]

    def state(self) -> str:
        """The same for as long as no row and no text of the column changes."""
        ((count, mixed, total),) = database.records(self.connection, self.target.state())
        return f"{self.target.type}:{count}:{mixed}:{total}"

    def read(self) -> pa.Table:
        """Every row: `id`, `row_key`, `text` and its `content_hash`."""
        return database.run(self.connection, f"SELECT *, md5(text) AS content_hash FROM ({self.target.rows('id', 'row_key', 'text')})")

    def kept(self, ids: pa.Array) -> npt.NDArray[np.int64] | None:
        """The places among ids of the rows that the query would keep; None: of all."""
        if self.candidates is None:
            return None
        known = f"{self.search.every}_ids"
        used = {name: self.parameters[name] for name in lowering.parameters(self.candidates)}
        self.connection.register(known, pa.table({"id": ids, "place": np.arange(len(ids))}))
        try:
            candidates = searches.with_rows(self.candidates, self.search, self.target.rows("id", "text"))
            query = f"SELECT place FROM {known} SEMI JOIN ({lowering.written(candidates)}) AS kept ON kept.id = {known}.id"
            return np.sort(database.run(self.connection, query, used)["place"].to_numpy())
        finally:
            self.connection.unregister(known)

    def texts(self, found: pa.Table) -> pa.Table:
        """What was found, ids with their figures in order, with the texts of those rows."""
        name = f"{self.search.every}_near"
        self.connection.register(name, found.append_column("rank", pa.array(np.arange(found.num_rows))))
        try:
            return database.run(self.connection, self.target.texts(name, self.search.columns))
        finally:
            self.connection.unregister(name)

    def value(self, place: int) -> Any:
        """The value of an argument; None for one that is null or left off."""
        if place >= len(self.search.arguments):
            return None
        return constant(self.connection, self.search.arguments[place], self.parameters)


def constant(connection: duckdb.DuckDBPyConnection, argument: exp.Expr, parameters: Mapping[str, Any]) -> Any:
    """What a constant expression says. A literal or a parameter is not asked for."""
    match argument:
        case exp.Literal() if argument.is_string:
            return argument.name
        case exp.Literal() if argument.is_int:
            return int(argument.name)
        case exp.Parameter() if argument.name in parameters:
            return parameters[argument.name]
        case exp.Null():
            return None
    query = exp.select(exp.alias_(argument.copy(), "value"))
    used = {name: parameters[name] for name in lowering.parameters(query)}
    return database.run(connection, lowering.written(query), used).column(0)[0].as_py()
