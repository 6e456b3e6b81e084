"""What only asks whether there are enough rows asks about no more than that takes, counted at the server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rvbbit.testing import question

MANY = """CREATE TABLE many AS SELECT range AS id, range % 20 AS grp,
 CASE WHEN range % 2 = 0 THEN 'card ' ELSE 'rate ' END || range AS text FROM range(700)"""
CARDS = "text MEANS 'a card'"
SUBQUERY = f"SELECT count(*) FROM many WHERE {CARDS}"


@pytest.fixture
def db(remote: Any) -> Iterator[Any]:
    """A project whose model says yes to what speaks of a card: 350 of 700 texts, and in ten of twenty groups all of 35."""
    remote.server.answer = lambda body: "card" in question(body)
    with remote.connect() as opened:
        opened.sql(MANY)
        yield opened


@pytest.mark.parametrize(
    ("query", "told", "most"),
    [
        pytest.param(f"SELECT ({SUBQUERY}) > 9", True, 33, id="more than"),
        pytest.param(f"SELECT ({SUBQUERY}) >= 10", True, 33, id="at least"),
        pytest.param(f"SELECT 10 > ({SUBQUERY})", False, 33, id="less than, the other way round"),
        pytest.param(f"SELECT ({SUBQUERY}) <= 9", False, 33, id="at most"),
        pytest.param(f"SELECT ({SUBQUERY}) = 9", False, 33, id="equal"),
        pytest.param(f"SELECT ({SUBQUERY}) BETWEEN 3 AND 9", False, 33, id="between"),
        pytest.param(f"SELECT count(*) > 9 FROM many WHERE {CARDS}", True, 33, id="in the output"),
        pytest.param(f"SELECT ({SUBQUERY}) > 690", False, 33, id="what cannot be any more"),
        pytest.param(f"SELECT ({SUBQUERY}) > 700", False, 0, id="what could never be"),
        pytest.param(f"SELECT ({SUBQUERY}) >= 0", True, 0, id="what always is"),
    ],
)
def test_a_count_that_is_compared_stops_asking(db: Any, remote: Any, query: str, told: bool, most: int) -> None:
    assert db.sql(query).fetchall() == [(told,)]
    assert remote.server.calls <= most


@pytest.mark.parametrize("query", [SUBQUERY, f"SELECT count(*) > 9, count(*) FROM many WHERE {CARDS}", f"SELECT ({SUBQUERY}) > 348"])
def test_a_count_that_must_be_right_asks_about_every_row_it_needs(db: Any, remote: Any, query: str) -> None:
    db.sql(query)
    assert remote.server.calls >= 690


def test_a_parameter_says_how_many(db: Any, remote: Any) -> None:
    for number, told in ((9, True), (9.5, True), ("9", True), (-1, True), (None, None)):
        assert db.sql(f"SELECT ({SUBQUERY} AND id < 30) > $n", {"n": number}).fetchall() == [(told,)]
    assert remote.server.calls == 30, "NULL asks about the rest of the thirty"
    remote.server.reset()
    assert db.sql(f"SELECT ({SUBQUERY} AND id >= 30) > $n", {"n": 9}).fetchall() == [(True,)]
    assert remote.server.calls <= 33


def test_groups_stop_asking_one_by_one(db: Any, remote: Any) -> None:
    found = db.sql(f"SELECT grp FROM many WHERE {CARDS} GROUP BY grp HAVING count(*) >= 3 ORDER BY grp").fetchall()
    assert found == [(grp,) for grp in range(0, 20, 2)]
    assert remote.server.calls <= 30 + 10 * 33 + 64, "three of each group that has them, and what the last round held beside"


def test_a_group_that_cannot_have_enough_is_not_asked_about(db: Any, remote: Any) -> None:
    assert len(db.sql(f"SELECT grp FROM many WHERE {CARDS} GROUP BY grp HAVING count(*) > 35")) == 0
    assert remote.server.calls == 0


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("SELECT DISTINCT g.range FROM range(20) g WHERE g.range IN (SELECT grp FROM many WHERE {})", id="IN"),
        pytest.param("SELECT g.range FROM range(20) g WHERE g.range = ANY (SELECT grp FROM many WHERE {})", id="ANY"),
        pytest.param("SELECT g.range FROM range(20) g WHERE NOT (g.range <> ALL (SELECT grp FROM many WHERE {}))", id="ALL"),
        pytest.param("SELECT DISTINCT grp FROM many WHERE {}", id="DISTINCT"),
    ],
)
def test_a_value_that_has_a_row_needs_no_other(db: Any, remote: Any, query: str) -> None:
    found = db.sql("-- @@ rounds: many\n" + query.format("text MEANS 'a card' AND id < 400")).fetchall()
    assert sorted(found) == [(grp,) for grp in range(0, 20, 2)]
    assert remote.server.calls <= 10 + 10 * 20, "one of each group that has one; all of the others"


def test_a_null_answer_does_not_count(db: Any, remote: Any) -> None:
    db.sql("CREATE TABLE gaps AS SELECT id, grp, CASE WHEN id % 3 = 0 THEN text END AS text FROM many")
    texts = db.sql("SELECT count(*) FROM gaps WHERE text LIKE 'card%'").fetchall()[0][0]
    for number in (texts - 1, texts):
        assert db.sql(f"SELECT (SELECT count(*) FROM gaps WHERE {CARDS}) > {number}").fetchall() == [(number < texts,)]


def test_explain_says_when_asking_ends(db: Any, remote: Any) -> None:
    plan = "\n".join(line for (line,) in db.sql(f"EXPLAIN SELECT grp FROM many WHERE {CARDS} GROUP BY grp HAVING count(*) > 2").fetchall())
    assert "Limit  asks until 3 rows pass for each grp, or fewer than 3 can" in plan
    assert "at most 700 to ask" in plan
    assert remote.server.calls == 0
