"""What a session says of a statement before anything is asked: advice that holds, hints that nothing uses, labels that are none."""

from __future__ import annotations

import pytest

from rvbbit import errors
from rvbbit.engine import Database
from rvbbit.testing import FakeServer


@pytest.mark.parametrize(
    ("condition", "hint"),
    [
        ("amount + 1 MEANS 'x'", "cast it: (amount + 1)::VARCHAR"),
        ("-amount MEANS 'x'", "cast it: (-amount)::VARCHAR"),
        ("text MEANS 3", "cast it: 3::VARCHAR"),
        ("abs(amount) MEANS 'x'", "cast it: abs(amount)::VARCHAR"),
        ("(amount + 1) MEANS 'x'", "cast it: (amount + 1)::VARCHAR"),
    ],
)
def test_a_cast_that_is_advised_casts_all_of_it(db: Database, condition: str, hint: str) -> None:
    with pytest.raises(errors.TypeMismatch) as caught:
        db.sql(f"SELECT id FROM tickets WHERE {condition}")
    assert caught.value.hint == hint


@pytest.mark.parametrize("budget", [-1, -0.01, float("nan"), float("inf"), "1"])
def test_a_budget_is_an_amount(db: Database, server: FakeServer, budget: float) -> None:
    for ask in (
        lambda: db.sql("SELECT text MEANS 'x' FROM tickets", budget_usd=budget),
        lambda: db.score(budget_usd=budget),
        lambda: db.run("means", {"text": "a", "criterion": "b"}, budget_usd=budget),
    ):
        with pytest.raises(errors.UsageError, match="not an amount in USD") as caught:
            ask()
        assert "a number from 0" in str(caught.value.hint)
    assert server.calls == 0


def test_a_hint_that_nothing_uses_is_told(db: Database) -> None:
    def told(sql: str) -> list[str]:
        return [notice.message for notice in db.sql(sql).notices if "hint" in notice.message]

    for script in ("-- @ pack: 8\nSELECT 1", "EXPLAIN SELECT text MEANS 'x' FROM tickets -- @ pack: 8", "-- @ pack: 8\nEXPLAIN SELECT 1"):
        (message,) = told(script)
        assert message.startswith("nothing uses the hint `-- @ pack: 8`")
    assert told("-- @@ pack: 8\nSELECT 1") == told("-- @ pack: 8\nEXPLAIN SELECT text MEANS 'x' FROM tickets") == []


def test_a_label_that_is_none_is_told_before_it_is_asked(db: Database, server: FakeServer) -> None:
    found = db.sql("EXPLAIN SELECT id FROM tickets WHERE CLASSIFY(text, 'billing,delivery') = 'biling'")
    assert any("did you mean 'billing'?" in notice.message for notice in found.notices) and server.calls == 0
