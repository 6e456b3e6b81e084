"""Where a result goes and in which format. It writes results only; notices, usage and progress are `progress.py`'s and go to stderr."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Literal, TypeAlias, get_args

import click
import pyarrow as pa
import pyarrow.parquet as pq

from rvbbit.cli import table as tables
from rvbbit.errors import UsageError
from rvbbit.values import check_parquet, column_values, jsonable, plain

Format: TypeAlias = Literal["table", "csv", "json", "jsonl", "parquet", "arrow"]
FORMATS: tuple[str, ...] = get_args(Format)
BINARY: frozenset[str] = frozenset({"parquet", "arrow"})
_CHUNK = 10_000
"""Rows turned into Python values at a time."""


def check(format: Format, path: Path | None) -> None:
    """Refuse what cannot be written before any query runs and is paid for. Raises UsageError."""
    if path is not None and not path.parent.is_dir():
        raise UsageError(f"cannot write {path}: {path.parent} is not a directory", hint="name a file in a directory that exists")
    if format in BINARY and path is None and sys.stdout.isatty():
        raise UsageError(f"{format} is binary and would garble the terminal", hint=f"add -o FILE, or pipe it: … --format {format} > FILE")


def write(table: pa.Table, format: Format, path: Path | None, *, append: bool = False) -> None:
    """One result to a file, or to stdout where `path` is None.

    Raises UsageError where the file cannot be written, and before it is touched where the format cannot hold a column.
    """
    if format == "parquet":
        check_parquet(table.schema)
    if path is None:
        _stdout(table, format)
        return
    try:
        with path.open("ab" if append else "wb") as file:
            _encode(table, format, file)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}", hint="name a file in a directory that exists and is yours") from error


def terminal_style() -> tables.Style:
    """How tables are drawn on stdout: fitted and coloured on a terminal, whole and plain elsewhere."""
    if not sys.stdout.isatty():
        return tables.Style()
    return tables.Style(cells=shutil.get_terminal_size().columns, colour=True)


def table_lines(table: pa.Table, style: tables.Style, *, expanded: bool = False, more: str) -> Iterator[str]:
    """The lines of a table; expanded where asked for, or where its columns cannot fit side by side. DuckDB's own plans are drawings."""
    if table.column_names == ["explain_key", "explain_value"]:
        return (line for drawing in table["explain_value"].to_pylist() for line in str(drawing).rstrip().splitlines())
    if expanded or (style.cells is not None and tables.too_wide(table, style.cells)):
        return tables.expanded(table, style)
    return tables.aligned(table, style, more=more)


def page(lines: Iterator[str]) -> None:
    """Lines to stdout; through $PAGER (else `less`, where there is one) when they are more than the terminal is high."""
    shown = list(lines)
    pager = os.environ.get("PAGER", "less" if shutil.which("less") else "")
    if pager and sys.stdout.isatty() and len(shown) >= shutil.get_terminal_size().lines:
        environment = {"LESS": "-FRSX", **os.environ}
        with contextlib.suppress(OSError):
            subprocess.run(shlex.split(pager), input="\n".join(shown) + "\n", text=True, env=environment, check=False)
            return
    for line in shown:
        click.echo(line)


def small(names: Sequence[str], rows: Sequence[Sequence[object]]) -> pa.Table:
    """A table of our own making, as `operators list` prints it. None is NULL."""
    return pa.table([pa.array([row[i] for row in rows]) for i in range(len(names))], names=list(names))


def show(table: pa.Table, *, more: str = "… is cut: a pipe shows it whole") -> None:
    """A table to stdout."""
    for line in table_lines(table, terminal_style(), more=more):
        click.echo(line)


def _stdout(table: pa.Table, format: Format) -> None:
    if format == "table":
        show(table, more="… is cut: --format csv or a pipe shows it whole")
        return
    sys.stdout.flush()
    _encode(table, format, sys.stdout.buffer)
    sys.stdout.buffer.flush()


def _encode(table: pa.Table, format: Format, file: IO[bytes]) -> None:
    if format == "parquet":
        pq.write_table(table, file)
    elif format == "arrow":
        with pa.ipc.new_stream(file, table.schema) as stream:
            stream.write_table(table)
    else:
        lines = {"table": _plain_table, "csv": _csv, "json": _json, "jsonl": _jsonl}[format](table)
        for line in lines:
            file.write(f"{line}\n".encode())


def _plain_table(table: pa.Table) -> Iterator[str]:
    return table_lines(table, tables.Style(), more="")


def _csv(table: pa.Table) -> Iterator[str]:
    """RFC 4180. NULL is an empty field, the empty string is ""."""
    yield ",".join(map(_quoted, table.column_names))
    for row in _rows(table):
        yield ",".join("" if value is None else _quoted(plain(value)) for value in row)


def _quoted(text: str) -> str:
    if text and not any(c in text for c in ',"\r\n') and text == text.strip():
        return text
    return '"' + text.replace('"', '""') + '"'


def _json(table: pa.Table) -> Iterator[str]:
    """One array of objects, one object a line."""
    if not table.num_rows:
        yield "[]"
        return
    for number, line in enumerate(_jsonl(table), start=1):
        yield ("[" if number == 1 else " ") + line + ("," if number < table.num_rows else "]")


def _jsonl(table: pa.Table) -> Iterator[str]:
    names = table.column_names
    for row in _rows(table):
        yield json.dumps(dict(zip(names, map(jsonable, row), strict=True)), ensure_ascii=False)


def _rows(table: pa.Table) -> Iterator[tuple[object, ...]]:
    for start in range(0, table.num_rows, _CHUNK):
        part = table.slice(start, _CHUNK)
        yield from zip(*(column_values(column) for column in part.columns), strict=True)
