"""The DuckDB instance of a project: the user's tables, with the log store attached beside them as `rvbbit`."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import duckdb
import pyarrow as pa

from rvbbit.errors import Cancelled, DatabaseError, Error
from rvbbit.execution import exact
from rvbbit.execution.failures import KEPT, translated

STORE = "rvbbit"
TICK = 0.1
ANY_NUMBER = 100
"""More arguments than a call has."""
Parameters = Sequence[Any] | Mapping[str, Any] | None
T = TypeVar("T")
NOTHING = pa.table({})

_idle: list[ThreadPoolExecutor] = []
"""The thread in which DuckDB works for the main one, between two statements: to start one takes longer than a small statement. What a
signal's handler asks meanwhile has one of its own."""
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_idle.clear)  # a thread does not come along


class Relation(NamedTuple):
    """A table or view that a query may name; `types` are DuckDB's, in the order of `columns`."""

    schema: str
    name: str
    columns: list[str]
    types: list[str]


class Database:
    """One open DuckDB file (None: in memory) and the store attached to it (None: in memory too).

    Raises DatabaseLocked where another process holds either file, DatabaseError where one cannot be opened.
    """

    def __init__(self, path: Path | None, store: Path | None) -> None:
        self.path = path
        self.store = store
        for file in (path, store):
            if file is not None:
                _make_folder(file)
        try:
            self._connection = duckdb.connect(str(path or ":memory:"))
        except duckdb.Error as error:
            raise translated(error, path=str(path)) from error
        try:
            self._connection.execute(f"ATTACH '{str(store or ':memory:').replace(chr(39), chr(39) * 2)}' AS {STORE}").fetchall()
        except duckdb.Error as error:
            self._connection.close()
            raise translated(error, path=str(store)) from error

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Another connection to the same instance; close it when done."""
        return self._connection.cursor()

    def aggregates(self) -> frozenset[str]:
        """The names of DuckDB's aggregate functions, in lower case."""
        rows = self._connection.execute(
            "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'aggregate'"
        ).fetchall()
        return frozenset(name for (name,) in rows)

    def functions(self) -> dict[str, frozenset[int]]:
        """The names of DuckDB's own functions, in lower case, with the numbers of arguments each takes; up to `ANY_NUMBER` if any."""
        query = (
            "SELECT lower(function_name), list(DISTINCT len(parameters)), bool_or(varargs IS NOT NULL) FROM duckdb_functions()"
            " WHERE internal AND function_type IN ('scalar', 'aggregate', 'macro', 'table', 'table_macro') GROUP BY ALL"
        )
        rows = self._connection.execute(query).fetchall()
        return {name: frozenset(range(min(counts), ANY_NUMBER) if more else counts) for name, counts, more in rows}

    def relations(self) -> list[Relation]:
        """Everything a query may name, the log's views included."""
        schema = f"CASE WHEN database_name = '{STORE}' THEN '{STORE}' ELSE schema_name END"
        query = (
            f"SELECT {schema}, table_name, list(column_name ORDER BY column_index), list(data_type ORDER BY column_index)"
            " FROM duckdb_columns()"
            " WHERE NOT internal AND NOT starts_with(table_name, '__rv') GROUP BY ALL ORDER BY ALL"
        )
        cursor = self.cursor()
        try:
            return [Relation(*row) for row in cursor.execute(query).fetchall()]
        finally:
            cursor.close()

    def close(self) -> None:
        """Give the files back. Safe to call twice."""
        self._connection.close()


def own_functions(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, bool], list[str]]:
    """The macros and other functions that are not DuckDB's and that a name alone finds, in lower case and whether they give a table; the
    parameters of the longest."""
    query = (
        "SELECT lower(function_name) AS name, function_type = 'table_macro' AS in_from,"
        " max_by(parameters, len(parameters)) AS parameters FROM duckdb_functions() WHERE NOT internal"
        " AND (database_name = 'temp' OR (database_name = current_database() AND list_contains(current_schemas(true), schema_name)))"
        " AND function_type IN ('scalar', 'aggregate', 'macro', 'table_macro') GROUP BY ALL"
    )
    return {(row["name"], row["in_from"]): row["parameters"] for row in run(connection, query).to_pylist()}


def views(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """The names of all views but DuckDB's own, in lower case."""
    rows = run(connection, "SELECT DISTINCT lower(view_name) AS name FROM duckdb_views() WHERE NOT internal").to_pylist()
    return frozenset(row["name"] for row in rows)


def makes(connection: duckdb.DuckDBPyConnection, name: str, schema: str, catalog: str, *, temporary: bool) -> bool:
    """Whether a table or view stands where CREATE TABLE of this name would put one; False where a name can be read in two ways."""
    place = {
        "name": name.lower(),
        "schema": "main" if temporary else schema.lower() or None,
        "catalog": "temp" if temporary else catalog.lower() or None,
    }
    query = (
        "SELECT 1 FROM duckdb_tables() WHERE lower(table_name) = $name"
        " AND lower(schema_name) = coalesce($schema, lower(current_schema()))"
        " AND lower(database_name) = coalesce($catalog, lower(current_database()))"
    )
    return bool(records(connection, f"{query} UNION ALL {query.replace('table', 'view')}", place))


def _make_folder(file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseError(
            f"cannot make the folder {file.parent}: {error.strerror}", hint="check RVBBIT_HOME and its permissions"
        ) from error


def run(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Parameters = None) -> pa.Table:
    """One statement's rows; a table without columns for a statement that has none. Raises our errors.

    On the main thread DuckDB works in another one: a signal is heard at once, and Ctrl-C interrupts the statement and raises Cancelled.
    """
    return _beside(connection, lambda: _run(connection, sql, parameters))


def records(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Parameters = None) -> list[tuple[Any, ...]]:
    """The few rows of a statement of ours, as Python values: half as long as by way of a table. Otherwise as `run`."""
    return _beside(connection, lambda: _records(connection, sql, parameters))


def _beside(connection: duckdb.DuckDBPyConnection, ask: Callable[[], T]) -> T:
    if threading.current_thread() is not threading.main_thread():
        return ask()
    worker = _idle.pop() if _idle else ThreadPoolExecutor(1, thread_name_prefix="rvbbit-duckdb")
    work: Future[T] | None = None
    try:
        work = worker.submit(ask)
        while not _ended(work):
            pass
        return work.result()
    except KeyboardInterrupt:
        while work is not None and not _ended(work):
            connection.interrupt()  # again and again: one that comes before DuckDB has begun is lost
        raise Cancelled("the query was cancelled", hint=KEPT) from None
    finally:
        if work is not None and work.done() and not _idle:
            _idle.append(worker)
        else:
            worker.shutdown(wait=False)


def _ended(work: Future[T]) -> bool:
    """Whether it ended within a tick."""
    with contextlib.suppress(TimeoutError):
        work.exception(TICK)
    return work.done()


def _run(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Parameters) -> pa.Table:
    try:
        relation = connection.sql(sql, params=parameters) if parameters else connection.sql(sql)
        return NOTHING if relation is None else exact.rows(relation)
    except (duckdb.BinderException, duckdb.CatalogException) as error:
        raise _placed(connection, sql, parameters, translated(error)) from error
    except duckdb.Error as error:
        raise translated(error) from error


def _records(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Parameters) -> list[tuple[Any, ...]]:
    try:
        return connection.execute(sql, parameters or None).fetchall()
    except duckdb.Error as error:
        raise translated(error) from error


def _placed(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Parameters, error: Error) -> Error:
    """The error with its place, which relations lose and EXPLAIN tells. It runs nothing."""
    try:
        connection.execute(f"EXPLAIN\n{sql}", parameters or ()).fetchall()
    except duckdb.Error as again:
        told = translated(again)
        if error.line is None and told.line is not None and told.message == error.message:
            error.line, error.column = told.line - 1, told.column
    return error


def parses(sql: str) -> bool:
    """Whether DuckDB's own parser takes a text."""
    try:
        duckdb.extract_statements(sql)
    except duckdb.Error:
        return False
    return True


@contextlib.contextmanager
def transaction(connection: duckdb.DuckDBPyConnection, *, in_transaction: bool) -> Iterator[None]:
    """One transaction around what is done here; the caller's own where one is open. Where it fails or is interrupted, none is left open."""
    if in_transaction:
        yield
        return
    try:
        run(connection, "BEGIN")
        yield
        run(connection, "COMMIT")
    except BaseException:
        _roll_back(connection)
        raise


def _roll_back(connection: duckdb.DuckDBPyConnection) -> None:
    while True:
        try:
            run(connection, "ROLLBACK")
        except Cancelled:
            continue  # it was for what ran before; a transaction left open refuses every statement from here on
        except Error:
            pass  # DuckDB has rolled back by itself; the first error is the one to tell
        return
