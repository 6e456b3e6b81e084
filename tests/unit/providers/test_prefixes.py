"""What a prompt cache is expected to know, and when it is worth telling it what to keep."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rvbbit.errors import Unavailable
from rvbbit.providers.prefixed import Prefixed
from rvbbit.providers.prefixes import MOST, PIECE, Prefixes
from rvbbit.providers.prompt_caches import TABLE, PromptCache, prompt_cache
from rvbbit.types import Completion, Message, Request, Usage

OPENAI = PromptCache(1024, 128)
MARKED = PromptCache(1024, marked=True)
LONG = "word " * 1000  # 1,250 tokens
TOKENS = 1300


def asking(text, *, system=LONG, schema=None, stable=1):
    return Request("openai:gpt-5-mini", (Message("system", system), Message("user", text)), output_schema=schema, stable=stable)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def sent(prefixes, request, tokens=TOKENS):
    """The tokens expected of one call after the other."""
    call = prefixes.sending(request)
    prefixes.answered(call)
    return prefixes.expected(call, Usage(tokens))


def test_a_start_that_was_answered_is_expected_in_whole_steps():
    prefixes = Prefixes(OPENAI)
    assert sent(prefixes, asking("first")) == 0
    assert sent(prefixes, asking("second")) == 1280  # 1,300 without the second question, in steps of 128


def test_nothing_is_expected_of_a_call_that_is_still_on_its_way():
    prefixes = Prefixes(OPENAI)
    first, second = prefixes.sending(asking("first")), prefixes.sending(asking("second"))
    prefixes.answered(first)
    prefixes.answered(second)
    assert prefixes.expected(second, Usage(TOKENS)) == 0
    assert sent(prefixes, asking("third")) > 0


def test_what_failed_is_not_expected():
    prefixes = Prefixes(OPENAI)
    prefixes.failed(prefixes.sending(asking("first")))
    assert sent(prefixes, asking("second")) == 0


def test_a_start_below_the_minimum_is_not_expected():
    prefixes = Prefixes(OPENAI)
    short = "word " * 200
    assert [sent(prefixes, asking(text, system=short), 260) for text in ("first", "second")] == [0, 0]


def test_only_what_is_equal_from_the_first_character_on_counts():
    prefixes = Prefixes(OPENAI)
    sent(prefixes, asking("first"))
    assert sent(prefixes, asking("first", system=f"x{LONG}")) == 0
    middle = f"{LONG[:4500]}X{LONG[4500:]}"
    expected = sent(prefixes, asking("first", system=middle))
    assert 1024 <= expected <= 4500 // 4


def test_the_schema_stands_in_front_of_the_prompt():
    prefixes = Prefixes(OPENAI)
    sent(prefixes, asking("first", schema={"type": "boolean"}))
    assert sent(prefixes, asking("second", schema={"type": "integer"})) == 0
    assert sent(prefixes, asking("third", schema={"type": "boolean"})) > 0


def test_roles_and_the_borders_of_messages_count():
    prefixes = Prefixes(OPENAI)
    sent(prefixes, Request("m", (Message("system", LONG), Message("user", LONG))))
    assert sent(prefixes, Request("m", (Message("user", LONG), Message("user", LONG))), 2 * TOKENS) == 0
    assert sent(prefixes, Request("m", (Message("system", LONG[:PIECE]), Message("system", LONG[PIECE:]))), TOKENS) == 0


def test_a_start_is_forgotten_when_its_time_is_over_and_each_use_renews_it():
    clock = Clock()
    prefixes = Prefixes(OPENAI, clock)
    sent(prefixes, asking("first"))
    clock.now = 299
    assert sent(prefixes, asking("second")) > 0
    clock.now = 598
    assert sent(prefixes, asking("third")) > 0
    clock.now = 898.5
    assert sent(prefixes, asking("fourth")) == 0


def test_memory_is_bounded_and_what_is_shared_stays_longest():
    prefixes = Prefixes(OPENAI)
    for number in range(2 * MOST // 4):
        sent(prefixes, asking(f"{number} {LONG[: 3 * PIECE]}"))
    assert sent(prefixes, asking("last")) > 0
    assert sent(prefixes, asking(f"0 {LONG[: 3 * PIECE]}"), 1500) <= 1280  # its own part is forgotten


def test_a_prompt_that_nobody_repeats_is_never_marked():
    prefixes = Prefixes(MARKED)
    calls = [prefixes.sending(asking("x", system=f"{number} {LONG}")) for number in range(5)]
    assert [call.stable for call in calls] == [0] * 5


def test_of_a_crowd_one_call_writes_and_all_read_once_it_is_answered():
    prefixes = Prefixes(MARKED)
    crowd = [prefixes.sending(asking(f"{number}")) for number in range(10)]
    assert [call.stable for call in crowd] == [0, 1, *[0] * 8]
    for call in crowd:
        prefixes.answered(call)
        assert prefixes.expected(call, Usage(TOKENS)) == 0
    later = prefixes.sending(asking("later"))
    assert later.stable == 1
    prefixes.answered(later)
    assert prefixes.expected(later, Usage(TOKENS)) == TOKENS - 6  # a marked start counts whole: all but the question and its frame


def test_an_answer_to_an_unmarked_call_keeps_nothing():
    prefixes = Prefixes(MARKED)
    first, writer = prefixes.sending(asking("first")), prefixes.sending(asking("second"))
    prefixes.answered(first)
    assert prefixes.sending(asking("third")).known == 0
    prefixes.answered(writer)
    assert prefixes.sending(asking("fourth")).known > 0


def test_when_the_writing_call_fails_another_one_writes():
    prefixes = Prefixes(MARKED)
    prefixes.sending(asking("first"))
    prefixes.failed(prefixes.sending(asking("second")))
    third = prefixes.sending(asking("third"))
    assert (third.stable, third.known) == (1, 0)


@pytest.mark.parametrize("stable", [0, 1])
def test_nothing_is_marked_that_is_too_short_or_differs_by_call(stable):
    prefixes = Prefixes(MARKED)
    system = "short" if stable else LONG
    assert [prefixes.sending(asking(f"{n}", system=system, stable=stable)).stable for n in range(3)] == [0, 0, 0]


class Model:
    reads_messages = True
    cached_from = None

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.requests = []

    async def complete(self, request):
        self.requests.append(request)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return Completion("yes", request.model, outcome)


async def test_the_wrapper_says_what_was_expected_of_each_answer():
    model = Prefixed(Model(Usage(TOKENS), Unavailable("down"), Usage(TOKENS)), OPENAI)
    assert (await model.complete(asking("first"))).tokens_cached_expected == 0
    with pytest.raises(Unavailable):
        await model.complete(asking("second"))
    assert (await model.complete(asking("third"))).tokens_cached_expected == 1280
    assert model.cached_from == 1024


async def test_the_wrapper_passes_on_how_much_is_to_be_marked():
    inner = Model(*[Usage(TOKENS)] * 3)
    model = Prefixed(inner, MARKED)
    for number in range(3):
        await model.complete(asking(f"{number}"))
    assert [request.stable for request in inner.requests] == [0, 1, 1]
    assert replace(inner.requests[0], stable=1) == asking("0")


@pytest.mark.parametrize(
    ("model", "cache"),
    [
        ("openai:gpt-5-mini", PromptCache(1024, 128)),
        ("openai:gpt-5.2", PromptCache(1024, 128)),
        ("openai:gpt-4.1-nano", PromptCache(1024, 128)),
        ("openai:o3", PromptCache(1024, 128)),
        ("openrouter:openai/gpt-4o-mini", PromptCache(1024, 128)),
        ("openai:gpt-5.6-luna", PromptCache(1024, seconds=1800, marked=True)),
        ("openai:gpt-6", PromptCache(1024, seconds=1800, marked=True)),
        ("anthropic:claude-haiku-4-5", PromptCache(4096, marked=True)),
        ("anthropic:claude-opus-5", PromptCache(512, marked=True)),
        ("anthropic:claude-sonnet-5", PromptCache(1024, marked=True)),
        ("bedrock:us.anthropic.claude-sonnet-4-5-20250929-v1:0", PromptCache(1024, marked=True)),
        ("google:gemini-2.5-flash", PromptCache(2048)),
        ("google:gemini-3.8-flash", PromptCache(4096)),
        ("deepseek:deepseek-chat", PromptCache(64, 64, 3600)),
        ("openai:gpt-3.5-turbo", None),
        ("openai:mine", None),
        ("openrouter:anthropic/claude-sonnet-5", None),
        ("local:minilm", None),
        ("ollama:llama3.2", None),
    ],
)
def test_the_table_knows_each_providers_cache(model, cache):
    assert prompt_cache(model) == cache


def test_each_row_of_the_table_says_where_it_comes_from():
    assert all(source.startswith("https://") for _, _, source in TABLE)


def test_the_page_names_each_source():
    page = Path(__file__).parents[3].joinpath("docs", "providers.md").read_text("utf-8")
    assert all(source in page for _, _, source in TABLE)
