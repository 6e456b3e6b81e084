"""A table as a statement finds it, whatever was made, changed or dropped since it was found before."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from rvbbit.execution import database, keys


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    opened = duckdb.connect()
    opened.execute("CREATE SCHEMA s; CREATE TABLE t (id INTEGER PRIMARY KEY, text VARCHAR); CREATE TABLE s.t (a INT, b VARCHAR)")
    yield opened
    opened.close()


def told(tables: keys.Tables, *names: str) -> tuple[str, tuple[str, ...], str, list[str]] | None:
    known = tables.find(*names)
    return None if known is None else (known.keyed.name, known.keyed.key, known.keyed.kind, list(known.columns.values()))


@pytest.mark.parametrize(
    ("change", "names", "found"),
    [
        ("SELECT 1", ("t",), ("t", ("id",), "primary key", ["INTEGER", "VARCHAR"])),
        ("SELECT 1", ("T", "Main"), ("t", ("id",), "primary key", ["INTEGER", "VARCHAR"])),
        ("SELECT 1", ("t", "s"), ("s.t", (), "rowid", ["INTEGER", "VARCHAR"])),
        ("SELECT 1", ("t", "memory"), ("t", ("id",), "primary key", ["INTEGER", "VARCHAR"])),
        ("SELECT 1", ("t", "s", "MEMORY"), ("s.t", (), "rowid", ["INTEGER", "VARCHAR"])),
        ("SELECT 1", ("t", "x"), None),
        ("SELECT 1", ("x",), None),
        ("USE s", ("t",), ("s.t", (), "rowid", ["INTEGER", "VARCHAR"])),
        ("DROP TABLE t", ("t",), None),
        ("ALTER TABLE t ADD COLUMN more DOUBLE", ("t",), ("t", ("id",), "primary key", ["INTEGER", "VARCHAR", "DOUBLE"])),
        ("ALTER TABLE s.t ALTER a TYPE BIGINT", ("t", "s"), ("s.t", (), "rowid", ["BIGINT", "VARCHAR"])),
        ("ALTER TABLE s.t ADD PRIMARY KEY (a, b)", ("t", "s"), ("s.t", ("a", "b"), "primary key", ["INTEGER", "VARCHAR"])),
        ("DROP TABLE t; CREATE TABLE t (id INTEGER, text VARCHAR)", ("t",), ("t", (), "rowid", ["INTEGER", "VARCHAR"])),
        ("DROP TABLE t; CREATE TABLE t (c INT UNIQUE NOT NULL, d INT UNIQUE)", ("t",), ("t", ("c",), "unique column", ["INTEGER"] * 2)),
        ("CREATE TEMP TABLE t AS SELECT 'x' AS y", ("t",), ("t", (), "rowid", ["VARCHAR"])),
        ("ATTACH ':memory:' AS m; CREATE TABLE m.t AS SELECT 1 AS z", ("t", "m"), ("m.main.t", (), "rowid", ["INTEGER"])),
        ("ATTACH ':memory:' AS m; CREATE TABLE m.t AS SELECT 1 AS z", ("t",), ("t", ("id",), "primary key", ["INTEGER", "VARCHAR"])),
    ],
)
def test_it_is_found_as_it_is_now(connection: duckdb.DuckDBPyConnection, change: str, names: tuple[str, ...], found: object) -> None:
    tables = keys.Tables(connection)
    for known in (("t",), ("t", "s"), names):
        tables.find(*known)
    connection.execute(change)
    assert told(tables, *names) == told(keys.Tables(connection), *names) == found


def test_a_change_that_is_rolled_back_counts_until_then(connection: duckdb.DuckDBPyConnection) -> None:
    tables = keys.Tables(connection)
    before = told(tables, "t")
    connection.execute("BEGIN; ALTER TABLE t RENAME text TO other")
    within = tables.find("t")
    assert within is not None and list(within.columns) == ["id", "other"]
    connection.execute("ROLLBACK")
    assert told(tables, "t") == before


def test_an_attached_file_of_the_same_names_is_another(connection: duckdb.DuckDBPyConnection) -> None:
    tables, found = keys.Tables(connection), []
    for values in ("'a'", "'a', 'b'"):
        connection.execute(f"ATTACH ':memory:' AS m; CREATE TYPE m.kind AS ENUM ({values}); CREATE TABLE m.t (k m.kind)")
        known = tables.find("t", "m")
        assert known is not None
        found.append(known.columns["k"])
        connection.execute("DETACH m")
    assert found == ["ENUM('a')", "ENUM('a', 'b')"]


def test_a_definition_is_read_once(connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = keys.Tables(connection)
    tables.find("t")
    monkeypatch.setattr(database, "run", lambda *_: pytest.fail("it was read again"))
    assert told(tables, "t") == ("t", ("id",), "primary key", ["INTEGER", "VARCHAR"])


def test_no_more_are_remembered_than_is_useful(connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "REMEMBERED", 1)
    tables = keys.Tables(connection)
    for _ in range(2):
        assert told(tables, "t", "s") == ("s.t", (), "rowid", ["INTEGER", "VARCHAR"])
        assert told(tables, "t") == ("t", ("id",), "primary key", ["INTEGER", "VARCHAR"])
