"""The student on made-up vectors: what a few examples may and may not change."""

from __future__ import annotations

import numpy as np
import pytest

from rvbbit.providers.local import student
from rvbbit.providers.local.crossfit import FOLDS, Student
from rvbbit.providers.local.grades import fit_grades
from rvbbit.providers.local.student import Array, Names, fit, probabilities

LABELS = 6
WIDTH = 48


def unit(rows: Array) -> Array:
    return np.asarray(rows / np.linalg.norm(rows, axis=-1, keepdims=True))


class World:
    """Labels whose texts scatter around a centre that their name only half tells."""

    def __init__(self, seed: int = 0, name_noise: float = 2.5) -> None:
        self.random = np.random.default_rng(seed)
        self.centres = unit(self.random.normal(size=(LABELS, WIDTH)))
        self.names = Names(unit(self.centres + name_noise * unit(self.random.normal(size=(LABELS, WIDTH)))))

    def texts(self, each: int, labels: range = range(LABELS)) -> tuple[Array, student.Places]:
        answers = np.repeat(np.array(labels, np.intp), each)
        return unit(self.centres[answers] + 2.0 * unit(self.random.normal(size=(len(answers), WIDTH)))), answers


def accuracy(head: student.Head, texts: Array, answers: student.Places) -> float:
    return float((head.scores(texts).argmax(axis=1) == answers).mean())


NOTHING = np.empty((0, WIDTH)), np.empty(0, np.intp)


def test_without_examples_the_nearest_name_wins() -> None:
    world = World()
    texts, _ = world.texts(20)
    assert np.array_equal(fit(world.names, *NOTHING).scores(texts).argmax(axis=1), world.names.similarities(texts).argmax(axis=1))


def test_accuracy_grows_with_examples() -> None:
    world = World()
    texts, answers = world.texts(200)
    measured = [accuracy(fit(world.names, *world.texts(each)), texts, answers) for each in (0, 3, 20)]
    assert measured[0] + 0.02 < measured[1] < measured[2]


def test_one_example_does_not_make_it_worse() -> None:
    for seed in range(10):
        world = World(seed)
        texts, answers = world.texts(200)
        one, label = world.texts(1, range(1))
        assert accuracy(fit(world.names, one, label), texts, answers) >= accuracy(fit(world.names, *NOTHING), texts, answers) - 0.005


def test_one_example_decides_what_is_just_like_it() -> None:
    world = World()
    (text, *_), _ = world.texts(1)
    wrong = int(world.names.similarities(text[None]).argmin())
    assert fit(world.names, text[None], np.array([wrong])).scores(text[None]).argmax() == wrong


def test_a_label_without_examples_is_still_found() -> None:
    world = World(name_noise=0.5)
    head = fit(world.names, *world.texts(20, range(LABELS - 1)))
    texts, answers = world.texts(200, range(LABELS - 1, LABELS))
    assert accuracy(head, texts, answers) > 0.6


def test_many_examples_of_one_label_do_not_drown_the_others() -> None:
    world = World()
    texts, answers = world.texts(200)
    few, many = world.texts(3, range(1, LABELS)), world.texts(300, range(1))
    uneven = fit(world.names, np.vstack([few[0], many[0]]), np.concatenate([few[1], many[1]]))
    assert accuracy(uneven, texts, answers) >= accuracy(fit(world.names, *NOTHING), texts, answers)


def test_yes_and_no_start_at_the_floor() -> None:
    names = Names(np.eye(1, WIDTH), floor=0.3)
    near = np.zeros((3, WIDTH))
    near[:, 0], near[:, 1] = (0.2, 0.3, 0.4), np.sqrt(1 - np.square((0.2, 0.3, 0.4)))
    yes = probabilities(fit(names, *NOTHING).scores(near))[:, 0]
    assert yes[0] < 0.5 and yes[1] == pytest.approx(0.5) and yes[2] > 0.5


def test_only_examples_of_yes_do_not_turn_everything_into_yes() -> None:
    world = World()
    names = Names(world.names.vectors[:1], floor=0.3)
    yes, _ = world.texts(10, range(1))
    other, _ = world.texts(50, range(1, LABELS))
    before = (fit(names, *NOTHING).scores(other).argmax(axis=1) == 0).mean()
    after = (fit(names, yes, np.zeros(len(yes))).scores(other).argmax(axis=1) == 0).mean()
    assert after <= before + 0.05


def test_a_score_moves_towards_what_people_said_of_texts_like_it() -> None:
    world = World()
    (liked, other), _ = world.texts(1, range(2))
    against = world.names.vectors[2]
    before = fit_grades(against, np.empty((0, WIDTH)), np.empty(0)).scores(np.stack([liked, other]))[:, 0]
    after = fit_grades(against, liked[None], np.array([0.9])).scores(np.stack([liked, other]))[:, 0]
    assert after[0] > before[0] + 0.4 and abs(after[1] - before[1]) < 0.1


def test_too_many_examples_are_cut_to_the_newest_of_each_label(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(student, "MOST_EXAMPLES", 2 * LABELS)
    world = World()
    texts, answers = world.texts(9)
    newest = np.concatenate([np.flatnonzero(answers == label)[:2] for label in range(LABELS)])
    probe, _ = world.texts(5)
    assert np.allclose(fit(world.names, texts, answers).scores(probe), fit(world.names, texts[newest], answers[newest]).scores(probe))


def learner(world: World, texts: list[str], vectors: Array, answers: student.Places) -> Student:
    return Student(lambda v, a: fit(world.names, v, a), texts, vectors, list(map(float, answers)))


def test_a_text_never_sees_its_own_answer() -> None:
    world = World()
    vectors, answers = world.texts(4)
    texts = [f"text {number}" for number in range(len(vectors))]
    honest = learner(world, texts, vectors, answers).scores(texts, vectors)
    for number in range(len(texts)):
        lied = answers.copy()
        lied[number] = (lied[number] + 1) % LABELS
        assert np.allclose(learner(world, texts, vectors, lied).scores(texts, vectors)[number], honest[number])


def test_texts_that_are_no_examples_learn_from_all_of_them() -> None:
    world = World()
    vectors, answers = world.texts(4)
    texts = [f"text {number}" for number in range(len(vectors))]
    probe, _ = world.texts(2)
    asked = [*texts[:3], *(f"new {number}" for number in range(len(probe))), texts[3]]
    scores = learner(world, texts, vectors, answers).scores(asked, np.vstack([vectors[:3], probe, vectors[3:4]]))
    assert np.allclose(scores[3:-1], fit(world.names, vectors, answers).scores(probe))


def test_asking_all_examples_again_takes_no_more_fits_than_folds() -> None:
    world = World()
    vectors, answers = world.texts(20)
    texts = [f"text {number}" for number in range(len(vectors))]
    fits: list[int] = []

    def counted(rows: Array, labels: Array) -> student.Head:
        fits.append(len(rows))
        return fit(world.names, rows, labels)

    Student(counted, texts, vectors, list(map(float, answers))).scores([*texts, "new"], np.vstack([vectors, vectors[:1]]))
    assert len(fits) == FOLDS + 1 and max(fits) == len(texts) and min(fits) >= len(texts) * (FOLDS - 1) // FOLDS


def test_of_equal_texts_the_newest_answer_counts() -> None:
    world = World()
    vectors, answers = world.texts(3)
    texts = [f"text {number}" for number in range(len(vectors))]
    twice = learner(world, [texts[0], *texts], np.vstack([vectors[:1], vectors]), np.concatenate([[3], answers]))
    answers[0] = 3
    assert len(twice) == len(texts)
    assert np.allclose(twice.scores(["new"], vectors[:1]), fit(world.names, vectors, answers).scores(vectors[:1]))
