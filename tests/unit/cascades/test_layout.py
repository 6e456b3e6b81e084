"""Where a prompt's parts stand, so that prompt caches hit: what is stable in front, and said to be so, in every format."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rvbbit.cascades.output import Output
from rvbbit.cascades.prompt import Prompt
from rvbbit.cascades.spec import LLMCell
from rvbbit.types import Completion, Example, ExampleSet, Format, Message, Request, Usage, Value

STATE: dict[str, Value] = {"cascade_id": "c", "cell_name": "n", "take": 0}
FORMATS = get_args(Format)
TRAINED = "output_schema: {type: boolean}\nuse_training: true"
HOSTILE = st.lists(
    st.sampled_from(
        [
            *("</text>", "<text>", "</example>", "<example>", "</answer><answer>", "</examples>", "<question>", "&lt;/text>", "&amp;"),
            *("```", "````", "`", "## Example 2", "Answer:", "Question:", "Q: ", "A: ", '"', "\\", "\n", "\n\n", " ", "yes"),
            *("{{ 7 * 7 }}", "{% raw %}", "{# #}", "user:", "assistant:", "<|im_start|>system", "[INST]"),
        ]
    )
    | st.text(max_size=8),
    max_size=12,
).map("".join)


def prompt(form: str, **cell: Any) -> Prompt:
    spec = LLMCell(name="n", instructions="<text>{{ input.text }}</text>", system="Judge.", training_format=form, **cell)
    return Prompt.of(spec, "c.n", Output(spec.output_schema), ())


def examples(*pairs: tuple[str, Value], stable: int = 0) -> ExampleSet:
    made = tuple(Example(f"t{n}", {"text": text}, answer, None) for n, (text, answer) in enumerate(pairs))  # type: ignore[arg-type]
    return ExampleSet("v", made, stable=stable)


def sent(form: str, text: str, chosen: ExampleSet) -> tuple[Message, ...]:
    return prompt(form).messages({"text": text}, chosen.examples, STATE)


@pytest.mark.parametrize("form", FORMATS)
def test_the_messages_said_to_be_stable_do_not_depend_on_the_question(form: str) -> None:
    shared = [("a", "x"), ("b", "y")]
    fixed = examples(*shared, stable=2)
    count = prompt(form).stable(fixed)
    assert count == (5 if form == "chat" else 1)
    assert sent(form, "one", fixed)[:count] == sent(form, "two", fixed)[:count]
    one, two = examples(*shared, ("near one", "z"), stable=2), examples(*shared, ("near two", "z"), stable=2)
    count = prompt(form).stable(one)
    assert count == (5 if form == "chat" else 0)  # a block is one message with the neighbours in it
    assert sent(form, "one", one)[:count] == sent(form, "two", two)[:count]


@pytest.mark.parametrize("form", FORMATS)
def test_what_differs_stands_behind_all_that_is_shared(form: str) -> None:
    shared = [(f"example {n}", "x") for n in range(5)]
    one, two = ("\n".join(message.content for message in sent(form, f"asked {n}", examples(*shared, (f"near {n}", "x")))) for n in (1, 2))
    equal = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, two, strict=False)))
    assert "example 4" in one[:equal]


@pytest.mark.parametrize("form", FORMATS)
def test_without_examples_the_system_message_is_what_is_shared(form: str) -> None:
    assert prompt(form).stable(ExampleSet()) == 1


@given(HOSTILE, HOSTILE, st.sampled_from(FORMATS))
def test_no_value_changes_how_many_turns_examples_or_fences_a_prompt_has(question: str, answer: str, form: str) -> None:
    plain, hostile = (sent(form, "c", examples(pair, ("b", "y"))) for pair in (("a", "x"), (question, answer)))
    assert [message.role for message in hostile] == [message.role for message in plain]
    assert hostile[-1] == plain[-1]
    assert hostile[0].content.startswith("Judge.\n\n")
    if form == "chat":
        assert hostile[0] == plain[0]
        assert hostile[3:] == plain[3:]
        assert (hostile[1].content.count("<text>"), hostile[1].content.count("</text>")) == (1, 1)
    else:
        assert _parsed(form, hostile[0].content) == [(question.strip(), answer.strip()), ("b", "y")]


def _parsed(form: str, block: str) -> list[tuple[str, str]]:
    """The examples as a reader who knows the format alone would take them, back as they were."""
    lines = block.split("\n")
    if form == "few_shot":
        return _few_shot(block)
    if form == "xml":
        parts = block.split("<example>\n<question>\n")[1:]
        pairs = [part.split("\n</question>\n<answer>") for part in parts]
        return [(_plain(q), _unescaped(a.split("</answer>")[0])) for q, a in pairs]
    found, texts = iter(lines), []
    for line in found:
        if line.startswith("```"):
            texts.append("\n".join(itertools.takewhile(lambda inner, fence=line: inner != fence, found)))
    return [(_plain(q), a.strip()) for q, a in zip(texts[::2], texts[1::2], strict=True)]


def _few_shot(block: str) -> list[tuple[str, str]]:
    lines = [line for line in block.split("\n") if line.startswith(("Q: ", "A: "))]
    said = [json.loads(line[3:]) for line in lines]
    return [(_plain(q), a.strip()) for q, a in zip(said[::2], said[1::2], strict=True)]


def _plain(question: str) -> str:
    return _unescaped(question.removeprefix("<text>").removesuffix("</text>"))


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&amp;", "&").strip()


async def test_a_request_says_how_much_of_it_is_stable_and_the_log_what_was_expected_of_the_cache(world: Any) -> None:
    world.judge(TRAINED)
    world.teach(({"text": "old"}, True), ({"text": "older"}, False))
    select = world.selector.select

    async def selected(*asked: Any) -> ExampleSet:
        return replace(await select(*asked), stable=1)

    world.selector.select = selected
    complete = world.provider.complete

    async def expecting(request: Request) -> Completion:
        return replace(await complete(request), usage=Usage(2000, 1, 1280), tokens_cached_expected=1152)

    world.provider.complete = expecting
    await world.answer("judge", {"text": "new"})
    assert world.provider.requests[0].stable == 3
    (record,) = world.log.records
    assert (record.usage.tokens_cached, record.tokens_cached_expected) == (1280, 1152)


async def test_only_neighbours_are_asked_for_with_a_core_and_only_where_the_provider_caches(world: Any) -> None:
    world.judge(f"{TRAINED}\ntraining_strategy: semantic")
    world.teach(({"text": "old"}, True))
    await world.answer("judge", {"text": "one"})
    world.provider.cached_from = 1024
    await world.answer("judge", {"text": "two"})
    world.judge(TRAINED)
    await world.answer("judge", {"text": "three"})
    none, core, recent = (policy.core for policy in world.selector.selected)
    assert none is None
    assert 950 < core < 1024  # what the system message leaves to be filled
    assert recent is None


async def test_examples_that_cannot_be_shown_are_not_counted_as_stable(world: Any) -> None:
    world.judge(TRAINED)
    world.teach(({"other": "old"}, True), ({"text": "older"}, False))
    select = world.selector.select

    async def selected(*asked: Any) -> ExampleSet:
        return replace(await select(*asked), stable=2)

    world.selector.select = selected
    await world.answer("judge", {"text": "new"})
    assert world.provider.requests[0].stable == 3
