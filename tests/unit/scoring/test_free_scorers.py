"""Rules, probability, repetition and agreement: what each says of an answer, and when it cannot tell."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from rvbbit.interfaces import Embedder
from rvbbit.scoring.agreement import Agreement
from rvbbit.scoring.probability import Probability
from rvbbit.scoring.repetition import Repetition
from rvbbit.scoring.rules import Rules
from rvbbit.types import Scorable

Make = Callable[..., Scorable]
FITS = Rules(lambda cell: lambda *_: None)


async def rules(one: Scorable) -> tuple[float | None, str]:
    (verdict,) = await FITS.score([one])
    return verdict.value, verdict.reason


async def test_an_answer_that_breaks_no_rule_is_worth_one(execution: Make) -> None:
    assert await rules(execution("billing", finish_reason="stop")) == (1.0, "no rule is broken")


@pytest.mark.parametrize("answer", [None, "", "  \n"])
async def test_an_empty_answer_is_worth_nothing(execution: Make, answer: str | None) -> None:
    assert await rules(execution(answer)) == (0.0, "the answer is empty")


@pytest.mark.parametrize("reason", ["length", "max_tokens", "MAX_TOKENS"])
async def test_an_answer_that_was_cut_off_is_worth_nothing(execution: Make, reason: str) -> None:
    assert await rules(execution("It is because", finish_reason=reason)) == (0.0, f"the answer is cut off ({reason})")


async def test_an_answer_that_does_not_fit_its_cell_is_worth_nothing_and_says_why(execution: Make) -> None:
    strict = Rules(lambda cell: lambda arguments, answer: None if answer in ("a", "b") else f"{answer} is not a label of {cell.cascade_id}")
    verdicts = await strict.score([execution("a"), execution("c")])
    assert [(one.value, one.reason) for one in verdicts] == [(1.0, "no rule is broken"), (0.0, "c is not a label of classify")]


@pytest.mark.parametrize(
    "text", ["As an AI language model, I do not.", "I'm sorry, but I cannot help.", "Unfortunately, I have no access."]
)
async def test_what_opens_like_a_refusal_is_worth_half(execution: Make, text: str) -> None:
    value, reason = await rules(execution(text))
    assert value == 0.5 and "refusal" in reason


async def test_words_of_refusal_deep_in_a_text_are_part_of_it(execution: Make) -> None:
    assert (await rules(execution("The story begins. " * 20 + "I'm sorry, she said.")))[0] == 1.0


async def test_signs_of_trouble_add_up(execution: Make) -> None:
    looped = "I cannot tell you this much.\n" * 5 + "```python\nprint(1)"
    value, reason = await rules(execution(looped))
    assert value == 0.125 and "5 times" in reason and "never closed" in reason


async def test_a_table_with_short_equal_lines_is_no_loop(execution: Make) -> None:
    assert (await rules(execution("| --- |\n" * 9)))[0] == 1.0


async def test_the_models_own_probability_is_taken(execution: Make) -> None:
    verdicts = await Probability().score([execution("a", probability=0.7), execution("a", logprobs=(-1.0, -3.0)), execution("a")])
    assert [one.value for one in verdicts] == [0.7, pytest.approx(math.exp(-2)), None]


async def test_repeated_answers_count_how_many_say_the_same(execution: Make) -> None:
    verdicts = await Repetition().score(
        [execution("Yes ", others=("yes", "no", "yes", "maybe")), execution("yes"), execution(2.0, others=(2,))]
    )
    assert [(one.value, one.reason) for one in verdicts][:2] == [
        (0.5, "2 of 4 other answers say the same"),
        (None, "no other answer to the same arguments"),
    ]
    assert verdicts[2].value == 1.0


async def test_of_repeated_prose_it_cannot_tell(execution: Make) -> None:
    text = "the quick brown fox jumps over the lazy dog and runs through the dark forest"
    (verdict,) = await Repetition().score([execution(text, others=(text,))])
    assert verdict.value is None


async def test_labels_agree_with_what_holds_for_verified_neighbours(execution: Make, words: Embedder) -> None:
    verified = [execution("x", f"refund money number {n}", held="billing", right=False) for n in range(6)]
    verified += [execution("delivery", f"parcel late number {n}", right=True) for n in range(6)]
    right, wrong = await Agreement(words, verified).score(
        [execution("billing", "refund money now"), execution("delivery", "refund money now")]
    )
    assert right.value is not None and wrong.value is not None and right.value > 0.8 > 0.2 > wrong.value
    assert right.reason == "6 of 6 verified neighbours agree"


async def test_answers_that_never_repeat_are_measured_by_the_record_of_their_neighbours(execution: Make, words: Embedder) -> None:
    verified = [execution(f"answer {n}", f"easy sum number {n}", right=True) for n in range(6)]
    verified += [execution(f"answer {n}", f"hard proof theorem {n}", right=False) for n in range(6, 12)]
    easy, hard = await Agreement(words, verified).score([execution("new", "easy sum number"), execution("new", "hard proof theorem")])
    assert easy.value is not None and hard.value is not None and easy.value > 0.8 > 0.2 > hard.value
    assert hard.reason == "0 of 6 verified neighbours stood"


async def test_an_execution_is_no_neighbour_of_its_own_arguments(execution: Make, words: Embedder) -> None:
    one = execution("a", "the very same text", right=True)
    (verdict,) = await Agreement(words, [one, execution("a", "unlike", right=True)]).score([one])
    assert (verdict.value, verdict.reason) == (None, "no verified execution is near")


async def test_nothing_verified_is_nothing_to_agree_with(execution: Make, words: Embedder) -> None:
    (verdict,) = await Agreement(words, []).score([execution("a")])
    assert verdict.value is None
