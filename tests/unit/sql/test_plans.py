"""tests/cases/plans.sql: SQL in, plan out. `RVBBIT_REWRITE_CASES=1 pytest tests/unit/sql/test_plans.py` writes the plans anew."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rvbbit.errors import SQLError
from rvbbit.sql.explain import explained, lines
from rvbbit.sql.rules import optimise

FILE = Path(__file__).parents[2] / "cases" / "plans.sql"
REWRITE = bool(os.environ.get("RVBBIT_REWRITE_CASES"))


@dataclass
class Case:
    """A named statement and the lines of its plan."""

    name: str
    statement: str
    plan: list[str]


def _cases() -> tuple[str, list[Case]]:
    head, *parts = FILE.read_text().split("\n-- case: ")
    cases = []
    for part in parts:
        name, _, rest = part.partition("\n")
        statement, _, plan = rest.partition("-- plan:")
        cases.append(
            Case(name.strip(), statement.strip(), [line.removeprefix("--").removeprefix(" ") for line in plan.strip("\n").splitlines()])
        )
    return head, cases


HEAD, CASES = _cases()


def _planned(planner: Any, statement: str) -> list[str]:
    values = {"what": "red"} if "$what" in statement else ["red"] * statement.count("?") or None
    try:
        return [line.rstrip() for line in lines(explained(optimise(planner.bind(statement, values))))]
    except SQLError as error:
        return [f"{type(error).__name__}: {error.message.splitlines()[0]}"]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_statement_has_the_plan_that_its_case_says(planner: Any, case: Case) -> None:
    if REWRITE:
        case.plan = _planned(planner, case.statement)
        return
    assert _planned(planner, case.statement) == [line for line in case.plan if line]


def test_cases_are_written_anew_on_request_only() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
    if REWRITE:
        texts = ["\n".join([f"-- case: {c.name}", c.statement, "-- plan:", *(f"-- {line}" for line in c.plan)]) for c in CASES]
        FILE.write_text(HEAD + "\n" + "\n\n".join(texts) + "\n")
