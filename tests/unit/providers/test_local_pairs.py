"""What the embedded model says of two texts, of one text alone, and where it refuses because nobody showed it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from rvbbit.errors import Unsupported
from rvbbit.providers.local import sentences
from rvbbit.providers.local.minilm import MiniLM
from rvbbit.providers.local.provider import LocalProvider
from rvbbit.types import NO_EXAMPLES, Arguments, Completion, Example, ExampleSet, LocalTask, Request, Value

SAME = LocalTask("same", text="text", against="other", threshold=0.71)
PAIR = LocalTask("pair", text="text", against="other")
POLARITY = LocalTask("polarity", text="text")
SENTENCE = LocalTask("sentence", text="text")
CHOOSE = LocalTask("choose", text="text", labels="cases", threshold=0.3)
TOLD = [(f"The {what} is open.", f"The {what} is not open.") for what in ("shop", "door", "museum", "bridge", "window", "school")]


@pytest.fixture
async def provider() -> AsyncIterator[LocalProvider]:
    provider = LocalProvider(MiniLM())
    yield provider
    await provider.close()


def examples(*answered: tuple[Arguments, Value]) -> ExampleSet:
    made = [Example(f"t{n}", arguments, answer, datetime(2026, 1, 1, tzinfo=UTC)) for n, (arguments, answer) in enumerate(answered)]
    return ExampleSet(f"of {len(made)}", tuple(made), "all")


def told(count: int) -> ExampleSet:
    """So many contradictions, and as many pairs that are none."""
    yes = [({"text": one, "other": other}, True) for one, other in TOLD[:count]]
    return examples(*yes, *(({"text": one, "other": one.replace("open", "open today")}, False) for one, _ in TOLD[:count]))


async def ask(provider: LocalProvider, task: LocalTask, learned: ExampleSet = NO_EXAMPLES, **arguments: Any) -> Completion:
    return await provider.complete(Request("local:minilm", arguments=arguments, examples=learned, local=task))


@pytest.mark.parametrize(
    ("text", "other", "same"),
    [
        ("AKZO NOBEL N.V.", "Akzo Nobel NV", True),
        ("Canon PGI-5BK Black Ink Tank", "Canon PGI5BK black ink tank", True),
        ("Canon PGI-5BK Black Ink Tank", "Canon PGI-9MBK Black Ink Tank", False),
        ("STMicroelectronics SA", "Philips Electronics SA", False),
        ("", "", False),
        ("東京都", "東京都", True),
    ],
)
async def test_two_names_are_the_same_either_way_round(provider: LocalProvider, text: str, other: str, same: bool) -> None:
    there, back = await ask(provider, SAME, text=text, other=other), await ask(provider, SAME, text=other, other=text)
    assert (there.value, back.value) == (same, same)
    assert there.probability == back.probability


async def test_sameness_follows_examples(provider: LocalProvider) -> None:
    names = [f"{name} Ltd" for name in ("Alder", "Birch", "Cedar", "Dogwood", "Elm")]
    learned = examples(*(({"text": name, "other": f"{name}, Ireland"}, False) for name in names))
    question = {"text": "Fir Ltd", "other": "Fir Ltd, Ireland"}
    assert (await ask(provider, SAME, **question)).value is True
    assert (await ask(provider, SAME, learned, **question)).value is False
    assert (await ask(provider, SAME, learned, text="Quince Bakery GmbH", other="quince bakery gmbh")).value is True


@pytest.mark.parametrize("known", [0, 4])
async def test_what_follows_from_what_is_refused_until_there_are_examples(provider: LocalProvider, known: int) -> None:
    with pytest.raises(Unsupported, match=f"5 true and 5 false ones, and has {known} true and {known} false") as caught:
        await ask(provider, PAIR, told(known), text="A man sleeps.", other="Nobody sleeps.")
    assert "RVBBIT_MODEL" in (caught.value.hint or "") and "training import" in (caught.value.hint or "")


async def test_from_examples_it_tells_pairs_apart(provider: LocalProvider) -> None:
    answers = [
        (await ask(provider, PAIR, told(6), text="The library is open.", other=other)).value
        for other in ("The library is not open.", "The library is open today.")
    ]
    assert answers == [True, False]


async def test_a_pair_is_never_answered_with_its_own_answer(provider: LocalProvider) -> None:
    odd = {"text": "The lake is open.", "other": "The lake is not open."}
    learned = examples(*((e.arguments, e.answer) for e in told(6).examples), (odd, False))
    assert (await ask(provider, PAIR, learned, **odd)).value is True


async def test_one_that_is_refused_leaves_those_beside_it_alone(provider: LocalProvider) -> None:
    fine, refused = await asyncio.gather(
        ask(provider, SAME, text="a", other="a"), ask(provider, PAIR, text="a", other="a"), return_exceptions=True
    )
    assert isinstance(fine, Completion) and isinstance(refused, Unsupported)


async def test_sentiment_is_refused_without_examples_and_learned_with_them(provider: LocalProvider) -> None:
    with pytest.raises(Unsupported, match="5 positive and 5 negative ones, and has 0 positive"):
        await ask(provider, POLARITY, text="I love it.")
    good = [f"I love this {what}, it is wonderful." for what in ("book", "film", "phone", "hotel", "song")]
    bad = [f"I hate this {what}, it is awful." for what in ("book", "film", "phone", "hotel", "song")]
    learned = examples(*(({"text": text}, 0.9) for text in good), *(({"text": text}, -0.9) for text in bad))
    scores = [(await ask(provider, POLARITY, learned, text=f"I {verb} this kettle.")).value for verb in ("love", "hate")]
    assert isinstance(scores[0], float) and isinstance(scores[1], float)
    assert scores[0] > 0.2 > -0.2 > scores[1] >= -1


async def test_a_choice_may_be_none_of_them_and_only_where_that_is_offered(provider: LocalProvider) -> None:
    cases = ["complaint about a delivery", "praise for a product"]
    text = "The central bank left interest rates unchanged."
    assert (await ask(provider, CHOOSE, text=text, cases=[*cases, "none of these"])).value == "none of these"
    assert (await ask(provider, CHOOSE, text=text, cases=cases)).value in cases
    assert (await ask(provider, CHOOSE, text="The parcel never came.", cases=[*cases, "none of these"])).value == cases[0]
    assert (await ask(provider, CHOOSE, text=" ", cases=[*cases, "none of these"])).value == "none of these"


async def test_a_choice_learns_what_is_none_of_them(provider: LocalProvider) -> None:
    cases = ["complaint", "praise", "none of these"]
    texts = [f"The invoice number {n} is attached." for n in range(5)]
    learned = examples(*(({"text": text, "cases": cases}, "none of these") for text in texts))
    answer = await ask(provider, CHOOSE, learned, text="The invoice number 77 is attached, with my complaint.", cases=cases)
    assert answer.value == "none of these"


async def test_a_text_in_one_sentence_is_one_of_its_own(provider: LocalProvider) -> None:
    text = "Dr. Smith spoke. The bridge over the river is closed until autumn. Cars must leave the bridge to trains. Coffee was served."
    answer = (await ask(provider, SENTENCE, text=text)).value
    assert isinstance(answer, str) and answer in sentences.of(text) and "bridge" in answer
    assert (await ask(provider, SENTENCE, text="  Short. ")).value == "Short."
    assert (await ask(provider, SENTENCE, text=" \n ")).value == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("Mr. Poe wrote it. J. R. read it.", ["Mr. Poe wrote it.", "J. R. read it."]),
        ("It costs 3.50 euros. Fine.", ["It costs 3.50 euros.", "Fine."]),
        ("A line\nanother line", ["A line", "another line"]),
        ('He said "no." Then he left.', ['He said "no."', "Then he left."]),
        ("", []),
    ],
)
def test_texts_are_cut_at_the_ends_of_sentences(text: str, expected: list[str]) -> None:
    assert sentences.of(text) == expected
