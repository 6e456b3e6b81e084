"""Macros that are called like an operator: theirs is meant, and how to mean ours is said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rvbbit.errors import Error


@pytest.fixture
def db(remote: Any) -> Iterator[Any]:
    remote.server.answer = lambda body: 0.5
    with remote.connect() as db:
        db.sql("CREATE TABLE t AS SELECT unnest(['a', 'b']) AS text")
        yield db


def told(result: Any) -> str:
    return "\n".join(notice.message for notice in result.notices)


def test_a_macro_keeps_its_name_and_nobody_is_asked(db: Any, remote: Any) -> None:
    db.sql("CREATE MACRO sentiment(x) AS x || '!'")
    result = db.sql("SELECT sentiment(text) FROM t")
    assert result.fetchall() == [("a!",), ("b!",)]
    assert told(result) == "SENTIMENT is your own function sentiment(x) here; the operator is written rvbbit.sentiment(…)"
    assert remote.server.calls == 0


def test_the_operator_is_reached_by_its_schema_beside_the_macro(db: Any, remote: Any) -> None:
    db.sql("CREATE MACRO sentiment(x) AS x || '!'")
    result = db.sql("SELECT rvbbit.sentiment(text) AS s, Sentiment(text), main.sentiment(text) FROM t WHERE RVBBIT.SENTIMENT(text) > 0")
    assert result.fetchall() == [(0.5, "a!", "a!"), (0.5, "b!", "b!")]
    assert remote.server.calls == 2


@pytest.mark.parametrize(
    "written",
    ["rvbbit.mood(text)", "rvbbit.mood(text) FILTER (WHERE text <> '')", "avg(rvbbit.sentiment(text))", "rvbbit.MOOD(DISTINCT text)"],
)
def test_the_schema_may_always_be_written(db: Any, written: str) -> None:
    assert db.sql(f"SELECT {written} AS m FROM t").fetchall() == [(0.5,)]


def test_a_macro_of_fewer_arguments_leaves_the_operator_its_own(db: Any, remote: Any) -> None:
    db.sql("CREATE MACRO about(x) AS 1")
    result = db.sql("SELECT about(text), about(text, 'x'), text ABOUT 'x' FROM t WHERE text = 'a'")
    assert result.fetchall() == [(1, 0.5, 0.5)] and remote.server.calls == 1


def test_defaults_of_a_macro_are_its_own(db: Any, remote: Any) -> None:
    db.sql("CREATE MACRO about(x, y := 'z') AS x || y")
    assert db.sql("SELECT about(text), about(text, 'y'), about(text, y := 'q') FROM t WHERE text = 'a'").fetchall() == [("az", "ay", "aq")]
    assert remote.server.calls == 0


def test_macros_come_and_go(db: Any, remote: Any) -> None:
    query = "SELECT sentiment(text) FROM t WHERE text = 'a'"
    assert db.sql(query).fetchall() == [(0.5,)]
    db.sql("BEGIN")
    db.sql("CREATE TEMP MACRO sentiment(x) AS 7")
    assert db.sql(query).fetchall() == [(7,)]
    db.sql("ROLLBACK")
    assert db.sql(query).fetchall() == [(0.5,)]
    db.sql("CREATE OR REPLACE MACRO sentiment(x) AS 8")
    assert db.sql(query).fetchall() == [(8,)]
    db.sql("DROP MACRO sentiment")
    assert db.sql(query).fetchall() == [(0.5,)]
    db.sql("CREATE SCHEMA other; CREATE MACRO other.sentiment(x) AS 9")
    assert db.sql(query).fetchall() == [(0.5,)]
    db.sql("USE other")
    assert db.sql("SELECT sentiment(text) FROM main.t WHERE text = 'a'").fetchall() == [(9,)]


def test_a_macro_is_known_to_every_session(db: Any, remote: Any) -> None:
    other = db.session()
    other.sql("SELECT sentiment(text) FROM t")
    db.sql("CREATE MACRO sentiment(x) AS 3")
    assert other.sql("SELECT sentiment(text) FROM t").fetchall() == [(3,), (3,)]
    other.close()


def test_explain_tells_it_too(db: Any, remote: Any) -> None:
    db.sql("CREATE MACRO sentiment(x) AS 3")
    assert "rvbbit.sentiment(…)" in told(db.sql("EXPLAIN SELECT sentiment(text), text ABOUT 'x' FROM t"))
    assert remote.server.calls == 0


def test_how_many_arguments_a_call_has_is_counted(db: Any, remote: Any) -> None:
    db.sql("CREATE MACRO about(x) AS 1")
    assert "own function" not in told(db.sql("SELECT about(text, concat('a', 'b')) FROM t"))
    assert "ABOUT is your own function about(x)" in told(db.sql("SELECT about(concat(text, [1, 2][1], (2, 3)[1])) FROM t"))


def test_a_transaction_that_failed_is_told_as_ever(db: Any) -> None:
    db.sql("BEGIN")
    db.sql("CREATE MACRO sentiment(x) AS 1")
    with pytest.raises(Error):
        db.sql("SELECT error('no')")
    with pytest.raises(Error):
        db.sql("SELECT sentiment(text) FROM t")
    db.sql("ROLLBACK")
    assert db.sql("SELECT sentiment(text) FROM t LIMIT 1").fetchall() == [(0.5,)]


@pytest.mark.parametrize(
    "items", ["sentiment('x')", "t, sentiment('x')", "t CROSS JOIN LATERAL sentiment('x') AS s", "(FROM sentiment('x'))"]
)
def test_a_macro_that_gives_a_table_keeps_its_name_in_from(db: Any, remote: Any, items: str) -> None:
    db.sql("CREATE MACRO sentiment(x) AS TABLE SELECT x || '!' AS found")
    result = db.sql(f"SELECT DISTINCT found FROM {items} WHERE found <> ''")
    assert result.fetchall() == [("x!",)]
    assert told(result) == "SENTIMENT is your own function sentiment(x) here; the operator is written rvbbit.sentiment(…)"
    assert remote.server.calls == 0


def test_elsewhere_the_operator_is_meant_beside_a_macro_that_gives_a_table(db: Any, remote: Any) -> None:
    db.sql("CREATE MACRO sentiment(x) AS TABLE SELECT x || '!' AS found")
    for asked in ("SELECT sentiment(text) FROM t", "SELECT text, sentiment(text) FROM t", "SELECT 0.5 FROM t WHERE sentiment(text) > 0"):
        result = db.sql(asked)
        assert len(result.fetchall()) == 2 and "your own function" not in told(result)
    assert remote.server.calls == 2
