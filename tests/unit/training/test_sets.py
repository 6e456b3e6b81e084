"""Versions of sets: each is kept as a change, can be looked up, compared, tagged, blamed and made live again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import duckdb
import pytest

from rvbbit.errors import TrainingError, UsageError
from rvbbit.logs.duckdb.migrations import migrate
from rvbbit.logs.duckdb.sets import Sets as Tables
from rvbbit.training.selection import Selector, scope_of
from rvbbit.training.sets import Sets
from rvbbit.types import CellKey, Example, ExampleSet, Proof, TrainingPolicy, Value

CELL = CellKey("means", "judge")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
POLICY = TrainingPolicy(limit=9, scope=("criterion",))
MONEY = scope_of({"criterion": "money"}, ("criterion",))


@pytest.fixture
def tables() -> Iterator[Tables]:
    connection = duckdb.connect()
    connection.execute("ATTACH ':memory:' AS rvbbit")
    migrate(connection)
    tables = Tables(connection)
    yield tables
    tables.close()
    connection.close()


@pytest.fixture
def sets(tables: Tables) -> Sets:
    return Sets(tables)


def example(trace_id: str, answer: Value = True, criterion: str = "money") -> Example:
    return Example(trace_id, {"text": f"text of {trace_id}", "criterion": criterion}, answer, NOON)


def of(version: str, *examples: Example) -> ExampleSet:
    return ExampleSet(version, examples)


def grown(sets: Sets) -> None:
    """Three versions: two examples, one more in front, then one out and one corrected."""
    sets.remember(CELL, MONEY, of("v1-first", example("a"), example("b")))
    sets.remember(CELL, MONEY, of("v2-more", example("c"), example("a"), example("b")))
    sets.remember(CELL, MONEY, of("v3-fixed", example("b", False), example("c")))


def test_a_version_is_kept_as_what_it_changed(sets: Sets) -> None:
    grown(sets)
    third, second, first = sets.versions()
    assert (first.parent, first.added, first.removed, first.size) == (None, ("a", "b"), (), 2)
    assert (second.parent, second.added, second.removed, second.size) == ("v1-first", ("c",), (), 3)
    assert (third.parent, third.added, third.answers, third.removed) == ("v2-more", ("b",), ("false",), ("a", "b"))
    assert [list(sets.members(row).items()) for row in (second, third)] == [
        [("c", "true"), ("a", "true"), ("b", "true")],
        [("b", "false"), ("c", "true")],
    ]


def test_an_order_that_is_no_change_of_the_one_before_is_kept_whole(sets: Sets) -> None:
    grown(sets)
    sets.remember(CELL, MONEY, of("v4-other", example("c"), example("b", False)))
    assert (sets.versions()[0].parent, list(sets.members(sets.versions()[0]))) == (None, ["c", "b"])


def test_a_set_is_remembered_once_and_an_empty_one_never(sets: Sets, tables: Tables) -> None:
    grown(sets)
    sets.remember(CELL, MONEY, of("v2-more", example("c")))
    sets.remember(CELL, MONEY, ExampleSet())
    assert len(tables.versions()) == 3


def test_another_process_finds_what_was_remembered(sets: Sets, tables: Tables) -> None:
    grown(sets)
    sets.tag("v2-more", "good", author="ann")
    again = Sets(tables)
    assert again.versions() == sets.versions() and again.tags(CELL, MONEY) == {"good": "v2-more"}
    again.remember(CELL, MONEY, of("v5-next", example("d"), example("b", False), example("c")))
    assert again.versions()[0].parent == "v3-fixed"


def test_a_diff_tells_what_came_went_and_changed(sets: Sets) -> None:
    grown(sets)
    diff = sets.diff("v1-first", "v3-fixed")
    assert (diff.added, diff.removed, diff.changed) == (("c",), ("a",), ("b",))


def test_blame_names_the_version_that_brought_each_answer(sets: Sets) -> None:
    grown(sets)
    assert [(one.trace_id, one.answer, one.version) for one in sets.blame("v3-fixed")] == [
        ("b", "false", "v3-fixed"),
        ("c", "true", "v2-more"),
    ]


def test_a_tag_moves_and_belongs_to_its_set(sets: Sets) -> None:
    grown(sets)
    sets.tag("v1-first", "good", author="ann")
    sets.tag("v2-more", "good", author="bob")
    assert sets.found(CELL, MONEY, "good").version == "v2-more"
    with pytest.raises(TrainingError, match=r"no training set 'good' of means\.judge"):
        sets.found(CELL, scope_of({"criterion": "sport"}, ("criterion",)), "good")
    with pytest.raises(UsageError, match="off"):
        sets.tag("v1-first", "off", author="ann")


@pytest.mark.parametrize("name", ["nosuch", "v", ""])
def test_a_version_there_is_not_is_refused(sets: Sets, name: str) -> None:
    grown(sets)
    with pytest.raises(TrainingError, match="there is no training set"):
        sets.version(name)


def test_a_version_that_was_shown_to_harm_goes_live_only_by_force(sets: Sets) -> None:
    grown(sets)
    proof = Proof("v3-fixed", CELL, MONEY, NOON, True, "{}")
    sets.prove(proof)
    with pytest.raises(TrainingError, match="worse"):
        sets.use("v3-fixed", author="ann")
    assert sets.live(CELL, MONEY) is None
    assert sets.use("v3-fixed", author="ann", force=True).version == sets.live(CELL, MONEY)
    sets.prove(replace(proof, harm=False))
    sets.follow("v3-fixed", author="ann")
    assert sets.live(CELL, MONEY) is None
    sets.use("v3-fixed", author="ann")
    assert sets.live(CELL, MONEY) == "v3-fixed"


class Shelf:
    def __init__(self, *examples: Example) -> None:
        self.examples, self.decided = examples, 1

    def put(self, *examples: Example) -> None:
        self.examples, self.decided = examples, self.decided + 1

    def revision(self) -> int:
        return self.decided

    def trainable(self, cell: CellKey) -> tuple[Example, ...]:
        return self.examples


ASKED: dict[str, Value] = {"text": "new", "criterion": "money"}


async def test_what_calls_are_given_is_remembered_and_rolling_back_gives_it_again(sets: Sets) -> None:
    shelf = Shelf(example("a"), example("b"), example("x", criterion="sport"))
    selector = Selector(shelf, sets=sets)  # type: ignore[arg-type]
    old = await selector.select(CELL, POLICY, ASKED)
    shelf.put(example("bad"), *shelf.examples)
    new = await selector.select(CELL, POLICY, ASKED)
    assert [row.version for row in sets.versions()] == [new.version, old.version]
    sets.use(old.version, author="ann")
    assert await selector.select(CELL, POLICY, ASKED) == old
    assert (await selector.select(CELL, POLICY, {"text": "new", "criterion": "sport"})).examples[0].trace_id == "x"
    sets.follow(old.version, author="ann")
    assert await selector.select(CELL, POLICY, ASKED) == new


async def test_a_query_may_name_a_version_or_tag(sets: Sets) -> None:
    shelf = Shelf(example("a"))
    selector = Selector(shelf, sets=sets)  # type: ignore[arg-type]
    old = await selector.version(CELL, POLICY, ASKED)
    sets.tag(old, "first", author="ann")
    shelf.put(example("b"), example("a"))
    for name in ("first", old, old[:8]):
        assert await selector.version(CELL, replace(POLICY, pinned=name), ASKED) == old
    with pytest.raises(TrainingError, match="nosuch"):
        await selector.version(CELL, replace(POLICY, pinned="nosuch"), ASKED)


async def test_a_version_never_brings_back_what_was_unmarked_corrected_or_deleted(sets: Sets) -> None:
    shelf = Shelf(example("a"), example("b"), example("c"))
    selector = Selector(shelf, sets=sets)  # type: ignore[arg-type]
    sets.use(await selector.version(CELL, POLICY, ASKED), author="ann")
    shelf.put(example("b", False), example("c"))
    assert [one.trace_id for one in (await selector.select(CELL, POLICY, ASKED)).examples] == ["c"]
