"""Which way to choose examples is best, and is any better than none? Strategies × numbers of examples, on the same held-out questions.

As in `evaluation`, questions are cut into folds, those that ask nearly the same into the same one, and each is asked with the examples of
the other folds. Many are compared at once, and by luck alone one of them would often look better. So intervals are *simultaneous*: in 95
of 100 races all of them hold together (the largest deviation of all comparisons, in standard errors, over draws of groups: max-t, after
Romano and Wolf, 2005). Nothing is dropped on the way, and results are looked at once, at the end.

All racers are asked one fold before any is asked the next, so that a race whose budget ends compares what everyone was asked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from rvbbit.errors import BudgetReached
from rvbbit.training.evaluation import DRAWS, FEWEST, SEED, Arm, Folds, Gain, Question, Scores, Tally
from rvbbit.types import Answer, Arguments, Example, Strategy

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Racer:
    """One way to choose examples, `limit` of them at most; `strategy` None: no examples."""

    strategy: Strategy | None = None
    limit: int = 0

    @property
    def name(self) -> str:
        """`semantic 5`, `none`."""
        return "none" if self.strategy is None else f"{self.strategy} {self.limit}"


NONE = Racer()

Ask: TypeAlias = Callable[[Racer, Sequence[Example], Sequence[Arguments]], Awaitable[Sequence[Answer]]]
"""Answers to questions, in order, by a model that is given examples of these in the racer's way; a failed one has `error`."""


@dataclass(frozen=True, slots=True)
class Race:
    """What was found. `questions` in `groups` were asked of all racers, of `planned`; fewer where the budget ended.

    `gains` are each racer's over `none` and over `current`, named `semantic 5 - none`, with simultaneous intervals of 95 %. `winner` is the
    most accurate of those whose interval over the current one lies above zero, and the current one where there is none. `examples` are in
    the set; an arm's, in a prompt at most.
    """

    questions: int
    planned: int
    groups: int
    examples: int
    current: str
    winner: str
    arms: Mapping[str, Arm]
    gains: Mapping[str, Gain]


async def race(
    questions: Sequence[Question],
    examples: Sequence[Example],
    racers: Sequence[Racer],
    ask: Ask,
    *,
    current: Racer,
    near: Mapping[str, str] | None = None,
) -> Race:
    """`NONE` and `current` run whether named or not. `near`: the group of examples that are no questions, by trace id.

    Raises TrainingError where there are too few questions, BudgetReached where it ended before enough of them were asked.
    """
    folds = Folds.of(questions, near)
    running = list(dict.fromkeys([NONE, current, *racers]))
    tallies, rows = [Tally() for _ in running], [np.zeros(len(questions)) for _ in running]
    asked: list[int] = []
    for fold, places in enumerate(folds.places):
        some, taught = [questions[place] for place in places], folds.taught(examples, fold)
        try:
            answers = [await ask(one, [] if one is NONE else taught, [question.arguments for question in some]) for one in running]
        except BudgetReached:
            if len(set(folds.members[asked])) < FEWEST:
                raise
            break
        for tally, row, found in zip(tallies, rows, answers, strict=True):
            row[places] = tally.scored(found, some)
        asked += places
    scores, members = np.array(rows)[:, asked], folds.members[asked]
    arms = {one.name: tally.arm(one.limit, row) for one, tally, row in zip(running, tallies, scores, strict=True)}
    gains = _gains([one.name for one in running], current.name, scores, members)
    winner = _winner(running, current, arms, gains)
    return Race(len(asked), len(questions), len(set(members)), len(examples), current.name, winner, arms, gains)


def simultaneous(differences: Scores, members: npt.NDArray[np.intp]) -> list[Gain]:
    """The mean of each row of differences (comparisons × questions) with intervals that hold all together.

    Groups are drawn, not questions. Where groups are few, a quantile of Student's distribution stands for the normal one's (Cornish and
    Fisher, 1938).
    """
    means = differences.mean(axis=1)
    groups = np.unique(members, return_inverse=True)[1]
    number = int(groups.max()) + 1
    sums = np.array([np.bincount(groups, weights=row) for row in differences])
    counts = np.random.default_rng(SEED).multinomial(number, np.full(number, 1 / number), size=DRAWS)
    drawn = (counts @ sums.T) / (counts @ np.bincount(groups))[:, None]
    errors = drawn.std(axis=0) * (number / (number - 1)) ** 0.5
    moved = errors > 0
    reach = 0.0
    if moved.any():
        far = np.abs(drawn[:, moved] - means[moved]) / errors[moved]
        reach = float(np.quantile(far.max(axis=1), CONFIDENCE))
    reach += (reach**3 + reach) / (4 * (number - 1))
    return [Gain(float(mean), float(mean - reach * error), float(mean + reach * error)) for mean, error in zip(means, errors, strict=True)]


def _gains(names: Sequence[str], current: str, scores: Scores, members: npt.NDArray[np.intp]) -> dict[str, Gain]:
    """Every racer against none and against the current one, compared together."""
    pairs = list(dict.fromkeys((name, other) for other in (NONE.name, current) for name in names if name != other))
    place = {name: number for number, name in enumerate(names)}
    if not pairs:
        return {}
    differences = np.array([scores[place[name]] - scores[place[other]] for name, other in pairs])
    return {f"{name} - {other}": gain for (name, other), gain in zip(pairs, simultaneous(differences, members), strict=True)}


def _winner(racers: Sequence[Racer], current: Racer, arms: Mapping[str, Arm], gains: Mapping[str, Gain]) -> str:
    """Of equally accurate ones, that which shows the fewest examples."""
    better = [one for one in racers if one != current and gains[f"{one.name} - {current.name}"].low > 0]
    return max(better, key=lambda one: (arms[one.name].accuracy, -one.limit), default=current).name
