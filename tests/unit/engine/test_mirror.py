"""The log of a server as SQL in a project's own session: copied once, then what landed since; anew where rows went or came late."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rvbbit.engine.mirror import Mirror
from rvbbit.errors import DatabaseError
from rvbbit.execution.database import Database
from rvbbit.logs.clickhouse import Store, copying
from rvbbit.logs.clickhouse.copying import Part
from rvbbit.logs.duckdb.migrations import migrate
from rvbbit.sql.statements import split
from support.store import call, decision, fill, score


class Counted(Store):
    """Writes down which rows were fetched: (table, how many, whether all of them)."""

    fetched: list[tuple[str, int, bool]]

    def part(self, table: str, after: int | None = None) -> Part:
        found = super().part(table, after)
        self.fetched.append((table, found.rows.num_rows, after is None))
        return found


class Seen:
    """A project's session over a store's mirror."""

    def __init__(self, store: Store) -> None:
        self._duck = Database(None, None)
        migrate(self._duck.cursor())
        self._mirror = Mirror(store, self._duck.cursor())

    def __call__(self, sql: str) -> list[tuple[Any, ...]]:
        (statement,) = split(sql)
        self._mirror.show(statement)
        return self._duck.cursor().execute(sql).fetchall()

    def close(self) -> None:
        self._mirror.close()
        self._duck.close()


@pytest.fixture
def store(clickhouse_url: str) -> Iterator[Counted]:
    opened = Counted(clickhouse_url)
    opened.fetched = []
    yield opened
    opened.close()


@pytest.fixture
def seen(store: Counted) -> Iterator[Seen]:
    session = Seen(store)
    yield session
    session.close()


LOGGED = "SELECT trace_id FROM rvbbit.unified_logs ORDER BY 1"


async def test_a_log_that_grows_is_copied_once_and_then_what_landed_since(store: Counted, seen: Seen) -> None:
    await fill(store, call("a"), call("b"))
    assert seen(LOGGED) == [("a",), ("b",)]
    assert seen(LOGGED) == [("a",), ("b",)]
    await fill(store, call("c"))
    assert seen(LOGGED) == [("a",), ("b",), ("c",)]
    assert store.fetched == [("unified_logs", 2, True), ("unified_logs", 1, False)]


async def test_what_is_deleted_on_the_server_is_gone_here_even_if_as_much_came_in(store: Counted, seen: Seen) -> None:
    await fill(store, call("a"), call("b"))
    seen(LOGGED)
    store._connection.command("delete", "DELETE FROM unified_logs WHERE trace_id = 'a'")
    await fill(store, call("c"))
    assert seen(LOGGED) == [("b",), ("c",)]
    store._connection.command("delete", "TRUNCATE TABLE unified_logs")
    assert seen(LOGGED) == []


def test_a_row_that_becomes_visible_behind_a_newer_one_is_not_lost(store: Counted, seen: Seen) -> None:
    scores = "SELECT trace_id FROM rvbbit.scores ORDER BY 1"
    store.record([score("a", 0.5)])
    assert seen(scores) == [("a",)]
    late = (
        "INSERT INTO scores (seq, trace_id, scorer, scorer_version, reason, calibrated, timestamp) VALUES (1, 'b', 's', '1', '', false, 0)"
    )
    store._connection.command("write", late)
    assert seen(scores) == [("a",), ("b",)]


async def test_a_view_brings_what_it_reads_and_a_statement_without_the_log_nothing(store: Counted, seen: Seen) -> None:
    await fill(store, call("a", answer="yes"))
    store.annotate([decision("a", trainable=True, notes="n")])
    store.record([score("a", 0.5)])
    seen("SELECT 1 AS unified_logs")
    assert store.fetched == []
    found = seen("SELECT trace_id, assistant_output, trainable, notes, confidence FROM rvbbit.training_examples_with_annotations")
    assert found == [("a", "yes", True, "n", 0.5)]
    assert sorted(table for table, _, _ in store.fetched) == ["scores", "training_annotations", "unified_logs"]


async def test_a_table_that_is_too_large_is_refused_and_the_others_are_not(
    store: Counted, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(store, *(call() for _ in range(50)))
    store.record([score("a", 0.5)])
    monkeypatch.setattr(copying, "MOST", 1_000)
    with pytest.raises(DatabaseError, match="too much to copy") as caught:
        seen(LOGGED)
    assert "clickhouse-client" in str(caught.value.hint)
    assert seen("SELECT trace_id FROM rvbbit.scores") == [("a",)]
