"""A result as bytes: JSON, JSON Lines of events, CSV, Arrow, Parquet. A part at a time, so that no result is in memory twice.

JSON has numbers that every client reads exactly: a whole number beyond 2^53 and a DECIMAL that no double holds are text, like NaN, the
infinities, dates, times, intervals, UUIDs and blobs (as \\x and hexadecimal). A list is an array, a STRUCT an object, a MAP too.
"""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from rvbbit.http.face import CHUNK, chunked
from rvbbit.http.problems import Problem
from rvbbit.http.strict import Answer
from rvbbit.result import Result
from rvbbit.values import check_parquet, column_values, jsonable, plain, type_name

JSON = "application/json"
NDJSON = "application/x-ndjson"
ARROW = "application/vnd.apache.arrow.stream"
PARQUET = "application/vnd.apache.parquet"
CSV = "text/csv"
OTHERS = (NDJSON, ARROW, CSV, PARQUET)

EXACT = 2**53
"""The first whole number that a double has no room behind."""

_ROWS = 2_000  # turned into Python values at a time


class Column(Answer):
    """A column's name, and its type as DuckDB calls it."""

    name: str
    type: str


def accepted(accept: str) -> str:
    """The format that an Accept header asks for; JSON where it asks for anything. Raises Problem (406)."""
    wanted = sorted(map(_preference, accept.split(",") if accept.strip() else ["*/*"]), key=lambda one: -one[0])
    for quality, kind in wanted:
        found = next((one for one in (JSON, *OTHERS) if kind in (one, "*/*", f"{one.partition('/')[0]}/*")), None)
        if found is not None and quality > 0:
            return found
    raise Problem(406, "not_acceptable", "none of the formats in Accept can be written", f"one of {', '.join((JSON, *OTHERS))}")


def wants_arrow(accept: str) -> bool:
    """Whether rows in a stream of events are to come as Arrow: `application/x-ndjson; rows=arrow`."""
    return "rows=arrow" in accept.replace(" ", "").lower()


def _preference(part: str) -> tuple[float, str]:
    """One part of an Accept header: how much it is wanted, and what. What cannot be read is not wanted."""
    kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
    weight = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
    return (float(weight) if weight.isascii() and weight.replace(".", "", 1).isdigit() else 0.0), kind


def stream(kind: str, result: Result, limit: int | None, query_id: str) -> Iterator[bytes]:
    """The whole body. Raises UsageError, before any of it, where the format cannot hold a column."""
    table = _limited(result, limit)
    if kind == PARQUET:
        check_parquet(table.schema)
    if kind == JSON:
        return chunked(_json(result, table, query_id))
    if kind == CSV:
        return chunked(_csv(table))
    return _binary(table, kind)


def _limited(result: Result, limit: int | None) -> pa.Table:
    return result.arrow() if limit is None else result.arrow().slice(0, limit)


def columns(table: pa.Table) -> list[Column]:
    """The columns of a table."""
    return [Column(name=field.name, type=type_name(field.type)) for field in table.schema]


def line(value: Mapping[str, Any]) -> bytes:
    """One line of JSON."""
    return _dumped(value) + b"\n"


def event_lines(result: Result, limit: int | None, *, arrow: bool = False) -> Iterator[bytes]:
    """A result in a stream of events: EXPLAIN's plan, columns, rows in batches, usage.

    `arrow`: batches are an Arrow stream, cut anywhere, in base64.
    """
    table = _limited(result, limit)
    if result.plan is not None:
        yield line({"event": "plan", "plan": asdict(result.plan)})
    yield line({"event": "columns", "columns": [column.model_dump() for column in columns(table)]})
    if arrow and table.num_columns:
        for part in _binary(table, ARROW):
            yield line({"event": "rows", "arrow": base64.b64encode(part).decode()})
    elif not arrow:
        for batch in _batches(table):
            yield line({"event": "rows", "rows": batch})
    yield line({"event": "usage", "query_id": result.query_id, "total": len(result), "usage": asdict(result.usage)})


def _json(result: Result, table: pa.Table, query_id: str) -> Iterator[bytes]:
    head = {"query_id": query_id, "columns": [column.model_dump() for column in columns(table)]}
    yield _dumped(head)[:-1] + b',"rows":['
    first = True
    for batch in _batches(table):
        yield (b"" if first else b",") + _dumped(batch)[1:-1]
        first = False
    notices = [{"message": notice.message, "severity": notice.severity} for notice in result.notices]
    plan = None if result.plan is None else asdict(result.plan)
    yield b"]," + _dumped({"total": len(result), "usage": asdict(result.usage), "notices": notices, "plan": plan})[1:]


def _batches(table: pa.Table) -> Iterator[list[list[Any]]]:
    for start in range(0, table.num_rows, _ROWS):
        part = table.slice(start, _ROWS)
        yield [list(row) for row in zip(*(_exact(column) for column in part.columns), strict=True)]


def _exact(column: pa.ChunkedArray) -> list[Any]:
    """A column as JSON's values."""
    values = column_values(column)
    if column.type in (pa.string(), pa.bool_(), pa.int8(), pa.int16(), pa.int32(), pa.uint8(), pa.uint16(), pa.uint32()):
        return values
    return [_small(jsonable(value)) for value in values]


def _small(value: Any) -> Any:
    """The value with whole numbers that a double may not hold as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if -EXACT < value < EXACT else str(value)
    if isinstance(value, list):
        return [_small(one) for one in value]
    if isinstance(value, dict):
        return {name: _small(one) for name, one in value.items()}
    return value


def _dumped(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8", "replace")


def _csv(table: pa.Table) -> Iterator[bytes]:
    """RFC 4180, with a header. NULL is an empty field."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(table.column_names)
    for start in range(0, table.num_rows, _ROWS):
        part = table.slice(start, _ROWS)
        for row in zip(*(column_values(column) for column in part.columns), strict=True):
            writer.writerow(["" if value is None else plain(value) for value in row])
        yield text.getvalue().encode("utf-8", "replace")
        text.seek(0)
        text.truncate()
    yield text.getvalue().encode("utf-8", "replace")


def _binary(table: pa.Table, kind: str) -> Iterator[bytes]:
    """Arrow's stream or a Parquet file, as many rows at a time as make a few hundred kilobytes."""
    sink = _Sink()
    rows = max(1_000, min(100_000, 4 * CHUNK * max(1, table.num_rows) // max(1, table.nbytes)))
    writer = pa.ipc.new_stream(sink, table.schema) if kind == ARROW else pq.ParquetWriter(sink, table.schema)
    with writer:
        for start in range(0, table.num_rows, rows):
            writer.write_table(table.slice(start, rows))
            yield sink.taken()
    yield sink.taken()


class _Sink(io.RawIOBase):
    """A file that gives away what was written to it."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._place = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._place += len(part)
        return len(part)

    def tell(self) -> int:
        return self._place

    def taken(self) -> bytes:
        """What was written since it was asked last."""
        parts, self._parts = self._parts, []
        return b"".join(parts)
