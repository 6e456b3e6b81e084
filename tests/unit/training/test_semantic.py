"""Nearest examples: diverse, every answer among them where there are few, and near-duplicates seen as one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest

from rvbbit.interfaces import Matrix
from rvbbit.training.nearest import LARGE, LIKENESS, SKETCHED, TWINS, Likeness, Space
from rvbbit.training.selection import Selector
from rvbbit.types import CellKey, Example, TrainingPolicy, Value

CELL = CellKey("means", "judge")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SEMANTIC = TrainingPolicy(limit=2, strategy="semantic")


class Compass:
    """An `Embedder` that reads a text's number as degrees; counts the texts it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def embed(self, texts: Sequence[str]) -> Matrix:
        self.asked += texts
        angles = [math.radians(float(text)) for text in texts]
        return np.array([[math.cos(angle), math.sin(angle), 0] for angle in angles], np.float32)


class Shelf:
    def __init__(self, *examples: Example) -> None:
        self.examples = examples
        self.decided = 1

    def put(self, *examples: Example) -> None:
        self.examples, self.decided = examples, self.decided + 1

    def revision(self) -> int:
        return self.decided

    def trainable(self, cell: CellKey) -> tuple[Example, ...]:
        return self.examples


def at(degrees: float, answer: Value = True, verified: bool = False) -> Example:
    return Example(f"{degrees:g}", {"text": f"{degrees:g}"}, answer, NOON, None, verified)


async def chosen(shelf: Shelf, degrees: float, **changes: object) -> list[str]:
    policy = TrainingPolicy(**{"limit": 2, "strategy": "semantic", **changes})  # type: ignore[arg-type]
    selector = Selector(shelf, Compass())  # type: ignore[arg-type]
    return [one.trace_id for one in (await selector.select(CELL, policy, {"text": f"{degrees:g}"})).examples]


async def test_the_nearest_come_and_the_nearest_of_all_comes_last() -> None:
    assert await chosen(Shelf(at(0), at(90), at(180), at(270)), 80) == ["0", "90"]


async def test_every_answer_is_among_them_where_there_are_few() -> None:
    shelf = Shelf(at(0, "a"), at(20, "a"), at(40, "a"), at(170, "b"))
    assert await chosen(shelf, 10) == ["170", "0"]
    assert set(await chosen(shelf, 10, limit=1)) == {"0"}


async def test_what_says_nothing_new_makes_room_for_what_does() -> None:
    """17 degrees is a little nearer to the question than -20, and more like the one chosen first."""
    shelf = Shelf(at(0), at(17), at(-20))
    assert set(await chosen(shelf, -1)) == {"0", "-20"}


async def test_near_duplicates_are_one_example() -> None:
    shelf = Shelf(at(5), at(0), at(60))
    assert sorted(await chosen(shelf, 180, limit=9)) == ["5", "60"]


async def test_near_questions_with_different_answers_stay_out_until_one_is_verified() -> None:
    assert await chosen(Shelf(at(5, "a"), at(0, "b"), at(60, "a")), 180, limit=9) == ["60"]
    assert sorted(await chosen(Shelf(at(5, "a"), at(0, "b", verified=True), at(60, "a")), 180, limit=9)) == ["0", "60"]


async def test_small_steps_do_not_chain_into_one_duplicate() -> None:
    shelf = Shelf(*(at(10 * step) for step in range(9)))
    assert sorted(await chosen(shelf, 180, limit=9), key=float) == ["0", "20", "40", "60", "80"]


async def test_a_call_never_sees_its_own_arguments() -> None:
    assert await chosen(Shelf(at(0), at(90)), 0) == ["90"]


async def test_the_budget_counts_here_too() -> None:
    assert await chosen(Shelf(at(0), at(90), at(180)), 80, limit=9, token_budget=15) == ["90"]


async def test_a_new_example_costs_one_embedding() -> None:
    shelf, compass = Shelf(at(0), at(90)), Compass()
    selector = Selector(shelf, compass)  # type: ignore[arg-type]
    await selector.version(CELL, SEMANTIC, {"text": "1"})
    shelf.put(at(180), at(0), at(90))
    await selector.version(CELL, SEMANTIC, {"text": "1"})
    assert compass.asked == ["0", "90", "180"]


async def test_the_report_names_duplicates_and_contradictions() -> None:
    shelf = Shelf(at(5, "a"), at(0, "b"), at(60, "a"), at(65, "a"), at(200, "a", verified=True), at(204, "b"))
    found = await Selector(shelf, Compass()).checked(CELL, ())  # type: ignore[arg-type]
    assert [example.trace_id for _, example in found.kept] == ["60", "200"]
    assert [(one.example.trace_id, one.stands.trace_id) for one in found.duplicates] == [("65", "60")]
    pairs = [([one.trace_id for one in pair.examples], pair.holds and pair.holds.trace_id) for pair in found.contradictions]
    assert pairs == [(["5", "0"], None), (["200", "204"], "200")]


def unit(rows: Matrix) -> Matrix:
    normed: Matrix = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return normed


@pytest.fixture(scope="module")
def crowd() -> Matrix:
    """A large set in a hundred clusters."""
    draw = np.random.default_rng(1)
    centres = draw.normal(size=(100, 64))
    return unit((centres[draw.integers(100, size=LARGE + 1)] + 0.5 * draw.normal(size=(LARGE + 1, 64))).astype(np.float32))


def test_a_large_set_gives_the_same_neighbours_as_comparing_all(crowd: Matrix) -> None:
    space = Space.of(crowd, [str(place) for place in range(len(crowd))])
    assert space.projected is not None
    for place in range(0, len(crowd), 500):
        assert next(space.near(crowd[place], 3)) == place
        assert next(space.near(unit(crowd[place : place + 1] + 0.01)[0], 3)) == place


def test_likeness_is_that_of_comparing_all_whatever_the_order_of_arrival() -> None:
    draw = np.random.default_rng(2)
    base = unit(draw.normal(size=(40, 16)).astype(np.float32))
    vectors = unit(np.concatenate([base, base + 0.03 * draw.normal(size=base.shape).astype(np.float32)]))
    texts = [f"t{place}" for place in range(80)]
    once, bit_by_bit = Likeness(), Likeness()
    once.add(texts, vectors)
    for start in range(0, 80, 7):
        bit_by_bit.add(texts[start : start + 7], vectors[start : start + 7])
    near = once.near(texts)
    assert near.keys() == set(range(80)) and all(place + 40 in near[place] for place in range(40))
    assert {place: sorted(others) for place, others in near.items()} == {
        place: sorted(others) for place, others in bit_by_bit.near(texts).items()
    }


@pytest.mark.parametrize("step", [SKETCHED + 500, 1_500])
def test_no_twin_is_missed_where_texts_are_compared_in_rough_first(step: int) -> None:
    draw = np.random.default_rng(3)
    base = draw.normal(size=(SKETCHED // 2 + 250, 96)).astype(np.float32)
    vectors = unit(np.concatenate([base, base + 0.26 * draw.normal(size=base.shape).astype(np.float32)]))
    texts = [f"t{place}" for place in range(len(vectors))]
    likeness = Likeness()
    for start in range(0, len(texts), step):
        likeness.add(texts[start : start + step], vectors[start : start + step])
    expected = [set(np.flatnonzero(row >= LIKENESS)) - {place} for place, row in enumerate(vectors @ vectors.T)]
    assert 100 < sum(map(bool, expected)) < len(texts), "the threshold cuts through the pairs"
    near = likeness.near(texts)
    assert [set(near.get(place, ())) for place in range(len(texts))] == expected


def test_a_crowd_of_near_duplicates_falls_into_groups_of_bounded_size() -> None:
    """Each with each would be millions of pairs."""
    draw = np.random.default_rng(4)
    number = 10 * TWINS
    vectors = unit((np.ones((number, 8)) + 0.01 * draw.normal(size=(number, 8))).astype(np.float32))
    likeness = Likeness()
    likeness.add([f"t{place}" for place in range(number)], vectors)
    near = likeness.near([f"t{place}" for place in range(number)])
    assert {len(others) for others in near.values()} <= set(range(1, TWINS + 1))
    led: set[int] = set()
    groups = 0
    for place in range(number):
        if place not in led:
            groups += 1
            led.update([place, *near.get(place, ())])
    assert groups <= 11
    assert all(place in near[other] for place, others in near.items() for other in others)
