"""How many clusters, topics, kinds or outliers: numbers that make no sense cost nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rvbbit.errors import TypeMismatch

CALLS = ["CLUSTER(text, {})", "OUTLIERS(text, {})", "MEANINGS(text, {})", "THEMES(text, {})", "TOPICS(text, {})", "MEANING(text, {})"]


@pytest.fixture
def db(remote: Any) -> Iterator[Any]:
    with remote.connect() as db:
        db.sql("CREATE TABLE t AS SELECT unnest(['a parcel', 'a letter', 'a bill']) AS text, 0::BIGINT AS none, NULL::BIGINT AS nothing")
        yield db


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("written", "said"), [("0", "0"), ("-3", "-3"), ("(-(3))", "-3"), ("1 - 1", "0")])
def test_a_number_below_one_is_refused_before_anything_is_asked(db: Any, remote: Any, call: str, written: str, said: str) -> None:
    with pytest.raises(TypeMismatch, match=rf"takes n from 1 on; here it is {said}") as caught:
        db.sql(f"SELECT {call.format(written)} FROM t")
    assert remote.server.calls == 0 and (caught.value.line == 1 or written == "1 - 1") and "give n as 1 or more" in str(caught.value.hint)


def test_so_is_one_behind_another_question(db: Any, remote: Any) -> None:
    with pytest.raises(TypeMismatch, match="CLUSTER takes n from 1 on"):
        db.sql("SELECT CLUSTER(text, 0) FROM t WHERE text MEANS 'a thing'")
    assert remote.server.calls == 0


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT none, CLUSTER(text, none) FROM t GROUP BY none",
        "SELECT OUTLIERS(text, max(none)) FROM t",
        "SELECT TOPICS(text, 0) AS topic, count(*) FROM t GROUP BY topic",
        "SELECT MEANING(text, $n) FROM t",
        "SELECT (SELECT list(m) FROM (SELECT THEMES(text, none) AS m FROM t WHERE t.text = o.text GROUP BY none)) FROM t AS o",
    ],
)
def test_so_is_one_that_comes_from_elsewhere(db: Any, remote: Any, statement: str) -> None:
    with pytest.raises(TypeMismatch, match="takes n from 1 on; here it is 0"):
        db.sql(statement, {"n": 0} if "$n" in statement else None)
    assert remote.server.calls == 0


@pytest.mark.parametrize("call", ["CLUSTER(text, {})", "OUTLIERS(text, {})"])
def test_null_is_null_where_a_number_is_needed(db: Any, remote: Any, call: str) -> None:
    assert db.sql(f"SELECT {call.format('NULL')} FROM t").fetchall() == [(None,)]
    assert db.sql(f"SELECT {call.format('nothing')} FROM t GROUP BY nothing").fetchall() == [(None,)]
    assert remote.server.calls == 0


def test_null_written_out_leaves_the_number_out_where_it_may_be_and_a_rows_null_is_null(db: Any, remote: Any) -> None:
    remote.server.answer = lambda body: ["post"]
    assert db.sql("SELECT THEMES(text, NULL), THEMES(text), THEMES(text, max(nothing)) FROM t").fetchall() == [(["post"], ["post"], None)]
    assert remote.server.calls == 1
