"""Does a set earn its place? Verified executions are asked again without examples, with the set in use and with a candidate.

The same questions in every arm, never one that its examples hold: questions are cut into folds, those that ask nearly the same always into
the same one, and a fold is asked with the examples of the others. Gains come with an interval of 95 %: a paired bootstrap over groups of
questions that ask nearly the same. It asks through a function it is handed and knows no model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from rvbbit.errors import TrainingError
from rvbbit.training.questions import canonical
from rvbbit.types import Answer, Arguments, Example, Usage, Value

FOLDS = 5
FEWEST = 10  # groups of questions below which an interval says nothing
DRAWS = 2_000
SEED = 0
INTERVAL = (2.5, 97.5)  # percent

Ask: TypeAlias = Callable[[Sequence[Example], Sequence[Arguments]], Awaitable[Sequence[Answer]]]
"""Answers to questions by a model that learns from these examples, in order; a failed one has `error`."""

Scores: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Question:
    """A verified execution: what was asked, what is right. Questions of one `group` ask nearly the same."""

    trace_id: str
    arguments: Arguments
    answer: Value
    group: str


@dataclass(frozen=True, slots=True)
class Arm:
    """How one set did. `accuracy` is 0-1. `calls` and what they took: answers known before cost nothing. `cost_usd` None: unknown."""

    examples: int
    accuracy: float
    failed: int
    calls: int
    tokens_in: int
    tokens_out: int
    cost_usd: float | None


@dataclass(frozen=True, slots=True)
class Gain:
    """Accuracy of one arm less that of another, with its interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was found. `gains` are named `candidate - current` and so on; `harm` is whether the candidate's interval lies below zero."""

    questions: int
    groups: int
    arms: Mapping[str, Arm]
    gains: Mapping[str, Gain]

    @property
    def harm(self) -> bool:
        """Against the set in use, or against no examples where none is in use."""
        gain = self.gains.get("candidate - current") or self.gains["candidate - none"]
        return gain.high < 0


async def evaluate(
    questions: Sequence[Question], arms: Mapping[str, Sequence[Example]], ask: Ask, near: Mapping[str, str] | None = None
) -> Evaluation:
    """`arms` are sets by name, `candidate` among them; `none` is added. `near`: the group of examples that are no questions, by trace id.

    Raises TrainingError where there are too few questions.
    """
    folds = Folds.of(questions, near)
    scores: dict[str, Scores] = {}
    found: dict[str, Arm] = {}
    for name, examples in {"none": (), **arms}.items():
        tally, scores[name] = Tally(), np.zeros(len(questions))
        for fold, places in enumerate(folds.places):
            answers = await ask(folds.taught(examples, fold), [questions[place].arguments for place in places])
            scores[name][places] = tally.scored(answers, [questions[place] for place in places])
        found[name] = tally.arm(len(examples), scores[name])
    names = list(scores)
    gains = {
        f"{name} - {other}": _gain(scores[name] - scores[other], folds.members)
        for place, name in reversed(list(enumerate(names)))
        for other in names[:place]
    }
    return Evaluation(len(questions), folds.groups, found, gains)


@dataclass(frozen=True, slots=True)
class Folds:
    """Questions dealt out so that those which ask nearly the same are together. `places` are theirs, fold by fold; `members` says which
    group each is of, as a number; `fold` is that of questions and of examples near to one, by trace id."""

    places: tuple[list[int], ...]
    members: npt.NDArray[np.intp]
    groups: int
    fold: Mapping[str, int]

    @classmethod
    def of(cls, questions: Sequence[Question], near: Mapping[str, str] | None = None) -> Folds:
        """Raises TrainingError where there are too few groups."""
        groups = sorted({question.group for question in questions}, key=_shuffled)
        if len(groups) < FEWEST:
            raise TrainingError(
                f"{len(groups)} different questions are verified; an interval needs {FEWEST} or more",
                hint="verify more answers: `rvbbit training mark TRACE_ID… --verified`",
            )
        number = {group: place for place, group in enumerate(groups)}
        members = np.array([number[question.group] for question in questions])
        places = tuple([int(place) for place in np.flatnonzero(members % FOLDS == fold)] for fold in range(FOLDS))
        group_of = {**(near or {}), **{question.trace_id: question.group for question in questions}}
        return cls(places, members, len(groups), {one: number[group] % FOLDS for one, group in group_of.items() if group in number})

    def taught(self, examples: Sequence[Example], fold: int) -> list[Example]:
        """Those that may be shown to a fold's questions."""
        return [example for example in examples if self.fold.get(example.trace_id) != fold]


class Tally:
    """What the answers of one arm took."""

    def __init__(self) -> None:
        self._usage = Usage()
        self._calls = self._failed = 0

    def scored(self, answers: Sequence[Answer], questions: Sequence[Question]) -> list[float]:
        """A score an answer, counted."""
        for answer in answers:
            self._usage += answer.usage
            self._calls += answer.calls
            self._failed += answer.error is not None
        pairs = zip(answers, questions, strict=True)
        return [0.0 if answer.error is not None else closeness(answer.value, question.answer) for answer, question in pairs]

    def arm(self, examples: int, scores: Scores) -> Arm:
        """All of it."""
        usage = self._usage
        return Arm(examples, float(scores.mean()), self._failed, self._calls, usage.tokens_in, usage.tokens_out, usage.cost_usd)


def grouped(questions: Sequence[str], near: Mapping[int, Sequence[int]]) -> list[str]:
    """A name for each question that equal and near ones share, and those near to them: none of them may straddle two folds."""
    names: list[str] = [""] * len(questions)
    equal: dict[str, list[int]] = {}
    for place, question in enumerate(questions):
        equal.setdefault(question, []).append(place)
    for place, question in enumerate(questions):
        waiting = [] if names[place] else [place]
        while waiting:
            member = waiting.pop()
            if not names[member]:
                names[member] = question
                waiting += [*equal[questions[member]], *near.get(member, ())]
    return names


def closeness(answer: Value, right: Value) -> float:
    """1 where they are equal, 0 where not; between two scores from 0 to 1, how near they are."""
    if _is_score(answer) and _is_score(right):
        return 1.0 - abs(float(answer) - float(right))  # type: ignore[arg-type]
    return float(canonical(answer) == canonical(right))


def _is_score(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _gain(differences: Scores, members: npt.NDArray[np.intp]) -> Gain:
    """Groups are drawn, not questions: those that ask nearly the same are answered alike and count as less than one each."""
    sums = np.bincount(members, weights=differences)
    sizes = np.bincount(members)
    draws = np.random.default_rng(SEED).integers(len(sums), size=(DRAWS, len(sums)))
    low, high = np.percentile(sums[draws].sum(axis=1) / sizes[draws].sum(axis=1), INTERVAL)
    return Gain(float(differences.mean()), float(low), float(high))


def _shuffled(group: str) -> bytes:
    """An order that has nothing to do with how groups are named, and is the same every time."""
    return hashlib.blake2b(group.encode("utf-8", "replace"), digest_size=8).digest()
