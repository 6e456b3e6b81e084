"""`rvbbit score`: it says what waits and what it costs before it does anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rvbbit.errors import BudgetReached
from rvbbit.result import Progress

Run = Callable[..., Any]


class Scoring:
    """What the engine would say; `asked` is what it was asked to do."""

    def __init__(self, judge: str | None = "openai:judge") -> None:
        from rvbbit.engine import Scored, Unscored  # the command line's tests load no engine but here

        self.asked: list[Any] = []
        self.waits = Unscored(1_200, 1_000 if judge else 0, judge, 0.5 if judge else 0.0)
        self.done = Scored(700, 0.25, 500)

    def unscored(self, *, free: bool) -> Any:
        return self.waits

    def score(self, limit: int | None, *, budget_usd: float | None, free: bool, listen: Callable[[Progress], None]) -> Any:
        self.asked.append((limit, budget_usd, free))
        listen(Progress("score", 700, 1_200, 0, 0.25))
        if isinstance(self.done, Exception):
            raise self.done
        return self.done


@pytest.fixture
def scoring(db: Any) -> Scoring:
    found = Scoring()
    db.unscored, db.score = found.unscored, found.score
    return found


def test_without_backfill_nothing_is_scored(rvbbit_cli: Run, scoring: Scoring) -> None:
    done = rvbbit_cli("score")
    assert (done.code, done.out) == (0, "1,200 unscored; openai:judge judges 1,000, about $0.5000\n")
    assert scoring.asked == []


def test_the_estimate_stands_before_the_result(rvbbit_cli: Run, scoring: Scoring) -> None:
    done = rvbbit_cli("score", "--backfill", "--limit", "700", "--budget", "0.3")
    assert (done.code, done.out) == (0, "scored 700, $0.2500; 500 left\n")
    assert "1,200 unscored; openai:judge judges 1,000, about $0.5000" in done.err
    assert scoring.asked == [(700, 0.3, False)]


def test_free_scoring_names_no_judge(rvbbit_cli: Run, scoring: Scoring) -> None:
    scoring.waits = Scoring(judge=None).waits
    assert rvbbit_cli("score", "--free").out == "1,200 unscored; free scorers alone\n"


def test_the_budgets_end_has_its_own_exit_code(rvbbit_cli: Run, scoring: Scoring) -> None:
    scoring.done = BudgetReached("the budget is reached; 700 of 1,200 executions are scored and kept")
    done = rvbbit_cli("score", "--backfill")
    assert done.code == 3 and "700 of 1,200 executions are scored and kept" in done.err


@pytest.mark.parametrize("wrong", [("--limit", "0"), ("--budget", "-1")])
def test_a_limit_or_budget_that_means_nothing_is_refused(rvbbit_cli: Run, scoring: Scoring, wrong: tuple[str, str]) -> None:
    assert rvbbit_cli("score", "--backfill", *wrong).code == 2
    assert scoring.asked == []
