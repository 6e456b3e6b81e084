"""DuckDB beside the main thread: one thread, kept between statements and never waited for by another statement."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from typing import Any

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
    assert database._idle
    child = os.fork()
    if child == 0:
        os._exit(len(database._idle))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_statement_of_a_signals_handler_does_not_wait_for_the_one_it_came_upon(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, go, found, ended = connection.cursor(), threading.Event(), [], database._ended

    def held(number: int) -> int:
        go.wait(20)
        return number

    def signalled(work: Any) -> bool:
        if not go.is_set() and not found:
            found.append(None)
            found.append(database.records(other, "SELECT 2"))
            go.set()
        return ended(work)

    connection.create_function("held", held, [int], int)
    monkeypatch.setattr(database, "_ended", signalled)
    began = time.monotonic()
    assert database.records(connection, "SELECT held(1)") == [(1,)]
    assert found == [None, [(2,)]] and time.monotonic() - began < 20
    other.close()
