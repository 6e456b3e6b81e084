"""What to look at next: what reaches most of what is open, the same every time; and when to stop."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rvbbit.interfaces import Matrix
from rvbbit.training.review import ANCHORS, ENOUGH, POINTS, Outlook, Question, drawn, outlook, share, until, worth

CENTRES = np.eye(8, dtype=np.float32)


def crowd(*sizes: int, spread: float = 0.2, seed: int = 0) -> Matrix:
    """Clusters of these sizes, each about an axis of its own."""
    draw = np.random.default_rng(seed)
    centres = np.repeat(CENTRES[: len(sizes)], sizes, axis=0)
    rows = centres + spread * draw.normal(size=(sum(sizes), 8))
    found: Matrix = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return found


def questions(number: int, **changes: object) -> list[Question]:
    return [replace(Question(f"q{place}", "cell"), **changes) for place in range(number)]  # type: ignore[arg-type]


def places(asked: list[Question], vectors: Matrix, limit: int) -> list[int]:
    return [pick.place for pick in worth(asked, vectors, limit)]


def test_the_largest_cluster_comes_first_and_each_gets_its_turn() -> None:
    vectors = crowd(10, 40, 20)
    picked = places(questions(70), vectors, 3)
    assert [10 <= picked[0] < 50, picked[1] >= 50, picked[2] < 10] == [True, True, True]


def test_what_is_near_a_reviewed_question_waits() -> None:
    asked, vectors = questions(50), crowd(40, 10)
    assert places(asked, vectors, 1)[0] < 40
    asked[3] = replace(asked[3], reviewed=True)
    assert places(asked, vectors, 1)[0] >= 40
    assert 3 not in places(asked, vectors, 100)


def test_a_question_asked_often_weighs_as_often() -> None:
    asked, vectors = questions(30), crowd(20, 10)
    assert places(asked, vectors, 1)[0] < 20
    asked[25] = replace(asked[25], asked=100)
    assert places(asked, vectors, 1) == [25]


def test_a_calibrated_doubt_comes_before_certainty_but_an_even_larger_subject_before_both() -> None:
    sure, unsure = questions(30, confidence=0.95), questions(20, confidence=0.1)
    asked = [replace(one, key=f"x{place}") for place, one in enumerate([*sure, *unsure])]
    assert places(asked, crowd(30, 20), 1)[0] >= 30
    vectors = crowd(80, 20)
    asked = [replace(one, key=f"x{place}") for place, one in enumerate([*questions(80, confidence=0.95), *unsure])]
    assert places(asked, vectors, 1)[0] < 80


def test_where_decisions_nearby_are_split_there_is_doubt() -> None:
    """Both clusters are as large and as well covered; in the second one, two decisions contradict each other."""
    vectors = crowd(20, 20, spread=0.05)
    asked = questions(40, answer="a")
    for place, answer in ((0, "a"), (1, "a"), (20, "a"), (21, "b")):
        asked[place] = replace(asked[place], answer=answer, reviewed=True)
    asked = [replace(one, answer=one.answer if one.reviewed else "c") for one in asked]
    picked = places(asked, vectors, 2)
    assert all(place >= 20 for place in picked)


def test_questions_of_different_groups_say_nothing_about_each_other() -> None:
    vectors = np.repeat(crowd(10), 2, axis=0)
    asked = [Question(f"q{place}", "one" if place % 2 else "other", reviewed=place == 1) for place in range(20)]
    assert places(asked, vectors, 1)[0] % 2 == 0


@pytest.mark.parametrize("size", [50, ANCHORS + 300])
def test_the_queue_is_the_same_in_any_order_of_the_log(size: int) -> None:
    vectors, asked = crowd(size // 2, size - size // 2), questions(size)
    order = np.random.default_rng(1).permutation(size)
    first = [asked[place].key for place in places(asked, vectors, 8)]
    again = [asked[order[place]].key for place in places([asked[place] for place in order], vectors[order], 8)]
    assert first == again
    assert len(set(first)) == 8


def test_priorities_fall_and_come_to_no_more_than_everything() -> None:
    picks = worth(questions(60), crowd(30, 20, 10), 60)
    priorities = [pick.priority for pick in picks]
    assert priorities == sorted(priorities, reverse=True)
    assert sum(priorities) == pytest.approx(1, abs=1e-3)
    assert (picks[0].known, picks[1].known is not None) == (None, True)


def test_nothing_left_is_an_empty_queue() -> None:
    assert worth(questions(5, reviewed=True), crowd(5), 3) == worth([], np.empty((0, 8), np.float32), 3) == []


def test_a_draw_is_the_same_every_time_and_skips_what_is_reviewed() -> None:
    asked = questions(50)
    first = [pick.place for pick in drawn(asked, 10)]
    asked[first[0]] = replace(asked[first[0]], reviewed=True)
    assert [pick.place for pick in drawn(asked, 9)] == first[1:]
    assert first != sorted(first)


def answered(number: int, noise: float, seed: int = 0) -> tuple[Matrix, list[str], list[str], list[str]]:
    """Eight kinds, each with its own answer; a share of the answers is drawn."""
    draw = np.random.default_rng(seed)
    sizes = [number // 8] * 8
    answers = np.repeat(np.arange(8), sizes)
    wrong = draw.random(len(answers)) < noise
    answers[wrong] = draw.integers(8, size=wrong.sum())
    return crowd(*sizes), [str(one) for one in answers], [f"q{place}" for place in range(len(answers))], [""] * len(answers)


def test_where_neighbours_know_every_answer_more_hardly_helps() -> None:
    said = outlook(*answered(800, noise=0))
    assert said is not None and said.enough and abs(said.gain) < 0.01


def test_where_each_decision_still_teaches_more_helps() -> None:
    """Answers change from place to place: whoever has twice the neighbours knows more."""
    angle = np.random.default_rng(5).uniform(0, 2 * np.pi, 400)
    turns = np.concatenate([turn(angle * often)[:, None] for often in range(1, 100, 4) for turn in (np.cos, np.sin)], axis=1)
    vectors = (turns / np.linalg.norm(turns, axis=1, keepdims=True)).astype(np.float32)
    said = outlook(vectors, [str(int(one * 20)) for one in angle], [f"q{n}" for n in range(400)], [""] * 400)
    assert said is not None and not said.enough and said.gain > 0.05


def test_too_few_or_answers_that_do_not_repeat_say_nothing() -> None:
    vectors, answers, keys, groups = answered(ENOUGH - 2, noise=0)
    assert outlook(vectors, answers, keys, groups) is None
    vectors, _, keys, groups = answered(200, noise=0)
    assert outlook(vectors, keys, keys, groups) is None


def test_the_interval_of_a_share_is_wilsons() -> None:
    assert share(0, 10) == pytest.approx((0, 0.2775), abs=1e-3)
    assert share(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-3)


def test_the_way_to_the_signal_is_counted_first_and_estimated_afterwards() -> None:
    def said(reviewed: int, high: float) -> Outlook:
        return Outlook(reviewed, high / 2, 0.0, high)

    assert [until(done, 1_000, None) for done in (0, 30, ENOUGH)] == [ENOUGH, ENOUGH - 30, None]
    assert until(10, 5, None) == 5, "no more than are left"
    assert until(100, 10_000, said(100, 0.04)) == 300, "half of it takes four times as many"
    assert until(100, 10_000, said(100, POINTS)) == 1
    assert until(100, 50, said(100, 0.5)) == 50
