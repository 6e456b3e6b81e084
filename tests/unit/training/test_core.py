"""The core: examples that every call of `semantic` is given, in front of its neighbours, where there are enough to spare."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest

from rvbbit.interfaces import Matrix
from rvbbit.training import core
from rvbbit.training.selection import Selector
from rvbbit.types import CellKey, Example, ExampleSet, TrainingPolicy

CELL = CellKey("classify", "label")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ANSWERS = ("north", "east", "south", "west")


class Compass:
    """An `Embedder` that reads a text's number as degrees."""

    async def embed(self, texts: Sequence[str]) -> Matrix:
        angles = [math.radians(float(text)) for text in texts]
        return np.array([[math.cos(angle), math.sin(angle)] for angle in angles], np.float32)


class Shelf:
    def __init__(self, answers: Sequence[str] = ANSWERS) -> None:
        # Wide apart, so that none is a near-duplicate of another: two circles of 20, one shifted by half a step.
        self.examples = [at(degrees, answers[place % len(answers)]) for place, degrees in enumerate(range(0, 360, 15))]

    def revision(self) -> int:
        return 1

    def trainable(self, cell: CellKey) -> list[Example]:
        return self.examples


def at(degrees: float, answer: str) -> Example:
    return Example(f"{degrees:g}", {"text": f"{degrees:g}"}, answer, NOON)


async def asked(degrees: float, shelf: Shelf | None = None, **changes: object) -> ExampleSet:
    policy = TrainingPolicy(**{"limit": 20, "strategy": "semantic", "core": 0, **changes})  # type: ignore[arg-type]
    return await Selector(shelf or Shelf(), Compass()).select(CELL, policy, {"text": f"{degrees:g}"})  # type: ignore[arg-type]


def ids(found: ExampleSet) -> list[str]:
    return [one.trace_id for one in found.examples]


async def test_half_of_twenty_are_the_same_for_every_call_and_neighbours_stand_behind() -> None:
    first, second = await asked(7), await asked(187)
    assert first.stable == second.stable == 10
    assert ids(first)[:10] == ids(second)[:10]
    assert len(set(ids(first))) == len(set(ids(second))) == 20
    assert ids(first)[10:] != ids(second)[10:]


async def test_the_core_covers_every_answer() -> None:
    found = await asked(7)
    assert {one.answer for one in found.examples[:4]} == set(ANSWERS)


async def test_the_nearest_neighbour_still_comes_last() -> None:
    found = await asked(52)
    core_ids = ids(found)[:10]
    nearest = min((d for d in range(0, 360, 15) if f"{d}" not in core_ids), key=lambda d: abs(d - 52))
    assert ids(found)[-1] == f"{nearest}"


@pytest.mark.parametrize(
    "changes",
    [{"limit": 19}, {"core": None}, {"core": 10_000}],
    ids=["too few examples to spare", "nobody asks for one", "it would not come to the tokens"],
)
async def test_there_is_none(changes: dict[str, object]) -> None:
    assert (await asked(7, **changes)).stable == 0


async def test_there_is_none_where_neighbours_are_needed_to_show_every_answer() -> None:
    assert (await asked(7, Shelf([f"label {n}" for n in range(15)]))).stable == 0
    assert (await asked(7, Shelf([f"label {n}" for n in range(24)]))).stable == 10  # not all of them fit either way


async def test_a_call_whose_own_question_is_in_the_core_never_sees_it() -> None:
    own = ids(await asked(7))[3]
    found = await asked(float(own))
    assert own not in ids(found)
    assert len(found.examples) == 20
    assert found.stable == 0
    assert ids(found)[:9] == [one for one in ids(await asked(7))[:10] if one != own]


async def test_core_and_neighbours_stay_within_limit_and_budget() -> None:
    each = 16  # {"text":"345"} and "north" are 14 + 7 bytes: 6 tokens, and 8 for the turns
    found = await asked(7, token_budget=20 * each)
    assert len(found.examples) <= 20
    small = await asked(7, token_budget=6 * each)
    assert 0 < len(small.examples) <= 7
    assert small.stable <= 3


@pytest.mark.parametrize(("limit", "answers", "room"), [(19, 2, 0), (20, 2, 10), (20, 10, 10), (20, 11, 0), (20, 20, 0), (20, 77, 10)])
def test_how_many_of_the_examples_a_core_may_take(limit: int, answers: int, room: int) -> None:
    assert core.room(limit, answers) == room


def test_the_most_typical_of_the_most_frequent_answer_comes_first() -> None:
    angles = np.radians([0, 10, 20, 90, 95])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    assert core.typical(vectors, ["a", "a", "a", "b", "b"])[:2] in ([1, 3], [1, 4])
    assert sorted(core.typical(vectors, ["a", "a", "a", "b", "b"])) == [0, 1, 2, 3, 4]
