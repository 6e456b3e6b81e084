"""What EXPLAIN says a statement will take is what it takes."""

from __future__ import annotations

import pytest

from rvbbit.engine.database import Database
from rvbbit.testing import FakeServer


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT id FROM tickets WHERE text MEANS 'x' UNION ALL SELECT id FROM tickets WHERE text MEANS 'x' AND id < 19",
        "SELECT (SELECT count(*) FROM tickets WHERE text MEANS 'x'), (SELECT max(id) FROM tickets WHERE text MEANS 'x')",
    ],
)
def test_explain_counts_a_call_that_two_parts_need_once(db: Database, statement: str) -> None:
    plan = db.explain(statement).plan
    assert plan is not None
    figures = [ask.figures for block in plan.blocks for step in block.walk() for ask in step.asks if ask.figures]
    assert [(one.distinct, one.cached, one.calls) for one in figures] == [(5, 0, 5), (5, 5, 0)]
    assert db.sql(statement).usage.calls == 5


def test_explain_counts_the_names_of_meanings_once(db: Database) -> None:
    plan = db.explain("SELECT MEANING(text, 2) AS m, count(*) FROM tickets GROUP BY MEANING(text, 2)").plan
    assert plan is not None
    named = [
        ask.figures for block in plan.blocks for step in block.walk() for ask in step.asks if ask.operator == "meanings" and ask.figures
    ]
    assert sum(one.calls for one in named) == 1


def test_what_a_correlated_subquery_asks_has_figures(db: Database, server: FakeServer) -> None:
    statement = "SELECT id FROM tickets a WHERE id < 6 AND {} EXISTS (SELECT 1 FROM tickets b WHERE b.id = a.id AND b.text MEANS 'x')"
    for negated in ("", "NOT"):
        found = db.sql("EXPLAIN " + statement.format(negated)).plan
        assert found is not None
        assert found.fallback == ()
        ((step,),) = [[one for one in found.blocks[0].walk() if one.asks]]
        assert step.asks[0].figures is not None
        expected = step.asks[0].figures
        taken = db.sql(statement.format(negated)).usage
        assert (expected.calls, expected.cached) == (taken.calls, taken.cached)
    assert server.calls == expected.distinct < 6
