"""Runs the test cases inside a cascade's YAML. It asks models as a query would, logs the calls as tests, and never uses a cached answer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from rvbbit.cascades.loader import Cascade
from rvbbit.cascades.runner import Runner
from rvbbit.cascades.spec import Expectation, TestCase
from rvbbit.cascades.sqltypes import shown
from rvbbit.errors import CallError, Unsupported
from rvbbit.types import CallContext, Value


@dataclass(frozen=True, slots=True)
class TestOutcome:
    """What became of one test case. `passed` is None where the model cannot do the cell at all; `error` says why it could not be asked,
    or in what the answer is not as expected."""

    __test__ = False  # pytest collects classes named Test…

    operator: str
    case: str
    passed: bool | None
    expected: Value
    actual: Value = None
    error: str | None = None


async def check(runner: Runner, cascade: Cascade, session_id: str, *, model: str | None = None) -> list[TestOutcome]:
    """Every test case of a cascade, in order; a call that fails is an outcome, not an error. Raises BudgetReached, DatabaseError.

    `model` is asked where a case names none; None: the cell's own or the default.
    """
    function = cascade.spec.sql_function
    context = CallContext(session_id, source="test", model=model)
    return [await _outcome(runner, cascade, case, context) for case in (function.test_cases if function else ())]


def named(case: TestCase) -> str:
    """What a test case is called: its arguments."""
    return ", ".join(shown(value, 60) for value in case.args.values())


async def _outcome(runner: Runner, cascade: Cascade, case: TestCase, context: CallContext) -> TestOutcome:
    assert cascade.spec.sql_function is not None
    outcome = TestOutcome(cascade.spec.sql_function.name, named(case), False, case.expect)
    try:
        run = await runner.run(cascade, case.args, replace(context, model=case.model or context.model))
    except Unsupported as error:
        return replace(outcome, passed=None, error=error.message)
    except CallError as error:
        return replace(outcome, error=error.message)
    reason = unmet(case.expectation, run.output)
    return replace(outcome, passed=not reason, actual=run.output, error=reason or None)


def unmet(expected: Expectation, answer: Value) -> str:
    """Why an answer is not what was expected; "" where it is."""
    for name in expected.model_fields_set:
        wanted = getattr(expected, name)
        if not _MEETS[name](answer, wanted):
            return f"{shown(answer)} is not {_SAID[name]} {shown(wanted)}".replace("  ", " ")
    return ""


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON: 1 is 1.0, but never true."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other) or json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _texts(answer: Any) -> Iterator[str]:
    """Every text in an answer, also within lists and objects."""
    if isinstance(answer, str):
        yield answer
    for inner in answer.values() if isinstance(answer, Mapping) else answer if isinstance(answer, list | tuple) else ():
        yield from _texts(inner)


_MEETS: Mapping[str, Any] = {
    "equals": _same,
    "min": lambda answer, wanted: _is_number(answer) and answer >= wanted,
    "max": lambda answer, wanted: _is_number(answer) and answer <= wanted,
    "one_of": lambda answer, wanted: any(_same(answer, one) for one in wanted),
    "contains": lambda answer, wanted: any(wanted.casefold() in text.casefold() for text in _texts(answer)),
}
_SAID = {"equals": "", "min": "at least", "max": "at most", "one_of": "one of", "contains": "a text containing"}
