"""The test cases inside the YAML."""

from __future__ import annotations

from typing import Any

import pytest

from rvbbit.cascades.spec import TestCase
from rvbbit.cascades.testcases import check, unmet
from rvbbit.errors import RateLimited, Unsupported
from rvbbit.types import Value


@pytest.mark.parametrize(
    ("expect", "answer", "met"),
    [
        (True, True, True),
        (True, 1, False),
        (1, 1.0, True),
        ("a", "A", False),
        ({"min": 0.5}, 0.5, True),
        ({"min": 0.5}, 0.4, False),
        ({"min": 0}, True, False),
        ({"min": 0.2, "max": 0.4}, 0.5, False),
        ({"one_of": ["a", "b"]}, "b", True),
        ({"contains": "FORTY"}, "about forty euros", True),
        ({"contains": "4"}, 4, False),
        ({"equals": {"a": 1}}, {"a": 1}, True),
        ({"equals": None}, None, True),
        ([1, 2], [1, 2], True),
    ],
)
def test_an_answer_is_held_against_what_is_expected(expect: Value, answer: Value, met: bool) -> None:
    reason = unmet(TestCase(args={}, expect=expect).expectation, answer)
    assert (not reason) is met


async def test_each_case_has_its_outcome_and_its_calls_are_logged_as_tests(world: Any) -> None:
    outcomes = await check(world.runner, world.catalog.get("means"), "s", model="fake:tested")
    assert [(outcome.operator, outcome.passed, outcome.expected, outcome.actual) for outcome in outcomes] == [
        ("means", True, True, True),
        ("means", False, False, True),
    ]
    assert outcomes[1].error == "true is not false"
    assert {(record.source, record.model) for record in world.log.records} == {("test", "fake:tested")}


async def test_a_model_that_cannot_is_no_failure_and_one_that_fails_is(world: Any) -> None:
    world.says(lambda request: Unsupported("cannot write"))
    (outcome,) = await check(world.runner, world.catalog.get("ask"), "s")
    assert outcome.passed is None
    assert "cannot write" in str(outcome.error)
    world.says(lambda request: RateLimited("slow down"))
    (outcome,) = await check(world.runner, world.catalog.get("ask"), "s")
    assert outcome.passed is False
