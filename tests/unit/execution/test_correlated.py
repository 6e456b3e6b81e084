"""What is asked about in a block that reads rows of a block around it."""

from __future__ import annotations

from typing import Any

import pytest

from rvbbit.errors import SQLError


def _asked(bench: Any, statement: str) -> set[tuple[Any, ...]]:
    bench.asked.clear()
    bench.check(statement)
    assert bench.plan.fallback == ()
    assert len(bench.asked) == len(set(bench.asked))
    return {arguments for _, arguments in bench.asked}


@pytest.mark.parametrize(
    "condition",
    [
        "EXISTS (SELECT 1 FROM u WHERE u.id = t.id AND means(u.word, 'e'))",
        "NOT EXISTS (SELECT 1 FROM u WHERE u.id = t.id AND means(u.word, 'e'))",
        "(SELECT count(*) FROM u WHERE u.id = t.id AND means(u.word, 'e')) > 0",
        "t.grp IN (SELECT coalesce(grp, 'b') FROM u WHERE u.id = t.id AND means(u.word, 'e'))",
    ],
)
def test_a_correlated_block_asks_about_the_rows_that_meet_rows_around_it(bench: Any, condition: str) -> None:
    assert _asked(bench, f"SELECT id FROM t WHERE amount < 35 AND id > 1 AND {condition}") == {("green", "e"), ("apple", "e")}


@pytest.mark.parametrize("kind", ["SEMI", "ANTI"])
def test_a_join_that_keeps_or_drops_rows_asks_about_those_that_meet(bench: Any, kind: str) -> None:
    statement = f"SELECT id FROM t {kind} JOIN u ON u.id = t.id AND means(word, 'e') WHERE amount < 35 AND t.id > 1"
    assert _asked(bench, statement) == {("green", "e"), ("apple", "e")}


def test_a_correlated_block_without_rows_around_it_asks_nothing(bench: Any) -> None:
    for inner in ("u.id = t.id AND means(word, 'e')", "means(word, 'e') OR u.id = t.id", "means(text, word)", "means(text, 'red')"):
        assert _asked(bench, f"SELECT id FROM t WHERE amount > 1000 AND EXISTS (SELECT 1 FROM u WHERE {inner})") == set()


def test_a_question_about_the_row_around_is_asked_where_the_inner_block_has_rows(bench: Any) -> None:
    statement = "SELECT id FROM t WHERE id < 4 AND EXISTS (SELECT 1 FROM u WHERE means(t.text, 'red') AND u.id > {})"
    assert _asked(bench, statement.format(3)) == {("red apple", "red"), ("green pear", "red")}
    assert _asked(bench, statement.format(30)) == set()


def test_what_an_earlier_question_rejects_is_not_asked_the_next(bench: Any) -> None:
    asked = _asked(bench, "SELECT id FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.grp = t.grp AND means(word, 'r') AND means(text, 'sky'))")
    assert asked == {("red", "r"), ("green", "r"), ("sky", "r"), ("red apple", "sky"), ("green pear", "sky"), ("blue sky", "sky")}


def test_labels_of_a_semi_join_stay_where_duckdb_joins_by_them(bench: Any) -> None:
    bench.check("SELECT id FROM t SEMI JOIN u ON classify(text, ['a', 'b']) = classify(word, ['a', 'b']) AND t.id <> u.id")
    assert "SEMI JOIN" in bench.plan.statement.sql()


def test_texts_that_a_collation_holds_equal_are_asked_about_each(bench: Any) -> None:
    asked = _asked(bench, "SELECT id FROM n WHERE EXISTS (SELECT 1 FROM u WHERE u.id < 3 AND ascii(ask(n.text, u.word)) = 82)")
    assert asked == {("RED", "red"), ("red", "red"), ("blue", "red"), ("Blue", "red")}


def test_in_asks_about_the_rows_that_somebody_seeks(bench: Any) -> None:
    assert _asked(bench, "SELECT id FROM t WHERE amount < 35 AND id > 1 AND id IN (SELECT id FROM u WHERE means(word, 'e'))") <= {
        ("green", "e"),
        ("apple", "e"),
    }
    assert _asked(bench, "SELECT id FROM t WHERE amount > 1000 AND id IN (SELECT id FROM u WHERE means(word, 'e'))") == set()


@pytest.fixture
def more(bench: Any) -> Any:
    """`big`, views and CTEs that give other rows each time they are read, tables whose columns are called like tables."""
    bench.setup("CREATE TABLE big AS SELECT i::INTEGER AS id, 'x' || i AS text FROM range(0, 101) r(i)")
    bench.setup("CREATE VIEW rv AS SELECT (random() * 100)::INTEGER AS id FROM range(20)")
    bench.setup(
        "CREATE TABLE l AS SELECT * FROM (VALUES (1, 1, 'red apple'), (2, NULL, 'sky'), (3, 2, 'red sky'), (4, 3, NULL)) v(id, k, text)"
    )
    bench.setup("CREATE TABLE r AS SELECT * FROM (VALUES (1, 'red'), (2, 'sky'), (NULL, 'red'), (3, 'red e')) v(k, text)")
    bench.setup("CREATE TABLE r2 AS SELECT * FROM (VALUES (1, 'red'), (2, 'sky'), (9, 'red e')) v(k, text)")
    return bench


CHANGING = [
    "WITH c AS (SELECT (random() * 100)::INTEGER AS id FROM range(20)) SELECT count(*) FROM c WHERE id IN (SELECT id FROM big WHERE {})",
    "WITH c AS MATERIALIZED (SELECT (random() * 100)::INTEGER AS id FROM range(20)) "
    "SELECT count(*) FROM c WHERE id IN (SELECT id FROM big WHERE {})",
    "WITH c AS (SELECT id FROM big USING SAMPLE 10 ROWS) SELECT count(*) FROM c WHERE id IN (SELECT id FROM big WHERE {})",
    "WITH c AS (SELECT id FROM big ORDER BY random() LIMIT 5) SELECT count(*) FROM c WHERE id IN (SELECT id FROM big WHERE {})",
    "WITH c AS (SELECT (random() * 100)::INTEGER AS id FROM range(20)) "
    "SELECT count(*) FROM c WHERE EXISTS (SELECT 1 FROM big WHERE big.id = c.id AND {})",
    "SELECT count(*) FROM rv c WHERE id IN (SELECT id FROM big WHERE {})",
    "SELECT count(*) FROM rv c WHERE EXISTS (SELECT 1 FROM big WHERE big.id = c.id AND {})",
    "SELECT count(*) FROM rv c SEMI JOIN big ON big.id = c.id AND {}",
    "WITH c AS (FROM rv) SELECT count(*) FROM c WHERE EXISTS (SELECT 1 FROM big WHERE big.id = c.id AND {})",
    "SELECT count(*) FROM big b2 SEMI JOIN big ON b2.id = big.id AND {} USING SAMPLE 10 ROWS",
]


@pytest.mark.parametrize("statement", CHANGING)
def test_rows_that_change_with_each_reading_are_read_once(more: Any, statement: str) -> None:
    more.check(statement.format("means(big.text, 'x')"))


FIRST = [
    "SELECT * FROM l SEMI JOIN r ON l.k = r.k AND means(r.text, 'red') POSITIONAL JOIN r2",
    "SELECT * FROM l ANTI JOIN r ON l.k = r.k AND means(r.text, 'red') POSITIONAL JOIN r2",
    "WITH c AS (SELECT id, text FROM t WHERE means(text, 'red') ORDER BY id LIMIT 2) "
    "SELECT id FROM c WHERE id IN (SELECT id FROM u WHERE means(word, 'e'))",
    "WITH c AS (SELECT id, text FROM t WHERE means(text, 'red')) "
    "SELECT id FROM c WHERE EXISTS (SELECT 1 FROM u WHERE u.id = c.id AND means(word, 'e'))",
    "WITH c AS (SELECT id, text FROM t WHERE means(text, 'red')) SELECT id FROM c SEMI JOIN u ON u.id = c.id AND means(word, 'e')",
    "WITH c AS (SELECT id, text FROM t WHERE means(text, 'red') ORDER BY id LIMIT 2) "
    "SELECT id FROM t WHERE amount > 1 AND id IN (SELECT id FROM u WHERE means(word, 'r'))",
    "SELECT id FROM l y WHERE EXISTS (SELECT 1 FROM r2 JOIN r ON r.k = r2.k AND r.k = y.k AND means(r.text, 'red'))",
    "SELECT id FROM t WHERE EXISTS (SELECT 1 FROM unnest(string_split(t.text, ' ')) q(w) WHERE means(w, 'e'))",
    "SELECT id FROM t WHERE EXISTS (SELECT 1 FROM (VALUES ('red'), (t.text)) q(w) WHERE means(w, 'sky'))",
    "SELECT id FROM l x WHERE EXISTS (SELECT 1 FROM r WHERE r.k = x.k AND means(ask(r.text, x.text), 'red'))",
    "SELECT id FROM l WHERE k IN (SELECT unnest([k, k + 1]) FROM r WHERE means(text, 'red'))",
    "SELECT u.id FROM u WHERE EXISTS (SELECT * FROM r k WHERE EXISTS (SELECT 1 FROM r2 AS x0 WHERE means(k.text, x0.text)))",
    "SELECT t.id FROM t WHERE EXISTS "
    "(SELECT * FROM r2 AS x2 WHERE EXISTS (SELECT 1 FROM u WHERE means(t.grp, 'a')) AND means(x2.text, 'sky'))",
    "WITH c AS (SELECT * FROM u WHERE means(word, 'e') ORDER BY id LIMIT 2) "
    "SELECT id FROM t WHERE amount > 1 AND id IN (SELECT id FROM c WHERE means(word, 'r'))",
]


@pytest.mark.parametrize("statement", FIRST)
def test_blocks_that_read_rows_around_them_in_unusual_places(more: Any, statement: str) -> None:
    more.check(statement)


def test_exists_stops_at_the_first_row_that_passes(bench: Any) -> None:
    bench.setup("CREATE TABLE g AS SELECT i AS id, (i % 2)::INTEGER AS k, 'red ' || i AS word FROM range(100) r(i)")
    bench.setup("CREATE TABLE h AS SELECT * FROM (VALUES (0), (1), (NULL), (7)) v(k)")
    for statement in (
        "SELECT k FROM h WHERE EXISTS (SELECT 1 FROM g WHERE g.k = h.k AND means(word, 'red'))",
        "SELECT k FROM h SEMI JOIN g ON g.k = h.k AND means(word, 'red')",
        "SELECT k FROM h WHERE NOT EXISTS (SELECT 1 FROM g WHERE g.k = h.k AND means(word, 'red'))",
        "SELECT k FROM h WHERE NOT (EXISTS (SELECT 1 FROM g WHERE g.k = h.k AND means(word, 'red')))",
        "SELECT k FROM h ANTI JOIN g ON g.k = h.k AND means(word, 'red')",
    ):
        assert len(_asked(bench, statement)) < 20
    assert len(_asked(bench, "SELECT k FROM h WHERE k = 0 AND EXISTS (SELECT 1 FROM g WHERE k = h.k AND means(word, 'blue'))")) == 50


@pytest.mark.parametrize(
    "inner",
    [
        "SELECT count(*) FROM r WHERE r.k = l.k AND means(r.text, 'red')",  # always has a row
        "SELECT 1 FROM r WHERE r.k = l.k AND means(r.text, 'red') LIMIT 0",  # never has one
        "SELECT 1 FROM r WHERE r.k = l.k AND means(r.text, 'red') OFFSET 1",
        "SELECT 1 FROM r WHERE r.k = l.k AND means(r.text, 'red') GROUP BY r.k HAVING count(*) > 1",
        "SELECT 1 FROM r WHERE r.k = l.k AND r.k < l.id AND means(r.text, 'red')",
        "SELECT 1 FROM r WHERE r.k = l.k OR means(r.text, 'red')",
        "SELECT 1 FROM r WHERE r.k::VARCHAR = l.k AND means(r.text, 'red')",  # of two types
        "SELECT 1 FROM r WHERE r.k + 1 = l.k - 1 AND means(r.text, 'red')",
        "SELECT 1 FROM r WHERE k = l.k AND means(text, l.text)",
        "SELECT 1 FROM r WHERE k = l.k AND k = 1 AND means(text, 'red')",
        "SELECT k AS id FROM r WHERE l.k = r.k AND r.k IN (SELECT k FROM r2 WHERE means(text, 'red')) AND means(r.text, 'red')",
        "WITH r AS (SELECT * FROM r2) SELECT 1 FROM r WHERE r.k = l.k AND means(r.text, 'red')",
        "SELECT 1 FROM r JOIN r2 USING (k) WHERE k = l.k AND means(r.text, 'red')",
        "SELECT 1 FROM r, r2 WHERE r.k = r2.k AND r2.k = l.k AND means(r.text, 'red')",
        "SELECT DISTINCT text FROM r WHERE r.k = l.k AND means(r.text, 'red') ORDER BY text",
        "SELECT 1 FROM r WHERE r.k IS NOT DISTINCT FROM l.k AND means(r.text, 'red')",
        "SELECT 1 FROM (SELECT k FROM r WHERE means(text, 'red')) z WHERE z.k = l.k",
        "SELECT means(r.text, 'red') FROM r WHERE r.k = l.k",
        "SELECT r.text FROM r WHERE r.k = l.k GROUP BY r.text HAVING means(r.text, 'red')",
        "SELECT r.k + 100 AS id FROM r WHERE r.k = id AND means(r.text, 'red')",
        "SELECT 1 FROM r WHERE row(r.k) = row(l.k) AND means(r.text, 'red')",
        "SELECT r.* FROM r WHERE l.k = r.k AND means(r.text, 'red')",
        "SELECT row_number() OVER () FROM r WHERE r.k = l.k AND means(r.text, 'red') QUALIFY row_number() OVER () > 1",
    ],
)
@pytest.mark.parametrize(
    "where",
    [
        "EXISTS ({})",
        "NOT EXISTS ({})",
        "id > 1 AND NOT (EXISTS ({}))",
        "id > 1 AND (EXISTS ({}))",
        "id > 2 OR EXISTS ({})",
        "EXISTS ({}) IS TRUE",
    ],
)
def test_every_way_to_ask_whether_there_are_rows_has_the_rows_of_sql(more: Any, inner: str, where: str) -> None:
    more.check(f"SELECT l.id FROM l WHERE {where.format(inner)}")


@pytest.mark.parametrize(
    "inner",
    [
        "SELECT 1 FROM r, r2 WHERE r.k = k AND r.k = r2.k AND means(r.text, 'red')",
        "SELECT nosuch FROM r WHERE r.k = l.k AND means(r.text, 'red')",
        "SELECT 1 FROM r WHERE r.k = l.nosuch AND means(r.text, 'red')",
    ],
)
def test_what_means_nothing_does_not_come_to_mean_something(more: Any, inner: str) -> None:
    with pytest.raises(SQLError):
        more.run(f"SELECT l.id FROM l WHERE EXISTS ({inner})")


def test_values_that_make_no_row_of_a_row_are_looked_at(more: Any) -> None:
    more.check("SELECT l.id FROM l WHERE EXISTS (SELECT unnest([]::INT[]) FROM r WHERE r.k = l.k AND means(r.text, 'red'))")
