"""The judge: what it is asked, what its marks come to, and what happens where it cannot answer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rvbbit.errors import BudgetReached, CascadeInvalid, Error, OutputInvalid
from rvbbit.scoring.judge import ASPECTS, BYTES_PER_TOKEN, TOKENS, Judge, question, shortened
from rvbbit.scoring.scorer import Verdict
from rvbbit.types import Arguments, Scorable, Value

Make = Callable[..., Scorable]


def judge(**marks: float) -> Judge:
    async def ask(asked: Arguments) -> tuple[Value, float | None]:
        return {**dict.fromkeys(("clarity", "correctness", "completeness", "format"), 1.0), **marks, "reason": "so it is"}, 0.25

    return Judge(ask, "v")


@pytest.mark.parametrize(("marks", "value"), [({}, 1.0), ({"correctness": 0.1}, 0.1), ({"clarity": 0.0, "format": 0.0}, 0.5)])
async def test_an_answer_is_worth_no_more_than_its_correctness(execution: Make, marks: dict[str, float], value: float) -> None:
    (verdict,) = await judge(**marks).score([execution("a")])
    assert isinstance(verdict, Verdict)
    assert (verdict.value, verdict.cost_usd) == (value, 0.25)
    assert verdict.reason.startswith("so it is (clarity ")


async def test_an_error_of_one_call_leaves_the_others(execution: Make) -> None:
    async def ask(asked: Arguments) -> tuple[Value, float | None]:
        if asked["answer"] == "dear":
            raise BudgetReached("no more")
        if asked["answer"] == "odd":
            raise OutputInvalid("no JSON")
        return (await judge().ask(asked))[0], 0.5

    said = await Judge(ask, "v").score([execution("fine"), execution("dear"), execution("odd")])
    assert isinstance(said[0], Verdict) and said[0].value == 1.0
    assert isinstance(said[1], Error)
    assert isinstance(said[2], Verdict) and said[2].value is None


def test_the_judge_sees_the_whole_of_what_is_within_the_limit(execution: Make) -> None:
    text = "x" * (TOKENS * BYTES_PER_TOKEN - 200)
    asked = question(execution({"label": "é"}, text))
    assert text in str(asked["arguments"]) and asked["answer"] == '{"label": "é"}'
    assert asked["task"] == "classify.label"


def test_what_is_longer_loses_its_middle_and_says_so(execution: Make) -> None:
    asked = question(execution("b" * 10**6, "a" * 10**6))
    assert all(len(str(asked[name]).encode()) < TOKENS * BYTES_PER_TOKEN // 2 + 100 for name in ("arguments", "answer"))
    assert "bytes left out" in str(asked["answer"])
    assert shortened("abcdefgh", 8) == "abcdefgh"
    assert shortened("é" * 50, 11).startswith("éé\n")


@pytest.mark.parametrize(
    "answer", ["good", {}, {"clarity": 1}, {**dict.fromkeys(ASPECTS, 1.0), "format": 7}, dict.fromkeys(ASPECTS, "high")]
)
async def test_a_cascade_of_the_projects_own_that_answers_otherwise_is_an_error_that_says_so(execution: Make, answer: Value) -> None:
    async def ask(inputs: Arguments) -> tuple[Value, float | None]:
        return answer, 0.001

    (verdict,) = await Judge(ask, "1").score([execution("a")])
    assert isinstance(verdict, CascadeInvalid)
    assert "clarity, correctness, completeness, format" in verdict.message
