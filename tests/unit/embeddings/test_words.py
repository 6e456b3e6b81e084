"""Words found by their stems, and two rankings made one."""

from __future__ import annotations

import numpy as np
import pytest

from rvbbit.embeddings.words import Words, fused

TEXTS = ["heating of a wing", "the wings were heated", "nothing of the kind", "", "the of and"]


def test_a_word_is_found_in_all_its_forms_and_no_others() -> None:
    assert (Words(TEXTS).scores("heat") > 0).tolist() == [True, True, False, False, False]


def test_more_words_of_the_query_score_higher() -> None:
    scores = Words(["a wing", "a heated wing", "a heated body"]).scores("heated wing")
    assert scores.argmax() == 1


@pytest.mark.parametrize("query", ["", "of the", "zeppelin", "?!", "飛行機"])
def test_a_query_without_a_known_word_scores_nothing(query: str) -> None:
    assert Words(TEXTS).scores(query).tolist() == [0] * len(TEXTS)


@pytest.mark.parametrize("texts", [[], [""], ["the of and"]])
def test_texts_without_words_score_nothing(texts: list[str]) -> None:
    assert Words(texts).scores("wing").tolist() == [0] * len(texts)


def test_the_first_in_both_is_first_with_a_score_of_one() -> None:
    both = fused(np.array([0.9, 0.5, 0.1], np.float32), np.array([3.0, 0.0, 2.0], np.float32))
    assert float(both[0]) == 1.0
    assert both.argsort()[::-1].tolist()[0] == 0


def test_what_has_no_word_is_ranked_by_meaning_alone() -> None:
    both = fused(np.array([0.9, 0.5, 0.1], np.float32), np.zeros(3, np.float32))
    assert np.argsort(-both).tolist() == [0, 1, 2]
    assert both.max() <= 0.5


def test_ranks_are_those_of_a_stable_order() -> None:
    random = np.random.default_rng(0)
    first = np.round(random.normal(size=500), 1).astype(np.float32)
    first[:50] *= -0.0
    second = np.maximum(np.round(random.normal(size=500), 1), 0).astype(np.float32)

    def reciprocal(scores: np.ndarray) -> np.ndarray:
        ranks = np.empty(len(scores))
        ranks[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
        return np.asarray(1 / (60 + ranks))

    expected = (reciprocal(first) + np.where(second > 0, reciprocal(second), 0)) * 61 / 2
    np.testing.assert_allclose(fused(first, second), expected, rtol=1e-6)
