"""Versions of training sets, what people said of them, and their proofs, in ClickHouse. It only appends, and knows no example."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from rvbbit.logs.clickhouse.connection import Connection
from rvbbit.logs.clickhouse.noticing import Noticing
from rvbbit.logs.values import utc
from rvbbit.types import CellKey, Proof, SetEvent, SetVersion

_TEXT, _TEXTS = pa.string(), pa.list_(pa.string())
_TIME = pa.timestamp("us", "UTC")
_CELL = [("cascade_id", _TEXT), ("cell_name", _TEXT), ("scope", _TEXT)]
_TABLES: dict[type, tuple[str, pa.Schema]] = {
    SetVersion: (
        "training_sets",
        pa.schema(
            [
                *_CELL,
                ("version", _TEXT),
                ("timestamp", _TIME),
                ("parent", _TEXT),
                ("added", _TEXTS),
                ("answers", _TEXTS),
                ("removed", _TEXTS),
                ("size", pa.int64()),
            ]
        ),
    ),
    SetEvent: (
        "training_set_events",
        pa.schema(
            [
                *_CELL,
                ("kind", _TEXT),
                ("version", _TEXT),
                ("author", _TEXT),
                ("timestamp", _TIME),
                ("name", _TEXT),
                ("reason", _TEXT),
            ]
        ),
    ),
    Proof: (
        "training_evaluations",
        pa.schema([*_CELL, ("version", _TEXT), ("timestamp", _TIME), ("harm", pa.bool_()), ("result", _TEXT)]),
    ),
}
_LISTS = {"added", "answers", "removed"}


class Sets:
    """`SetStore` over a database that is up to date. Whoever made the connection closes it."""

    def __init__(self, connection: Connection, noticing: Noticing) -> None:
        self._connection = connection
        self._noticing = noticing

    def revision(self) -> int:
        """How many versions and events there are, everybody's: at most as old as `Noticing` allows."""
        return self._noticing.sets()

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
        table, schema = _TABLES[type(row)]
        values = {"cascade_id": row.cell.cascade_id, "cell_name": row.cell.cell_name}
        values |= {name: getattr(row, name) for name in schema.names if name not in values}
        with self._noticing.writing(table):
            self._connection.insert(f"write to {table}", table, pa.Table.from_pylist([values], schema))

    def _read(self, kind: type) -> list[dict[str, Any]]:
        table, schema = _TABLES[kind]
        rows = self._connection.rows(f"read {table}", f"SELECT {', '.join(schema.names)} FROM {table} ORDER BY seq")
        return [_named(row) for row in rows]


def _named(row: dict[str, Any]) -> dict[str, Any]:
    values = {name: tuple(value) if name in _LISTS else value for name, value in row.items() if name not in ("cascade_id", "cell_name")}
    return values | {"cell": CellKey(row["cascade_id"], row["cell_name"]), "timestamp": utc(row["timestamp"])}
