"""A server that is not there, says no or goes away: our errors with hints, soon, and without the password."""

from __future__ import annotations

import asyncio
import socket
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from rvbbit.errors import DatabaseError, SettingsError, StoreUnreachable, UsageError
from rvbbit.logs.clickhouse import Store, connection
from rvbbit.logs.clickhouse.connection import Address
from rvbbit.logs.examples import ExampleFilter
from support.clickhouse import USERS, Shim
from support.store import call, decision


def refusal(open_: Callable[[], object], kind: type[DatabaseError] = DatabaseError) -> DatabaseError:
    with pytest.raises(kind) as caught:
        open_()
    assert caught.value.hint
    return caught.value


def test_nobody_listening_is_said_with_the_address() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        error = refusal(lambda: Store(f"clickhouse://me:s3cret@127.0.0.1:{port}/x"), StoreUnreachable)
    assert f"127.0.0.1:{port}" in error.message
    assert "s3cret" not in f"{error.message} {error.hint}"


def test_a_server_that_accepts_and_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "ANSWERING", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        refusal(lambda: Store(f"clickhouse://127.0.0.1:{silent.getsockname()[1]}/x"), StoreUnreachable)


def test_a_wrong_password_is_said_and_not_shown(clickhouse: Shim) -> None:
    error = refusal(lambda: Store(clickhouse.url("x", "rvbbit", "wr0ng")))
    assert "Authentication failed" in error.message
    assert "RVBBIT_STORE" in str(error.hint)
    assert "wr0ng" not in f"{error.message} {error.hint}"


def test_a_password_with_every_sign_gets_through(clickhouse: Shim) -> None:
    password = USERS["rvbbit"].replace(":", "%3A").replace("/", "%2F").replace("?", "%3F").replace("#", "%23")
    Store(clickhouse.url(f"t{uuid.uuid4().hex}", "rvbbit", password)).close()


def test_missing_rights_name_the_grant(clickhouse: Shim, clickhouse_url: str) -> None:
    reader = clickhouse.url(clickhouse_url.rpartition("/")[2], "reader", "reads")
    error = refusal(lambda: Store(reader))
    assert "GRANT ALL ON" in str(error.hint)
    Store(clickhouse_url).close()
    only_reads = Store(reader)  # what was made by another needs no right to make it
    assert only_reads.page(ExampleFilter()).total == 0
    assert "GRANT" in str(refusal(lambda: only_reads.annotate([decision("a", trainable=True)])).hint)
    only_reads.close()


async def test_a_server_that_dies_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    with Shim(tmp_path) as shim:
        store = Store(shim.url())
        await asyncio.gather(*(store.append(call(f"t{number}", cache_key=f"k{number}", answer=number)) for number in range(200)))
        store.annotate([decision("t1", trainable=True)])
        shim.kill()
        with pytest.raises(StoreUnreachable, match="no answer from ClickHouse"):
            await store.append(call("lost"))
        refusal(lambda: store.annotate([decision("t2", trainable=True)]), StoreUnreachable)
        refusal(lambda: store.page(ExampleFilter()), StoreUnreachable)
        with Shim(tmp_path, shim.port):
            assert await store.answers([f"k{number}" for number in range(200)]) == {f"k{number}": number for number in range(200)}
            assert [row.trace_id for row in store.page(ExampleFilter(trainable=True)).rows] == ["t1"]
            await store.append(call("after"))
            assert store.page(ExampleFilter(limit=0)).total == 201
        store.close()


def test_a_value_too_long_to_be_a_parameter_is_refused(clickhouse_url: str) -> None:
    store = Store(clickhouse_url)
    with pytest.raises(UsageError, match="search"):
        store.page(ExampleFilter(search="x" * 60_000))
    store.close()


def test_a_store_of_a_newer_version_is_left_alone(clickhouse_url: str) -> None:
    store = Store(clickhouse_url)
    store._connection.command("age", "INSERT INTO migrations SELECT 999, 'from the future', now()")
    store.close()
    assert "999" in refusal(lambda: Store(clickhouse_url)).message


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("clickhouse://h", ("h", 8123, "default", "", "rvbbit", False)),
        ("clickhouses://u:p%40@h/d", ("h", 8443, "u", "p@", "d", True)),
        ("clickhouse://u@h:1/d?secure=1", ("h", 1, "u", "", "d", True)),
    ],
)
def test_a_url_says_where_and_who(url: str, expected: tuple[object, ...]) -> None:
    found = Address.of(url)
    assert (found.host, found.port, found.user, found.password, found.database, found.secure) == expected
    assert "p@" not in repr(found)


def test_a_database_with_an_odd_name_is_refused() -> None:
    with pytest.raises(SettingsError, match="letters"):
        Address.of("clickhouse://h/a`b")
