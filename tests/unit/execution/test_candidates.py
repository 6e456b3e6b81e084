"""Candidates: which pairs are asked about, and when it ends."""

from __future__ import annotations

import numpy as np
import pytest

from rvbbit.execution.candidates import Candidates
from rvbbit.execution.lexical import letters
from rvbbit.execution.nearness import Near, Nearness


def square(scores: np.ndarray, recall: float = 0.98) -> Candidates:
    """All pairs of so many texts on either side."""
    rows, columns = scores.shape
    left, right = (side.ravel() for side in np.indices(scores.shape))
    near = Near(left, right, scores.ravel().astype(np.float32))
    return Candidates(near, (np.arange(rows), rows + np.arange(columns)), recall)


def asked(candidates: Candidates, truth: np.ndarray) -> list[int]:
    """Every place asked about, in order."""
    places: list[int] = []
    while len(batch := candidates.batch()):
        candidates.tell(truth.ravel()[batch])
        places += batch.tolist()
    return places


def noisy(size: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores where the true partner mostly is among the three nearest, and the truth."""
    random = np.random.default_rng(seed)
    truth = np.eye(size, dtype=bool)
    return random.normal(0.3, 0.1, (size, size)) + truth * random.normal(0.45, 0.1, (size, size)), truth


@pytest.mark.parametrize("seed", range(5))
def test_a_hundred_matches_among_ten_thousand_pairs_take_three_hundred_questions(seed: int) -> None:
    scores, truth = noisy(100, seed)
    places = asked(square(scores), truth)
    assert truth.ravel()[places].sum() >= 98
    assert len(places) <= 300
    assert len(set(places)) == len(places)


def test_it_goes_on_while_answers_come_out_true() -> None:
    truth = np.kron(np.eye(8, dtype=bool), np.ones((12, 12), bool))  # clusters: each text has twelve partners
    scores = np.random.default_rng(1).normal(0.3, 0.05, truth.shape) + 0.4 * truth
    assert truth.ravel()[asked(square(scores), truth)].sum() >= 0.98 * truth.sum()


def test_a_higher_recall_asks_more() -> None:
    scores, truth = noisy(150, 3)
    few, many = (len(asked(square(scores, recall), truth)) for recall in (0.5, 0.999))
    assert few < many


def test_where_nothing_is_true_it_ends_and_says_so() -> None:
    candidates = square(np.random.default_rng(2).random((200, 200)))
    assert len(asked(candidates, np.zeros((200, 200), bool))) < 600
    assert not candidates.reached


def test_the_same_answers_give_the_same_questions() -> None:
    scores, truth = noisy(80)
    assert asked(square(scores), truth) == asked(square(scores), truth)


@pytest.mark.parametrize("shape", [(0, 0), (1, 1), (1, 40), (3, 2)])
def test_few_pairs_are_all_asked_about(shape: tuple[int, int]) -> None:
    candidates = square(np.zeros(shape))
    assert sorted(asked(candidates, np.zeros(shape, bool))) == list(range(shape[0] * shape[1]))


def test_letters_tell_model_numbers_apart() -> None:
    left, right = letters(["canon pgi-5bk ink", "canon pgi-8c ink"], ["pgi5bk canon", "pgi-8c by canon", "canon ink"])
    products = left @ right.T
    assert products[1].argmax() == 1
    assert np.allclose(np.linalg.norm(left, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("text", ["", " ", "\ud800", "a" * 100_000, "\x00"])
def test_any_text_has_letters(text: str) -> None:
    left, _ = letters([text, "other"], ["third"])
    assert np.isfinite(left).all()


def test_only_the_nearest_of_large_lists_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rvbbit.execution.nearness.POOL", 1_000)
    texts = [f"text number {i}" for i in range(200)]
    random = np.random.default_rng(0)
    vectors = random.normal(size=(200, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    near = Nearness(texts, texts, (vectors, vectors)).nearest()
    assert len(near.scores) <= 2 * 200 * 20
    assert set(zip(range(200), range(200), strict=True)) <= set(zip(near.left.tolist(), near.right.tolist(), strict=True))
