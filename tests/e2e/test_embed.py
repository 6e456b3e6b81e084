"""`EMBED(x)` as a user meets it: vectors beside the table, kept by row, embedded again where the text changed and nowhere else."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

import rvbbit
from rvbbit import errors
from rvbbit.result import Progress

PRODUCTS = """CREATE TABLE products (id INTEGER PRIMARY KEY, text VARCHAR, price INTEGER);
INSERT INTO products VALUES (1, 'a cheap phone', 90), (2, 'a red car', 9000), (3, NULL, 1), (4, 'a cheap phone', 80)"""
HELD = "SELECT row_key, content_hash = md5(text) FROM rvbbit.rvbbit_embeddings JOIN {table} ON {key}::VARCHAR = row_key ORDER BY row_key"
STORED = "SELECT table_name, column_name, row_key, model, dims FROM rvbbit.rvbbit_embeddings ORDER BY ALL"


@pytest.fixture
def db(remote: Any) -> Iterator[rvbbit.Database]:
    with remote.connect(model="local:minilm") as opened:
        opened.sql(PRODUCTS)
        yield opened


def test_a_vector_has_length_one_and_a_null_has_none(db: rvbbit.Database) -> None:
    found = db.sql("SELECT id, len(EMBED(text)), round(list_dot_product(EMBED(text), EMBED(text)), 4) FROM products ORDER BY id")
    assert found.fetchall() == [(1, 384, 1.0), (2, 384, 1.0), (3, None, None), (4, 384, 1.0)]


def test_vectors_are_kept_by_table_column_and_row_and_the_table_stays_as_it_is(db: rvbbit.Database) -> None:
    before = db.sql("FROM products").fetchall(), db.sql("DESCRIBE products").fetchall()
    result = db.sql("SELECT EMBED(text) FROM products")
    assert (result.usage.calls, result.usage.tokens_in > 0, result.usage.cost_usd, result.notices) == (1, True, 0.0, ())
    assert db.sql(STORED).fetchall() == [("products", "text", key, "local:minilm", 384) for key in "124"]
    assert db.sql(HELD.format(table="products", key="id")).fetchall() == [("1", True), ("2", True), ("4", True)]
    assert (db.sql("FROM products").fetchall(), db.sql("DESCRIBE products").fetchall()) == before


def test_only_the_rows_of_the_query_are_kept(db: rvbbit.Database) -> None:
    db.sql("SELECT EMBED(text) FROM products WHERE price < 100 AND id > 1")
    assert [row[2] for row in db.sql(STORED).fetchall()] == ["4"]


def test_running_it_again_embeds_what_changed(db: rvbbit.Database) -> None:
    db.sql("SELECT EMBED(text) FROM products")
    again = db.sql("SELECT EMBED(text) FROM products")
    assert (again.usage.calls, again.usage.cached) == (0, 2)
    db.sql("UPDATE products SET text = 'a blue car' WHERE id = 2; INSERT INTO products VALUES (5, 'a red car', 1), (6, 'a boat', 1)")
    third = db.sql("SELECT EMBED(text) FROM products")
    assert third.usage.cached == 2
    embedded = "SELECT sum((arguments ->> 'texts')::INTEGER) FROM rvbbit.unified_logs WHERE kind = 'embedding'"
    assert db.sql(embedded).fetchall() == [(4,)]
    assert {row[1] for row in db.sql(HELD.format(table="products", key="id")).fetchall()} == {True}


def test_embeddings_outlive_the_process(remote: Any) -> None:
    with remote.connect() as first:
        first.sql(PRODUCTS)
        first.sql("SELECT EMBED(text) FROM products")
    with remote.connect() as second:
        assert second.sql("SELECT EMBED(text) FROM products").usage.calls == 0


def test_a_join_and_an_alias_lead_to_the_table(db: rvbbit.Database) -> None:
    db.sql("CREATE TABLE sales AS SELECT 1 AS product, 3 AS n UNION ALL SELECT 1, 4")
    result = db.sql("SELECT n, len(EMBED(p.text)) FROM products p JOIN sales s ON s.product = p.id ORDER BY n")
    assert (result.fetchall(), result.notices) == ([(3, 384), (4, 384)], ())
    assert db.sql(STORED).fetchall() == [("products", "text", "1", "local:minilm", 384)]


@pytest.mark.parametrize(
    ("make", "keys", "said"),
    [
        ("CREATE TABLE t (code VARCHAR UNIQUE NOT NULL, text VARCHAR); INSERT INTO t VALUES ('x', 'a'), ('y', 'b')", ["x", "y"], ""),
        ("CREATE TABLE t (a INT, b INT, text VARCHAR, PRIMARY KEY (a, b)); INSERT INTO t VALUES (1, 2, 'a')", ["{'a': 1, 'b': 2}"], ""),
        ("CREATE TABLE t (code VARCHAR UNIQUE, text VARCHAR); INSERT INTO t VALUES (NULL, 'a')", ["0"], "rowid"),
        ("CREATE TABLE t AS SELECT 'a' AS text UNION ALL SELECT 'a'", ["0", "1"], "rowid"),
    ],
    ids=["unique column", "key of two columns", "a unique column with nulls is none", "no key"],
)
def test_a_row_is_known_by_its_key_else_a_unique_column_else_its_rowid(db: rvbbit.Database, make: str, keys: list[str], said: str) -> None:
    db.sql(make)
    result = db.sql("SELECT EMBED(text) FROM t")
    assert [row[2] for row in db.sql(STORED).fetchall()] == keys
    assert [said in notice.message for notice in result.notices] == [True] * bool(said)


@pytest.mark.parametrize(
    ("sql", "keys"),
    [
        ("SELECT id, EMBED(text)[1] FROM products ORDER BY id LIMIT 2", ["1", "2"]),
        ("SELECT EMBED(text) FROM products ORDER BY id OFFSET 3", ["4"]),
        ("SELECT *, EMBED(p.text), EMBED(p.text, 'local:minilm') FROM products p WHERE price > 50 ORDER BY id DESC LIMIT 2", ["2", "4"]),
        ("SELECT price, EMBED(text) FROM products JOIN (SELECT 2 AS product) ON id = product LIMIT 9", ["2"]),
        ("SELECT (SELECT EMBED(text) FROM products ORDER BY id LIMIT 1)", ["1"]),
    ],
)
def test_of_the_rows_that_a_limit_leaves_the_vectors_are_kept_by_row(db: rvbbit.Database, sql: str, keys: list[str]) -> None:
    result = db.sql(sql)
    assert [row[2] for row in db.sql(STORED).fetchall()] == keys
    assert result.notices == ()
    embedded = "SELECT sum((arguments ->> 'texts')::INTEGER) FROM rvbbit.unified_logs WHERE kind = 'embedding'"
    assert db.sql(embedded).fetchall() == [(len(keys),)]


def test_behind_a_limit_a_key_of_two_columns_and_a_rowid_are_those_of_the_table(db: rvbbit.Database) -> None:
    db.sql("CREATE TABLE pair (a INT, b INT, text VARCHAR, PRIMARY KEY (a, b)); INSERT INTO pair VALUES (1, 2, 'a'), (1, 3, 'b')")
    db.sql("CREATE TABLE loose AS SELECT 'a' AS text UNION ALL SELECT 'b'")
    assert db.sql("SELECT EMBED(text) FROM pair ORDER BY b LIMIT 1").notices == ()
    (notice,) = db.sql("SELECT EMBED(text) FROM loose ORDER BY text DESC LIMIT 1").notices
    assert "rowid" in notice.message
    assert [row[:3] for row in db.sql(STORED).fetchall()] == [("loose", "text", "1"), ("pair", "text", "{'a': 1, 'b': 2}")]


def test_what_is_computed_is_kept_by_its_text_and_that_is_said(db: rvbbit.Database) -> None:
    result = db.sql("SELECT EMBED(upper(text)) FROM products")
    assert [notice.message for notice in result.notices] == [
        "EMBED(upper(text)) is no plain column of a table: its vectors are kept by text, not by row"
    ]
    assert db.sql(STORED).fetchall() == []
    assert db.sql("SELECT EMBED(upper(text)) FROM products").usage.calls == 0


def test_a_temporary_table_leaves_no_rows_behind(db: rvbbit.Database) -> None:
    db.sql("CREATE TEMP TABLE scratch AS SELECT 'a' AS text")
    assert len(db.sql("SELECT EMBED(text) FROM scratch")) == 1
    assert db.sql(STORED).fetchall() == []


def test_a_constant_and_a_subquery_that_depends_on_a_row(db: rvbbit.Database) -> None:
    nearest = """SELECT text FROM products WHERE text IS NOT NULL
        ORDER BY list_dot_product(EMBED(text), EMBED('telephones')) DESC, id LIMIT 1"""
    assert db.sql(nearest).fetchall() == [("a cheap phone",)]
    lookup = "SELECT id, (SELECT max(len(EMBED(q.text))) FROM products q WHERE q.id = p.id) FROM products p ORDER BY id"
    assert db.sql(lookup).fetchall() == [(1, 384), (2, 384), (3, None), (4, 384)]


def test_another_model_by_name_is_asked_and_kept_apart(db: rvbbit.Database) -> None:
    result = db.sql("SELECT len(EMBED(text, 'openai:tiny')) FROM products WHERE id = 1")
    (width,) = result.fetchall()[0]
    assert (width != 384, result.usage.calls, result.usage.tokens_in > 0) == (True, 1, True)
    db.sql("SELECT EMBED(text) FROM products WHERE id = 1")
    assert [row[3:] for row in db.sql(STORED).fetchall()] == [("local:minilm", 384), ("openai:tiny", width)]


def test_an_embedding_is_paid_from_the_querys_budget(remote: Any) -> None:
    (remote.home / "rvbbit.toml").write_text('[prices]\n"openai:tiny" = {input = 1000000, output = 0}\n')
    with remote.connect() as db:
        db.sql(PRODUCTS)
        with pytest.raises(errors.BudgetReached):
            db.sql("SELECT EMBED(text, 'openai:tiny') FROM products", budget_usd=0.5)
        assert remote.server.calls == 0
        paid = db.sql("SELECT EMBED(text, 'openai:tiny') FROM products", budget_usd=1000)
        assert paid.usage.cost_usd == paid.usage.tokens_in
        assert db.sql("SELECT sum(cost) FROM rvbbit.unified_logs").fetchall() == [(paid.usage.cost_usd,)]


def test_a_model_without_a_key_or_a_provider_is_refused(db: rvbbit.Database) -> None:
    with pytest.raises(errors.AuthenticationFailed):
        db.sql("SELECT EMBED(text, 'groq:tiny') FROM products")
    with pytest.raises(errors.ModelNotFound):
        db.sql("SELECT EMBED(text, 'nope:tiny') FROM products")


@pytest.mark.parametrize(
    ("sql", "error", "words"),
    [
        ("SELECT EMBED(price) FROM products", errors.TypeMismatch, "EMBED takes VARCHAR for text; price is INTEGER"),
        ("SELECT EMBED(text, text) FROM products", errors.SQLError, "one model for all rows"),
        ("SELECT EMBED() FROM products", errors.SQLError, "EMBED"),
        ("SELECT EMBED(text, 'a', 'b') FROM products", errors.SQLError, "EMBED does not take these arguments"),
        ("CREATE VIEW v AS SELECT EMBED(text) FROM products", errors.SQLError, "view"),
    ],
)
def test_what_cannot_be_embedded_says_why(db: rvbbit.Database, sql: str, error: type[errors.Error], words: str) -> None:
    with pytest.raises(error, match=words):
        db.sql(sql)
    assert db.sql(STORED).fetchall() == []


def test_explain_says_what_would_be_embedded_and_embeds_nothing(db: rvbbit.Database) -> None:
    db.sql("SELECT EMBED(text) FROM products WHERE id = 1")
    plan = [line for (line,) in db.sql("EXPLAIN SELECT EMBED(text) FROM products").fetchall()]
    assert [line for line in plan if "ask 1: EMBED(text)  [4 rows, 2 distinct, 1 cached, 1 to ask" in line], plan
    assert len(db.sql(STORED).fetchall()) == 1


def test_progress_counts_texts(db: rvbbit.Database) -> None:
    heard: list[object] = []
    db.sql("SELECT EMBED(text) FROM products", listen=heard.append)
    last = [event for event in heard if isinstance(event, Progress)][-1]
    assert (last.stage, last.done, last.total) == ("embed", 2, 2)


MANY = "CREATE TABLE many AS SELECT i AS id, 'number ' || i AS text FROM range(700) r(i)"
KILLED = """
import os, sys, rvbbit
from rvbbit.result import Progress

def kill(event):
    if isinstance(event, Progress) and event.done >= 256:
        os.kill(os.getpid(), 9)

with rvbbit.connect(sys.argv[1]) as db:
    db.sql("SELECT EMBED(text) FROM many", listen=kill)
"""


def test_what_was_embedded_outlives_a_kill(remote: Any) -> None:
    with remote.connect() as db:
        db.sql(MANY)
    killed = subprocess.run([sys.executable, "-c", KILLED, str(remote.home)], capture_output=True, timeout=300, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    with remote.connect() as db:
        result = db.sql("SELECT EMBED(text) FROM many")
        assert 256 <= result.usage.cached < 700
        assert db.sql("SELECT count(*) FROM rvbbit.rvbbit_embeddings").fetchall() == [(700,)]


def test_what_was_embedded_outlives_ctrl_c(db: rvbbit.Database) -> None:
    db.sql(MANY)

    pressed: list[bool] = []

    def interrupt(event: object) -> None:
        if isinstance(event, Progress) and event.done >= 256 and not pressed:
            pressed.append(True)
            raise KeyboardInterrupt

    with pytest.raises(errors.Cancelled, match="answers of EMBED are kept"):
        db.sql("SELECT EMBED(text) FROM many", listen=interrupt)
    assert 256 <= db.sql("SELECT EMBED(text) FROM many").usage.cached < 700


def test_a_vector_stands_in_a_condition(db: rvbbit.Database) -> None:
    near = "SELECT id FROM products WHERE list_dot_product(EMBED(text), EMBED('phones')) > 0.5 ORDER BY id"
    assert db.sql(near).fetchall() == [(1,), (4,)]
    assert [row[2] for row in db.sql(STORED).fetchall()] == ["1", "2", "4"]
