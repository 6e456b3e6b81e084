"""The store's connection to DuckDB closes after what is under way, not under it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
import pytest

from rvbbit.errors import Cancelled, DatabaseError
from rvbbit.logs.duckdb import connection
from rvbbit.logs.duckdb.connection import Connection, GivingWay


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


ENDLESS = "SELECT count(*) FROM range(1_000_000) a, range(1_000_000) b WHERE a.range * b.range = 7"


class Stops:
    """Hands out, as `telling`, what breaks a statement off; `at_once` does so before there is one."""

    def __init__(self, at_once: bool = False) -> None:
        self.at_once, self.there, self.lock = at_once, threading.Event(), threading.Lock()
        self.told: list[Callable[[], object]] = []

    @contextmanager
    def telling(self, stop: Callable[[], object]) -> Iterator[None]:
        with self.lock:
            self.told.append(stop)
            if self.at_once:
                stop()
        self.there.set()
        try:
            yield
        finally:
            with self.lock:
                self.told.remove(stop)

    def tell(self) -> None:
        with self.lock:
            for stop in self.told:
                stop()


@pytest.mark.parametrize("late", [0.0, 0.0005, 0.001, 0.002, 0.1])
def test_a_statement_that_gives_way_is_broken_off_and_the_connection_goes_on(base: Any, late: float) -> None:
    store, stops = Connection(base), Stops()
    aside = GivingWay(store, stops.telling)

    def query() -> None:
        stops.there.wait()
        time.sleep(late)
        stops.tell()  # once, as a query that begins does

    other = threading.Thread(target=query)
    other.start()
    with pytest.raises(Cancelled, match="could not read"):
        aside.read("read", ENDLESS, {})
    other.join()
    assert store.read("read", "SELECT 1 AS one", {}) == [{"one": 1}]
    aside.close()
    assert store.read("read", "SELECT 1 AS one", {}) == [{"one": 1}]
    store.close()


def test_what_is_told_before_the_statement_begins_stops_it_too(base: Any) -> None:
    store = Connection(base)
    with pytest.raises(Cancelled):
        GivingWay(store, Stops(at_once=True).telling).read("read", ENDLESS, {})
    store.close()


def test_what_is_wrong_with_a_statement_that_gives_way_is_told(base: Any) -> None:
    store = Connection(base)
    with pytest.raises(DatabaseError, match="nosuch"):
        GivingWay(store, Stops().telling).read("read", "FROM nosuch", {})
    store.close()
