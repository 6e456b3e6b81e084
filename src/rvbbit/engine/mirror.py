"""The log as SQL where it is kept on a server: copies of its tables in catalog `rvbbit`, brought up to date before a statement names them.

The catalog has the tables and views of a log kept in DuckDB, so that a statement means the same wherever the log is. A table is copied when
it is named and has another number of rows than the copy: rows are only ever added. A table that is too large to be copied is refused by
the server's store, in words that say where to ask instead.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

import duckdb
import pyarrow as pa

from rvbbit.execution.database import STORE
from rvbbit.execution.failures import translated
from rvbbit.sql.statements import Statement

_EXAMPLES = ("unified_logs", "training_annotations", "scores")
READS: Mapping[str, tuple[str, ...]] = {
    "current_scores": ("scores",),
    "training_state": ("training_annotations",),
    "training_examples_mv": ("unified_logs",),
    "training_examples_with_annotations": _EXAMPLES,
} | {table: (table,) for table in (*_EXAMPLES, "query_log", "training_sets", "training_set_events", "training_evaluations")}
"""What a statement may name → the tables that must be here."""


class Tables(Protocol):
    """Where the tables are."""

    def counted(self, tables: Sequence[str]) -> Mapping[str, int]:
        """How many rows each of them has."""

    def whole(self, table: str) -> pa.Table:
        """One as it is. Raises DatabaseError where it is too large."""


class Mirror:
    """Copies into the catalog `rvbbit` that a cursor sees. Any thread; close it when done."""

    def __init__(self, tables: Tables, cursor: duckdb.DuckDBPyConnection) -> None:
        self._tables = tables
        self._cursor = cursor
        self._copying = threading.Lock()
        self._held: dict[str, int] = {}

    def show(self, statement: Statement) -> None:
        """Bring what a statement names of the log up to date. Raises DatabaseError, StoreUnreachable."""
        named = {token.text.lower() for token in statement.tokens}
        if STORE in named:
            self._copy(sorted({table for name in named & READS.keys() for table in READS[name]}))

    def close(self) -> None:
        """Safe to call twice."""
        self._cursor.close()

    def _copy(self, tables: Collection[str]) -> None:
        with self._copying:
            counts = self._tables.counted(list(tables)) if tables else {}
            for table, rows in counts.items():
                if self._held.get(table, 0) != rows:
                    self._replace(table, self._tables.whole(table))

    def _replace(self, table: str, rows: pa.Table) -> None:
        """In one commit: a statement that runs meanwhile sees what was there before."""
        try:
            self._cursor.register("given", rows)
            self._cursor.execute(f"BEGIN; DELETE FROM {STORE}.main.{table}; INSERT INTO {STORE}.main.{table} BY NAME FROM given; COMMIT")
        except duckdb.Error as error:
            raise translated(error) from error
        finally:
            self._cursor.unregister("given")
        self._held[table] = rows.num_rows
