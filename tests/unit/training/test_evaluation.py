"""Proof: the same questions in every arm, none beside its own answer, gains with honest intervals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from rvbbit.errors import TrainingError
from rvbbit.training.evaluation import FOLDS, Question, closeness, evaluate, grouped
from rvbbit.types import Answer, Arguments, Example, Usage, Value

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def questions(number: int, a_group: int = 1) -> list[Question]:
    return [Question(f"t{n}", {"text": f"q{n}"}, n % 2 == 0, f"g{n // a_group}") for n in range(number)]


def example(trace_id: str, answer: Value = True) -> Example:
    return Example(trace_id, {"text": trace_id}, answer, NOON)


class Model:
    """Right about even questions, and about all where a good example is shown; always wrong where a bad one is."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[str], list[str]]] = []

    async def __call__(self, examples: Sequence[Example], arguments: Sequence[Arguments]) -> list[Answer]:
        shown = [one.trace_id for one in examples]
        texts = [str(one["text"]) for one in arguments]
        self.asked.append((shown, texts))
        return [Answer(self._answer(int(text[1:]), shown), usage=Usage(10, 1, 0, 0.5), calls=1) for text in texts]

    def _answer(self, number: int, shown: list[str]) -> bool:
        even = number % 2 == 0
        return not even if "bad" in shown else even if "good" in shown else True


async def test_a_good_set_shows_its_gain_over_the_same_questions() -> None:
    model = Model()
    found = await evaluate(questions(40), {"current": (), "candidate": [example("good")]}, model)
    assert {name: arm.accuracy for name, arm in found.arms.items()} == {"none": 0.5, "current": 0.5, "candidate": 1.0}
    gain = found.gains["candidate - current"]
    assert (gain.mean, found.harm) == (0.5, False) and 0.3 < gain.low < 0.5 < gain.high < 0.7
    assert found.gains["current - none"].high == 0
    assert (found.arms["candidate"].calls, found.arms["candidate"].tokens_in, found.arms["candidate"].cost_usd) == (40, 400, 20.0)
    arms = [sorted(text for _, texts in model.asked[start : start + FOLDS] for text in texts) for start in (0, FOLDS, 2 * FOLDS)]
    assert arms[0] == arms[1] == arms[2] and len(arms[0]) == 40


async def test_a_set_that_harms_is_said_to() -> None:
    found = await evaluate(questions(40), {"current": [example("good")], "candidate": [example("bad")]}, Model())
    assert found.harm and found.gains["candidate - current"].mean == -1
    assert not (await evaluate(questions(40), {"candidate": [example("good")]}, Model())).harm


async def test_a_question_is_never_asked_beside_its_own_answer_or_one_that_is_near() -> None:
    model = Model()
    asked = questions(40, a_group=4)
    await evaluate(asked, {"candidate": [example(f"t{n}") for n in range(40)]}, model)
    for shown, texts in model.asked:
        near = {f"t{4 * (int(text[1:]) // 4) + offset}" for text in texts for offset in range(4)}
        assert not near & set(shown)


async def test_questions_that_are_alike_widen_the_interval() -> None:
    apart = (await evaluate(questions(80), {"candidate": [example("good")]}, Model())).gains["candidate - none"]
    asked = [Question(f"t{n}", {"text": f"q{n // 4}"}, n // 4 % 2 == 0, f"g{n // 4}") for n in range(80)]
    alike = (await evaluate(asked, {"candidate": [example("good")]}, Model())).gains["candidate - none"]
    assert alike.high - alike.low > 1.5 * (apart.high - apart.low)


async def test_too_few_questions_prove_nothing() -> None:
    with pytest.raises(TrainingError, match="9 different questions"):
        await evaluate(questions(9), {"candidate": ()}, Model())
    with pytest.raises(TrainingError, match="4 different questions"):
        await evaluate(questions(40, a_group=10), {"candidate": ()}, Model())


async def test_a_failed_call_is_no_right_answer() -> None:
    async def failing(examples: Sequence[Example], arguments: Sequence[Arguments]) -> list[Answer]:
        return [Answer(None, error="no") for _ in arguments]

    arm = (await evaluate(questions(20), {"candidate": ()}, failing)).arms["candidate"]
    assert (arm.accuracy, arm.failed) == (0, 20)


def test_what_is_near_to_what_is_near_falls_into_one_group() -> None:
    near = {0: [1], 1: [0, 2], 2: [1]}
    names = grouped(["a", "b", "c", "d", "c"], near)
    assert names[0] == names[1] == names[2] == names[4] != names[3]


@pytest.mark.parametrize(
    ("answer", "right", "close"),
    [
        ("a", "a", 1),
        ("a", "b", 0),
        (True, 1, 0),
        (True, True, 1),
        (0.75, 0.5, 0.75),
        (7, 7, 1),
        (7, 8, 0),
        (["a"], ["a"], 1),
        (None, "a", 0),
    ],
)
def test_closeness_is_equality_but_for_scores(answer: Value, right: Value, close: float) -> None:
    assert closeness(answer, right) == close
