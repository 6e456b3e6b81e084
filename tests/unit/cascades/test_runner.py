"""Operator calls become model calls, answers and records: how many, in which order, and what is left when something fails."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from rvbbit.errors import (
    BudgetReached,
    Cancelled,
    CascadeNotFound,
    DatabaseError,
    OutputInvalid,
    RateLimited,
    Unsupported,
    UsageError,
)
from rvbbit.types import Answer, CallContext, Request, Usage, Value

GREEN = {"text": "bamboo brush", "criterion": "eco-friendly"}
GREY = {"text": "plastic cup", "criterion": "eco-friendly"}
CONTEXT = CallContext("session-1")


def texts(*words: str) -> list[dict[str, Value]]:
    return [{"text": word} for word in words]


def user(request: Request) -> str:
    return request.messages[-1].content


async def steps(count: int = 50) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_answers_come_in_the_order_of_the_arguments(world: Any) -> None:
    world.says(lambda request: "true" if "bamboo" in user(request) else "false")
    assert [answer.value for answer in await world.answer("MEANS", GREY, GREEN)] == [False, True]


async def test_one_call_each_logged_with_what_it_took(world: Any) -> None:
    (answer,) = await world.answer("means", GREEN)
    (record,) = world.log.records
    assert answer == Answer(True, False, Usage(10, 1, 0, 0.001), None, 1)
    assert (record.cascade_id, record.cell_name, record.kind, record.model, record.answer) == (
        "means",
        "judge",
        "llm",
        "fake:default",
        True,
    )
    assert (record.session_id, record.query_id, record.caller_id, record.source) == ("session-1", "query-1", "caller-1", "query")
    assert record.arguments == GREEN
    assert record.request == {"model": "fake:default"}
    assert record.response == {"said": "true"}
    assert record.cache_key
    assert record.cascade_fingerprint
    assert record.cell_fingerprint


async def test_asking_again_calls_nothing_and_looks_all_up_at_once(world: Any) -> None:
    await world.answer("means", GREEN, GREY)
    again = await world.answer("means", GREY, GREEN)
    assert len(world.provider.requests) == 2
    assert [(answer.cached, answer.calls, answer.usage) for answer in again] == [(True, 0, Usage())] * 2
    assert [len(keys) for keys in world.log.lookups] == [2, 2]


async def test_no_arguments_are_no_calls(world: Any) -> None:
    assert await world.answer("means") == []
    assert world.provider.requests == []


async def test_listen_hears_each_answer(world: Any) -> None:
    answers = await world.answer("means", GREEN, GREY)
    assert [heard for heard in world.heard if isinstance(heard, Answer)] == answers


async def test_known_answers_that_are_alike_are_told_of_together(world: Any) -> None:
    world.says(lambda request: "true" if "bamboo" in user(request) else "false")
    rows = [GREEN, {**GREEN, "text": "bamboo cup"}, GREY]
    await world.answer("means", *rows)
    told: list[tuple[Answer, int]] = []
    again = await world.runner.answer(
        "means", [*rows, {**GREY, "text": "a new cup"}], CONTEXT, lambda said, times: told.append((said, times))
    )
    assert [answer.value for answer in again] == [True, True, False, False]
    yes, no = Answer(True, cached=True), Answer(False, cached=True)
    assert [one for one in told if one[0] in {yes, no}] == [(yes, 2), (no, 1)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<text>", "<a><text>"),
        ("type: boolean", "type: boolean, description: other"),
        ("rules:", "temperature: 0.5\n    rules:"),
        ("max_attempts: 2", "max_attempts: 3"),
    ],
)
async def test_a_changed_cell_is_asked_again(world: Any, old: str, new: str) -> None:
    text = world.judge("output_schema: {type: boolean}\nrules: {max_attempts: 2}")
    assert old in text
    world.write(text)
    await world.answer("judge", *texts("a"))
    world.write(text.replace(old, new, 1))
    await world.answer("judge", *texts("a"))
    assert len(world.provider.requests) == 2


async def test_a_changed_description_is_not_asked_again(world: Any) -> None:
    world.judge()
    await world.answer("judge", *texts("a"))
    world.write("description: new\n" + world.judge())
    assert [answer.cached for answer in await world.answer("judge", *texts("a"))] == [True]


async def test_another_model_another_set_and_another_threshold_are_other_questions(world: Any) -> None:
    await world.answer("means", GREEN)
    await world.answer("means", GREEN, model="fake:other")
    await world.answer("means", GREEN, threshold=0.9)
    world.teach((GREY, False))
    await world.answer("means", GREEN)
    assert len(world.provider.requests) == 4
    await world.answer("means", GREEN, training=False)
    assert len(world.provider.requests) == 4


async def test_the_hint_wins_over_the_cell_and_the_cell_over_the_default(world: Any) -> None:
    world.judge("output_schema: {type: boolean}\nmodel: fake:pinned")
    await world.answer("judge", *texts("a"))
    await world.answer("judge", *texts("a"), model="fake:hint")
    await world.answer("means", GREEN)
    assert [request.model for request in world.provider.requests] == ["fake:pinned", "fake:hint", "fake:default"]


async def test_cache_false_asks_every_time_and_keeps_nothing(world: Any) -> None:
    world.judge(function="cache: false")
    await world.answer("judge", *texts("a"))
    await world.answer("judge", *texts("a"))
    assert len(world.provider.requests) == 2
    assert [record.cache_key for record in world.log.records] == [None, None]
    assert world.log.lookups == []


async def test_two_queries_that_ask_the_same_at_once_make_one_call(world: Any) -> None:
    first, second = await asyncio.gather(world.answer("means", GREEN), world.answer("means", GREEN))
    assert len(world.provider.requests) == 1
    assert sorted((first[0].calls, second[0].calls)) == [0, 1]


async def test_cancelling_one_query_leaves_the_shared_call_to_the_other(world: Any) -> None:
    world.provider.gate = asyncio.Event()
    first = asyncio.create_task(world.answer("means", GREEN))
    await steps()
    second = asyncio.create_task(world.answer("means", GREEN))
    await steps()
    first.cancel()
    await steps()
    world.provider.gate.set()
    assert (await second)[0].value is True
    assert len(world.provider.requests) == 1


async def test_cancellation_stops_calls_at_once_and_keeps_what_was_answered(world: Any) -> None:
    world.provider.gate = asyncio.Event()
    world.judge()
    query = asyncio.create_task(world.answer("judge", *texts(*"abcdefghijklmnopqrstuvwxyz")))
    await steps()
    started = len(world.provider.requests)
    query.cancel()
    with pytest.raises(asyncio.CancelledError):
        await query
    await world.runner.drain()
    assert started == world.provider.cancelled == len(world.provider.requests) == 8
    assert world.log.records == []


async def test_an_answer_on_its_way_to_the_log_is_kept_through_cancellation(world: Any) -> None:
    world.log.gate = asyncio.Event()
    query = asyncio.create_task(world.answer("means", GREEN))
    await steps()
    query.cancel()
    await steps()
    assert query.cancelled()
    world.log.gate.set()
    await world.runner.drain()
    assert [record.answer for record in world.log.records] == [True]


async def test_an_answer_counts_only_when_it_is_on_disk(world: Any) -> None:
    world.log.gate = asyncio.Event()
    query = asyncio.create_task(world.answer("means", GREEN))
    await steps()
    assert not query.done()
    assert [heard for heard in world.heard if isinstance(heard, Answer)] == []
    world.log.gate.set()
    answers = await query
    assert [heard for heard in world.heard if isinstance(heard, Answer)] == answers


async def test_the_log_is_told_when_no_other_answer_is_under_way(world: Any) -> None:
    world.log.gate = asyncio.Event()
    query = asyncio.create_task(world.answer("means", *({**GREEN, "text": f"text {n}"} for n in range(20))))
    await steps(1_000)
    assert world.log.last == [False] * 19 + [True]
    world.log.gate.set()
    await query
    await world.answer("means", GREEN)
    assert world.log.last[20:] == [True], "one call alone waits for nobody"


async def test_a_model_that_reads_no_messages_gets_many_calls_at_once_and_no_prompt(world: Any) -> None:
    world.says(lambda request: True, reads_messages=False)
    world.provider.gate = asyncio.Event()
    query = asyncio.create_task(world.answer("means", *({**GREEN, "text": f"text {n}"} for n in range(1_500))))
    await steps(5_000)
    assert world.provider.flying == 1_024
    world.provider.gate.set()
    assert len(await query) == 1_500
    request = world.provider.requests[0]
    assert request.messages == ()
    assert request.local is not None
    assert (request.local.task, request.arguments["criterion"]) == ("matches", "eco-friendly")


async def test_the_hint_moves_the_threshold_of_matches(world: Any) -> None:
    world.says(lambda request: True, reads_messages=False)
    await world.answer("means", GREEN, threshold=0.9)
    world.says(lambda request: 0.5, reads_messages=False)
    await world.answer("about", {"text": "a", "topic": "b"}, threshold=0.9)
    tasks = [request.local for request in world.provider.requests]
    assert [task.threshold for task in tasks] == [0.9, 0.4]


async def test_a_typed_value_is_checked_like_any_answer_and_not_asked_for_again(world: Any) -> None:
    world.says(lambda request: "a text", reads_messages=False)
    with pytest.raises(OutputInvalid):
        await world.answer("means", GREEN)
    assert len(world.provider.requests) == 1


async def test_the_first_failure_stops_new_calls_and_lets_those_under_way_be_logged(world: Any) -> None:
    world.judge()
    world.says(lambda request: RateLimited("slow down") if ">a<" in user(request) else "true")
    with pytest.raises(RateLimited, match=r"slow down \(for text = \"a\"\)"):
        await world.answer("judge", *texts(*"abcdefghijklmnopqrstuvwxyz"))
    assert len(world.provider.requests) < 26
    assert len(world.log.records) == len(world.provider.requests)
    failed = [record for record in world.log.records if record.error]
    assert [(record.error, record.error_code, record.cache_key) for record in failed] == [("slow down", "rate_limited", None)]
    world.says(lambda request: "true")
    again = await world.answer("judge", *texts(*"abcdefghijklmnopqrstuvwxyz"))
    assert sum(answer.cached for answer in again) == len(world.log.records) - len([r for r in world.log.records if r.error]) - sum(
        not answer.cached for answer in again
    )


async def test_on_error_null_answers_the_rest_and_says_what_failed(world: Any) -> None:
    world.judge()
    world.says(lambda request: RateLimited("slow down") if ">b<" in user(request) else "true")
    answers = await world.answer("judge", *texts("a", "b", "c"), on_error="null")
    assert [answer.value for answer in answers] == [True, None, True]
    assert [bool(answer.error) for answer in answers] == [False, True, False]
    assert (answers[1].calls, answers[1].cached) == (1, False)
    assert world.notices == ['1 of 3 calls of judge failed and are null; the first: slow down (for text = "b")']


@pytest.mark.parametrize("on_error", ["raise", "null"])
async def test_a_budget_that_is_reached_ends_the_query_whatever_it_says(world: Any, on_error: str) -> None:
    world.says(lambda request: BudgetReached("spent"))
    with pytest.raises(BudgetReached):
        await world.answer("means", GREEN, on_error=on_error)
    assert world.log.records == []


async def test_what_a_refused_call_cost_is_counted(world: Any) -> None:
    refused = Unsupported("no")
    refused.usage = Usage(7, 0, 0, 0.5)
    world.says(lambda request: refused)
    (answer,) = await world.answer("means", GREEN, on_error="null")
    assert answer.usage == world.log.records[0].usage == Usage(7, 0, 0, 0.5)


async def test_a_query_is_not_ended_by_the_budget_of_another(world: Any) -> None:
    class Broke:
        reads_messages = True
        cached_from = None

        async def complete(self, request: Request) -> Any:
            await asyncio.sleep(0)
            raise BudgetReached("spent")

        async def close(self) -> None:
            pass

    poor = world.runner.bound(lambda model: Broke())
    first = asyncio.create_task(poor.answer("means", [GREEN], CONTEXT))
    await asyncio.sleep(0)
    rich = await world.answer("means", GREEN)
    assert rich[0].value is True
    with pytest.raises(BudgetReached):
        await first


async def test_a_store_that_fails_ends_the_query(world: Any) -> None:
    async def append(record: Any, **_: Any) -> None:
        raise DatabaseError("disk full")

    world.log.append = append
    with pytest.raises(DatabaseError, match="disk full"):
        await world.answer("means", GREEN, on_error="null")


async def test_an_unknown_operator_or_argument_is_told(world: Any) -> None:
    with pytest.raises(CascadeNotFound, match="did you mean 'means'"):
        await world.answer("mean", GREEN)
    with pytest.raises(UsageError, match="did you mean 'criterion'"):
        await world.answer("means", {"text": "a", "criteron": "b"})


async def test_known_counts_what_needs_no_call(world: Any) -> None:
    await world.answer("means", GREEN)
    assert await world.runner.known("means", [GREEN, GREY], CONTEXT) == 1
    assert len(world.provider.requests) == 1


async def test_a_correction_must_fit_its_cell(world: Any) -> None:
    world.runner.check_output("means", "judge", True)
    world.runner.check_output("unknown", "cell", "anything")
    with pytest.raises(OutputInvalid):
        world.runner.check_output("means", "judge", "yes")


async def test_what_a_failed_row_took_is_told_though_the_query_fails(world: Any) -> None:
    world.judge()
    world.says(lambda request: "prose" if any(">b<" in message.content for message in request.messages) else "true")
    with pytest.raises(OutputInvalid):
        await world.answer("judge", *texts("a", "b"))
    told = [answer for answer in world.heard if isinstance(answer, Answer)]
    assert sum(answer.calls for answer in told) == len(world.provider.requests) == 4
    assert sum(answer.usage.tokens_in for answer in told) == 40


async def test_what_a_cancelled_row_took_is_told(world: Any) -> None:
    world.judge()
    world.log.gate = asyncio.Event()
    asking = asyncio.create_task(world.answer("judge", *texts("a")))
    while not world.provider.requests or world.provider.flying:
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert [answer.usage.tokens_in for answer in world.heard] == [10]
    world.log.gate.set()


async def test_a_row_whose_call_was_stopped_from_elsewhere_is_never_left_out_of_the_answers(world: Any) -> None:
    class Stopped(type(world.provider)):  # type: ignore[misc]
        async def complete(self, request: Any) -> Any:
            if ">b<" in user(request):
                raise asyncio.CancelledError
            return await super().complete(request)

    world.judge()
    world.provider = Stopped(lambda request: "true")
    with pytest.raises(Cancelled):
        await world.answer("judge", *texts("a", "b", "c"))


async def test_inputs_are_made_ready_a_chunk_at_a_time(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A million rows need no second copy of themselves before the first call."""
    world.judge()
    monkeypatch.setattr("rvbbit.cascades.runner.CHUNK", 10)
    given, taken = texts(*map(str, range(1_000))), 0

    class Given(Sequence[Any]):
        def __len__(self) -> int:
            return len(given)

        def __getitem__(self, place: Any) -> Any:
            nonlocal taken
            taken = max(taken, place.stop if isinstance(place, slice) else place + 1)
            return given[place]

    world.provider.gate = asyncio.Event()
    asking = asyncio.create_task(world.runner.answer("judge", Given(), CONTEXT))
    await steps()
    assert taken < 100
    world.provider.gate.set()
    assert len(await asking) == 1_000
