"""The store's connection to DuckDB closes after what is under way, not under it."""

from __future__ import annotations

import threading
from typing import Any

import duckdb
import pytest

from rvbbit.logs.duckdb import connection
from rvbbit.logs.duckdb.connection import Connection


class Held:
    """A transaction in another thread that ends when it is let go."""

    def __init__(self, store: Connection) -> None:
        self.begun, self.go = threading.Event(), threading.Event()
        self.error: Exception | None = None
        self.thread = threading.Thread(target=self._run, args=(store,))
        self.thread.start()
        self.begun.wait()

    def _run(self, store: Connection) -> None:
        try:
            with store.transaction("write") as cursor:
                cursor.execute("INSERT INTO t VALUES (1)").fetchall()
                self.begun.set()
                self.go.wait()
        except Exception as error:  # noqa: BLE001 - told by the test
            self.error = error


@pytest.fixture
def base() -> Any:
    with duckdb.connect(":memory:") as base:
        base.execute("CREATE TABLE t (i INTEGER)")
        yield base


def test_a_write_that_is_under_way_ends_before_the_connection_is_closed(base: Any) -> None:
    store = Connection(base)
    held = Held(store)
    closing = threading.Thread(target=store.close)
    closing.start()
    closing.join(0.1)
    assert closing.is_alive(), "it waits"
    held.go.set()
    closing.join()
    held.thread.join()
    assert held.error is None
    assert base.execute("SELECT i FROM t").fetchall() == [(1,)]
    store.close()


def test_what_nobody_ends_does_not_keep_it_open_for_ever(base: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "LONGEST", 0.01)
    store = Connection(base)
    held = Held(store)
    store.close()
    held.go.set()
    held.thread.join()
