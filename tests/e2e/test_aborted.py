"""After an error in a transaction everything but ROLLBACK says that it was aborted, semantic statements as any other; nothing is asked."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import rvbbit
from rvbbit.errors import DatabaseError, Error
from rvbbit.testing import FakeServer

ANY = [
    "SELECT 1",
    "SELECT id FROM t WHERE text MEANS 'a'",
    "SELECT id FROM t WHERE text MEANS 'a' LIMIT 1",
    "SELECT * FROM t, LATERAL (SELECT t.text MEANS 'a' AS found)",
    "SELECT a.id FROM t a JOIN t b ON a.text ~ b.text",
    "EXPLAIN SELECT id FROM t WHERE text MEANS 'a'",
    "SELECT * FROM VECTOR_SEARCH('a', 't.text', 2)",
]


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer(answer=lambda body: "fail" if "fail" in str(body) else True) as server:
        yield server


@pytest.fixture
def db(tmp_path: Path, server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[rvbbit.Database]:
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    with rvbbit.connect(tmp_path, store=":memory:", database=":memory:", model="openai:fake") as db:
        db.sql("CREATE TABLE t AS SELECT i AS id, 'text ' || i AS text FROM range(3) r(i); CREATE TABLE once (id INTEGER PRIMARY KEY)")
        yield db


@pytest.mark.parametrize(
    "failing",
    [
        "INSERT INTO once VALUES (1), (1)",
        "INSERT INTO once SELECT 1 FROM t WHERE text MEANS 'x'",
        "SELECT error(text) FROM t WHERE text MEANS 'x'",
        "SELECT * FROM t, LATERAL (SELECT t.text MEANS 'fail' AS found)",
    ],
)
def test_what_follows_an_error_says_that_the_transaction_was_aborted(db: rvbbit.Database, server: FakeServer, failing: str) -> None:
    with contextlib.closing(db.session()) as session:
        session.sql("BEGIN")
        with pytest.raises(Error):
            session.sql(failing)
        before = server.calls
        for statement in ANY:
            with pytest.raises(DatabaseError, match="aborted") as raised:
                session.sql(statement)
            assert "ROLLBACK" in (raised.value.hint or "")
        assert server.calls == before
        session.sql("ROLLBACK")
        assert len(session.sql(ANY[1]).fetchall()) == 3
