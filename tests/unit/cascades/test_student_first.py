"""A student beside a model: what it decides, what that costs, what the log says of it, and when it stands aside."""

from __future__ import annotations

import random
from typing import Any

import pytest

from rvbbit.errors import ProviderError, UsageError
from rvbbit.targets import Foreseen, Target
from rvbbit.types import Example
from unit.cascades.classroom import CELL, CONTEXT, LABELLED, Class
from unit.cascades.conftest import NOON, World


@pytest.fixture
def taught(world: World) -> Class:
    return Class.taught(world)


async def test_the_student_decides_what_it_is_sure_of_and_the_model_the_rest(taught: Class) -> None:
    rows = taught.rows(600, lambda rank: rank > 500)
    answers = await taught.ask(rows, Target(accuracy=0.95))
    calls = len(taught.world.provider.requests)
    assert calls < 300 and sum(one.student for one in answers) == 600 - calls
    assert sum(one.calls for one in answers) == calls
    assert taught.agreed(rows, answers) >= 0.95
    assert taught.notice.startswith(f"the student decides {600 - calls} of 600 JUDGE: accuracy >= 0.95 against fake:model (95% sure), by ")


async def test_every_answer_is_told_once(taught: Class) -> None:
    answers = await taught.ask(taught.rows(600, lambda rank: rank > 500), Target(accuracy=0.95))
    assert len(taught.told) == 600
    assert sum(one.student for one in taught.told) == sum(one.student for one in answers)


async def test_what_the_student_decides_is_logged_as_its_own_and_never_answers_for_the_model(taught: Class) -> None:
    rows = taught.rows(600, lambda rank: rank > 500)
    answers = await taught.ask(rows, Target(accuracy=0.95))
    decided = [record for record in taught.world.log.records if record.model == "local:minilm"]
    assert len(decided) == sum(one.student for one in answers) > 0
    assert {record.query_id for record in decided} == {"query"} and all(record.usage.cost_usd == 0.0 for record in decided)
    assert decided[0].request == {"student": {"in_place_of": "fake:model", "target": "accuracy >= 0.95", "delta": 0.05}}
    before = len(taught.world.provider.requests)
    plain = await taught.runner.answer("judge", rows, CONTEXT)
    assert len(taught.world.provider.requests) - before == len(decided)
    assert taught.agreed(rows, plain) == 1.0


async def test_the_same_question_again_asks_nobody(taught: Class) -> None:
    rows = taught.rows(600, lambda rank: rank > 500)
    first = await taught.ask(rows, Target(accuracy=0.95))
    calls, opinions = len(taught.world.provider.requests), len(taught.student.requests)
    again = await taught.ask(rows, Target(accuracy=0.95))
    assert (len(taught.world.provider.requests), len(taught.student.requests)) == (calls, opinions)
    assert [one.value for one in again] == [one.value for one in first]
    assert all(one.cached for one in again) and sum(one.student for one in again) == sum(one.student for one in first)


@pytest.mark.parametrize("changed", [Target(accuracy=0.96), Target(accuracy=0.95, delta=0.01)])
async def test_another_promise_is_another_question(taught: Class, changed: Target) -> None:
    rows = taught.rows(600, lambda rank: rank > 500)
    await taught.ask(rows, Target(accuracy=0.95))
    calls = len(taught.world.provider.requests)
    await taught.ask(rows, changed)
    assert len(taught.world.provider.requests) > calls


async def test_another_population_is_sampled_anew(taught: Class) -> None:
    rows = taught.rows(600, lambda rank: rank > 500)
    await taught.ask(rows, Target(accuracy=0.95))
    calls = len(taught.world.provider.requests)
    await taught.ask(rows[:599], Target(accuracy=0.95))
    assert len(taught.world.provider.requests) > calls


async def test_equal_runs_decide_the_same_in_whatever_order_rows_come(world: World) -> None:
    found = []
    for turn in (1, -1):
        world.write(CELL)
        world.log.records.clear()
        one = Class(world)
        one.teach()
        rows = one.rows(400, lambda rank: rank > 350)[::turn]
        answers = await one.ask(rows, Target(accuracy=0.9))
        found.append({str(row["text"]): (answer.value, answer.student) for row, answer in zip(rows, answers, strict=True)})
    assert found[0] == found[1]
    assert any(student for _, student in found[0].values())


async def test_recall_alone_lets_in_nothing_that_the_model_would_not(taught: Class) -> None:
    rows = taught.rows(800, lambda rank: rank % 50 == 49)
    answers = await taught.ask(rows, Target(recall=0.8))
    hits = [self_ for row, self_ in zip(rows, answers, strict=True) if self_.value is True and not taught.model[str(row["text"])]]
    theirs = sum(taught.model[str(row["text"])] is True for row in rows)
    assert hits == [] and any(one.student for one in answers)
    assert {one.value for one in answers if one.student} == {False}
    assert sum(one.value is True for one in answers) / theirs >= 0.8


async def test_precision_alone_misses_nothing_that_the_model_would_find(taught: Class) -> None:
    rows = taught.rows(800, lambda rank: rank % 100 == 99, positive=0.7)
    answers = await taught.ask(rows, Target(precision=0.8))
    missed = [row for row, one in zip(rows, answers, strict=True) if one.value is False and taught.model[str(row["text"])]]
    assert missed == [] and {one.value for one in answers if one.student} == {True}
    right = sum(taught.model[str(row["text"])] is True for row, one in zip(rows, answers, strict=True) if one.value is True)
    assert right / sum(one.value is True for one in answers) >= 0.8


async def test_both_let_the_student_decide_hits_and_rejections(taught: Class) -> None:
    rows = taught.rows(1_200, lambda rank: rank % 200 == 199, positive=0.5)
    answers = await taught.ask(rows, Target(precision=0.8, recall=0.8))
    assert {one.value for one in answers if one.student} == {True, False}


async def test_where_nothing_is_known_some_are_asked_to_teach(taught: Class) -> None:
    taught.logged.clear()
    answers = await taught.ask(taught.rows(900, lambda rank: rank > 800), Target(accuracy=0.9))
    assert any(one.student for one in answers)


async def test_a_student_who_knows_nothing_saves_nothing_and_says_so(taught: Class) -> None:
    chance = random.Random(3)
    taught.logged[:] = [Example(one.trace_id, one.arguments, chance.random() < 0.5, NOON) for one in taught.logged]
    rows = taught.rows(400, lambda rank: chance.random() < 0.5)
    answers = await taught.ask(rows, Target(accuracy=0.95))
    assert len(taught.world.provider.requests) == 400 and taught.agreed(rows, answers) == 1.0
    assert taught.notice == (
        "the student decides none of 400 JUDGE: taught by 150 answers, it is not sure enough to save calls; fake:model is asked"
    )


async def test_a_student_surer_than_it_should_be_is_found_out(taught: Class) -> None:
    """What is logged flatters it; the rows of this query are another matter."""
    rows = taught.rows(600, lambda rank: rank % 2 == 0)
    answers = await taught.ask(rows, Target(accuracy=0.95))
    assert taught.agreed(rows, answers) >= 0.95


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (lambda one: one.rows(60, lambda rank: False), "60 questions are too few"),
        (lambda one: [{**row, "criterion": f"| {n}"} for n, row in enumerate(one.rows(300, lambda rank: False))], "different questions"),
    ],
)
async def test_where_it_cannot_stand_in_the_model_is_asked_for_all(taught: Class, rows: Any, why: str) -> None:
    made = rows(taught)
    answers = await taught.ask(made, Target(accuracy=0.9))
    assert len(taught.world.provider.requests) == len(made) and not any(one.student for one in answers)
    assert why in taught.notice


async def test_known_answers_that_are_all_the_same_teach_nothing(taught: Class) -> None:
    taught.logged[:] = [Example(one.trace_id, one.arguments, False, NOON) for one in taught.logged]
    rows = taught.rows(300, lambda rank: False, positive=0.0)
    await taught.ask(rows, Target(accuracy=0.9))
    assert "all the same, teach nothing" in taught.notice and len(taught.world.provider.requests) == 300


async def test_cells_that_no_embedding_can_answer_are_the_models(taught: Class) -> None:
    taught.world.write(CELL.replace("    local: {task: matches, text: text, against: criterion}\n", ""))
    rows = taught.rows(300, lambda rank: False)
    await taught.ask(rows, Target(accuracy=0.9))
    assert "has no cell that an embedding model could answer" in taught.notice and len(taught.world.provider.requests) == 300


async def test_labels_have_an_accuracy_and_no_recall(taught: Class) -> None:
    taught.world.write(LABELLED)
    with pytest.raises(UsageError, match="judge gives labels, which have no recall") as failed:
        await taught.beside(Target(recall=0.9)).answer("judge", [{"text": "n", "labels": ["a", "b"]}], CONTEXT)
    assert failed.value.hint == "state its accuracy: `-- @ accuracy: 0.95`"


async def test_a_text_the_student_cannot_read_is_the_models(taught: Class) -> None:
    rows = taught.rows(400, lambda rank: False)
    taught.model["n 0-x blank 0.5"] = True
    answers = await taught.ask([*rows, {"text": "n 0-x blank 0.5", "criterion": "| is it so"}], Target(accuracy=0.9))
    assert not answers[-1].student and answers[-1].value is True and any(one.student for one in answers)


async def test_where_the_model_fails_the_student_is_taken_to_be_wrong(taught: Class) -> None:
    rows = taught.rows(400, lambda rank: False)
    taught.world.says(lambda request: ProviderError("down"))
    answers = await taught.ask(rows, Target(accuracy=0.9), on_error="null")
    assert sum(one.student for one in answers) <= 40 and all(one.error for one in answers if not one.student)


async def test_an_error_of_the_model_ends_the_query_as_ever(taught: Class) -> None:
    taught.world.says(lambda request: ProviderError("down"))
    with pytest.raises(ProviderError, match="down"):
        await taught.ask(taught.rows(400, lambda rank: False), Target(accuracy=0.9))
    assert not [record for record in taught.world.log.records if record.model == "local:minilm"]


async def test_what_is_expected_is_near_what_happens_and_asks_nothing(taught: Class) -> None:
    rows = taught.rows(600, lambda rank: rank > 500)
    beside = taught.beside(Target(accuracy=0.95))
    expected = await beside.foreseen("judge", rows, CONTEXT)
    assert taught.world.provider.requests == [] and await beside.known("judge", rows, CONTEXT) == 0
    answers = await taught.ask(rows, Target(accuracy=0.95))
    assert expected is not None and expected.decided + expected.asked == 600
    assert abs(expected.decided - sum(one.student for one in answers)) < 150
    assert await beside.foreseen("judge", rows, CONTEXT) == Foreseen(sum(one.student for one in answers), 0)


async def test_nothing_can_be_expected_of_a_student_that_is_not_taught_yet(taught: Class) -> None:
    taught.logged.clear()
    assert await taught.beside(Target(accuracy=0.95)).foreseen("judge", taught.rows(600, lambda rank: False), CONTEXT) is None


def test_a_target_of_one_is_what_the_model_gives() -> None:
    assert not Target(accuracy=1.0).asks_for_anything and not Target().asks_for_anything
    assert Target(recall=0.9, precision=1.0).asks_for_anything
