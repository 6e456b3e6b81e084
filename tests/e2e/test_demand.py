"""What a block asks of its subqueries spares calls and changes no row: each statement is compared with the same one on answers that are
there, and its calls are counted at the server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from rvbbit.errors import SQLError
from rvbbit.testing import question

ROWS = """CREATE TABLE t AS SELECT range AS id, range % 12 AS n, CASE WHEN range % 8 <> 7 THEN
 CASE WHEN range % 2 = 0 THEN 'card ' ELSE 'rate ' END || range END AS text FROM range(40)"""
OTHERS = "CREATE TABLE u AS SELECT range * 2 AS id, 'word ' || range AS word, range % 3 AS part FROM range(12)"
MET, LABEL, OLD = "text MEANS 'a card'", "CLASSIFY(text, 'a,b')", "text MEANS 'an even number'"
ANSWERS = {
    MET: "(text LIKE 'card%')",
    LABEL: "CASE WHEN text LIKE 'card%' THEN 'a' WHEN text IS NOT NULL THEN 'b' END",
    OLD: "(substr(text, 6)::INTEGER % 4 = 0)",
}
NUMBER = re.compile(r"\d+")
TEXTS = 35
"""There are as many texts; the other five rows have none."""


def answer(body: Any) -> Any:
    asked, told = question(body), str(body["messages"][0])
    if "labels" in told:
        return "a" if "card" in asked else "b"
    return int(NUMBER.findall(asked)[0]) % 4 == 0 if "even" in told else "card" in asked


@pytest.fixture
def db(remote: Any) -> Iterator[Any]:
    remote.server.answer = answer
    with remote.connect() as opened:
        opened.sql(ROWS)
        opened.sql(OTHERS)
        yield opened


M = f"(SELECT id, n, text, {MET} AS q FROM t)"

FEWER = {
    # A condition moves in.
    "a condition": (f"SELECT id, q FROM (SELECT id, {MET} AS q FROM t) WHERE id = 3", 1),
    "a CTE with a star": (f"WITH k AS (SELECT *, {LABEL} AS lab FROM t) SELECT id, lab FROM k WHERE n > 9", 5),
    "an alias": (f"SELECT s.id, s.q FROM (SELECT id, {MET} AS q FROM t) AS s WHERE s.id < 5", 5),
    "in other letters": (f"SELECT S.ID, Q FROM (SELECT id, {MET} AS q FROM t) AS s WHERE s.Id < 5 AND ID > 2", 2),
    "a quoted name": (f'SELECT "an id", "q""s" FROM (SELECT id AS "an id", {MET} AS "q""s" FROM t) WHERE "an id" < 5', 5),
    "names for columns": (f"SELECT a, b FROM (SELECT id, {MET} FROM t) AS s(a, b) WHERE a < 5", 5),
    "some names for columns": (f"SELECT a, q FROM (SELECT id, {MET} AS q FROM t) AS s(a) WHERE a < 5", 5),
    "names for a CTE's columns": (f"WITH k(a, b) AS (SELECT id, {MET} FROM t) SELECT a, b FROM k WHERE a < 5", 5),
    "names for both": (f"WITH k(a, b) AS (SELECT id, {MET} FROM t) SELECT c, b FROM k AS l(c) WHERE c < 5", 5),
    "names that swap": (f"SELECT id, n, q FROM (SELECT n AS id, id AS n, {MET} AS q FROM t) WHERE n = 3", 1),
    "outer names that swap": (f"SELECT n AS id, id AS n, q AS text FROM {M} WHERE n = 3", 2),
    "NULL": (f"SELECT id, q FROM {M} WHERE NULLIF(n, 3) >= 0 AND id < 12", 10),
    "a condition that is NULL": (f"SELECT id, q FROM {M} WHERE text LIKE 'card%' OR NULL", 20),
    "inside and outside": (f"SELECT id, q FROM (SELECT id, n, {MET} AS q FROM t WHERE n > 5) WHERE id < 9", 2),
    "OR inside": (f"SELECT id, q FROM (SELECT id, {MET} AS q FROM t WHERE n = 1 OR n = 2) WHERE id < 5 OR id = 13", 3),
    "a computed column": (f"SELECT id, q FROM (SELECT id, n * 2 AS m, {MET} AS q FROM t) WHERE m = 6", 2),
    "two levels": (f"SELECT id, q FROM (SELECT * FROM (SELECT id, {MET} AS q FROM t)) WHERE id = 3", 1),
    "two CTEs": (f"WITH a AS (SELECT *, {MET} AS q FROM t), b AS (SELECT id, q FROM a WHERE n < 5) SELECT * FROM b WHERE id > 24", 7),
    "a WHERE that asks": (f"SELECT id FROM (SELECT id, text FROM t WHERE {MET}) WHERE id < 6", 6),
    "a join around": (f"SELECT s.id, q, word FROM {M} s JOIN u ON s.id = u.id WHERE s.n = 2", 4),
    "a comma around": (f"SELECT s.id, q, word FROM {M} s, u WHERE s.id = u.id AND s.n = 2", 4),
    "a join inside": (f"SELECT id, q FROM (SELECT t.id, word, {MET} AS q FROM t JOIN u ON t.id = u.id) WHERE word = 'word 3'", 1),
    "a LEFT JOIN inside": (f"SELECT id, q FROM (SELECT t.id, word, {MET} AS q FROM t LEFT JOIN u ON t.id = u.id) WHERE word IS NULL", 23),
    "groups around": (f"SELECT q, count(*) FROM {M} WHERE n > 9 GROUP BY q", 5),
    "groups by a label": (f"SELECT lab, sum(n) FROM (SELECT *, {LABEL} AS lab FROM t) WHERE n > 9 GROUP BY ALL HAVING count(*) > 1", 5),
    "a window around": (f"SELECT id, count(*) OVER (PARTITION BY q) FROM {M} WHERE n > 9", 5),
    "DISTINCT around": (f"SELECT DISTINCT q FROM {M} WHERE n > 9", 5),
    "a UNION around": (f"SELECT id, q FROM {M} WHERE n = 3 UNION ALL SELECT id, NULL FROM u", 2),
    "a subquery around": (f"SELECT id, (SELECT q FROM {M} s WHERE s.id = 3 LIMIT 1) AS q FROM u", 1),
    "IN around": (f"SELECT word FROM u WHERE id IN (SELECT id FROM {M} WHERE q AND n = 2)", 4),
    # Conditions on answers.
    "an answer as a condition": (f"SELECT id FROM {M} WHERE q AND n = 2", 4),
    "an answer that is FALSE": (f"SELECT id FROM {M} WHERE NOT q AND n = 3", 2),
    "an answer that is not TRUE": (f"SELECT id FROM {M} WHERE q IS NOT TRUE AND n = 3", 2),
    "an answer that is NULL": (f"SELECT id, q FROM {M} WHERE q IS NULL AND n IN (3, 7)", 3),
    "one answer after another": (f"SELECT id FROM (SELECT id, {MET} AS q, {OLD} AS r FROM t) WHERE id < 16 AND q AND r", 14 + 8),
    "one answer or another": (f"SELECT id, q FROM (SELECT id, {MET} AS q, {OLD} AS r FROM t) WHERE id < 16 AND (q OR r)", 20),
    "a label as a condition": (f"SELECT id, lab FROM (SELECT *, {LABEL} AS lab FROM t) WHERE lab = 'b' AND n < 2", 8),
    "a call around": (f"SELECT id, q FROM {M} WHERE {OLD} AND n = 2", 4),
    "a call around, in the output": (f"SELECT id, q, {OLD} AS r FROM {M} WHERE n = 2", 8),
    # Columns that nobody names.
    "a count": (f"SELECT count(*) FROM (SELECT id, {MET} AS q FROM t)", 0),
    "a count of two levels": (f"SELECT count(*) FROM (SELECT * FROM (SELECT id, {MET} AS q FROM t)) WHERE id < 5", 0),
    "a count of what passes": (f"SELECT count(*) FROM (SELECT id, {MET} AS q, {OLD} AS r FROM t) WHERE q", TEXTS),
    "one of two": (f"SELECT id, r FROM (SELECT id, {MET} AS q, {OLD} AS r FROM t)", TEXTS),
    "a name that is an alias outside": (f"SELECT n AS q FROM (SELECT n, {MET} AS q FROM t)", 0),
    "a LEFT JOIN around": (f"SELECT u.id, s.n FROM u LEFT JOIN {M} s ON u.id = s.id WHERE s.n IS NULL OR s.n > 3", 0),
    # A LIMIT.
    "a LIMIT": (f"SELECT * FROM (SELECT id, {MET} AS q FROM t) ORDER BY id LIMIT 3", 3),
    "a LIMIT and an OFFSET": (f"SELECT * FROM (SELECT id, {MET} AS q FROM t) ORDER BY id DESC LIMIT 3 OFFSET 2", 3),
    "a LIMIT by an alias": (f"SELECT q, n AS number, id FROM {M} ORDER BY number DESC, id LIMIT 3", 2),
    "a LIMIT by an alias that is a column's name": (f"SELECT q, n AS id, id AS number FROM {M} ORDER BY id DESC, number LIMIT 3", 2),
    "a LIMIT by what is computed": (f"SELECT id, q FROM {M} ORDER BY n + 1 DESC, id LIMIT 3", 2),
    "a LIMIT of a CTE": (f"WITH k AS (SELECT *, {LABEL} AS lab FROM t) SELECT id, lab FROM k WHERE n > 5 ORDER BY n, id LIMIT 4", 3),
    "a LIMIT of two levels": (f"SELECT * FROM (SELECT * FROM (SELECT id, {MET} AS q FROM t)) WHERE id > 7 ORDER BY id LIMIT 3", 3),
    "a LIMIT of what passes": (f"-- @@ rounds: many\nSELECT * FROM (SELECT id, {MET} AS q FROM t) WHERE q ORDER BY id LIMIT 3", 5),
    "a LIMIT and a call around": (f"SELECT id, q, {OLD} AS r FROM {M} ORDER BY id LIMIT 3", 6),
}

ALL = {
    # Left as they are: the subquery does not take each row by itself, or something else needs what it gives.
    "a CTE used twice": (f"WITH k AS {M} SELECT a.id, a.q FROM k a JOIN k b ON a.id = b.n WHERE a.id = 3", TEXTS),
    "a CTE that is MATERIALIZED": (f"WITH k AS MATERIALIZED {M} SELECT id, q FROM k WHERE id = 3", TEXTS),
    "DISTINCT": (f"SELECT n FROM (SELECT DISTINCT n, {MET} AS q FROM t) WHERE n < 3", TEXTS),
    "a window": (f"SELECT id, q, r FROM (SELECT id, {MET} AS q, row_number() OVER (ORDER BY id) AS r FROM t) WHERE id = 3", TEXTS),
    "groups": (f"SELECT c FROM (SELECT n, {MET} AS q, count(*) AS c FROM t GROUP BY ALL) WHERE n < 1", TEXTS),
    "a UNION": (f"SELECT id FROM ({M[1:-1]} UNION ALL {M[1:-1]}) WHERE id = 3", TEXTS),
    "unnest": (f"SELECT id, q, x FROM (SELECT id, {MET} AS q, unnest([1, 2]) AS x FROM t) WHERE id = 3", TEXTS),
    "a row as a whole": (f"SELECT s.q, s IS NULL AS r FROM {M} s", TEXTS),
    "a LIMIT by an answer": (f"SELECT id, q FROM {M} ORDER BY q DESC NULLS LAST, id LIMIT 3", TEXTS),
    "a LIMIT of groups": (f"SELECT q, count(*) AS c FROM {M} GROUP BY q ORDER BY c, q LIMIT 1", TEXTS),
    "a LIMIT of distinct rows": (f"SELECT DISTINCT q FROM {M} ORDER BY q LIMIT 2", TEXTS),
    "a LEFT JOIN's other side": (f"SELECT u.id, s.q FROM u LEFT JOIN {M} s ON u.id = s.id WHERE s.n IS NULL OR s.n > 30", TEXTS),
    "USING": (f"SELECT id, q FROM u JOIN {M} s USING (id) WHERE id = 2", TEXTS),
    "NATURAL": (f"SELECT count(*) FROM (SELECT id % 2 = 0 AS q FROM u) NATURAL JOIN (SELECT {MET} AS q FROM t)", TEXTS),
    "a column named by another": (f"SELECT r FROM (SELECT id, {MET} AS q, NOT q AS r FROM t)", TEXTS),
    "COLUMNS": (f"SELECT COLUMNS('q') FROM {M}", TEXTS),
    "a column by its place": (f"SELECT #2 FROM (SELECT id, {MET} AS q FROM t)", TEXTS),
    "a lateral subquery that names it": (f"SELECT s.id, l.v FROM {M} s, LATERAL (SELECT s.q AS v) l", TEXTS),
    "a correlated subquery that names it": (f"SELECT s.id, (SELECT max(word) FROM u WHERE s.q) AS w FROM {M} s", TEXTS),
    "a condition on another table": (f"SELECT s.id, q FROM {M} s JOIN u ON s.id = u.id WHERE u.part = 1", TEXTS),
    "a condition that changes": (f"SELECT id, q FROM {M} WHERE id = 3 + 0 * floor(random())", TEXTS),
    "an order that a name inside hides": (
        f"SELECT * FROM (SELECT u.id AS id, id AS k, {MET} AS q FROM t LEFT JOIN u USING (id)) ORDER BY k LIMIT 2",
        TEXTS,
    ),
    "an order that a column inside hides": (
        f"SELECT k, q FROM (SELECT u.id, id AS k, {MET} AS q FROM t LEFT JOIN u USING (id)) ORDER BY k DESC LIMIT 2",
        TEXTS,
    ),
    "an order by a field of its name": (
        f"SELECT * FROM (SELECT st.id AS id, id AS k, {MET} AS q FROM (SELECT id, {{'id': -id}} AS st, text FROM t)) ORDER BY k LIMIT 2",
        TEXTS,
    ),
    "places behind several columns": (f"SELECT COLUMNS('^(id|n)$'), {MET} AS q, n % 3 AS m FROM t ORDER BY 4, 1 LIMIT 4", TEXTS),
    "places behind fields": (
        f"SELECT unnest(struct_pack(a := id, b := -id)), {MET} AS q, n % 3 AS m FROM t ORDER BY 3, 1 LIMIT 3",
        TEXTS,
    ),
    # Nothing is named of what they ask, in whatever form.
    "an order by an aggregate": (f"SELECT count(*) FROM {M} ORDER BY max(id) LIMIT 1", 0),
    "a call about another output": ("SELECT count(*) FROM (SELECT text AS w, w MEANS 'a card' AS q FROM t)", 0),
    "a call in a lambda": ("SELECT count(*) FROM (SELECT id, list_transform([text], lambda x: x MEANS 'a card') AS q FROM t)", 0),
}


def on_answers(sql: str) -> str:
    for call, value in ANSWERS.items():
        sql = sql.replace(call, value)
    return sql


def rows(db: Any, sql: str) -> list[Any]:
    found = db.sql(sql).fetchall()
    return found if "ORDER BY" in sql.partition("OVER")[0] else sorted(found, key=repr)


@pytest.mark.parametrize(("sql", "calls"), [pytest.param(*case, id=name) for name, case in (FEWER | ALL).items()])
def test_no_row_changes_and_no_call_is_made_in_vain(db: Any, remote: Any, sql: str, calls: int) -> None:
    found, plain = db.sql(sql), db.sql(on_answers(sql))
    assert remote.server.calls == calls
    assert [name.lower() for name in found.columns] == [name.lower() for name in plain.columns]
    assert rows(db, sql) == rows(db, on_answers(sql))
    db.sql(f"EXPLAIN {sql}")
    assert remote.server.calls == calls


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param(f"SELECT id FROM {M} WHERE nope = 3", id="a column that is not there"),
        pytest.param(f"SELECT id FROM {M} s JOIN u ON s.id = u.id WHERE id = 3", id="a column that may be of two tables"),
        pytest.param(f"SELECT id AS x, y FROM (SELECT id, n AS y, {MET} AS q FROM t) WHERE t.n = 3", id="a table inside"),
        pytest.param(f"SELECT n FROM (SELECT id, {MET} AS q FROM t)", id="a column that the subquery does not give"),
        pytest.param("SELECT count(*) FROM (SELECT nope MEANS 'x' AS q FROM t)", id="an argument that is not there"),
        pytest.param("SELECT count(*) FROM (SELECT n MEANS 'x' AS q FROM t)", id="an argument of another type"),
    ],
)
def test_what_is_wrong_stays_wrong(db: Any, remote: Any, sql: str) -> None:
    with pytest.raises(SQLError):
        db.sql(sql)
    assert remote.server.calls == 0


def test_parameters_go_with_their_condition(db: Any, remote: Any) -> None:
    assert db.sql(f"SELECT id, q FROM {M} WHERE id < ? AND n > ? ORDER BY id LIMIT ?", [20, 3, 2]).fetchall() == [(4, True), (5, False)]
    assert remote.server.calls == 2


def test_hints_go_with_their_call(db: Any, remote: Any) -> None:
    db.sql(f"SELECT id FROM (SELECT id,\n-- @ model: openai:other\n{MET} AS q FROM t) WHERE q AND id < 4")
    assert remote.server.calls == 4
    assert {body["model"] for body in remote.server.requests} == {"other"}


def test_rows_are_written_and_changed_as_before(db: Any, remote: Any) -> None:
    db.sql(f"CREATE TABLE kept AS SELECT id, q FROM {M} WHERE n = 2")
    db.sql(f"INSERT INTO kept SELECT id, q FROM {M} WHERE n = 4 ORDER BY id LIMIT 1")
    assert remote.server.calls == 5
    assert db.sql("FROM kept ORDER BY id").fetchall() == [(2, True), (4, True), (14, True), (26, True), (38, True)]
    db.sql(f"UPDATE kept SET q = s.q FROM (SELECT id, {OLD} AS q FROM t) s WHERE s.id = kept.id AND s.id < 9")
    assert db.sql("FROM kept ORDER BY id LIMIT 2").fetchall() == [(2, False), (4, True)]


def test_explain_shows_where_a_condition_stands_now(db: Any, remote: Any) -> None:
    plan = "\n".join(line for (line,) in db.sql(f"EXPLAIN SELECT id FROM {M} WHERE q AND id = 3").fetchall())
    assert "SemanticFilter  q" in plan
    assert "Filter  id = 3" in plan
    assert "1 to ask" in plan
    assert [line for (line,) in db.sql(f"EXPLAIN SELECT count(*) FROM {M}").fetchall() if line] == ["Nothing to ask"]
