"""Migrations of ClickHouse, where no transaction holds several statements together: cut short, and run by many at once."""

from __future__ import annotations

import threading

import pytest

from rvbbit.errors import DatabaseError
from rvbbit.logs.clickhouse import Store
from rvbbit.logs.clickhouse.connection import Connection
from rvbbit.logs.clickhouse.migrations import MIGRATIONS, migrate
from rvbbit.logs.examples import ExampleFilter
from support.store import call


def test_servers_that_start_at_once_on_nothing_all_start(clickhouse_url: str) -> None:
    number = 4
    together = threading.Barrier(number)
    failed: list[DatabaseError] = []

    def start(own: int) -> None:
        together.wait(timeout=60)
        try:
            store = Store(clickhouse_url)
            store.take_in([call(f"t{own}", source="import")])
            store.close()
        except DatabaseError as error:
            failed.append(error)

    servers = [threading.Thread(target=start, args=(own,)) for own in range(number)]
    for server in servers:
        server.start()
    for server in servers:
        server.join()
    assert failed == []
    store = Store(clickhouse_url)
    assert store.page(ExampleFilter()).total == number
    assert store._connection.rows("look", "SELECT DISTINCT number FROM migrations ORDER BY number") == [
        {"number": one.number} for one in MIGRATIONS
    ]
    store.close()


@pytest.mark.parametrize("done", range(0, len(MIGRATIONS[0].statements), 4))
def test_a_migration_that_was_cut_short_is_run_again(clickhouse_url: str, done: int) -> None:
    connection = Connection(clickhouse_url)
    name = connection.address.database
    connection.command("make", f"CREATE DATABASE {name}", within=False)
    connection.enter()
    for statement in MIGRATIONS[0].statements[:done]:
        connection.command("make", statement)
    migrate(connection)
    connection.close()
    store = Store(clickhouse_url)
    assert store.page(ExampleFilter()).total == 0
    store.close()
