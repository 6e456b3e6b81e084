"""The embedded model as a provider: what it answers, what it refuses, and what examples change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from rvbbit.errors import CallError, Unsupported, UsageError
from rvbbit.providers.local import minilm
from rvbbit.providers.local.minilm import MiniLM
from rvbbit.providers.local.provider import LocalProvider
from rvbbit.types import NO_EXAMPLES, Arguments, Completion, Example, ExampleSet, LocalTask, Request, Value

LABEL = LocalTask("label", text="text", labels="labels")
MATCHES = LocalTask("matches", text="text", against="criterion", threshold=0.3)
SIMILARITY = LocalTask("similarity", text="text", against="topic")
LABELS = ["card_arrival", "exchange_rate", "lost_or_stolen_card"]
TEXTS = {
    "Where is my new card? It has not come yet.": "card_arrival",
    "How many dollars do I get for a euro?": "exchange_rate",
    "Somebody took my card from my bag!": "lost_or_stolen_card",
}


@pytest.fixture
async def provider() -> AsyncIterator[LocalProvider]:
    provider = LocalProvider(MiniLM())
    yield provider
    await provider.close()


def examples(*answered: tuple[Arguments, Value], version: str = "1") -> ExampleSet:
    made = [Example(f"t{n}", arguments, answer, datetime(2026, 1, 1, tzinfo=UTC)) for n, (arguments, answer) in enumerate(answered)]
    return ExampleSet(version, tuple(made), "all")


def request(task: LocalTask | None, learned: ExampleSet = NO_EXAMPLES, **arguments: Any) -> Request:
    return Request("local:minilm", arguments=arguments, examples=learned, local=task)


async def labelled(provider: LocalProvider, text: str, labels: Any = LABELS, learned: ExampleSet = NO_EXAMPLES) -> Completion:
    return await provider.complete(request(LABEL, learned, text=text, labels=labels))


async def test_a_text_gets_the_label_whose_name_is_nearest(provider: LocalProvider) -> None:
    answers = await asyncio.gather(*(labelled(provider, text) for text in TEXTS))
    assert [answer.value for answer in answers] == list(TEXTS.values())
    assert all(answer.text is None and answer.probability is not None and 1 / 3 < answer.probability <= 1 for answer in answers)


async def test_a_completion_says_what_it_read_and_that_it_was_free(provider: LocalProvider) -> None:
    answer = await labelled(provider, "Where is my card?")
    assert (answer.usage.tokens_in, answer.usage.tokens_out, answer.usage.cost_usd) == (7, 0, 0.0)
    assert isinstance(answer.sent, dict) and (answer.sent["task"], answer.sent["text"]) == ("label", "text")
    assert isinstance(answer.received, dict)
    top: Any = answer.received["top"]
    assert (top[0]["label"], top[0]["probability"]) == (answer.value, answer.probability)


async def test_labels_may_come_as_one_text_with_commas(provider: LocalProvider) -> None:
    assert (await labelled(provider, "How many dollars for a euro?", " card_arrival , exchange_rate,, ")).value == "exchange_rate"


@pytest.mark.parametrize("labels", [["Card Arrival!"], "Card Arrival!", ["Card Arrival!"] * 5])
async def test_a_label_without_rivals_is_certain_and_comes_back_as_it_was_given(provider: LocalProvider, labels: Any) -> None:
    answer = await labelled(provider, "anything", labels)
    assert (answer.value, answer.probability) == ("Card Arrival!", 1.0)


@pytest.mark.parametrize("text", ["👩‍👩‍👧 🙂", "half a pair \ud83d", "x" * 100_000, "zwölf Boxkämpfer", "\x00"])
async def test_any_text_that_is_not_blank_gets_a_label(provider: LocalProvider, text: str) -> None:
    assert (await labelled(provider, text)).value in LABELS


@pytest.mark.parametrize("labels", [[], ["", " "], "", " , ,", None, 7, ["a", 1]])
async def test_what_holds_no_labels_is_refused(provider: LocalProvider, labels: Any) -> None:
    with pytest.raises(UsageError, match="'labels'") as caught:
        await labelled(provider, "text", labels)
    assert caught.value.hint


async def test_a_blank_text_has_no_label(provider: LocalProvider) -> None:
    with pytest.raises(CallError, match="blank"):
        await labelled(provider, " \n")


async def test_a_blank_text_matches_nothing_and_is_like_nothing(provider: LocalProvider) -> None:
    blank = await provider.complete(request(MATCHES, text=" ", criterion=" "))
    alike = await provider.complete(request(SIMILARITY, text="", topic=""))
    assert blank.value is False and alike.value == 0.0


async def test_a_cell_that_has_to_be_written_is_refused_with_a_way_out(provider: LocalProvider) -> None:
    with pytest.raises(Unsupported) as caught:
        await provider.complete(request(None, text="write me a poem"))
    assert "RVBBIT_MODEL" in (caught.value.hint or "") and "ollama:" in (caught.value.hint or "")


async def test_an_input_the_cell_lacks_is_named(provider: LocalProvider) -> None:
    with pytest.raises(UsageError, match=r"no input 'text' \(inputs: body\)"):
        await provider.complete(request(SIMILARITY, body="…"))


async def test_a_match_is_true_from_the_threshold_on(provider: LocalProvider) -> None:
    arguments = {"text": "the parcel never came", "criterion": "complaint about a delivery"}
    score = (await provider.complete(request(SIMILARITY, text=arguments["text"], topic=arguments["criterion"]))).value
    assert isinstance(score, float) and 0.3 < score < 1
    for threshold, expected in ((score - 0.01, True), (score + 0.01, False)):
        task = LocalTask("matches", text="text", against="criterion", threshold=threshold)
        answer = await provider.complete(request(task, **arguments))
        assert answer.value is expected and answer.probability is not None and answer.probability >= 0.5


async def test_similarity_is_1_for_equal_texts_and_never_below_0(provider: LocalProvider) -> None:
    same, other = [await provider.complete(request(SIMILARITY, text=text, topic="tax law")) for text in ("tax law", "🦆🦆🦆")]
    assert same.value == pytest.approx(1, abs=1e-5) and isinstance(other.value, float) and 0 <= other.value < 0.3


async def test_what_people_corrected_is_answered_so_the_next_time(provider: LocalProvider) -> None:
    odd = [f"the thing {what} again" for what in ("hums", "blinks", "beeps", "rattles", "whirs")]
    labels = ["card_arrival", "exchange_rate"]
    before = (await labelled(provider, "the thing buzzes again", labels)).value
    other = next(label for label in labels if label != before)
    learned = examples(*(({"text": text, "labels": labels}, other) for text in odd))
    assert (await labelled(provider, "the thing buzzes again", labels, learned)).value == other


async def test_a_text_is_not_answered_with_its_own_answer(provider: LocalProvider) -> None:
    text = "Where is my new card?"
    learned = examples(({"text": text, "labels": LABELS}, "exchange_rate"))
    assert (await labelled(provider, text, LABELS, learned)).value == "card_arrival"


async def test_examples_with_answers_that_are_no_labels_here_are_left_out(provider: LocalProvider) -> None:
    learned = examples(*(({"text": text}, answer) for text, answer in (("a", "no label"), ("b", None), ("c", 3))), ({}, "card_arrival"))
    plain, taught = await labelled(provider, "Where is my card?"), await labelled(provider, "Where is my card?", LABELS, learned)
    assert (taught.value, taught.probability) == (plain.value, plain.probability)


async def test_a_new_version_of_the_examples_is_a_new_student(provider: LocalProvider) -> None:
    arguments: Arguments = {"text": "Somebody took my card", "criterion": "theft"}
    near = [{**arguments, "text": f"{who} took my card"} for who in ("Someone", "Anybody", "He", "She")]
    answers = [
        await provider.complete(request(MATCHES, examples(*((one, answer) for one in near), version=str(answer)), **arguments))
        for answer in (True, False)
    ]
    assert [answer.value for answer in answers] == [True, False]


async def test_examples_of_another_criterion_teach_nothing(provider: LocalProvider) -> None:
    arguments: Arguments = {"text": "Somebody took my card", "criterion": "theft"}
    other = examples(*(({"text": f"{who} took my card", "criterion": "weather"}, False) for who in ("Someone", "He", "She")))
    plain, taught = [await provider.complete(request(MATCHES, learned, **arguments)) for learned in (NO_EXAMPLES, other)]
    assert (plain.value, taught.value) == (True, True) and taught.probability == pytest.approx(plain.probability)


async def test_scores_follow_the_scores_people_gave(provider: LocalProvider) -> None:
    plain = await provider.complete(request(SIMILARITY, text="the goalkeeper was ill", topic="medicine"))
    learned = examples(*(({"text": f"the {who} was ill", "topic": "medicine"}, 0.0) for who in ("striker", "referee", "coach")))
    taught = await provider.complete(request(SIMILARITY, learned, text="the goalkeeper was ill", topic="medicine"))
    assert isinstance(plain.value, float) and isinstance(taught.value, float) and 0 <= taught.value < plain.value - 0.1


async def test_examples_chosen_call_by_call_are_not_taken_for_one_another(provider: LocalProvider) -> None:
    """Any strategy but `all` may choose differently under one version."""
    arguments: Arguments = {"text": "Somebody took my card", "criterion": "theft"}
    values = []
    for answer in (True, False):
        near = examples(*(({**arguments, "text": f"{who} took my card"}, answer) for who in ("He", "She", "They", "Someone")))
        chosen = tuple(replace(one, trace_id=f"{answer} {one.trace_id}") for one in near.examples)
        values.append((await provider.complete(request(MATCHES, ExampleSet("same", chosen, "recent"), **arguments))).value)
    assert values == [True, False]


async def test_questions_that_arrive_together_are_embedded_together(provider: LocalProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[int] = []
    encode = MiniLM.encode

    async def counted(embedder: MiniLM, texts: list[str]) -> minilm.Encoded:
        runs.append(len(texts))
        return await encode(embedder, texts)

    monkeypatch.setattr(MiniLM, "encode", counted)
    answers = await asyncio.gather(*(labelled(provider, text) for text in list(TEXTS) * 100))
    assert [answer.value for answer in answers] == list(TEXTS.values()) * 100
    assert runs == [len(TEXTS) + 2 * len(LABELS)]


async def test_different_tasks_in_one_batch_keep_their_answers(provider: LocalProvider) -> None:
    asked = [
        request(SIMILARITY, text="tax law", topic="tax law"),
        request(LABEL, text="Where is my card?", labels=LABELS),
        request(MATCHES, text="Where is my card?", criterion="cards"),
        request(LABEL, text="Where is my card?", labels=["geology", "a question about a card"]),
        request(SIMILARITY, text="tax law", topic="ducks"),
    ]
    together = await asyncio.gather(*map(provider.complete, asked))
    apart = [await provider.complete(one) for one in asked]
    assert [one.value for one in together] == [one.value for one in apart]
    assert [type(one.value) for one in together] == [float, str, bool, str, float]


async def test_a_call_that_was_given_up_does_not_hold_up_the_others(provider: LocalProvider) -> None:
    tasks = [asyncio.ensure_future(labelled(provider, text)) for text in TEXTS]
    await asyncio.sleep(0)
    tasks[0].cancel()
    assert [answer.value for answer in await asyncio.gather(*tasks[1:])] == list(TEXTS.values())[1:]
    assert tasks[0].cancelled()


async def test_long_texts_are_embedded_few_at_a_time(provider: LocalProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the first answers come, and are on disk, long before the last."""
    sizes: list[int] = []

    async def encode(self: MiniLM, texts: list[str]) -> minilm.Encoded:
        sizes.append(sum(len(text) >= 1_000 for text in texts))
        return minilm.Encoded(np.ones((len(texts), minilm.WIDTH), np.float32), np.ones(len(texts), np.int64))

    monkeypatch.setattr(MiniLM, "encode", encode)
    await asyncio.gather(*(labelled(provider, f"{i} " + "word " * 200) for i in range(200)))
    assert sum(sizes) == 200
    assert max(sizes) < 100


async def test_a_batch_that_nobody_waits_for_any_more_is_given_up(provider: LocalProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    started, stopped = asyncio.Event(), asyncio.Event()
    real = MiniLM.encode

    async def for_ever(self: MiniLM, texts: list[str]) -> minilm.Encoded:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()
        raise AssertionError

    monkeypatch.setattr(MiniLM, "encode", for_ever)
    waiting = [asyncio.ensure_future(labelled(provider, text)) for text in TEXTS]
    await started.wait()
    monkeypatch.setattr(MiniLM, "encode", real)
    for one in waiting[1:]:
        one.cancel()
    await asyncio.sleep(0)
    assert not stopped.is_set()
    waiting[0].cancel()
    async with asyncio.timeout(10):
        await stopped.wait()
        assert (await labelled(provider, "Where is my new card?")).value == "card_arrival"


async def test_when_the_model_fails_everyone_who_waits_is_told(provider: LocalProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(minilm.Model, "run", broken)
    outcomes = await asyncio.gather(*(labelled(provider, text) for text in TEXTS), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [MemoryError] * 3
    monkeypatch.undo()
    assert (await labelled(provider, next(iter(TEXTS)))).value == "card_arrival"


async def test_it_reads_no_messages_and_may_be_closed_twice() -> None:
    provider = LocalProvider(MiniLM())
    assert provider.reads_messages is False
    await provider.close()
    await provider.close()
