"""One question until its answer can be used: schema, wards, attempts, takes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rvbbit.errors import (
    DatabaseError,
    OutputInvalid,
    RateLimited,
)
from rvbbit.types import CallContext, Value

GREEN = {"text": "bamboo brush", "criterion": "eco-friendly"}
GREY = {"text": "plastic cup", "criterion": "eco-friendly"}
CONTEXT = CallContext("session-1")


def texts(*words: str) -> list[dict[str, Value]]:
    return [{"text": word} for word in words]


async def test_prose_to_a_boolean_is_asked_again_with_the_reason_and_then_fails(world: Any) -> None:
    world.says(lambda request: "Well, it is a brush made of bamboo.")
    with pytest.raises(OutputInvalid, match=r"means\.judge: fake:default was asked 3 times .*for text = \"bamboo brush\"") as raised:
        await world.answer("means", GREEN)
    assert raised.value.hint
    second = world.provider.requests[1].messages
    assert [message.role for message in second] == ["system", "user", "assistant", "user"]
    assert "cannot be used" in second[-1].content
    assert len(world.provider.requests[2].messages) == 4
    assert [(r.attempt, r.error_code, r.cache_key, r.answer) for r in world.log.records] == [
        (n, "output_invalid", None, None) for n in (1, 2, 3)
    ]


async def test_a_second_attempt_that_fits_is_the_answer_and_both_are_counted(world: Any) -> None:
    replies = iter(["Hm.", "true"])
    world.says(lambda request: next(replies))
    (answer,) = await world.answer("means", GREEN)
    assert (answer.value, answer.calls, answer.usage.tokens_in) == (True, 2, 20)
    assert [record.error_code for record in world.log.records] == ["output_invalid", None]


async def test_a_failure_is_not_found_again(world: Any) -> None:
    world.says(lambda request: "prose")
    for _ in range(2):
        with pytest.raises(OutputInvalid):
            await world.answer("means", GREEN)
    assert len(world.provider.requests) == 6


@pytest.mark.parametrize(
    ("ward", "reason"),
    [
        ("{jinja: 'output | length < 5', message: too long}", "too long"),
        ("{jinja: 'output in input.text'}", "does not meet the condition"),
        ("{jinja: 'output.x.y'}", "cannot be worked out"),
        ("{schema: {maxLength: 4}, message: too long}", "too long"),
        ("{sql: 'length($output) < 5 AND $text IS NOT NULL', message: too long}", "too long"),
    ],
)
async def test_wards_ask_again_with_their_reason_and_then_fail(world: Any, ward: str, reason: str) -> None:
    world.judge(f"wards: [{ward}]\nrules: {{max_attempts: 2}}", "VARCHAR")
    world.rows = lambda sql, arguments: [{"met": len(str(arguments["output"])) < 5}]
    world.says(lambda request: "long words")
    with pytest.raises(OutputInvalid, match=reason):
        await world.answer("judge", *texts("a"))
    assert reason in world.provider.requests[1].messages[-1].content


async def test_a_satisfied_sql_ward_passes_with_values_as_parameters(world: Any) -> None:
    world.judge("wards: [{sql: '$output <> $text'}]", "VARCHAR")
    world.says(lambda request: "fine")
    assert (await world.answer("judge", *texts("x'; DROP TABLE a; --")))[0].value == "fine"
    assert world.sql == [("SELECT ($output <> $text) AS met", {"output": "fine", "text": "x'; DROP TABLE a; --"})]


async def test_a_ward_that_is_null_a_number_or_breaks_is_not_satisfied(world: Any) -> None:
    world.judge("wards: [{sql: '$output > 1'}]\nrules: {max_attempts: 1}", "VARCHAR")
    world.says(lambda request: "fine")
    for rows in (lambda sql, arguments: [{"met": None}], lambda sql, arguments: [{"met": 1}], _raising):
        world.rows = rows
        with pytest.raises(OutputInvalid):
            await world.answer("judge", *texts("a"))


def _raising(sql: str, arguments: Any) -> Any:
    raise DatabaseError("no such function")


async def test_labels_may_be_a_list_or_a_text_with_commas_and_limit_the_answer(world: Any) -> None:
    world.says(lambda request: '"praise"')
    one, two = await world.answer("classify", {"text": "a", "labels": ["praise", "blame"]}, {"text": "b", "labels": "praise, blame"})
    assert (one.value, two.value) == ("praise", "praise")
    assert {json.dumps(request.arguments["labels"]) for request in world.provider.requests} == {'["praise", "blame"]'}
    assert world.provider.requests[0].output_schema == {"type": "string", "enum": ["praise", "blame"]}
    world.says(lambda request: '"shipping"')
    with pytest.raises(OutputInvalid, match="is not one of"):
        await world.answer("classify", {"text": "c", "labels": ["praise", "blame"]})


async def test_takes_are_voted_on_each_logged_and_each_found_again(world: Any) -> None:
    world.judge("takes: {n: 3}", "VARCHAR")
    replies = iter(["b", "a", "a"])
    world.says(lambda request: next(replies))
    (answer,) = await world.answer("judge", *texts("x"))
    assert (answer.value, answer.calls) == ("a", 3)
    assert sorted(record.take for record in world.log.records) == [0, 1, 2]
    assert len({record.cache_key for record in world.log.records}) == 3
    (again,) = await world.answer("judge", *texts("x"))
    assert (again.value, again.cached) == ("a", True)


async def test_a_tie_goes_to_the_first(world: Any) -> None:
    world.judge("takes: {n: 2}", "VARCHAR")
    replies = iter(["b", "a"])
    world.says(lambda request: next(replies))
    assert (await world.answer("judge", *texts("x")))[0].value == "b"


async def test_an_evaluator_picks_by_number_and_is_found_again(world: Any) -> None:
    world.judge("takes: {n: 2, pick: evaluator, evaluator: Prefer the shorter.}", "VARCHAR")
    replies = iter(["long words", "short", "9", "2"])
    world.says(lambda request: next(replies))
    (answer,) = await world.answer("judge", *texts("x"))
    assert (answer.value, answer.calls) == ("short", 4)
    assert [record.cell_name for record in world.log.records][2:] == ["cell.evaluator"] * 2
    assert (await world.answer("judge", *texts("x")))[0].cached


async def test_one_failed_take_fails_the_row_after_the_others_are_logged(world: Any) -> None:
    world.judge("takes: {n: 3}", "VARCHAR")
    replies = iter([RateLimited("no"), "a", "a"])
    world.says(lambda request: next(replies))
    with pytest.raises(RateLimited):
        await world.answer("judge", *texts("x"))
    assert len(world.log.records) == 3
