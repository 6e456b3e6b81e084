"""Joins by meaning, counted at the server: near pairs are asked about, each once, and never again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from rvbbit.errors import BudgetReached, ProviderError, SQLError
from rvbbit.testing import question

COMPANIES = (
    "Agilent Technologies", "Akzo Nobel", "Hitachi Storage", "Shell Research", "Philips Electronics", "Unilever", "Heineken Brewery",
    "Siemens Mobility", "Bosch Tools", "Nestle Foods", "Roche Diagnostics", "Novartis Pharma", "Bayer Crop", "Basf Paint", "Henkel Glue",
    "Volvo Trucks", "Ericsson Radio", "Nokia Phones", "Vestas Wind", "Maersk Line", "Lego Bricks", "Ikea Furniture", "Spotify Music",
    "Airbus Planes", "Renault Cars", "Michelin Tyres", "Danone Yoghurt", "Loreal Shampoo", "Carrefour Markets", "Zara Fashion",
)  # fmt: skip
SAME = """\
cascade_id: same
sql_function:
  name: same
  operators: ["{{ a }} SAME {{ b }}"]
  args: [{name: a}, {name: b}]
  returns: BOOLEAN
  symmetric: true
  reflexive: true
  blocking: embedding
cells:
  - name: judge
    instructions: "<a>{{ input.a }}</a><b>{{ input.b }}</b>"
    output_schema: {type: boolean}
"""
JOIN = "SELECT l.id, r.id FROM l JOIN r ON l.name SAME r.name ORDER BY ALL"
EVERY = [(i, i) for i in range(len(COMPANIES))]


def same(body: dict[str, Any]) -> bool:
    """Whether both texts of a question begin with the same word."""
    found = re.fullmatch(r"<a>(.*)</a><b>(.*)</b>", question(body), re.DOTALL)
    assert found
    one, other = (text.lower().split()[0] for text in found.groups())
    return one == other


@pytest.fixture
def db(remote: Any) -> Iterator[Any]:
    """Companies in `l`, the same ones written otherwise in `r`."""
    remote.cascade("same", SAME)
    remote.server.answer = same
    with remote.connect() as opened:
        for table, ending in (("l", ""), ("r", " N.V.")):
            values = ", ".join(f"({i}, '{(name if table == 'l' else name.upper()) + ending}')" for i, name in enumerate(COMPANIES))
            opened.sql(f"CREATE TABLE {table} AS SELECT * FROM (VALUES {values}) v(id, name)")
        yield opened


def test_a_join_asks_about_near_pairs_once_and_says_so(db: Any, remote: Any) -> None:
    result = db.sql(JOIN)
    assert result.fetchall() == EVERY
    assert remote.server.calls == result.usage.calls <= 150
    assert any(f"SAME: {remote.server.calls} of 900 pairs were near enough" in notice.message for notice in result.notices)
    calls = remote.server.calls
    assert db.sql(JOIN).fetchall() == EVERY
    assert db.sql("SELECT count(*) FROM l, r WHERE r.name SAME l.name").fetchall() == [(30,)]
    assert db.sql("SELECT count(*) FROM l, r WHERE NOT r.name SAME l.name").fetchall() == [(870,)]
    assert remote.server.calls == calls  # the mirror image and the negation are the same questions


def test_equal_texts_are_not_asked_about(db: Any, remote: Any) -> None:
    assert db.sql("SELECT count(*) FROM l WHERE name SAME name").fetchall() == [(30,)]
    assert db.sql("SELECT 'a' SAME 'a'").fetchall() == [(True,)]
    assert remote.server.calls == 0


def test_blocking_off_asks_about_every_pair(db: Any, remote: Any) -> None:
    assert len(db.sql(f"-- @@ blocking: off\n{JOIN}").fetchall()) == 30
    assert remote.server.calls == 900


def test_explain_says_what_a_join_takes_and_analyze_what_it_took(db: Any, remote: Any) -> None:
    text = "\n".join(row[0] for row in db.sql(f"EXPLAIN {JOIN}").fetchall())
    assert "near pairs, recall 0.98" in text
    assert "900 pairs, " in text
    assert remote.server.calls == 0
    expected = int(re.findall(r"(\d+) to ask", text)[0])
    assert 30 < expected < 150
    text = "\n".join(row[0] for row in db.sql(f"EXPLAIN ANALYZE {JOIN}").fetchall())
    assert f"900 pairs, {remote.server.calls} distinct, 0 cached, {remote.server.calls} calls" in text


def test_a_join_that_failed_goes_on_where_it_was(db: Any, remote: Any) -> None:
    remote.server.fail(400, share=0.05, seed=3)
    with pytest.raises(ProviderError):
        db.sql(JOIN)
    remote.server.script.clear()
    kept = db.sql("SELECT count(*) FROM rvbbit.unified_logs WHERE error IS NULL").fetchall()[0][0]
    result = db.sql(JOIN)
    assert result.fetchall() == EVERY
    assert 0 < result.usage.cached == kept


def test_a_budget_stops_a_join_and_it_resumes(db: Any, remote: Any) -> None:
    with pytest.raises(BudgetReached, match="answers of SAME are kept"):
        db.sql(f"-- @@ budget: 0.0005\n{JOIN}", model="openai:gpt-4o-mini")
    calls = remote.server.calls
    assert 0 < calls < 126
    assert db.sql(JOIN, model="openai:gpt-4o-mini").fetchall() == EVERY
    assert remote.server.calls <= 150


@pytest.mark.parametrize("hint", ["blocking: 1", "blocking: 0", "blocking: many", "blocking: nan"])
def test_a_hint_that_makes_no_sense_is_refused(db: Any, remote: Any, hint: str) -> None:
    with pytest.raises(SQLError, match=hint.partition(":")[0]):
        db.sql(f"-- @@ {hint}\n{JOIN}")
    assert remote.server.calls == 0
