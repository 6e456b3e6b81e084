"""Log stores to fill and to read: records, decisions, and each backend under test. It knows no test."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import duckdb

from rvbbit.logs.clickhouse import Store as ClickHouseStore
from rvbbit.logs.clickhouse.connection import Connection as ClickHouse
from rvbbit.logs.clickhouse.executions import Source
from rvbbit.logs.duckdb import Store as DuckDBStore
from rvbbit.logs.store import Changed, Store
from rvbbit.types import CallRecord, CellKey, Decision, Score

START = datetime(2026, 1, 1, tzinfo=UTC)
CELL = CellKey("semantic_means", "judge")
_numbers = itertools.count()


class Backend(Protocol):
    """Where a store keeps its rows: opened empty for one test, and looked into without the store."""

    def open(self, changed: Changed | None = None) -> Store:
        """A store over what is there; whoever opens it closes it."""

    def rows(self, table: str, *names: str) -> list[dict[str, Any]]:
        """Columns of a table or view, ordered by the first one (all columns where none is named), JSON as its text."""

    def delete(self, trace_id: str) -> None:
        """Remove an execution from the log, as someone would by hand."""

    def close(self) -> None:
        """Give everything back."""


class DuckDBBackend:
    """In a file, or in memory (None)."""

    def __init__(self, place: Path | None) -> None:
        self._connection = connect(":memory:" if place is None else str(place / "store.duckdb"))

    def open(self, changed: Changed | None = None) -> Store:
        return DuckDBStore(self._connection, changed)

    def rows(self, table: str, *names: str) -> list[dict[str, Any]]:
        return columns(self._connection, f"SELECT {', '.join(names) or '*'} FROM rvbbit.{table} ORDER BY 1")

    def delete(self, trace_id: str) -> None:
        self._connection.execute("DELETE FROM rvbbit.unified_logs WHERE trace_id = ?", [trace_id])

    def close(self) -> None:
        self._connection.close()


class ClickHouseBackend:
    """In a database of its own, made by the first store that is opened."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection = ClickHouse(url)

    def open(self, changed: Changed | None = None) -> Store:
        return ClickHouseStore(self.url, changed)

    def rows(self, table: str, *names: str) -> list[dict[str, Any]]:
        self._connection.enter()
        return self._connection.rows("look", f"SELECT {', '.join(names) or '*'} FROM {table} ORDER BY 1")

    def delete(self, trace_id: str) -> None:
        self._connection.enter()
        self._connection.command("delete", "DELETE FROM unified_logs WHERE trace_id = {id:String}", {"id": trace_id})

    def close(self) -> None:
        self._connection.command(
            "drop", "DROP DATABASE IF EXISTS {name:Identifier}", {"name": self._connection.address.database}, within=False
        )
        self._connection.close()


class EditionsBackend(ClickHouseBackend):
    """Whose lists read editions: by turns a new one, and the one before with what landed since beside it."""

    def open(self, changed: Changed | None = None) -> Store:
        store = ClickHouseStore(self.url, changed)
        editions, source, turns = store._editions, store._editions.source, itertools.count()

        def kept() -> Source:
            if next(turns) % 2 == 0:
                editions.keep(late=0)
            return source()

        editions.source = kept  # type: ignore[method-assign]
        return store


def connect(place: str) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(f"ATTACH '{place}' AS rvbbit")
    return connection


def call(trace_id: str = "", **changes: object) -> CallRecord:
    number = next(_numbers)
    record = CallRecord(
        trace_id=trace_id or f"trace-{number}",
        timestamp=START + timedelta(seconds=number),
        session_id="session",
        cascade_id=CELL.cascade_id,
        cell_name=CELL.cell_name,
        kind="llm",
        arguments={"text": f"text {number}", "criterion": "is about money"},
        cascade_fingerprint="cascade-print",
        cell_fingerprint="cell-print",
        model="openai:gpt",
        answer=True,
    )
    return replace(record, **changes)  # type: ignore[arg-type]


def decision(trace_id: str, batch: str = "batch", after: int = 0, **values: object) -> Decision:
    return Decision(trace_id, "ann", START + timedelta(days=1, seconds=after), batch, tuple(values), **values)  # type: ignore[arg-type]


def score(trace_id: str, value: float | None, scorer: str = "confidence", version: str = "1", **more: object) -> Score:
    return Score(trace_id, scorer, version, value, "because", START, **more)  # type: ignore[arg-type]


async def fill(store: Store, *records: CallRecord) -> None:
    await asyncio.gather(*(store.append(record) for record in records))


def columns(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = connection.sql(query).to_arrow_table().to_pylist()
    return rows
