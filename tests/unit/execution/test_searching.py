"""The statements of a search: which rows have text, what tells that a table is as it was, and the texts of what was found."""

from __future__ import annotations

import duckdb
import pytest

from rvbbit.execution import keys
from rvbbit.execution.searching import Target

TEXTS = [
    None,
    "",
    " ",
    "   ",
    "\u00a0",
    "\u3000\u2003 ",
    " a",
    "a ",
    "\t",
    "\n",
    "\u200b",
    "\u0301",
    " \u0301",
    "日本",
    "\u3000日本",
    "e\u0301",
    "0",
]


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def target(connection: duckdb.DuckDBPyConnection, type_: str = "INTEGER") -> Target:
    known = keys.Tables(connection).find("t")
    assert known is not None
    return Target(known.keyed, "text", type_)


def state(connection: duckdb.DuckDBPyConnection) -> tuple[int, ...]:
    found = connection.execute(target(connection).state()).fetchone()
    assert found is not None
    return found


def test_rows_with_text_are_those_of_which_trim_leaves_something(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, text VARCHAR)")
    connection.executemany("INSERT INTO t VALUES (?, ?)", list(enumerate(TEXTS)))
    found = connection.execute(f"SELECT id FROM ({target(connection).rows('id', 'text')}) ORDER BY id").fetchall()
    assert found == connection.execute("SELECT id FROM t WHERE trim(text) <> '' ORDER BY id").fetchall()
    assert 0 < len(found) < len(TEXTS)


@pytest.mark.parametrize("key", ["id INTEGER PRIMARY KEY", "id INTEGER", "id INTEGER, b INTEGER DEFAULT 7, PRIMARY KEY (id, b)"])
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE t SET text = 'e' WHERE id = 1",
        "UPDATE t SET text = NULL WHERE id = 1",
        "UPDATE t SET text = '' WHERE id = 1",
        "UPDATE t SET text = CASE id WHEN 1 THEN 'b' WHEN 2 THEN 'a' ELSE text END",
        "DELETE FROM t WHERE id = 3",
        "INSERT INTO t (id, text) VALUES (9, 'a')",
        "INSERT INTO t (id, text) VALUES (9, NULL)",
    ],
)
def test_each_change_is_another_state_and_going_back_is_the_same(connection: duckdb.DuckDBPyConnection, key: str, change: str) -> None:
    connection.execute(f"CREATE TABLE t ({'text VARCHAR, ' + key})")
    connection.execute("INSERT INTO t (id, text) VALUES (1, 'a'), (2, 'b'), (3, 'a'), (4, NULL)")
    before = state(connection)
    connection.execute("BEGIN")
    connection.execute(change)
    assert state(connection) != before
    connection.execute("ROLLBACK")
    assert state(connection) == before


def test_keys_that_change_places_are_another_state(connection: duckdb.DuckDBPyConnection) -> None:
    states = set()
    for rows in ("(1, 'a'), (2, 'b')", "(2, 'a'), (1, 'b')", "(1, 'b'), (1, 'b')", "(1, 'a'), (1, 'a'), (2, 'b'), (1, 'a')"):
        connection.execute(f"CREATE OR REPLACE TABLE t (id INTEGER, text VARCHAR); INSERT INTO t VALUES {rows}")
        keyed = Target(target(connection).table.__class__("t", ("memory", "main", "t"), ("id",), "unique column"), "text", "INTEGER")
        states.add(connection.execute(keyed.state()).fetchone())
    assert len(states) == 4


@pytest.mark.parametrize(
    ("columns", "values", "id_"),
    [
        ("id INTEGER PRIMARY KEY, text VARCHAR", "(2, 'two'), (1, 'one')", "id"),
        ("id UUID PRIMARY KEY, text VARCHAR", f"('{'1' * 32}', 'one'), ('{'2' * 32}', 'two')", "id"),
        ("id DECIMAL(9, 2) UNIQUE NOT NULL, text VARCHAR", "(2.25, 'two'), (1.50, 'one')", "id"),
        ("id TIMESTAMPTZ PRIMARY KEY, text VARCHAR", "('2020-01-01', 'two'), ('2021-01-01', 'one')", "id"),
        ('"the id" VARCHAR PRIMARY KEY, text VARCHAR', "('x''y', 'two'), ('\"', 'one')", '"the id"'),
        ('a INTEGER, "B c" VARCHAR, text VARCHAR, PRIMARY KEY (a, "B c")', "(1, 'x', 'one'), (1, 'y', 'two')", "{'a': a, 'B c': \"B c\"}"),
        ("text VARCHAR", "('two'), ('one')", "rowid"),
    ],
)
def test_the_texts_of_what_was_found_come_in_its_order(connection: duckdb.DuckDBPyConnection, columns: str, values: str, id_: str) -> None:
    connection.execute(f"CREATE TABLE t ({columns}); INSERT INTO t VALUES {values}")
    for order in ("text", "text DESC"):
        near = connection.sql(
            f"SELECT {id_} AS id, 0.5 AS similarity, row_number() OVER (ORDER BY {order}) AS rank FROM t ORDER BY random()"
        ).to_arrow_table()
        connection.register("near", near)
        sql = target(connection).texts("near", ["id", "text", "similarity"])
        expected = connection.sql(f"SELECT {id_} AS id, text, 0.5 AS similarity FROM t ORDER BY {order}").to_arrow_table()
        assert connection.sql(sql).to_arrow_table().equals(expected)
