"""What a query may leave unasked, counted at the server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rvbbit.testing import question

MANY = "CREATE TABLE many AS SELECT range AS id, CASE WHEN range % 2 = 0 THEN 'card ' ELSE 'rate ' END || range AS text FROM range(700)"
CARDS = "text MEANS 'a card'"


@pytest.fixture
def db(remote: Any) -> Iterator[Any]:
    """A project whose model says yes to what speaks of a card: every second of 700 texts."""
    remote.server.answer = lambda body: "card" in question(body)
    with remote.connect() as opened:
        opened.sql(MANY)
        yield opened


@pytest.mark.parametrize("order", ["", "ORDER BY id DESC"])
def test_limit_stops_calling_the_model(db: Any, remote: Any, order: str) -> None:
    query = f"SELECT id FROM many WHERE {CARDS} {order} LIMIT 10"
    result = db.sql(query)
    assert [id_ % 2 for (id_,) in result.fetchall()] == [0] * 10
    assert result.usage.calls == remote.server.calls <= 33
    again = db.sql(query)
    assert again.fetchall() == result.fetchall()
    assert (again.usage.calls, again.usage.cached) == (0, result.usage.calls)


def test_many_rounds_make_no_call_in_vain(db: Any, remote: Any) -> None:
    db.sql(f"-- @@ rounds: many\nSELECT id FROM many WHERE {CARDS} ORDER BY id LIMIT 10")
    assert remote.server.calls == 19


def test_answers_that_are_known_take_the_place_of_calls(db: Any, remote: Any) -> None:
    db.sql(f"SELECT count(*) FROM many WHERE {CARDS} AND id >= 100 AND id < 120")
    remote.server.reset()
    assert db.sql(f"SELECT id FROM many WHERE {CARDS} LIMIT 10").fetchall() == [(id_,) for id_ in range(100, 120, 2)]
    assert remote.server.calls == 0


def test_explain_says_what_may_be_spared_and_explain_analyze_what_was(db: Any, remote: Any) -> None:
    query = f"SELECT id FROM many WHERE {CARDS} ORDER BY id LIMIT 10"
    plan = "\n".join(line for (line,) in db.sql(f"EXPLAIN {query}").fetchall())
    assert "Limit  asks until 10 rows pass" in plan
    assert "at most 700 to ask" in plan
    assert remote.server.calls == 0
    ran = "\n".join(line for (line,) in db.sql(f"EXPLAIN ANALYZE {query}").fetchall())
    assert f"{remote.server.calls} calls" in ran


def test_an_unknown_way_of_rounds_is_refused_before_anything_is_asked(db: Any, remote: Any) -> None:
    with pytest.raises(Exception, match="'several' is not one of few, many"):
        db.sql(f"-- @ rounds: several\nSELECT id FROM many WHERE {CARDS} LIMIT 10")
    assert remote.server.calls == 0


WITHOUT_ROWS = [
    ("DESCRIBE SELECT id, text MEANS 'a card' AS q FROM many", [("id", "BIGINT"), ("q", "BOOLEAN")]),
    ("SELECT column_name, column_type FROM (DESCRIBE SELECT SENTIMENT(ASK(text, 'why?')) AS q FROM many)", [("q", "DOUBLE")]),
    ("DESCRIBE SELECT id % 2 AS g, SUMMARIZE(text) AS s FROM many GROUP BY g", [("g", "BIGINT"), ("s", "VARCHAR")]),
]


@pytest.mark.parametrize(("query", "columns"), WITHOUT_ROWS, ids=[query for query, _ in WITHOUT_ROWS])
def test_names_and_types_are_told_without_a_call(db: Any, remote: Any, query: str, columns: list[tuple[str, str]]) -> None:
    assert [row[:2] for row in db.sql(query).fetchall()] == columns
    assert remote.server.calls == 0


def test_a_table_that_is_to_stay_empty_is_made_without_a_call(db: Any, remote: Any, capfd: pytest.CaptureFixture[str]) -> None:
    db.sql(f"CREATE TABLE empty AS SELECT id, {CARDS} AS q FROM many WITH NO DATA")
    assert db.sql("SELECT count(*) FROM empty").fetchall() == [(0,)]
    assert [row[:2] for row in db.sql("DESCRIBE empty").fetchall()] == [("id", "BIGINT"), ("q", "BOOLEAN")]
    assert (remote.server.calls, capfd.readouterr().err) == (0, "")


def test_explain_says_what_making_a_table_that_is_there_would_take(db: Any, remote: Any) -> None:
    plan = "\n".join(line for (line,) in db.sql(f"EXPLAIN CREATE TABLE many AS SELECT id, {CARDS} AS q FROM many").fetchall())
    assert "700 to ask" in plan
    assert remote.server.calls == 0


def test_a_table_is_made_where_another_schema_has_one_of_its_name(db: Any, remote: Any) -> None:
    db.sql("CREATE SCHEMA other")
    db.sql(f"CREATE TABLE other.many AS SELECT id, {CARDS} AS q FROM main.many WHERE id < 4")
    db.sql(f"CREATE OR REPLACE TABLE other.many AS SELECT id, {CARDS} AS q FROM main.many WHERE id < 4")
    assert db.sql("SELECT count(*) FROM other.many WHERE q").fetchall() == [(2,)]
    assert remote.server.calls == 4


@pytest.mark.parametrize(
    ("output", "calls"),
    [
        (f"count({CARDS}) FILTER (WHERE id = 4)", 1),
        (f"count(*) FILTER (WHERE id = 4 AND {CARDS})", 1),
        (f"bool_or(CASE WHEN id > 4 THEN {CARDS} END) FILTER (WHERE id < 8)", 3),
        (f"count(text MEANS 'a rate') FILTER (WHERE id < 8 AND {CARDS})", 12),
        (f"count(*) FILTER (WHERE id = 4), count({CARDS}) FILTER (WHERE id < 2), bool_or({CARDS}) FILTER (WHERE id = 8)", 3),
    ],
)
def test_an_aggregate_asks_about_the_rows_that_its_filter_keeps(db: Any, remote: Any, output: str, calls: int) -> None:
    result = db.sql(f"SELECT {output} FROM many")
    assert remote.server.calls == calls
    known = output.replace(CARDS, "card").replace("text MEANS 'a rate'", "card")
    assert result.fetchall() == db.sql(f"SELECT {known} FROM (SELECT id, text LIKE 'card%' AS card FROM many)").fetchall()


def test_groups_that_having_drops_are_not_asked_about(db: Any, remote: Any) -> None:
    grouped = f"SELECT text, count(*) AS n, {CARDS} AS card FROM many WHERE id < 20 GROUP BY text HAVING count(*) > {{least}}"
    assert (db.sql(grouped.format(least=1)).fetchall(), remote.server.calls) == ([], 0)
    db.sql("INSERT INTO many SELECT id, text FROM many WHERE id IN (2, 5)")
    assert sorted(db.sql(grouped.format(least=1)).fetchall()) == [("card 2", 2, True), ("rate 5", 2, False)]
    assert remote.server.calls == 2
