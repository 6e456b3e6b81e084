"""Versions of training sets, what people said of them, and their proofs, in DuckDB. It only appends, and knows no example."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb

from rvbbit.logs.duckdb.failures import REFUSALS, database_error
from rvbbit.types import CellKey, Proof, SetEvent, SetVersion

VERSIONS = """
CREATE TABLE rvbbit.main.training_sets (
    seq BIGINT NOT NULL,
    cascade_id VARCHAR NOT NULL,
    cell_name VARCHAR NOT NULL,
    scope JSON NOT NULL,
    version VARCHAR NOT NULL,
    timestamp TIMESTAMPTZ NOT NULL,
    parent VARCHAR,
    added VARCHAR[] NOT NULL,
    answers JSON[] NOT NULL,
    removed VARCHAR[] NOT NULL,
    size BIGINT NOT NULL
)"""

EVENTS = """
CREATE TABLE rvbbit.main.training_set_events (
    seq BIGINT NOT NULL,
    cascade_id VARCHAR NOT NULL,
    cell_name VARCHAR NOT NULL,
    scope JSON NOT NULL,
    kind VARCHAR NOT NULL,
    version VARCHAR,
    author VARCHAR NOT NULL,
    timestamp TIMESTAMPTZ NOT NULL,
    name VARCHAR NOT NULL,
    reason VARCHAR
)"""

EVALUATIONS = """
CREATE TABLE rvbbit.main.training_evaluations (
    seq BIGINT NOT NULL,
    cascade_id VARCHAR NOT NULL,
    cell_name VARCHAR NOT NULL,
    scope JSON NOT NULL,
    version VARCHAR NOT NULL,
    timestamp TIMESTAMPTZ NOT NULL,
    harm BOOLEAN NOT NULL,
    result JSON NOT NULL
)"""

_TABLES: dict[type, tuple[str, tuple[str, ...]]] = {
    SetVersion: ("training_sets", ("version", "timestamp", "parent", "added", "answers", "removed", "size")),
    SetEvent: ("training_set_events", ("kind", "version", "author", "timestamp", "name", "reason")),
    Proof: ("training_evaluations", ("version", "timestamp", "harm", "result")),
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LISTS = {"added", "answers", "removed"}


class Sets:
    """`SetStore` over a DuckDB instance whose catalog `rvbbit` is up to date. Close it when done."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._root = connection.cursor()
        self._writing = threading.Lock()
        self._revision = len(self.versions()) + len(self.events())

    def revision(self) -> int:
        """How many versions and events there are: kept in memory, for nobody else can add one."""
        return self._revision

    def versions(self) -> Sequence[SetVersion]:
        """Oldest first. Raises DatabaseError."""
        return [SetVersion(**row) for row in self._read(SetVersion)]

    def events(self) -> Sequence[SetEvent]:
        """Oldest first. Raises DatabaseError."""
        return [SetEvent(**row) for row in self._read(SetEvent)]

    def proofs(self) -> Sequence[Proof]:
        """Oldest first. Raises DatabaseError."""
        return [Proof(**row) for row in self._read(Proof)]

    def add(self, row: SetVersion | SetEvent | Proof) -> None:
        """Append one; on disk when it returns. Raises DatabaseError, DiskFull."""
        table, names = _TABLES[type(row)]
        values = [list(value) if isinstance(value := getattr(row, name), tuple) else value for name in names]
        marks = ", ".join("?" for _ in range(len(names) + 3))
        query = f"""
            INSERT INTO rvbbit.main.{table} (seq, cascade_id, cell_name, scope, {", ".join(names)})
            SELECT (SELECT coalesce(max(seq), 0) + 1 FROM rvbbit.main.{table}), {marks}"""
        with self._writing:
            self._run(f"write to {table}", query, [row.cell.cascade_id, row.cell.cell_name, row.scope, *values])
            self._revision += not isinstance(row, Proof)

    def close(self) -> None:
        """Safe to call twice."""
        self._root.close()

    def _read(self, kind: type) -> list[dict[str, Any]]:
        table, names = _TABLES[kind]
        columns = ", ".join("epoch_us(timestamp)" if name == "timestamp" else name for name in names)
        rows = self._run(f"read {table}", f"SELECT cascade_id, cell_name, scope, {columns} FROM rvbbit.main.{table} ORDER BY seq", [])
        return [_named(names, row) for row in rows]

    def _run(self, doing: str, query: str, values: list[Any]) -> list[tuple[Any, ...]]:
        try:
            cursor = self._root.cursor()
            try:
                return cursor.execute(query, values).fetchall()
            finally:
                cursor.close()
        except REFUSALS as error:
            raise database_error(error, doing) from error


def _named(names: Sequence[str], row: tuple[Any, ...]) -> dict[str, Any]:
    cascade_id, cell_name, scope, *rest = row
    values = dict(zip(names, rest, strict=True))
    values["timestamp"] = _EPOCH + timedelta(microseconds=values["timestamp"])
    return {"cell": CellKey(cascade_id, cell_name), "scope": scope} | {
        name: tuple(value) if name in _LISTS else value for name, value in values.items()
    }
