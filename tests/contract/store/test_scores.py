"""What every log store promises about scores."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from hashlib import md5
from typing import Any

import pytest

from rvbbit.interfaces import Due
from rvbbit.logs.examples import ExampleFilter
from rvbbit.logs.store import Store
from rvbbit.types import CallRecord, CellKey, Score, Waiting
from support.store import START, decision, fill, score
from support.store import call as base

CELL = CellKey("means", "judge")


def call(trace_id: str, **changes: object) -> CallRecord:
    return base(trace_id, **{"cascade_id": CELL.cascade_id, "arguments": {"text": trace_id}, **changes})


def confidence(store: Store, trace_id: str) -> float | None:
    return store.page(ExampleFilter(trace_ids=(trace_id,))).rows[0].confidence


async def test_unscored_is_null_and_the_newest_confidence_holds(store: Store) -> None:
    await fill(store, call("a"))
    assert confidence(store, "a") is None
    store.record([score("a", 0.9), score("a", 0.4, version="2"), score("a", 1.0, scorer="rules")])
    assert confidence(store, "a") == 0.4


async def test_a_score_never_touches_what_a_person_decided(store: Store) -> None:
    await fill(store, call("a"))
    store.annotate([decision("a", confidence=0.7, trainable=True)])
    store.record([score("a", 0.1)])
    (row,) = store.page(ExampleFilter(trace_ids=("a",))).rows
    assert (row.confidence, row.trainable, row.calibrated) == (0.7, True, None)
    store.annotate([decision("a", confidence=None, batch="undo")])
    assert confidence(store, "a") == 0.1


async def test_an_example_tells_a_persons_own_confidence_from_a_score(store: Store) -> None:
    await fill(store, call("said"), call("scored"), call("neither"))
    store.annotate([decision(name, trainable=True) for name in ("said", "scored", "neither")])
    store.annotate([decision("said", confidence=0.2)])
    store.record([score("said", 0.9), score("scored", 0.4)])
    found = {one.trace_id: (one.confidence, one.own_confidence) for one in store.trainable(CELL)}
    assert found == {"said": (0.2, 0.2), "scored": (0.4, None), "neither": (None, None)}


async def test_a_scorer_that_cannot_tell_leaves_the_confidence_null(store: Store) -> None:
    await fill(store, call("a"))
    store.record([score("a", 0.9), score("a", None)])
    (row,) = store.page(ExampleFilter(scored=False)).rows
    assert (row.trace_id, row.calibrated) == ("a", None)


async def test_the_page_says_whether_a_confidence_is_calibrated(store: Store) -> None:
    await fill(store, call("a"), call("b"))
    store.record([score("a", 0.9, calibrated=True), score("b", 0.9)])
    assert {row.trace_id: row.calibrated for row in store.page(ExampleFilter()).rows} == {"a": True, "b": False}


async def test_a_score_makes_a_new_revision_since_it_may_change_a_set(store: Store) -> None:
    await fill(store, call("a"))
    before = store.revision()
    store.record([score("a", 0.9)])
    assert store.revision() > before


async def test_what_has_no_confidence_of_this_version_is_unscored_newest_first(store: Store) -> None:
    await fill(store, call("old"), call("done"), call("new"), call("judged", source="judge"), call("elsewhere", cell_name="x"))
    store.record([score("done", 0.5), score("old", 0.5, version="0"), score("new", 0.5, scorer="rules")])
    assert [one.trace_id for one in store.unscored(CELL, Due("1"), 10)] == ["new", "old"]
    assert [one.trace_id for one in store.unscored(CELL, Due("1"), 1)] == ["new"]
    assert store.waiting(CELL, Due("1"), 10**6).executions == 2


async def test_where_everything_is_scored_nothing_waits(store: Store) -> None:
    await fill(store, call("a"))
    store.record([score("a", 0.5)])
    assert store.waiting(CELL, Due("1"), 50) == Waiting()


async def test_what_waits_for_the_judge_is_counted_in_characters_up_to_the_most_it_reads(store: Store) -> None:
    await fill(store, call("a", arguments={"t": "x"}, answer="yes"), call("b", arguments={"t": "x" * 100}), call("c"))
    store.record([score("c", 0.5, scorer="judge", version="judge-1")])
    waiting = store.waiting(CELL, Due("1", "judge-1"), 50)
    assert (waiting.executions, waiting.unjudged, waiting.characters) == (3, 2, len('{"t":"x"}"yes"') + 50)


async def test_a_scorer_sees_the_execution_its_scores_and_other_answers_to_the_same_question(store: Store) -> None:
    same = {"text": "same"}
    received = {"choices": [{"logprobs": {"content": [{"logprob": -0.5}, {"logprob": -1}]}}]}
    await fill(store, call("other", arguments=same, answer="no"), call("unlike"), call("judged", arguments=same, source="judge"))
    await fill(store, call("a", arguments=same, answer="yes", probability=0.75, finish_reason="stop", response=received))
    store.record([score("a", 0.2, scorer="rules"), score("a", 0.3, scorer="rules", version="2")])
    (found,) = (one for one in store.unscored(CELL, Due("1"), 10) if one.trace_id == "a")
    assert (found.arguments, found.answer, found.others, found.right) == (same, "yes", ("no",), None)
    assert (found.probability, found.finish_reason, found.logprobs) == (0.75, "stop", (-0.5, -1.0))
    assert found.scores == (score("a", 0.3, scorer="rules", version="2"),)


@pytest.mark.parametrize("logprob", [None, "high", [], {}, "missing"])
async def test_logprobs_from_elsewhere_that_are_no_numbers_are_none(store: Store, logprob: Any) -> None:
    odd = {"token": "x"} if logprob == "missing" else {"logprob": logprob}
    await fill(store, call("a", response={"choices": [{"logprobs": {"content": [{"logprob": -0.5}, odd]}}]}))
    (found,) = store.unscored(CELL, Due("1"), 10)
    assert found.logprobs in ((), (-0.5,)), "what is missing may be passed over"


async def test_a_verified_answer_is_right_unless_it_was_corrected_or_given_no_confidence(store: Store) -> None:
    await fill(store, *(call(name, answer="yes") for name in ("stood", "same", "corrected", "doubted", "unverified")))
    store.annotate([decision(name, verified=True) for name in ("stood", "same", "corrected", "doubted")])
    store.annotate(
        [decision("same", corrected_output="yes"), decision("corrected", corrected_output="no"), decision("doubted", confidence=0.0)]
    )
    found = {one.trace_id: (one.right, one.held) for one in store.verified(CELL, 10)}
    assert found == {"stood": (True, "yes"), "same": (True, "yes"), "corrected": (False, "no"), "doubted": (False, "yes")}
    assert dict(store.cells()) == {CELL: 4}


def asked(trace_id: str, after: int) -> Score:
    return Score(trace_id, "asked", "again", None, "ann asked", START + timedelta(seconds=after))


async def test_what_the_judge_has_not_seen_is_due_where_there_is_a_judge(store: Store) -> None:
    await fill(store, call("seen"), call("unseen"))
    store.record([score("seen", 0.5), score("unseen", 0.5), score("seen", 0.9, "judge", "j1"), score("unseen", 0.9, "judge", "j0")])
    assert store.unscored(CELL, Due("1"), 10) == []
    assert [one.trace_id for one in store.unscored(CELL, Due("1", "j1"), 10)] == ["unseen"]
    assert store.waiting(CELL, Due("1", "j1"), 10**6).unjudged == 1


async def test_a_sample_is_by_the_md5_of_the_trace_id_and_a_larger_one_holds_the_smaller(store: Store) -> None:
    names = [f"trace-{number}" for number in range(64)]
    await fill(store, *(call(name) for name in names))

    def sample(share: float) -> set[str]:
        return {one.trace_id for one in store.unscored(CELL, Due("1", share=share), 100)}

    first = {name for name in names if int(md5(name.encode()).hexdigest()[:8], 16) < 16**8 // 4}
    assert sample(0.25) == first != set()
    assert sample(0.25) < sample(0.75) < sample(1.0) == set(names)
    assert sample(0.0) == set()
    assert store.waiting(CELL, Due("1", share=0.25), 50).executions == len(first)


async def test_what_a_person_asked_for_is_due_until_it_has_a_newer_confidence(store: Store) -> None:
    await fill(store, call("a"), call("b"))
    due = Due("1", share=0.0, asked=True)
    assert store.unscored(CELL, due, 10) == []
    store.record([score("a", 0.5), asked("a", 1)])
    (found,) = store.unscored(CELL, due, 10)
    assert found.trace_id == "a" and asked("a", 1) in found.scores
    assert store.waiting(CELL, due, 10**6).executions == 1
    store.record([replace(score("a", 0.6), timestamp=START + timedelta(seconds=2))])
    assert store.unscored(CELL, due, 10) == []
    store.record([asked("a", 3), asked("b", 3)])
    assert {one.trace_id for one in store.unscored(CELL, due, 10)} == {"a", "b"}


async def test_asked_for_anew_the_judge_has_not_seen_it_until_it_speaks_whoever_else_answers(store: Store) -> None:
    await fill(store, call("a"))
    judge = score("a", 0.5, scorer="judge", version="j1")
    requested, sampled = Due("1", "j1", 0.0, asked=True), Due("1", "j1")
    store.record([judge, score("a", 0.5)])
    assert store.unscored(CELL, requested, 10) == store.unscored(CELL, sampled, 10) == []
    store.record([replace(asked("a", 0), timestamp=START - timedelta(hours=1))])  # by a clock that is behind
    store.record([replace(asked("a", 0), version="once"), score("a", 0.6)])
    for due in (requested, sampled):
        assert [one.again for one in store.unscored(CELL, due, 10)] == [True]
        assert store.waiting(CELL, due, 10**6).unjudged == 1
    assert store.unscored(CELL, Due("1", share=0.0, asked=True), 10) == [], "free scorers have answered"
    store.record([judge])
    assert store.unscored(CELL, requested, 10) == store.unscored(CELL, sampled, 10) == []


async def test_a_request_is_no_confidence(store: Store) -> None:
    await fill(store, call("a"))
    store.record([asked("a", 1)])
    assert confidence(store, "a") is None
