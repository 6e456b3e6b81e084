"""DuckDB beside the main thread: one thread, kept between statements and never waited for by another statement."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import duckdb
import pytest

from rvbbit.errors import SQLError
from rvbbit.execution import database


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    opened = duckdb.connect()
    yield opened
    opened.close()


def test_statements_of_the_main_thread_run_in_one_other(connection: duckdb.DuckDBPyConnection) -> None:
    threads = set()
    for _ in range(3):
        assert database.run(connection, "SELECT 1").column(0).to_pylist() == [1]
        assert database.records(connection, "SELECT $x, 'a'", {"x": 2}) == [(2, "a")]
        threads.add(database._beside(connection, threading.get_ident))
    assert len(threads) == 1
    assert threading.get_ident() not in threads


def test_a_statement_inside_another_waits_for_no_thread(connection: duckdb.DuckDBPyConnection) -> None:
    other = connection.cursor()
    connection.create_function(  # type: ignore[call-overload]
        "inside", lambda number: database.records(other, "SELECT $x + 1", {"x": number})[0][0], [int], int
    )
    assert database.records(connection, "SELECT inside(1)") == [(2,)]
    other.close()


def test_a_statement_begun_while_another_runs_has_a_thread_of_its_own(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, ended, meanwhile = connection.cursor(), database._ended, []

    def signalled(work: object) -> bool:
        """As a signal's handler does that asks something while the main thread waits."""
        if not meanwhile:
            meanwhile.append(None)
            meanwhile.append(database.records(other, "SELECT 2"))
        return ended(work)  # type: ignore[arg-type]

    monkeypatch.setattr(database, "_ended", signalled)
    assert database.records(connection, "SELECT 1") == [(1,)]
    assert meanwhile == [None, [(2,)]]
    other.close()


def test_what_duckdb_refuses_is_ours_to_tell(connection: duckdb.DuckDBPyConnection) -> None:
    for ask in (database.run, database.records):
        with pytest.raises(SQLError):
            ask(connection, "SELECT x FROM nowhere")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_process_has_a_thread_of_its_own(connection: duckdb.DuckDBPyConnection) -> None:
    database.run(connection, "SELECT 1")
    worker = database._worker(os.getpid())
    child = os.fork()
    if child == 0:
        os._exit(database._worker(os.getpid()) is worker)
    assert database._worker(os.getpid()) is worker
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
