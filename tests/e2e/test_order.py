"""EXPLAIN says in which order predicates are asked and what that is judged by: assumed before anything is asked, seen after."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rvbbit.testing import question

MANY = """CREATE TABLE many AS SELECT range AS id, CASE WHEN range % 2 = 0 THEN 'card ' ELSE 'rate ' END || range AS text,
 CASE WHEN range % 10 = 0 THEN 'card ' ELSE 'rate ' END || range AS title FROM range(300)"""
BOTH = "SELECT id FROM many WHERE text MEANS 'a card' AND title MEANS 'any card'"


@pytest.fixture
def db(remote: Any) -> Iterator[Any]:
    """Every second text and every tenth title speaks of a card; a token costs a millionth of a dollar."""
    remote.server.answer = lambda body: "card" in question(body)
    (remote.home / "rvbbit.toml").write_text('[prices]\n"openai:fake" = {input = 1, output = 1}\n')
    with remote.connect() as opened:
        opened.sql(MANY)
        yield opened


def order(db: Any, query: str) -> str:
    (line,) = [line.strip() for (line,) in db.sql(query).fetchall() if "Reorder" in line]
    return str(line)


def test_the_order_before_anything_is_asked_goes_by_cost_and_says_what_is_assumed(db: Any, remote: Any) -> None:
    told = order(db, f"EXPLAIN {BOTH}")
    assert told.index("MEANS(text, 'a card') ($0.00") < told.index(", half assumed to pass at first), then MEANS(title, 'any card') ($0.00")
    assert remote.server.calls == 0


def test_the_cheaper_of_two_models_goes_first(db: Any, remote: Any) -> None:
    told = order(db, f"EXPLAIN {BOTH.replace('title', '/* @ model: local:minilm */ title')}")
    assert told.index("MEANS(title, 'any card') (free") < told.index("MEANS(text, 'a card') ($0.00")


def test_the_order_that_was_taken_says_what_was_seen(db: Any) -> None:
    told = order(db, f"EXPLAIN ANALYZE {BOTH}")
    first, then = told.split(", then ")
    assert "first MEANS(title, 'any card') ($0.00" in first and " passed)" in first and "MEANS(text, 'a card') ($0.00" in then
    passed, tried = (int(word) for word in first.split(" a call, ")[1].removesuffix(" passed)").split(" of "))
    assert passed == 30 and tried > 200, "all that the first round did not reject by its text"


def test_of_or_what_accepts_goes_first_and_cheap_sides_cost_nothing(db: Any) -> None:
    told = order(db, "EXPLAIN SELECT id FROM many WHERE (title MEANS 'any card' OR id < 9) AND text MEANS 'a card' LIMIT 3")
    assert "(MEANS(title, 'any card') OR id < 9) ($0.00" in told
    assert "first id < 9 (no call, half assumed to pass at first), then where that is not true MEANS(title, 'any card')" in told
