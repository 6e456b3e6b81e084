"""A log store to fill and to read: records, decisions and a connection. It knows no test and opens nothing by itself."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import duckdb

from rvbbit.logs.duckdb import Store
from rvbbit.types import CallRecord, CellKey, Decision

START = datetime(2026, 1, 1, tzinfo=UTC)
CELL = CellKey("semantic_means", "judge")
_numbers = itertools.count()


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


async def fill(store: Store, *records: CallRecord) -> None:
    await asyncio.gather(*(store.append(record) for record in records))


def columns(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = connection.sql(query).to_arrow_table().to_pylist()
    return rows
