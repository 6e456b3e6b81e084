"""`VECTOR_SEARCH` and `HYBRID_SEARCH` as a user meets them: what is missing is embedded first, what is gone does not come back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import rvbbit
from rvbbit import errors
from rvbbit.embeddings import space
from rvbbit.engine import searching

PRODUCTS = """CREATE TABLE products (id INTEGER PRIMARY KEY, text VARCHAR, price INTEGER);
INSERT INTO products VALUES (1, 'a cheap phone', 90), (2, 'a red car', 9000), (3, NULL, 1), (4, 'mobile telephone for the elderly', 80),
    (5, 'fresh apples', 2), (6, 'a cheap phone', 95), (7, '  ', 1)"""
PHONES = "VECTOR_SEARCH('phones', 'products.text', {k})"


@pytest.fixture
def db(remote: Any) -> Iterator[rvbbit.Database]:
    with remote.connect(model="local:minilm") as opened:
        opened.sql(PRODUCTS)
        yield opened


def ids(db: rvbbit.Database, sql: str, *more: Any) -> list[Any]:
    return [row[0] for row in db.sql(sql, *more).fetchall()]


def test_the_nearest_come_first_with_their_text_and_measures(db: rvbbit.Database) -> None:
    result = db.sql(f"SELECT * FROM {PHONES.format(k=3)}")
    assert result.columns == ["id", "text", "similarity", "distance"]
    rows = result.fetchall()
    assert [row[:2] for row in rows] == [(1, "a cheap phone"), (6, "a cheap phone"), (4, "mobile telephone for the elderly")]
    assert all(row[2] + row[3] == pytest.approx(1) for row in rows)
    assert rows[0][2] == rows[1][2] > rows[2][2]


def test_what_is_missing_is_embedded_first_and_the_next_search_asks_nothing(db: rvbbit.Database) -> None:
    assert db.sql(f"SELECT * FROM {PHONES.format(k=3)}").usage.calls == 2  # the texts, and the query
    assert db.sql(f"SELECT * FROM {PHONES.format(k=2)}").usage.calls == 0
    assert ids(db, "SELECT row_key FROM rvbbit.rvbbit_embeddings ORDER BY 1") == ["1", "2", "4", "5", "6"]


def test_what_changed_or_went_does_not_come_back(db: rvbbit.Database) -> None:
    assert ids(db, f"SELECT id FROM {PHONES.format(k=3)}") == [1, 6, 4]
    db.sql("DELETE FROM products WHERE id = 1; UPDATE products SET text = 'ripe pears' WHERE id = 6")
    db.sql("INSERT INTO products VALUES (8, 'a smart phone', 500)")
    result = db.sql(f"SELECT id FROM {PHONES.format(k=2)}")
    assert (result.fetchall(), result.usage.calls) == ([(8,), (4,)], 1)
    held = "SELECT row_key, content_hash = md5(text) FROM rvbbit.rvbbit_embeddings LEFT JOIN products ON id::VARCHAR = row_key ORDER BY 1"
    assert db.sql(held).fetchall() == [("2", True), ("4", True), ("5", True), ("6", True), ("8", True)]
    db.sql("DROP TABLE products; CREATE TABLE products (id INTEGER PRIMARY KEY, text VARCHAR); INSERT INTO products VALUES (2, 'a phone')")
    assert ids(db, f"SELECT id FROM {PHONES.format(k=9)}") == [2]


def test_a_transaction_sees_its_own_rows_and_others_do_not(db: rvbbit.Database) -> None:
    db.sql("BEGIN; INSERT INTO products VALUES (8, 'phones', 500)")
    assert ids(db, f"SELECT id FROM {PHONES.format(k=1)}") == [8]
    other = db.session()
    assert other.sql(f"SELECT id FROM {PHONES.format(k=1)}").fetchall() == [(1,)]
    other.close()
    db.sql("ROLLBACK")
    assert ids(db, f"SELECT id FROM {PHONES.format(k=1)}") == [1]


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("SELECT v.id FROM {v} v JOIN products p ON p.id = v.id WHERE p.price < 90", [4, 5]),
        ("SELECT v.id FROM products p JOIN {v} v USING (id) WHERE price BETWEEN 80 AND 90 AND similarity > 0.3", [1, 4]),
        ("SELECT id FROM {v} WHERE text NOT LIKE '%cheap%'", [4, 5]),
        ("SELECT v.id FROM {v} v WHERE v.id IN (SELECT id FROM products WHERE price > 1000)", [2]),
        ("SELECT v.id FROM {v} v LEFT JOIN products p ON p.id = v.id WHERE p.price > 1000", [2]),
        ("SELECT id FROM products WHERE id IN (SELECT id FROM {v}) ORDER BY id", [1, 6]),
        ("WITH near AS (SELECT * FROM {v}) SELECT id FROM near ORDER BY similarity DESC, id", [1, 6]),
        ("SELECT count(*) FROM {v} a, {v} b", [4]),
        ("SELECT id FROM {v} WHERE similarity > 0.99", []),
        ("SELECT v.id FROM {v} v JOIN products p ON p.id = v.id AND p.price > 92", [6, 2]),
    ],
)
def test_k_rows_come_back_that_satisfy_the_rest_of_the_query(db: rvbbit.Database, sql: str, found: list[int]) -> None:
    assert ids(db, sql.format(v=PHONES.format(k=2))) == found


def test_a_semantic_predicate_is_asked_about_what_was_found(db: rvbbit.Database, remote: Any) -> None:
    remote.server.answer = lambda body: True
    result = db.sql(f"SELECT v.id FROM {PHONES.format(k=3)} v WHERE v.text MEANS 'a phone'", model="openai:fake")
    assert (result.fetchall(), remote.server.calls) == ([(1,), (6,), (4,)], 2)


def test_parameters_are_arguments(db: rvbbit.Database) -> None:
    asked = "SELECT id FROM VECTOR_SEARCH($q, $where, $k, $least)"
    assert ids(db, asked, {"q": "fruit", "where": "products", "k": 5, "least": 0.45}) == [5]
    assert ids(db, "SELECT id FROM VECTOR_SEARCH(?, 'products', ?)", ["fruit", 1]) == [5]


def test_nothing_to_look_for_finds_nothing(db: rvbbit.Database) -> None:
    for query in ("NULL", "''", "'  '"):
        assert ids(db, f"SELECT id FROM VECTOR_SEARCH({query}, 'products', 3)") == []
    assert ids(db, "SELECT id FROM VECTOR_SEARCH('x', 'products', 0)") == []
    db.sql("DELETE FROM products")
    assert ids(db, f"SELECT id FROM {PHONES.format(k=3)}") == []


def test_what_was_found_can_be_kept_and_written(db: rvbbit.Database) -> None:
    db.sql(f"CREATE TABLE near AS SELECT * FROM {PHONES.format(k=2)}")
    db.sql(f"UPDATE products SET price = 0 WHERE id IN (SELECT id FROM {PHONES.format(k=1)})")
    db.sql(f"INSERT INTO near SELECT * FROM {PHONES.format(k=1)}")
    assert db.sql("SELECT count(*), (SELECT price FROM products WHERE id = 1) FROM near").fetchall() == [(3, 0)]


@pytest.mark.parametrize(
    ("make", "where", "found"),
    [
        ("CREATE TABLE t (code VARCHAR UNIQUE NOT NULL, text VARCHAR); INSERT INTO t VALUES ('x', 'fruit')", "t", ["x"]),
        ("CREATE TABLE t (a INT, b INT, text VARCHAR, PRIMARY KEY (a, b)); INSERT INTO t VALUES (1, 2, 'fruit')", "t", [{"a": 1, "b": 2}]),
        ("CREATE TABLE t AS SELECT 'fruit' AS text", "t", [0]),
        ("CREATE TEMP TABLE t AS SELECT 'fruit' AS text", "t", [0]),
        ("CREATE SCHEMA s; CREATE TABLE s.t AS SELECT 'fruit' AS text", "s.t.text", [0]),
        ('CREATE TABLE "my table" ("a text" VARCHAR); INSERT INTO "my table" VALUES (\'fruit\')', '"my table"."a text"', [0]),
    ],
    ids=["unique", "two columns", "rowid", "temporary", "schema", "names with spaces"],
)
def test_a_rows_id_is_its_key(db: rvbbit.Database, make: str, where: str, found: list[Any]) -> None:
    db.sql(make)
    assert ids(db, "SELECT id FROM VECTOR_SEARCH('apples', $where, 5)", {"where": where}) == found


@pytest.mark.parametrize(
    ("call", "words", "hint"),
    [
        ("'q', 'produkts.text'", "there is no table produkts", "did you mean products"),
        ("'q', 'products.txt'", "products has no column txt", "did you mean text"),
        ("'q', 'products.price'", "products.price is INTEGER, not text", "text"),
        ("'q', 'two'", "two has 2 columns of text: a, b", "say which: 'two.a'"),
        ("'q', 'numbers'", "numbers has no column of text", "i"),
        ("'q', 'seen'", "seen is a view", "CREATE TABLE"),
        ("'q', NULL", "names no column", "products.description"),
        ("'q', 'a.b.c.d.e'", "names no column", "products.description"),
        ("'q', 'My S.Odd tab.Tëxt col'", "'My S.Odd tab.Tëxt col' names no column", """'"My S"."Odd tab"."Tëxt col"'"""),
        ("'q', 'it\"s'", "names no column", "products.description"),
        ("'q', 'products', NULL", "k is NULL", "whole number"),
        ("'q', 'products', 1.5", "k is 1.5", "whole number"),
        ("'q', 'products', -1", "k is -1", "whole number"),
        ("'q', 'products', 'ten'", "k is 'ten'", "whole number"),
        ("'q', 'products', 3, 'near'", "threshold is 'near'", "similarity"),
    ],
)
def test_what_cannot_be_searched_says_what_can(db: rvbbit.Database, call: str, words: str, hint: str) -> None:
    db.sql("CREATE TABLE two (a VARCHAR, b VARCHAR); CREATE TABLE numbers (i INT); CREATE VIEW seen AS FROM products")
    with pytest.raises(errors.SQLError, match=words) as caught:
        db.sql(f"SELECT * FROM VECTOR_SEARCH({call})")
    assert hint in str(caught.value.hint)


def test_explain_says_what_is_not_embedded_and_embeds_nothing(db: rvbbit.Database) -> None:
    plan = ids(db, f"EXPLAIN SELECT * FROM {PHONES.format(k=3)}")
    assert any("VECTOR_SEARCH('phones', 'products.text', 3)  [5 rows, 4 distinct, 4 to embed, exact]" in line for line in plan), plan
    assert ids(db, "SELECT count(*) FROM rvbbit.unified_logs") == [0]
    db.sql(f"SELECT * FROM {PHONES.format(k=3)}")
    assert any("0 to embed" in line for line in ids(db, f"EXPLAIN ANALYZE SELECT * FROM {PHONES.format(k=3)}"))


def test_hybrid_search_goes_by_words_too(db: rvbbit.Database) -> None:
    db.sql("INSERT INTO products VALUES (9, 'part XJ-9000', 3), (10, 'part XJ-9100', 3)")
    result = db.sql("SELECT * FROM HYBRID_SEARCH('xj 9100', 'products', 2)")
    assert result.columns == ["id", "text", "score", "similarity", "distance"]
    rows = result.fetchall()
    assert (rows[0][0], rows[0][2] > rows[1][2]) == (10, True)
    assert ids(db, "SELECT id FROM HYBRID_SEARCH('xj 9100', 'products', 1) WHERE text NOT LIKE '%9100'") == [9]
    assert ids(db, "SELECT id FROM HYBRID_SEARCH('xj 9100', 'products', 5, 0.99)") in ([], [10])


def test_a_row_that_is_first_by_meaning_and_by_words_passes_a_threshold_of_one(db: rvbbit.Database) -> None:
    assert db.sql("SELECT id, score FROM HYBRID_SEARCH('fresh apples', 'products', 3, 1.0)").fetchall() == [(5, 1.0)]


@pytest.fixture
def small_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a handful of rows were many."""
    monkeypatch.setattr(searching, "INDEX_FROM", 4)
    monkeypatch.setattr(space, "EXACT_UNDER", 1)


@pytest.mark.usefixtures("small_index")
def test_a_large_table_is_searched_through_an_index_that_is_kept(remote: Any) -> None:
    where: Path = remote.home / ".rvbbit" / "embeddings"
    with remote.connect() as db:
        db.sql(PRODUCTS)
        first = db.sql(f"SELECT id FROM {PHONES.format(k=3)}")
        assert first.fetchall() == [(1,), (6,), (4,)]
        assert ids(db, "SELECT v.id FROM VECTOR_SEARCH('phones', 'products', 2) v JOIN products USING (id) WHERE price < 90") == [4, 5]
    (kept,) = where.glob("*/index.usearch")
    written = kept.stat().st_mtime_ns
    with remote.connect() as db:
        assert ids(db, f"SELECT id FROM {PHONES.format(k=3)}") == [1, 6, 4]
        assert kept.stat().st_mtime_ns == written
        db.sql("DELETE FROM products WHERE id = 1; INSERT INTO products VALUES (8, 'phones', 1)")
        assert ids(db, f"SELECT id FROM {PHONES.format(k=3)}") == [8, 6, 4]
    shutil.rmtree(where)
    with remote.connect() as db:
        assert ids(db, f"SELECT id FROM {PHONES.format(k=3)}") == [8, 6, 4]


def test_a_table_of_some_size_is_kept_without_an_index(remote: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "KEPT_FROM", 4)
    with remote.connect() as db:
        db.sql(PRODUCTS)
        assert ids(db, f"SELECT id FROM {PHONES.format(k=3)}") == [1, 6, 4]
    (kept,) = (remote.home / ".rvbbit" / "embeddings").glob("*/matrix.npy")
    assert not kept.with_name("index.usearch").exists()
    with remote.connect() as db:
        monkeypatch.setattr(searching.Searching, "_made", lambda *_: pytest.fail("it was made again"))
        assert ids(db, f"SELECT id FROM {PHONES.format(k=3)}") == [1, 6, 4]


def test_a_search_is_paid_from_the_querys_budget(remote: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RVBBIT_EMBED_MODEL", "openai:tiny")
    (remote.home / "rvbbit.toml").write_text('[prices]\n"openai:tiny" = {input = 1000000, output = 0}\n')
    with remote.connect() as db:
        db.sql(PRODUCTS)
        with pytest.raises(errors.BudgetReached):
            db.sql(f"SELECT * FROM {PHONES.format(k=3)}", budget_usd=0.5)
        assert remote.server.calls == 0
        paid = db.sql(f"SELECT * FROM {PHONES.format(k=3)}", budget_usd=10_000)
        assert (len(paid), remote.server.calls, paid.usage.cost_usd == paid.usage.tokens_in > 0) == (3, 2, True)
