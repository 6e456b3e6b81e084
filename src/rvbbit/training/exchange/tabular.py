"""Rows out of CSV and Parquet files, some at a time. Cells stay what they are: a CSV cell is text, and a formula is text too."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from rvbbit.errors import UsageError
from rvbbit.training.exchange.lines import LONGEST, Item, Problem, lines

_ROWS = 512
"""Rows of a Parquet file that are Python objects at one time."""

_DELIMITERS = ",;\t|"


def csv_rows(file: BinaryIO, name: str) -> Iterator[Item]:
    """Rows by column, numbered by the line they end on; empty rows are passed over. Raises UsageError for a header that cannot be used."""
    csv.field_size_limit(LONGEST)
    start = file.tell()
    delimiter = _delimiter(file.readline(LONGEST))
    file.seek(start)
    problems: list[Problem] = []
    rows = csv.reader(_text(file, problems), delimiter=delimiter, strict=False)
    header = _header(rows, name)
    while True:
        item = _row(rows, header)
        yield from problems
        problems.clear()
        if item is None:
            return
        if item:
            yield item


def _row(rows: Any, header: list[str]) -> Item | tuple[()] | None:
    """The next row; () where it is empty, None at the end."""
    try:
        cells = next(rows, None)
    except csv.Error as error:
        return Problem(rows.line_num, f"it is not CSV: {error}")
    if cells is None:
        return None
    if not cells:
        return ()
    if len(cells) != len(header):
        return Problem(rows.line_num, f"it has {len(cells)} cells, the header has {len(header)}")
    if any(_broken(cell) for cell in cells):
        return Problem(rows.line_num, "it is not UTF-8")
    return rows.line_num, dict(zip(header, cells, strict=True))


def _header(rows: Any, name: str) -> list[str]:
    try:
        header = [cell.strip() for cell in next(rows, [])]
    except csv.Error as error:
        raise UsageError(f"{name} has no header that can be read: {error}", hint="the first line names the columns") from error
    twice = sorted({column for column in header if header.count(column) > 1})
    if not header or twice or any(_broken(column) for column in header):
        why = f"names {twice[0]!r} twice" if twice else "is empty or not UTF-8"
        raise UsageError(f"the header of {name} {why}", hint="the first line names each column once")
    return header


def _text(file: BinaryIO, problems: list[Problem]) -> Iterator[str]:
    """Lines as text; bytes that are not UTF-8 become lone surrogates, for the row they stand in to be refused."""
    for number, raw in lines(file):
        if raw is None:
            problems.append(Problem(number, f"the line is longer than {LONGEST >> 20} MB"))
        else:
            yield raw.decode("utf-8", "surrogateescape")


def _delimiter(header: bytes) -> str:
    """The one that the header has most of; a comma where it has one column."""
    return max(_DELIMITERS, key=lambda one: header.count(one.encode()))


def _broken(cell: str) -> bool:
    return not cell.isascii() and any("\ud800" <= character <= "\udfff" for character in cell)


def parquet_rows(file: BinaryIO, name: str) -> Iterator[Item]:
    """Rows by column, numbered from 1. Raises UsageError where the file is not Parquet or breaks off."""
    number = 0
    try:
        for batch in pq.ParquetFile(file, pre_buffer=False).iter_batches(batch_size=_ROWS, use_threads=False):
            for item in _objects(_readable(batch), number):
                number += 1
                yield item
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split()) or "no reason given"
        raise UsageError(f"{name} cannot be read as Parquet after row {number}: {reason}", hint="is the file whole?") from error


def _objects(batch: pa.RecordBatch, before: int) -> Iterator[Item]:
    """A value that Python has no type for (a year after 9999, text that is not UTF-8) costs its row and no other."""
    try:
        found: list[dict[str, Any]] = batch.to_pylist()
    except (ValueError, OverflowError, pa.ArrowException) as error:
        if batch.num_rows == 1:
            yield Problem(before + 1, f"a value cannot be read: {' '.join(str(error).split())}")
            return
        for place in range(batch.num_rows):
            yield from _objects(batch.slice(place, 1), before + place)
        return
    for place, row in enumerate(found, before + 1):
        try:
            yield place, {column: _plain(value) for column, value in row.items()}
        except (ValueError, RecursionError) as error:
            yield Problem(place, str(error))


def _readable(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Times as text: Arrow's calendar is longer than Python's."""
    columns = [
        column.cast(pa.string()) if pa.types.is_temporal(column.type) and not pa.types.is_duration(column.type) else column
        for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, names=[f"{name}" for name in batch.schema.names])


def _plain(value: Any) -> Any:
    """A JSON value. Raises ValueError for bytes that are not text."""
    if value is None or isinstance(value, str | bool | int | float):
        return None if isinstance(value, float) and math.isnan(value) else value
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return str(value)
