"""What a call learns from, and what people are told of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rvbbit.types import NO_EXAMPLES, CallContext

GREEN = {"text": "bamboo brush", "criterion": "eco-friendly"}
GREY = {"text": "plastic cup", "criterion": "eco-friendly"}
CONTEXT = CallContext("session-1")


async def test_examples_enter_the_prompt_and_people_are_told_once(world: Any) -> None:
    world.teach((GREY, False), ({**GREY, "text": "can"}, True))
    await world.answer("means", GREEN, {**GREEN, "text": "other"})
    assert world.notices == ["📚 Injected 2 training examples (recent strategy)"]
    assert [message.content for message in world.provider.requests[0].messages[1:]] == [
        "<text>plastic cup</text>",
        "false",
        "<text>can</text>",
        "true",
        "<text>bamboo brush</text>",
    ]
    assert (world.log.records[0].set_version, world.log.records[0].example_ids) == ("v1", ("old-0", "old-1"))
    assert world.log.records[0].arguments == GREEN


async def test_people_are_told_once_when_there_is_nothing_to_learn_from(world: Any) -> None:
    await world.answer("means", GREEN, GREY)
    assert world.notices == ["📚 No training examples available yet"]


async def test_nothing_is_said_where_training_is_off_or_nothing_is_asked(world: Any) -> None:
    world.teach((GREY, False))
    await world.answer("means", GREEN, training=False)
    await world.answer("similar_to", {"text": "a", "reference": "0"}, on_error="null")
    await world.answer("means", GREEN)
    world.heard.clear()
    await world.answer("means", GREEN)
    assert world.notices == []
    assert world.provider.requests[0].examples.examples == ()


async def test_the_version_of_a_set_is_asked_for_once_a_scope(world: Any) -> None:
    await world.answer("means", *({"text": f"t{n}", "criterion": f"c{n % 3}"} for n in range(30)))
    assert world.selector.versions == 3


async def test_a_model_that_reads_no_messages_gets_the_whole_set_chosen_once(world: Any) -> None:
    world.says(lambda request: True, reads_messages=False)
    world.teach(*(({**GREY, "text": f"t{n}"}, False) for n in range(40)))
    await world.answer("means", GREEN, {**GREEN, "text": "other"})
    assert [policy.strategy for policy in world.selector.selected] == ["all"]
    assert len(world.provider.requests[1].examples.examples) == 40
    assert world.notices == ["📚 Injected 40 training examples (all strategy)"]
    assert (world.log.records[0].set_version, world.log.records[0].example_ids) == ("v1", ())


async def test_examples_that_lack_an_argument_are_left_out_and_that_is_told(world: Any) -> None:
    world.teach(({"old_name": "x"}, True), (GREY, False))
    await world.answer("means", GREEN)
    assert "1 training examples of means.judge lack arguments" in world.notices[0]
    assert world.notices[1] == "📚 Injected 1 training examples (recent strategy)"


async def test_a_set_that_changes_while_it_is_asked_is_kept_under_its_own_version(world: Any) -> None:
    await world.answer("means", GREEN)
    old = world.log.records[0].cache_key
    world.teach((GREY, False), version="v2")
    select, world.selector.select = world.selector.select, _later(world)
    await world.answer("means", GREEN)
    world.selector.select = select
    world.teach((GREY, False), version="v3")
    assert (await world.answer("means", GREEN))[0].cached
    assert world.log.records[1].cache_key != old
    assert world.log.records[1].set_version == "v3"


async def test_an_answer_given_after_the_last_example_was_taken_back_is_not_kept_under_the_set_it_never_saw(world: Any) -> None:
    world.teach((GREY, False), version="v1")
    select, world.selector.select = world.selector.select, _nothing
    await world.answer("means", GREEN)
    world.selector.select = select
    assert (await world.answer("means", GREEN))[0].cached is False


async def _nothing(cell: Any, policy: Any, arguments: Any) -> Any:
    return NO_EXAMPLES


def _later(world: Any) -> Any:
    async def select(cell: Any, policy: Any, arguments: Any) -> Any:
        return replace(world.selector.examples, version="v3")

    return select
