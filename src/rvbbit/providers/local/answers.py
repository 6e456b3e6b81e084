"""Embedded questions → typed answers with their probabilities: arithmetic on vectors; waits for nothing and knows no model.

Every function takes questions of one task and gives one completion each, in order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from rvbbit.providers.local.questions import LABELLING, NAME, Question
from rvbbit.providers.local.student import SHARPNESS, Array, probabilities
from rvbbit.types import Completion, Usage, Value

SHOWN = 3  # labels a completion's `received` tells of


def similarity(questions: Sequence[Question], near: Array, tokens: Sequence[int]) -> list[Completion]:
    """`near[i]` is a cosine; what points away is as little alike as what is unrelated: 0."""
    return [_score(q, min(max(float(cosine), 0.0), 1.0), t) for q, cosine, t in zip(questions, near, tokens, strict=True)]


def learned_scores(questions: Sequence[Question], scores: Array, tokens: Sequence[int]) -> list[Completion]:
    """With examples: the student's score."""
    return [_score(q, float(score), t) for q, score, t in zip(questions, scores[:, 0], tokens, strict=True)]


def matches(questions: Sequence[Question], near: Array, tokens: Sequence[int]) -> list[Completion]:
    """Without examples: true from the question's threshold on."""
    thresholds = np.array([question.task.threshold for question in questions])
    yes = 1 / (1 + np.exp(SHARPNESS * (thresholds - near)))
    return [_verdict(q, bool(n >= h), float(p), t) for q, n, h, p, t in zip(questions, near, thresholds, yes, tokens, strict=True)]


def learned_matches(questions: Sequence[Question], scores: Array, tokens: Sequence[int]) -> list[Completion]:
    """With examples: the student's answers are true and false, in this order."""
    yes = probabilities(scores)[:, 0]
    return [_verdict(q, bool(p >= 0.5), float(p), t) for q, p, t in zip(questions, yes, tokens, strict=True)]


def labels(questions: Sequence[Question], scores: Array, tokens: Sequence[int]) -> list[Completion]:
    """One of the labels each, as it was given."""
    shares = probabilities(scores)
    for place, question in enumerate(questions):
        if question.may_be_none and not question.text.strip():
            shares[place] = np.eye(len(question.labels))[-1]
    best = np.argsort(-shares, axis=1, kind="stable")[:, :SHOWN]
    return [_labelled(*one) for one in zip(questions, shares, best, tokens, strict=True)]


def _labelled(question: Question, shares: Array, best: Sequence[int], tokens: int) -> Completion:
    top: list[Value] = [{"label": question.labels[place], "probability": float(shares[place])} for place in best]
    return completion(question, question.labels[best[0]], float(shares[best[0]]), {"top": top}, tokens)


def _verdict(question: Question, answer: bool, yes: float, tokens: int) -> Completion:
    if _blank(question):
        answer, yes = False, 0.0
    return completion(question, answer, yes if answer else 1 - yes, {"probability_true": yes}, tokens)


def _score(question: Question, score: float, tokens: int) -> Completion:
    score = 0.0 if _blank(question) else score
    return completion(question, score, None, {"score": score}, tokens)


def _blank(question: Question) -> bool:
    """Blank text is like nothing and matches nothing, and nothing is like a blank."""
    return not question.text.strip() or (question.task.against is not None and not question.against.strip())


def completion(question: Question, value: Value, probability: float | None, received: Mapping[str, Value], tokens: int) -> Completion:
    """What was answered, and how it came about."""
    task = question.task
    sent: dict[str, Value] = {"task": task.task, "model": NAME, "text": task.text, "examples": len(question.request.examples.examples)}
    sent |= {"labels": task.labels} if task.task in LABELLING else {"against": task.against}
    usage = Usage(tokens_in=int(tokens), cost_usd=0.0)
    return Completion(None, NAME, usage, value, probability, finish_reason="stop", sent=sent, received=received)
