"""Which examples a call may learn from, and when two calls learn from the same set."""

from __future__ import annotations

import asyncio
import itertools
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rvbbit.errors import CascadeError
from rvbbit.training.selection import Selector
from rvbbit.types import CellKey, Decision, Example, Execution, Strategy, TrainingPolicy, Value

CELL = CellKey("means", "judge")
RECENT = TrainingPolicy(limit=2, scope=("criterion",))
LABELS = TrainingPolicy(limit=9, scope=("labels",))
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Shelf:
    """An `ExampleStore` of examples in the order given, newest first; counts how often it is read."""

    def __init__(self, *examples: Example) -> None:
        self.examples = examples
        self.decided = 1
        self.reads = 0

    def put(self, *examples: Example) -> None:
        self.examples = examples
        self.decided += 1

    def revision(self) -> int:
        return self.decided

    def trainable(self, cell: CellKey) -> tuple[Example, ...]:
        self.reads += 1
        return self.examples if cell == CELL else ()

    def annotate(self, decisions: list[Decision]) -> None: ...

    def missing(self, trace_ids: list[str]) -> list[str]:
        return []

    def executions(self, *, trace_ids: list[str] = (), batch: str | None = None) -> list[Execution]:  # type: ignore[assignment]
        return []


def example(trace_id: str, answer: Value = True, confidence: float | None = None, verified: bool = False, **arguments: Value) -> Example:
    asked = {"text": f"text of {trace_id}", "criterion": "money"} | arguments
    return Example(trace_id, asked, answer, NOON - timedelta(hours=len(trace_id)), confidence, verified)


def asking(text: str = "something new", **others: Value) -> dict[str, Value]:
    return {"text": text, "criterion": "money"} | others


async def chosen(shelf: Shelf, policy: TrainingPolicy, arguments: dict[str, Value]) -> list[str]:
    return [one.trace_id for one in (await Selector(shelf).select(CELL, policy, arguments)).examples]


async def test_recent_takes_the_newest_up_to_the_limit_and_shows_them_oldest_first() -> None:
    assert await chosen(Shelf(example("a"), example("b"), example("c")), RECENT, asking()) == ["b", "a"]


async def test_a_call_never_sees_an_example_with_its_own_arguments() -> None:
    shelf = Shelf(example("a"), example("b"), example("c"))
    for strategy in ("recent", "random", "high_confidence"):
        policy = replace(RECENT, strategy=strategy, limit=9)
        assert sorted(await chosen(shelf, policy, asking("text of a"))) == ["b", "c"]


async def test_own_arguments_are_recognised_under_another_list_of_labels() -> None:
    shelf = Shelf(example("a", "x", labels=["x", "y", "z"]), example("b", "y", labels=["x", "y"]))
    assert await chosen(shelf, LABELS, {"text": "text of a", "criterion": "money", "labels": ["x", "y"]}) == ["b"]


async def test_all_is_the_whole_set_and_the_same_object_for_every_call() -> None:
    shelf = Shelf(*(example(f"e{n}") for n in range(50)))
    selector = Selector(shelf)
    policy = replace(RECENT, strategy="all")
    first, second = await selector.select(CELL, policy, asking("text of e1")), await selector.select(CELL, policy, asking())
    assert first is second
    assert [one.trace_id for one in first.examples] == [f"e{n}" for n in range(50)]


async def test_a_scalar_in_scope_must_be_equal() -> None:
    shelf = Shelf(example("a"), example("b", criterion="sport"))
    assert await chosen(shelf, RECENT, asking(criterion="sport")) == ["b"]
    assert await chosen(shelf, RECENT, asking(criterion="weather")) == []


async def test_numbers_and_booleans_in_scope_are_not_confused() -> None:
    assert await chosen(Shelf(example("a", criterion=1)), RECENT, asking(criterion=True)) == []


async def test_an_answer_must_be_among_the_labels_of_the_call() -> None:
    shelf = Shelf(example("a", "x", labels=["x", "y"]), example("b", "z", labels=["z"]), example("c", ["x", "z"]), example("d", ["x"]))
    assert await chosen(shelf, LABELS, asking(labels=["x", "q"])) == ["d", "a"]


async def test_without_a_scope_every_example_of_the_cell_counts() -> None:
    shelf = Shelf(example("a"), example("b", criterion="sport"))
    assert await chosen(shelf, TrainingPolicy(), asking()) == ["b", "a"]


async def test_other_cells_teach_nothing() -> None:
    found = await Selector(Shelf(example("a"))).select(CellKey("means", "other"), RECENT, asking())
    assert (found.version, found.examples) == ("", ())


async def test_one_question_that_was_answered_alike_is_one_example() -> None:
    shelf = Shelf(example("new", text="Same."), example("old", text="  same"), example("c"))
    assert await chosen(shelf, replace(RECENT, limit=9), asking()) == ["c", "new"]
    shelf.put(example("new", text="same"), example("sure", text="same", verified=True), example("c"))
    assert await chosen(shelf, replace(RECENT, limit=9), asking()) == ["c", "sure"]


async def test_examples_that_contradict_each_other_stay_out_until_one_is_verified_or_taken_away() -> None:
    shelf = Shelf(example("new", False, text="same"), example("c"), example("old", True, text="Same!"))
    policy = replace(RECENT, limit=9)
    assert await chosen(shelf, policy, asking()) == ["c"]
    shelf.put(example("new", False, text="same"), example("c"), example("old", True, text="Same!", verified=True))
    assert await chosen(shelf, policy, asking()) == ["old", "c"]
    shelf.put(example("new", False, text="same"), example("c"))
    assert await chosen(shelf, policy, asking()) == ["c", "new"]


@pytest.mark.parametrize("own", ["TEXT of  a", " text of a. ", "“Text of a?”", "ｔｅｘｔ of a"])
async def test_own_arguments_are_recognised_however_they_are_typed(own: str) -> None:
    shelf = Shelf(example("a"), example("b"))
    for strategy in ("recent", "random", "high_confidence"):
        assert await chosen(shelf, replace(RECENT, strategy=strategy), asking(own)) == ["b"]


async def test_texts_that_differ_in_what_they_say_are_different_questions() -> None:
    shelf = Shelf(example("a", text="C++"), example("b", False, text="C"), example("c", text="-5"), example("d", False, text="5"))
    assert sorted(await chosen(shelf, replace(RECENT, limit=9), asking())) == ["a", "b", "c", "d"]


async def test_an_example_over_the_token_budget_is_passed_over_for_the_next() -> None:
    shelf = Shelf(example("long", text="word " * 400), example("b"), example("c"), example("d"))
    for strategy in ("recent", "high_confidence"):
        assert await chosen(shelf, replace(RECENT, limit=9, strategy=strategy, token_budget=40), asking()) == ["c", "b"]
    assert set(await chosen(shelf, replace(RECENT, limit=9, strategy="random", token_budget=75), asking())) == {"b", "c", "d"}
    assert await chosen(shelf, replace(RECENT, token_budget=5), asking()) == []


async def test_a_cell_whose_inputs_are_all_in_scope_still_tells_examples_apart() -> None:
    shelf = Shelf(Example("a", {"labels": ["x"]}, "x", NOON), Example("b", {"labels": ["x", "y"]}, "x", NOON))
    assert await chosen(shelf, LABELS, {"labels": ["x", "z"]}) == ["b", "a"]


async def test_a_minimum_confidence_keeps_out_the_unscored_and_lets_the_verified_in() -> None:
    shelf = Shelf(example("low", confidence=0.5), example("high", confidence=0.9), example("none"), example("sure", verified=True))
    policy = replace(RECENT, limit=9, min_confidence=0.8)
    assert await chosen(shelf, policy, asking()) == ["sure", "high"]
    assert await chosen(shelf, replace(policy, min_confidence=0.0), asking()) == ["sure", "high", "low"]


async def test_a_persons_own_confidence_counts_before_verified_and_before_a_score() -> None:
    doubted = replace(example("doubted", verified=True), confidence=0.2, own_confidence=0.2)
    liked = replace(example("liked"), confidence=0.9, own_confidence=0.9)
    scored = example("scored low", confidence=0.2, verified=True)
    shelf = Shelf(doubted, scored, liked)
    assert await chosen(shelf, replace(RECENT, limit=9, min_confidence=0.8), asking()) == ["liked", "scored low"]
    assert await chosen(shelf, replace(RECENT, limit=2, strategy="high_confidence"), asking()) == ["liked", "scored low"]


async def test_verified_only_keeps_out_the_rest() -> None:
    shelf = Shelf(example("scored", confidence=1.0), example("sure", verified=True))
    assert await chosen(shelf, replace(RECENT, verified_only=True), asking()) == ["sure"]


async def test_an_untrusted_decision_does_not_hide_an_older_trusted_one() -> None:
    shelf = Shelf(example("new", text="same"), example("old", text="same", verified=True))
    assert await chosen(shelf, replace(RECENT, verified_only=True), asking()) == ["old"]


async def test_high_confidence_puts_the_verified_first_and_the_unscored_last() -> None:
    shelf = Shelf(example("none"), example("low", confidence=0.5), example("high", confidence=0.9), example("sure", verified=True))
    assert await chosen(shelf, replace(RECENT, strategy="high_confidence", limit=9), asking()) == ["sure", "high", "low", "none"]


async def test_random_draws_the_same_for_every_question_and_a_new_example_changes_one_at_most() -> None:
    made = [example(f"e{n}") for n in range(200)]
    policy = replace(RECENT, strategy="random", limit=5)
    draws = [set(await chosen(Shelf(*made[-size:]), policy, asking(f"question {size}"))) for size in range(50, 201)]
    assert {len(draw) for draw in draws} == {5}
    assert all(len(before & after) >= 4 for before, after in itertools.pairwise(draws))
    assert len({frozenset(draw) for draw in draws}) > 2


async def test_random_takes_each_example_about_as_often_as_any_other() -> None:
    drawn = [int(one[1:]) for start in range(0, 5_000, 50) for one in await _random(start)]
    assert 0.4 < sum(place % 50 < 25 for place in drawn) / len(drawn) < 0.6  # no preference for the newest


async def _random(start: int) -> list[str]:
    shelf = Shelf(*(example(f"e{n}") for n in range(start, start + 50)))
    return await chosen(shelf, replace(RECENT, strategy="random", limit=5), asking())


FIXED = ("recent", "high_confidence", "random")


@pytest.mark.parametrize("strategy", FIXED)
async def test_what_does_not_depend_on_the_question_is_one_choice_in_one_order_for_all(strategy: Strategy) -> None:
    selector = Selector(Shelf(*(example(f"e{n}", confidence=n / 100) for n in range(60))))
    policy = replace(RECENT, strategy=strategy, limit=5)
    first, second = [await selector.select(CELL, policy, asking(text)) for text in ("one", "two")]
    assert first is second
    assert first.stable == len(first.examples) == 5


@pytest.mark.parametrize("strategy", FIXED)
async def test_without_its_own_example_a_call_keeps_the_order_of_the_others_and_gets_the_next_best_behind(strategy: Strategy) -> None:
    shelf = Shelf(*(example(f"e{n}", confidence=1 - n / 100) for n in range(60)))
    policy = replace(RECENT, strategy=strategy, limit=5)
    given = await chosen(shelf, policy, asking())
    for own in given:
        found = await Selector(shelf).select(CELL, policy, asking(f"text of {own}"))
        shown = [one.trace_id for one in found.examples]
        assert shown[:4] == [one for one in given if one != own]
        assert shown[4] not in given
        assert found.stable == 0


async def test_a_smaller_example_does_not_push_out_others_when_ones_own_leaves_room_in_the_budget() -> None:
    shelf = Shelf(example("own", text="word " * 20), example("big", text="word " * 30), example("a"), example("b"))
    policy = replace(RECENT, limit=9, token_budget=70)
    assert await chosen(shelf, policy, asking()) == ["b", "a", "own"]
    assert await chosen(shelf, policy, asking("word " * 20)) == ["b", "a"]  # `big` would take the room of one of them


@pytest.mark.parametrize("strategy", FIXED)
async def test_new_examples_stand_behind_old_ones(strategy: Strategy) -> None:
    made = [example(f"e{n}", confidence=0.9) for n in range(40)]
    policy = replace(RECENT, strategy=strategy, limit=30)
    before, after = await chosen(Shelf(*made[20:]), policy, asking()), await chosen(Shelf(*made[10:]), policy, asking())
    assert len(before) == 20
    assert after[:20] == before


async def test_a_strategy_that_does_not_exist_says_which_do() -> None:
    with pytest.raises(CascadeError, match=r"means\.judge.*nosuch") as raised:
        await Selector(Shelf()).version(CELL, replace(RECENT, strategy="nosuch"), asking())  # type: ignore[arg-type]
    assert raised.value.hint == "one of: recent, high_confidence, random, semantic, all"


async def test_semantic_without_an_embedder_is_refused_by_name() -> None:
    with pytest.raises(CascadeError, match="embedding model"):
        await Selector(Shelf(example("a"))).version(CELL, replace(RECENT, strategy="semantic"), asking())


async def version(shelf: Shelf, policy: TrainingPolicy = RECENT, **arguments: Value) -> str:
    return await Selector(shelf).version(CELL, policy, asking(**arguments))


async def test_the_version_is_that_of_the_content() -> None:
    shelf = Shelf(example("a"), example("b"))
    before = await version(shelf)
    assert before == await version(Shelf(example("a"), example("b")))
    assert before == (await Selector(shelf).select(CELL, RECENT, asking())).version
    assert before not in {await version(Shelf(example("a"))), await version(Shelf(example("a"), example("b", False)))}
    assert before not in {await version(Shelf(example("b"), example("a"))), await version(Shelf(example("a"), example("c")))}


async def test_the_version_is_empty_where_nothing_applies() -> None:
    assert await version(Shelf()) == ""
    assert await version(Shelf(example("a")), criterion="weather") == ""


async def test_the_version_does_not_change_with_the_text_asked() -> None:
    shelf = Shelf(example("a"), example("b"))
    assert await version(shelf, text="text of a") == await version(shelf, text="new")


async def test_an_example_out_of_scope_does_not_change_the_version() -> None:
    assert await version(Shelf(example("a"))) == await version(Shelf(example("b", criterion="sport"), example("a")))


async def test_a_decision_counts_from_the_next_question_on() -> None:
    shelf = Shelf(example("a"))
    selector = Selector(shelf)
    before = await selector.version(CELL, RECENT, asking())
    shelf.put(example("b"), example("a"))
    assert await selector.version(CELL, RECENT, asking()) != before
    assert [one.trace_id for one in (await selector.select(CELL, RECENT, asking())).examples] == ["a", "b"]


async def test_a_question_that_comes_while_a_decision_is_being_read_waits_for_it() -> None:
    shelf = Shelf(example("a"))
    selector, asked = Selector(shelf), asking()
    assert [one.trace_id for one in (await selector.select(CELL, RECENT, asked)).examples] == ["a"]
    shelf.put(example("b"), example("a"))
    for found in await asyncio.gather(*(selector.select(CELL, RECENT, asked) for _ in range(3))):
        assert [one.trace_id for one in found.examples] == ["a", "b"]


async def test_ten_thousand_questions_read_the_store_once() -> None:
    shelf = Shelf(*(example(f"e{n}") for n in range(100)))
    selector = Selector(shelf)
    versions = await asyncio.gather(*(selector.version(CELL, RECENT, asking(f"text {n}")) for n in range(10_000)))
    assert (len(set(versions)), shelf.reads) == (1, 1)


async def test_more_criteria_than_are_remembered_still_get_their_own_sets() -> None:
    shelf = Shelf(*(example(f"e{n}", criterion=f"criterion {n}") for n in range(5_000)))
    selector = Selector(shelf)
    for n in range(5_000):
        found = await selector.select(CELL, RECENT, asking(criterion=f"criterion {n}"))
        assert [one.trace_id for one in found.examples] == [f"e{n}"]
    assert shelf.reads == 1


async def test_what_is_in_scope_stands_in_a_prompt_once_and_counts_for_no_example() -> None:
    many = [f"label {n}" for n in range(500)]
    shelf = Shelf(*(example(f"e{n}", "label 1", labels=many) for n in range(3)))
    policy = TrainingPolicy(limit=9, scope=("labels", "criterion"), token_budget=60)
    assert len(await chosen(shelf, policy, asking(labels=many))) == 3


async def test_a_store_on_a_server_is_asked_for_its_revision_off_the_event_loop() -> None:
    asked: list[threading.Thread] = []

    class Slow(Shelf):
        def revision(self) -> int:
            asked.append(threading.current_thread())
            return super().revision()

    selector = Selector(Slow(example("a")))
    await asyncio.gather(*(selector.version(CELL, TrainingPolicy(), asking(str(number))) for number in range(100)))
    first, *_ = asked
    assert first is not threading.current_thread()
    assert sum(one is not threading.current_thread() for one in asked) == 1, "a hundred at once wait for one answer"
