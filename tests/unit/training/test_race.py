"""A race: everyone is asked the same, a better way is told from luck, and a budget that ends leaves a fair comparison."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import numpy as np
import pytest

from rvbbit.errors import BudgetReached, TrainingError
from rvbbit.training.evaluation import FOLDS, Question
from rvbbit.training.race import NONE, Racer, race, simultaneous
from rvbbit.types import Answer, Arguments, Example, Usage

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
RECENT, NEAREST, MANY = Racer("recent", 5), Racer("semantic", 5), Racer("semantic", 20)


def questions(number: int, a_group: int = 1) -> list[Question]:
    return [Question(f"t{n}", {"text": f"q{n}"}, True, f"g{n // a_group}") for n in range(number)]


def examples(number: int) -> list[Example]:
    return [Example(f"t{n}", {"text": f"q{n}"}, True, NOON) for n in range(number)]


class Model:
    """Right as often, in a hundred, as `able` says of a racer; about which questions is its own luck."""

    def __init__(self, able: Callable[[Racer], int], most: int = 10**6) -> None:
        self.able = able
        self.left = most
        self.asked: dict[str, list[tuple[list[str], list[str]]]] = {}

    async def __call__(self, racer: Racer, shown: Sequence[Example], arguments: Sequence[Arguments]) -> list[Answer]:
        self.left -= len(arguments)
        if self.left < 0:
            raise BudgetReached("that was all")
        texts = [str(one["text"]) for one in arguments]
        self.asked.setdefault(racer.name, []).append(([one.trace_id for one in shown], texts))
        luck = [np.random.default_rng([int(text[1:]), *racer.name.encode()]).integers(100) for text in texts]
        return [Answer(bool(one < self.able(racer)), usage=Usage(10 * racer.limit, 1, 0, 0.5), calls=1) for one in luck]


async def test_the_way_that_is_truly_better_wins_and_one_that_harms_is_seen() -> None:
    model = Model(lambda one: {"none": 60, "recent 5": 60, "semantic 5": 90, "random 5": 20}[one.name])
    found = await race(questions(200), examples(200), [NEAREST, Racer("random", 5)], model, current=RECENT)
    assert (found.winner, found.current, found.questions, found.planned, found.examples) == ("semantic 5", "recent 5", 200, 200, 200)
    assert found.gains["semantic 5 - none"].low > 0 and found.gains["semantic 5 - recent 5"].low > 0
    assert found.gains["random 5 - none"].high < 0
    assert found.gains["recent 5 - none"].low < 0 < found.gains["recent 5 - none"].high
    arm = found.arms["semantic 5"]
    assert (arm.examples, arm.calls, arm.tokens_in, arm.cost_usd) == (5, 200, 10_000, 100.0)


async def test_no_examples_may_win() -> None:
    found = await race(questions(200), examples(9), [RECENT], Model(lambda one: 90 if one == NONE else 50), current=RECENT)
    assert found.winner == "none"


async def test_where_none_differs_the_one_in_use_stays() -> None:
    crowd = [Racer(strategy, limit) for strategy in ("recent", "random", "semantic", "high_confidence") for limit in (1, 5, 20)]  # type: ignore[arg-type]
    found = await race(questions(100), examples(9), crowd, Model(lambda _: 70), current=RECENT)
    best = max(arm.accuracy for arm in found.arms.values())
    assert best > found.arms["recent 5"].accuracy + 0.05, "by luck one looks better: else this test would show nothing"
    assert found.winner == "recent 5"


async def test_of_equally_accurate_ways_the_one_with_fewer_examples_wins() -> None:
    right = Model(lambda one: 100 if one.strategy == "semantic" else 50)
    assert (await race(questions(60), examples(9), [MANY, NEAREST], right, current=RECENT)).winner == "semantic 5"


async def test_everyone_is_asked_the_same_and_nothing_near_its_own_answer_is_shown() -> None:
    model, near = Model(lambda _: 50), {"other": "g0"}
    shown = [*examples(40), Example("other", {"text": "nearly q0"}, True, NOON)]
    await race(questions(40, a_group=4), shown, [NEAREST, RECENT, RECENT], model, current=RECENT, near=near)
    assert set(model.asked) == {"none", "recent 5", "semantic 5"}
    first = [sorted(texts) for _, texts in model.asked["none"]]
    for name, rounds in model.asked.items():
        assert [sorted(texts) for _, texts in rounds] == first and len(rounds) == FOLDS
        for given, texts in rounds:
            groups = {int(text[1:]) // 4 for text in texts}
            assert not {f"t{n}" for n in range(40) if n // 4 in groups} & set(given)
            assert ("other" in given) == (name != "none" and 0 not in groups)


async def test_when_the_budget_ends_what_everyone_was_asked_counts() -> None:
    model = Model(lambda one: 95 if one == NEAREST else 30, most=3 * 100 - 1)
    found = await race(questions(100), examples(9), [NEAREST], model, current=RECENT)
    assert found.planned == 100 and found.questions == sum(len(texts) for _, texts in model.asked["none"][:4]) < 100
    assert {arm.calls for arm in found.arms.values()} == {found.questions}
    assert found.winner == "semantic 5"
    with pytest.raises(BudgetReached):
        await race(questions(100), examples(9), [NEAREST], Model(lambda _: 50, most=20), current=RECENT)


async def test_too_few_questions_prove_nothing() -> None:
    with pytest.raises(TrainingError, match="9 different questions"):
        await race(questions(9), examples(9), [NEAREST], Model(lambda _: 50), current=RECENT)


@pytest.mark.parametrize("groups", [12, 60])
def test_all_intervals_hold_together_in_nineteen_races_of_twenty(groups: int) -> None:
    """Thirteen ways that are equally good, compared with two of them. One interval a comparison would be wrong in every third race."""
    draw = np.random.default_rng(7)
    wrong = 0
    for _ in range(100):
        base = draw.random(groups) < 0.6
        rows = np.array([np.where(draw.random(groups) < 0.4, draw.random(groups) < 0.6, base) for _ in range(13)], float)
        differences = np.concatenate([rows[1:] - rows[0], rows[2:] - rows[1]])
        wrong += any(gain.low > 0 or gain.high < 0 for gain in simultaneous(differences, np.arange(groups)))
    assert wrong <= 10


def test_an_interval_is_wider_the_more_is_compared_and_the_more_questions_are_alike() -> None:
    draw = np.random.default_rng(1)
    rows = (draw.random((20, 120)) < 0.6).astype(float) - (draw.random((20, 120)) < 0.6)
    alone, apart = simultaneous(rows[:1], np.arange(120))[0], simultaneous(rows, np.arange(120))[0]
    assert apart.high - apart.low > 1.3 * (alone.high - alone.low)
    alike = simultaneous(np.repeat(rows[:1, :30], 4, axis=1), np.arange(120) // 4)[0]
    separate = simultaneous(np.repeat(rows[:1, :30], 4, axis=1), np.arange(120))[0]
    assert alike.high - alike.low > 1.5 * (separate.high - separate.low)
    still = simultaneous(np.zeros((2, 30)), np.arange(30))
    assert [(gain.low, gain.high) for gain in still] == [(0, 0), (0, 0)]
