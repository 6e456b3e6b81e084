"""The log as SQL where it is kept on a server: copies of its tables in catalog `rvbbit`, brought up to date before a statement names them.

The catalog has the tables and views of a log kept in DuckDB, so that a statement means the same wherever the log is. A table is copied when
it is named, and from then on what landed since. Where rows were deleted, or one became visible behind a newer one (the count tells), it is
copied anew. A table that is too large to be copied is refused by the server's store, in words that say where to ask instead.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import duckdb
import pyarrow as pa

from rvbbit.execution.database import STORE
from rvbbit.execution.failures import translated
from rvbbit.sql.statements import Statement

_EXAMPLES = ("unified_logs", "training_annotations", "scores")
_EMBEDDINGS = ("embedding_vectors", "embedding_rows")
READS: Mapping[str, tuple[str, ...]] = {
    "current_scores": ("scores",),
    "training_state": ("training_annotations",),
    "training_examples_mv": ("unified_logs",),
    "training_examples_with_annotations": _EXAMPLES,
    "rvbbit_embeddings": _EMBEDDINGS,
} | {table: (table,) for table in (*_EXAMPLES, *_EMBEDDINGS, "query_log", "training_sets", "training_set_events", "training_evaluations")}
"""What a statement may name → the tables that must be here."""


class Tables(Protocol):
    """Where the tables are."""

    def extents(self, tables: Sequence[str]) -> Mapping[str, tuple[int, int]]:
        """How many rows each of them has, and a number that grows when some are deleted."""

    def part(self, table: str, after: int | None = None) -> tuple[pa.Table, int]:
        """The rows that landed after the one of a number (all without), and the newest number. Raises DatabaseError: it is too large."""


@dataclass(frozen=True, slots=True)
class _Held:
    """What of a table is here: so many rows, none newer than `newest`; `altered` as it was when they came."""

    rows: int
    altered: int
    newest: int


_NOTHING = _Held(0, 0, 0)


class Mirror:
    """Copies into the catalog `rvbbit` that a cursor sees. Any thread; close it when done."""

    def __init__(self, tables: Tables, cursor: duckdb.DuckDBPyConnection) -> None:
        self._tables = tables
        self._cursor = cursor
        self._copying = threading.Lock()
        self._held: dict[str, _Held] = {}

    def show(self, statement: Statement) -> None:
        """Bring what a statement names of the log up to date. Raises DatabaseError, StoreUnreachable."""
        named = {token.text.lower() for token in statement.tokens}
        if STORE in named:
            self._copy(sorted({table for name in named & READS.keys() for table in READS[name]}))

    def close(self) -> None:
        """Safe to call twice."""
        self._cursor.close()

    def _copy(self, tables: Sequence[str]) -> None:
        with self._copying:
            there = self._tables.extents(tables) if tables else {}
            for table, (rows, altered) in there.items():
                held = self._held.get(table, _NOTHING)
                if (held.rows, held.altered) == (rows, altered):
                    continue
                if held.altered == altered and 0 < held.rows < rows and self._take(table, altered, held) >= rows:
                    continue
                self._take(table, altered, None)

    def _take(self, table: str, altered: int, held: _Held | None) -> int:
        """What landed since, or all of it, in one commit: a statement that runs meanwhile sees what was there before. How many are here."""
        rows, newest = self._tables.part(table, None if held is None else held.newest)
        name = f"{STORE}.main.{table}"
        try:
            self._cursor.register("given", rows)
            self._cursor.begin()
            if held is None:
                self._cursor.execute(f"DELETE FROM {name}").fetchall()
            self._cursor.execute(f"INSERT INTO {name} BY NAME FROM given").fetchall()
            self._cursor.commit()
        except duckdb.Error as error:
            self._cursor.rollback()
            raise translated(error) from error
        finally:
            self._cursor.unregister("given")
        self._held[table] = _Held(rows.num_rows + (0 if held is None else held.rows), altered, newest)
        return self._held[table].rows
