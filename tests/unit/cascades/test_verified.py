"""How far verified answers let a student go, by hand and over thousands of simulated draws; and what is said of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from rvbbit.cascades.pupil import UNDECIDED, Opinion
from rvbbit.cascades.verified import Judged, Rule, Tally, Verified, check_reached, standing, widest
from rvbbit.errors import UsageError
from rvbbit.targets import Target
from rvbbit.types import Value

ACCURACY = Target(accuracy=0.9, against="verified")
RUNS = 2_000


def judged(truth: Value, said: Value, answer: Value, sure: float) -> Judged:
    return Judged(Verified({"text": f"{truth} {said} {answer} {sure}"}, truth, said), Opinion(answer, sure))


def model(right: int, wrong: int, unknown: int = 0) -> list[Verified]:
    answers = [True] * right + [False] * wrong + [None] * unknown
    return [Verified({"text": str(place)}, True, said) for place, said in enumerate(answers)]


def test_the_student_decides_until_the_verified_answers_show_the_target_no_more() -> None:
    """A hundred, the model always right, the student wrong below a sureness of 0.7: six errors of a hundred still show 0.88."""
    found = [judged(True, True, rank < 30, 1 - rank / 100) for rank in range(100)]
    rule = widest(found, Target(accuracy=0.88, against="verified"))
    assert rule is not None and rule.hits == rule.others
    decided = [one for one in found if rule.takes(one.opinion)]
    wrong = sum(one.opinion.answer is not True for one in decided)
    assert wrong == 6 and len(decided) == 36
    tally = Tally(Target(accuracy=0.88), ((one.given(rule), True) for one in found))
    assert (tally.right, tally.draws) == ({"accuracy": 94}, {"accuracy": 100})


def test_where_the_model_is_wrong_and_the_student_right_that_counts() -> None:
    found = [judged(True, rank > 4, True, 1 - rank / 100) for rank in range(100)]
    rule = widest(found, Target(accuracy=0.88, against="verified"))
    assert rule == Rule(0.0, 0.0)


def test_equal_sureness_is_decided_together_or_not_at_all() -> None:
    found = [judged(True, True, True, 0.9)] * 50 + [judged(True, True, place < 40, 0.8) for place in range(50)]
    rule = widest(found, ACCURACY)
    assert rule is not None and rule.takes(Opinion(True, 0.9)) and not rule.takes(Opinion(True, 0.8))


def test_where_the_model_alone_is_not_shown_to_reach_it_nothing_is() -> None:
    assert widest([judged(True, place > 15, True, 0.9) for place in range(100)], ACCURACY) is None
    assert widest([], ACCURACY) is None


@pytest.mark.parametrize(("target", "takes"), [(Target(precision=0.8), (True, False)), (Target(recall=0.8), (False, True))])
def test_precision_lets_the_student_say_true_alone_and_recall_false_alone(target: Target, takes: tuple[bool, bool]) -> None:
    found = [judged(place % 2 == 0, place % 2 == 0, place % 2 == 0, 0.9) for place in range(100)]
    rule = widest(found, target)
    assert rule is not None and (rule.takes(Opinion(True, 0.9)), rule.takes(Opinion(False, 0.9))) == takes


def test_what_the_student_cannot_read_is_the_models() -> None:
    assert not Rule(0.0, 0.0).takes(UNDECIDED)
    assert Judged(Verified({}, "a", "b"), UNDECIDED).given(Rule(0.0, 0.0)) == "b"


def test_an_answer_nobody_knows_is_wrong_in_every_share() -> None:
    tally = Tally(Target(precision=0.5, recall=0.5), [(None, True), (None, False), (True, True)])
    assert tally.draws == {"precision": 3, "recall": 2} and tally.right == {"precision": 1, "recall": 1}


@pytest.mark.parametrize(
    ("target", "truth_share", "fades"),
    [(ACCURACY, 0.5, 0.4), (ACCURACY, 0.5, 1.0), (Target(precision=0.8, recall=0.8, against="verified"), 0.4, 1.0)],
)
def test_the_rule_misses_its_target_no_oftener_than_stated(target: Target, truth_share: float, fades: float) -> None:
    """Of a student that errs the more the less sure it is. What a rule comes to is counted over the whole world that is drawn from."""
    random = np.random.default_rng(3)
    world = World(truth_share, fades, random)
    missed = sum(not world.reaches(rule, target) for _ in range(RUNS) if (rule := widest(world.drawn(150, random), target)) is not None)
    assert missed / RUNS <= target.delta + 4 * math.sqrt(target.delta * (1 - target.delta) / RUNS)


def test_so_it_is_with_a_rule_that_asks_for_less_than_it_says() -> None:
    """What the test above would say of a wrong bound, one that errs four times as often."""
    random = np.random.default_rng(3)
    world = World(0.5, 1.0, random)
    kind = Target(accuracy=0.9, delta=0.2, against="verified")
    missed = sum(not world.reaches(rule, kind) for _ in range(RUNS) if (rule := widest(world.drawn(150, random), kind)) is not None)
    assert missed / RUNS > 0.05 + 4 * math.sqrt(0.05 * 0.95 / RUNS)


class World:
    """Twenty thousand questions: what holds, what a model that errs once in 25 times says, what the student thinks and how sure it is."""

    def __init__(self, truth_share: float, fades: float, random: np.random.Generator) -> None:
        size = 20_000
        self.truth, self.sure = random.random(size) < truth_share, random.random(size)
        self.said = self.truth ^ (random.random(size) < 0.04)
        self.thought = self.truth ^ (random.random(size) < fades * (1 - self.sure) / 2)

    def drawn(self, number: int, random: np.random.Generator) -> list[Judged]:
        columns = (self.truth, self.said, self.thought, self.sure)
        some = random.integers(0, len(self.truth), number)
        return [judged(*one) for one in zip(*(column[some].tolist() for column in columns), strict=True)]

    def reaches(self, rule: Rule, target: Target) -> bool:
        given = np.where(self.sure >= np.where(self.thought, rule.hits, rule.others), self.thought, self.said)
        of = {"accuracy": np.full(len(given), True), "precision": given, "recall": self.truth}
        return all((given == self.truth)[of[name]].mean() >= share for name, share in target.shares.items())


@pytest.mark.parametrize(
    ("held", "target", "message"),
    [
        (model(28, 0), ACCURACY, "28 verified answers cannot show accuracy >= 0.9: 29 are needed at least"),
        (model(0, 0), Target(accuracy=0.95), "0 verified answers cannot show accuracy >= 0.95: 59 are needed at least"),
        (
            model(10, 90),
            Target(precision=0.9),
            "10 verified answers that m:x calls true cannot show precision >= 0.9: 29 are needed",
        ),
        (model(12, 0), Target(recall=0.9), "12 verified answers that are true cannot show recall >= 0.9: 29 are needed at least"),
        (
            model(90, 10),
            ACCURACY,
            "m:x itself is not shown to reach accuracy >= 0.9 against verified answers: 90 of 100 right",
        ),
        (model(90, 0, 10), ACCURACY, "90 of 100 right for accuracy; 10 of them m:x never answered, which count as wrong"),
    ],
)
def test_what_verified_answers_do_not_show_of_the_model_is_refused(held: Sequence[Verified], target: Target, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_reached(held, target, "m:x")
    assert message in caught.value.message and "rvbbit training review --order random" in str(caught.value.hint)


def test_what_they_show_is_not() -> None:
    check_reached(model(29, 0), ACCURACY, "m:x")
    check_reached(model(98, 2), ACCURACY, "m:x")


def alone(held: Sequence[Verified]) -> list[tuple[Value, Value]]:
    return [(one.said, one.answer) for one in held]


def test_a_bound_that_shows_the_target_is_said() -> None:
    said = standing(alone(model(208, 4)), Target(accuracy=0.9), "m:x")
    assert said is not None and said.severity == "info"
    assert said.message == "against 212 verified answers: accuracy >= 0.957 (95% sure), if they are as drawn at random"


def test_a_bound_that_does_not_is_a_warning() -> None:
    said = standing(alone(model(90, 8, 2)), Target(accuracy=0.9), "m:x")
    assert said is not None and said.severity == "warning"
    assert said.message == (
        "against 100 verified answers: accuracy >= 0.836 (95% sure), if they are as drawn at random; 2 of them m:x never answered, which"
        " count as wrong; that does not show accuracy >= 0.9: `-- @ against: verified` holds the target there"
    )


def test_precision_and_recall_share_what_is_said() -> None:
    """Half of delta each: 40 of 40 show 0.912 at 0.025, and 0.928 at 0.05."""
    said = standing(alone(model(40, 0)), Target(precision=0.9, recall=0.9), "m:x")
    assert said is not None and "precision >= 0.911, recall >= 0.911" in said.message


def test_too_few_to_tell_are_silent() -> None:
    assert standing(alone(model(28, 0)), Target(accuracy=0.9), "m:x") is None
    assert standing([], Target(accuracy=0.9), "m:x") is None
