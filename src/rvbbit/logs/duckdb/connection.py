"""The store's connection to DuckDB: a cursor a statement, which costs microseconds, and its refusals in our words. It knows no table."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa

from rvbbit.errors import Cancelled
from rvbbit.logs.duckdb.conditions import Parameters, bound
from rvbbit.logs.duckdb.failures import REFUSALS, database_error
from rvbbit.logs.schema import readable
from rvbbit.logs.store import Telling

LONGEST = 5.0
"""Seconds that `close` waits for a statement: DuckDB closes nothing under one that runs in another thread."""

AGAIN = 0.005
"""Seconds between two interrupts of one statement."""


class Connection:
    """One DuckDB instance, from any thread. `doing` reads after "could not": "read executions"."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._root = connection.cursor()
        self._free = threading.Condition()
        self._used = 0

    @contextmanager
    def cursor(self, doing: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor of its own. Raises DatabaseError, DiskFull for what DuckDB refuses inside."""
        with refused(doing), self._using():
            cursor = self._root.cursor()
            try:
                yield cursor
            finally:
                cursor.close()

    @contextmanager
    def transaction(self, doing: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor whose statements are committed together when the block ends, or not at all."""
        with self.cursor(doing) as cursor:
            cursor.execute("BEGIN").fetchall()
            yield cursor
            cursor.execute("COMMIT").fetchall()

    def read(self, doing: str, query: str, values: Parameters, ids: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """Rows as dictionaries. As `table`."""
        rows: list[dict[str, Any]] = self.table(doing, query, values, ids).to_pylist()
        return rows

    def table(self, doing: str, query: str, values: Parameters, ids: Sequence[str] | None = None) -> pa.Table:
        """Rows, times in UTC. `ids` are what the query calls table `given`."""
        with self.cursor(doing) as cursor:
            if ids is not None:
                cursor.register("given", pa.table({"id": pa.array([readable(id_) for id_ in ids], pa.string())}))
            table: pa.Table = cursor.sql(query, params=bound(values) or None).to_arrow_table()
        return in_utc(table)

    def close(self) -> None:
        """What is under way ends first, within `LONGEST`. The one who made the instance closes it. Safe to call twice."""
        with self._free:
            self._free.wait_for(lambda: not self._used, LONGEST)
        self._root.close()

    @contextmanager
    def _using(self) -> Iterator[None]:
        with self._free:
            self._used += 1
        try:
            yield
        finally:
            with self._free:
                self._used -= 1
                self._free.notify_all()


class GivingWay(Connection):
    """The same connection for work that can wait: what runs when `telling` says stop is broken off, and raises Cancelled."""

    def __init__(self, connection: Connection, telling: Telling) -> None:
        self._inner = connection
        self._telling = telling

    @contextmanager
    def cursor(self, doing: str) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._inner.cursor(doing) as cursor, _Interrupting(cursor) as interrupting, self._telling(interrupting.begin):
            if interrupting.begun:
                raise _gave_way(doing)
            try:
                yield cursor
            except duckdb.InterruptException as error:
                raise _gave_way(doing) from error

    def close(self) -> None:
        """Whoever made the inner one closes it."""


class _Interrupting:
    """Interrupts one cursor from `begin` until the block ends, over and over: DuckDB forgets it at the beginning of each statement."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def begun(self) -> bool:
        return self._thread is not None

    def begin(self) -> None:
        """From any thread; waits for nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="rvbbit-interrupting", daemon=True)
            self._thread.start()

    def __enter__(self) -> _Interrupting:
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        self._cursor.interrupt()
        while not self._ended.wait(AGAIN):
            self._cursor.interrupt()


def _gave_way(doing: str) -> Cancelled:
    return Cancelled(f"could not {doing}: something else came first", hint="try again")


@contextmanager
def refused(doing: str) -> Iterator[None]:
    """Raises DuckDB's refusals as ours."""
    try:
        yield
    except REFUSALS as error:
        raise database_error(error, doing) from error


def in_utc(table: pa.Table) -> pa.Table:
    """DuckDB hands times over in the session's zone, whose name Python may not know."""
    for place, column in enumerate(table.schema):
        if pa.types.is_timestamp(column.type):
            table = table.set_column(place, column.name, table.column(place).cast(pa.timestamp("us", "UTC")))
    return table
