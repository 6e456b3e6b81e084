"""A searched column on a query's own connection: its rows as they are now, and those the query would keep. It compares no vectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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

_TEXT = "__rv_t"


@dataclass(frozen=True, slots=True)
class Target:
    """The column that is searched. Rows without text, or with nothing but space in it, are none of it."""

    table: Keyed
    column: str

    def rows(self, *columns: str) -> str:
        """SQL for columns of its rows: `id`, `row_key`, `text`."""
        what = {
            "id": lowering.written(self.table.row(_TEXT)),
            "row_key": lowering.written(self.table.row_text(_TEXT)),
            "text": f"CAST({self._text} AS VARCHAR)",
        }
        chosen = ", ".join(f"{what[name]} AS {name}" for name in columns)
        source = lowering.written(self.table.source(_TEXT))
        return f"SELECT {chosen} FROM {source} WHERE trim(CAST({self._text} AS VARCHAR)) <> ''"

    @property
    def _text(self) -> str:
        return lowering.written(exp.column(exp.to_identifier(self.column, quoted=True), table=_TEXT))


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
        inner = self.target.rows("id", "text")
        found = database.run(self.connection, f"SELECT count(*), bit_xor(hash(id, text)), sum(hash(id, text)) FROM ({inner})")
        return ":".join(str(column[0].as_py()) for column in found.columns)

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
        ranked = found.append_column("__rv_rank", pa.array(np.arange(found.num_rows)))
        self.connection.register(name, ranked)
        try:
            columns = ", ".join("t.text" if one == "text" else f"n.{one}" for one in self.search.columns)
            inner = self.target.rows("id", "text")
            query = f"SELECT {columns} FROM {name} AS n JOIN ({inner}) AS t ON t.id = n.id ORDER BY n.__rv_rank"
            return database.run(self.connection, query)
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
