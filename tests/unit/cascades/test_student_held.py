"""A student beside what people verified: what the answers come to against that, and how far it goes where the target is held there."""

from __future__ import annotations

import math

import pytest

from rvbbit.cascades.binomial import least
from rvbbit.cascades.verified import Standing, Verified
from rvbbit.errors import UsageError
from rvbbit.targets import Foreseen, Target
from rvbbit.types import Example, Notice
from unit.cascades.classroom import CONTEXT, Class
from unit.cascades.conftest import NOON, World

HELD = Target(accuracy=0.9, against="verified")


@pytest.fixture
def taught(world: World) -> Class:
    return Class.taught(world)


async def test_what_the_answers_come_to_against_verified_ones_is_said(taught: Class) -> None:
    taught.verify(200, wrong=lambda rank: rank > 175)
    await taught.ask(taught.rows(600, lambda rank: rank > 500), Target(accuracy=0.8))
    assert "against fake:model" in taught.notice
    (said,) = taught.standing
    assert said.startswith("against 200 verified answers: accuracy >= 0.") and said.endswith("(95% sure), if they are as drawn at random")


async def test_where_they_do_not_show_the_target_it_is_a_warning(taught: Class) -> None:
    taught.verify(100, wrong=lambda rank: rank % 2 == 0)
    await taught.ask(taught.rows(600, lambda rank: False), Target(accuracy=0.9))
    (said,) = [one for one in taught.heard if isinstance(one, Standing)]
    assert (
        said.severity == "warning" and "that does not show accuracy >= 0.9: `-- @ against: verified` holds the target there" in said.message
    )


async def test_a_student_that_decides_nothing_leaves_the_models_answers_to_be_told_of(taught: Class) -> None:
    taught.verify(100)
    await taught.ask(taught.rows(60, lambda rank: False), Target(accuracy=0.9))
    assert taught.standing == ["against 100 verified answers: accuracy >= 0.97 (95% sure), if they are as drawn at random"]


async def test_asked_again_the_answers_that_were_given_are_counted(taught: Class) -> None:
    rows = taught.rows(600, lambda rank: rank > 500)
    answers = await taught.ask(rows, Target(accuracy=0.9))
    taught.verified = [Verified(row, taught.model[str(row["text"])], None) for row in rows[::3]]
    taught.heard.clear()
    await taught.ask(rows, Target(accuracy=0.9))
    right = sum(one.value == taught.model[str(row["text"])] for row, one in zip(rows[::3], answers[::3], strict=True))
    (said,) = taught.standing
    assert f"against 200 verified answers: accuracy >= {math.floor(1_000 * least(right, 200, 0.05)) / 1_000:g}" in said and right < 200


@pytest.mark.parametrize("number", [0, 28])
async def test_of_too_few_verified_answers_nothing_is_said(taught: Class, number: int) -> None:
    taught.verify(number)
    await taught.ask(taught.rows(600, lambda rank: rank > 500), Target(accuracy=0.9))
    assert taught.standing == []


async def test_verified_answers_about_something_else_count_for_nothing(taught: Class) -> None:
    taught.verify(200)
    taught.verified = [Verified({**one.arguments, "criterion": "| another"}, one.answer, one.said) for one in taught.verified]
    await taught.ask(taught.rows(600, lambda rank: rank > 500), Target(accuracy=0.9))
    assert taught.standing == []
    with pytest.raises(UsageError, match="0 verified answers cannot show"):
        await taught.ask(taught.rows(600, lambda rank: rank > 500), HELD)


async def test_against_verified_answers_the_student_decides_as_far_as_they_allow_and_no_sample_is_asked(taught: Class) -> None:
    taught.verify(200, wrong=lambda rank: rank > 150)
    rows = taught.rows(600, lambda rank: rank > 450)
    answers = await taught.ask(rows, HELD)
    decided = sum(one.student for one in answers)
    assert 450 < decided < 540 and len(taught.world.provider.requests) == 600 - decided
    assert taught.agreed(rows, answers) >= 0.9
    assert taught.notice == f"the student decides {decided} of 600 JUDGE, as verified answers allow"
    assert taught.standing == ["against 200 verified answers: accuracy >= 0.9 (95% sure), if they are as drawn at random"]
    logged = next(record for record in taught.world.log.records if record.model == "local:minilm")
    assert logged.request == {"student": {"in_place_of": "fake:model", "target": "accuracy >= 0.9", "delta": 0.05, "against": "verified"}}


async def test_what_is_measured_with_teaches_nothing_there(taught: Class) -> None:
    taught.verify(200)
    taught.logged += [Example("known", one.arguments, one.answer, NOON) for one in taught.verified]
    await taught.ask(taught.rows(600, lambda rank: rank > 500), HELD)
    measured = {str(one.arguments["text"]) for one in taught.verified}
    for request in taught.student.requests:
        assert not measured & {str(example.arguments["text"]) for example in request.examples.examples}


async def test_where_the_verified_answers_allow_nothing_the_model_is_asked_for_all(taught: Class) -> None:
    taught.verify(29, wrong=lambda rank: True)
    answers = await taught.ask(taught.rows(300, lambda rank: False), HELD)
    assert not any(one.student for one in answers) and len(taught.world.provider.requests) == 300
    assert "the verified answers let it decide nothing; fake:model is asked" in taught.notice
    assert taught.standing == ["against 29 verified answers: accuracy >= 0.9 (95% sure), if they are as drawn at random"]


@pytest.mark.parametrize(
    ("number", "message"), [(20, "29 are needed at least"), (200, "fake:model itself is not shown to reach accuracy >= 0.9")]
)
async def test_a_target_that_verified_answers_do_not_show_is_refused_before_a_call(taught: Class, number: int, message: str) -> None:
    taught.verify(number, said=lambda rank: rank % 4 > 0)
    with pytest.raises(UsageError, match=message):
        await taught.ask(taught.rows(600, lambda rank: False), HELD)
    with pytest.raises(UsageError, match=message):
        await taught.beside(HELD).foreseen("judge", taught.rows(600, lambda rank: False), CONTEXT)
    assert taught.world.provider.requests == []


async def test_held_to_verified_answers_the_same_question_again_asks_nobody(taught: Class) -> None:
    taught.verify(200)
    rows = taught.rows(600, lambda rank: rank > 500)
    first = await taught.ask(rows, HELD)
    calls, opinions = len(taught.world.provider.requests), len(taught.student.requests)
    taught.verified.reverse()
    again = await taught.ask(rows, HELD)
    assert (len(taught.world.provider.requests), len(taught.student.requests)) == (calls, opinions)
    assert [one.value for one in again] == [one.value for one in first] and all(one.cached for one in again)
    assert len(taught.standing) == 2 and taught.standing[0] == taught.standing[1]


async def test_another_verified_answer_is_another_question(taught: Class) -> None:
    taught.verify(200)
    rows = taught.rows(600, lambda rank: rank > 500)
    await taught.ask(rows, HELD)
    before = len(taught.student.requests)
    taught.verified.pop()
    await taught.ask(rows, HELD)
    assert len(taught.student.requests) > before


async def test_held_to_verified_answers_a_student_that_is_taught_may_decide_a_few_questions(taught: Class) -> None:
    taught.verify(200)
    answers = await taught.ask(taught.rows(20, lambda rank: False), HELD)
    assert sum(one.student for one in answers) > 10
    taught.logged.clear()
    answers = await taught.ask(taught.rows(20, lambda rank: False, seed=5), HELD)
    assert not any(one.student for one in answers)
    assert any("20 questions are too few to teach it" in one.message for one in taught.heard if isinstance(one, Notice))


async def test_what_is_expected_under_verified_answers_is_what_happens(taught: Class) -> None:
    taught.verify(200, wrong=lambda rank: rank > 150)
    rows = taught.rows(280, lambda rank: rank > 200)
    expected = await taught.beside(HELD).foreseen("judge", rows, CONTEXT)
    answers = await taught.ask(rows, HELD)
    decided = sum(one.student for one in answers)
    assert expected == Foreseen(decided, 280 - decided, "held against 200 verified answers")


async def test_where_no_student_can_stand_nothing_is_held_and_that_is_a_warning(taught: Class) -> None:
    taught.verify(200)
    rows = [{**row, "criterion": f"| {n}"} for n, row in enumerate(taught.rows(300, lambda rank: False))]
    await taught.ask(rows, HELD)
    (said,) = [one for one in taught.heard if isinstance(one, Notice) and "stands aside" in one.message]
    assert said.severity == "warning" and said.message.endswith("is asked for all, and nothing is held against verified answers")
