"""A search after a search: whatever changed the table in between, and wherever, it answers for the rows that its own statement sees."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import rvbbit
from rvbbit.engine import embedding

WORDS = ["a cheap phone", "a red car", "fresh apples"]
TABLE = """CREATE TABLE t (id INTEGER PRIMARY KEY, text VARCHAR, other VARCHAR DEFAULT 'a green tree');
INSERT INTO t (id, text) VALUES (1, 'a cheap phone'), (2, 'a red car'), (3, 'fresh apples')"""
ANEW = "DROP TABLE t; CREATE TABLE t (id INTEGER PRIMARY KEY, text VARCHAR); INSERT INTO t"
NEAR = "SELECT id, text FROM VECTOR_SEARCH('telephones', 't.text', {k})"
EVERY = "SELECT id, text FROM {search}('telephones', 't.text', 99) ORDER BY ALL"
ROWS = "SELECT id, text FROM t WHERE trim(text) <> '' ORDER BY ALL"


@pytest.fixture
def db(remote: Any) -> Iterator[rvbbit.Database]:
    with remote.connect(model="local:minilm") as opened:
        opened.sql(TABLE)
        assert opened.sql(NEAR.format(k=1)).fetchall() == [(1, "a cheap phone")]
        yield opened


def check(session: Any) -> None:
    """Both searches find the rows that a statement beside them reads, no other and with no other text."""
    rows = session.sql(ROWS).fetchall()
    for search in ("VECTOR_SEARCH", "HYBRID_SEARCH"):
        assert session.sql(EVERY.format(search=search)).fetchall() == rows


CHANGES = {
    "update": "UPDATE t SET text = 'a cheap stone' WHERE id = 1",
    "delete": "DELETE FROM t WHERE id = 1",
    "insert": "INSERT INTO t (id, text) VALUES (4, 'telephones')",
    "other keys": "UPDATE t SET id = id + 10",
    "swapped": "UPDATE t SET text = CASE id WHEN 1 THEN 'a red car' WHEN 2 THEN 'a cheap phone' ELSE text END",
    "text gone": "UPDATE t SET text = NULL WHERE id = 1",
    "text blank": "UPDATE t SET text = ' \u00a0 ' WHERE id = 1",
    "text behind a blank": "UPDATE t SET text = '  a telephone' WHERE id = 3",
    "one in, one out": "DELETE FROM t WHERE id = 1; INSERT INTO t (id, text) VALUES (7, 'a cheap phone')",
    "anew, as many rows": f"{ANEW} SELECT i, 'a word ' || i FROM range(1, 4) r(i)",
    "anew, other keys of the same texts": f"{ANEW} SELECT 9 - i, {WORDS}[i] FROM range(1, 4) r(i)",
    "columns change names": "ALTER TABLE t RENAME text TO old; ALTER TABLE t RENAME other TO text",
    "a temporary table of its name": "CREATE TEMP TABLE t (id INTEGER PRIMARY KEY, text VARCHAR); INSERT INTO t VALUES (1, 'a loud bell')",
    "all gone": "DELETE FROM t",
    "something else": "UPDATE t SET other = 'a blue lake'",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_changed_is_seen(db: rvbbit.Database, change: str) -> None:
    db.sql(change)
    check(db)
    check(db)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_is_rolled_back_was_seen_inside_alone(db: rvbbit.Database, change: str) -> None:
    before = db.sql(EVERY.format(search="VECTOR_SEARCH")).fetchall()
    db.sql(f"BEGIN; {change}")
    check(db)
    db.sql("ROLLBACK")
    check(db)
    assert db.sql(EVERY.format(search="VECTOR_SEARCH")).fetchall() == before


@pytest.mark.parametrize("change", [sql for name, sql in CHANGES.items() if "temporary" not in name])
def test_what_another_connection_commits_is_seen_from_then_on(db: rvbbit.Database, change: str) -> None:
    before = db.sql(EVERY.format(search="VECTOR_SEARCH")).fetchall()
    cursor = db._rooms.duck.cursor()  # one that nothing of ours hears of
    try:
        cursor.execute("BEGIN").fetchall()
        cursor.execute(change).fetchall()
        assert db.sql(EVERY.format(search="VECTOR_SEARCH")).fetchall() == before
        cursor.execute("COMMIT").fetchall()
        check(db)
    finally:
        cursor.close()


def test_a_transaction_goes_on_seeing_what_it_saw(db: rvbbit.Database) -> None:
    other = db.session()
    db.sql("BEGIN")
    assert len(db.sql(ROWS)) == 3
    other.sql("DELETE FROM t WHERE id = 1; INSERT INTO t (id, text) VALUES (4, 'telephones')")
    for _ in range(2):  # in turn, each over the space that the other has made
        check(db)
        check(other)
    assert db.sql(NEAR.format(k=1)).fetchall() == [(1, "a cheap phone")]
    assert other.sql(NEAR.format(k=1)).fetchall() == [(4, "telephones")]
    db.sql("COMMIT")
    check(db)
    other.close()


def test_keys_of_another_type_are_other_keys(db: rvbbit.Database) -> None:
    kind = "SELECT DISTINCT typeof(id) FROM VECTOR_SEARCH('telephones', 't.text', 3)"
    for type_ in ("BIGINT", "SMALLINT", "VARCHAR"):
        db.sql(f"CREATE TABLE again AS SELECT CAST(id AS {type_}) AS id, text FROM t; DROP TABLE t")
        db.sql(f"CREATE TABLE t (id {type_} PRIMARY KEY, text VARCHAR); INSERT INTO t FROM again; DROP TABLE again")
        assert db.sql(kind).fetchall() == [(type_,)]
        check(db)


def test_another_key_of_the_same_rows_is_another_id(db: rvbbit.Database) -> None:
    db.sql("DROP TABLE t; CREATE TABLE t (a INTEGER, b INTEGER, text VARCHAR, PRIMARY KEY (a, b)); INSERT INTO t VALUES (1, 2, 'phones')")
    assert db.sql(NEAR.format(k=1)).fetchall() == [({"a": 1, "b": 2}, "phones")]
    db.sql("DROP TABLE t; CREATE TABLE t (a INTEGER, b INTEGER PRIMARY KEY, text VARCHAR); INSERT INTO t VALUES (1, 2, 'phones')")
    assert db.sql(NEAR.format(k=1)).fetchall() == [(2, "phones")]


def test_a_table_of_an_attached_file_that_comes_again_is_looked_at_anew(db: rvbbit.Database, remote: Any) -> None:
    for text in ("a phone", "a stone"):
        db.sql(f"ATTACH '{remote.home / text}.duckdb' AS more; CREATE TABLE more.t AS SELECT '{text}' AS text")
        assert db.sql("SELECT text FROM VECTOR_SEARCH('telephones', 'more.t.text', 3)").fetchall() == [(text,)]
        db.sql("DETACH more")


def test_searches_at_the_same_time_each_answer_for_what_they_see(db: rvbbit.Database) -> None:
    stop, seen = threading.Event(), []

    def searching() -> None:
        session = db.session()
        while not stop.is_set():
            session.sql("BEGIN")
            rows = session.sql(ROWS).fetchall()
            seen.append(session.sql(EVERY.format(search="VECTOR_SEARCH")).fetchall() == rows)
            session.sql("COMMIT")
        session.close()

    with ThreadPoolExecutor(3) as threads:
        works = [threads.submit(searching) for _ in range(3)]
        try:
            for place in range(10):
                db.sql(f"UPDATE t SET text = '{WORDS[place % 3]}' WHERE id = 1")
                check(db)
        finally:
            stop.set()
        for work in works:
            work.result()
    assert len(seen) > 3
    assert all(seen)


def test_an_unchanged_table_is_looked_at_and_nothing_is_embedded_or_read(db: rvbbit.Database, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = type(db._rooms.store.vectors)
    for name in ("vectors", "known", "rows", "place", "keep"):
        monkeypatch.setattr(vectors, name, lambda *_: pytest.fail("the store was asked"))
    assert db.sql(NEAR.format(k=1)).fetchall() == [(1, "a cheap phone")]


def test_a_query_that_was_forgotten_is_read_again(db: rvbbit.Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "SOUGHT", 1)
    db.sql("SELECT * FROM VECTOR_SEARCH('fruit', 't.text', 1)")
    again = db.sql(NEAR.format(k=1))
    assert (again.fetchall(), again.usage.calls) == ([(1, "a cheap phone")], 0)
