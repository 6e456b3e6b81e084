"""What a student thinks of questions: an answer to each, and how likely it is to be what the model would say.

The student is the embedded model's, fitted on answers that are known; how sure it is is fitted anew on those same answers, each of which it
gave without having seen it (Platt, 1999). It logs nothing and asks nobody else.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rvbbit.errors import CallError
from rvbbit.interfaces import Provider
from rvbbit.types import Arguments, Completion, Example, ExampleSet, LocalTask, Request, Value

Array = npt.NDArray[np.float64]

MODEL = "local:minilm"
_STEPS = 15  # of Newton's method; ten are enough
_RIDGE = 1e-3
_SUREST = 1e-6


@dataclass(frozen=True, slots=True)
class Opinion:
    """`sure`: how likely the answer is right, 0-1. An opinion on a yes-or-no question is of the likelier answer."""

    answer: Value
    sure: float


UNDECIDED = Opinion(None, 0.0)
"""Of what the student cannot answer (a blank text)."""


class Pupil:
    """A student of some examples, all of the same task about the same thing."""

    def __init__(self, provider: Provider, task: LocalTask, examples: Sequence[Example]) -> None:
        self._provider = provider
        self._task = task
        self._examples = examples
        self._set = ExampleSet(_version(examples), tuple(examples), "all")
        self._line = (0.0, 1.0)

    @classmethod
    async def taught(cls, provider: Provider, task: LocalTask, examples: Sequence[Example]) -> Pupil:
        """Fitted. Raises ProviderError, UsageError where the cell's inputs are no texts."""
        pupil = cls(provider, task, examples)
        said = await pupil._asked([example.arguments for example in examples])
        pairs = [(pupil._told(one), example.answer, one) for one, example in zip(said, examples, strict=True) if one is not None]
        right = np.array([answer is True if task.task == "matches" else one.value == answer for _, answer, one in pairs], np.float64)
        pupil._line = fitted(np.array([told for told, _, _ in pairs], np.float64), right)
        return pupil

    @property
    def known(self) -> int:
        """How many examples it was taught."""
        return len(self._examples)

    async def opinions(self, arguments: Sequence[Arguments]) -> list[Opinion]:
        """One each, in order. A text that is itself an example is judged without it."""
        return [UNDECIDED if one is None else self._opinion(one) for one in await self._asked(arguments)]

    async def _asked(self, arguments: Sequence[Arguments]) -> list[Completion | None]:
        return list(await asyncio.gather(*(self._one(given) for given in arguments)))

    async def _one(self, arguments: Arguments) -> Completion | None:
        try:
            return await self._provider.complete(Request(MODEL, arguments=arguments, examples=self._set, local=self._task))
        except CallError:  # a blank has no label
            return None

    def _told(self, said: Completion) -> float:
        """The logarithm of the odds it gives: of true, or that its label is right."""
        share = said.probability or 0.0
        if self._task.task == "matches" and said.value is not True:
            share = 1 - share
        share = min(max(share, _SUREST), 1 - _SUREST)
        return float(np.log(share / (1 - share)))

    def _opinion(self, said: Completion) -> Opinion:
        start, slope = self._line
        likely = float(1 / (1 + np.exp(-(start + slope * self._told(said)))))
        if self._task.task != "matches":
            return Opinion(said.value, likely)
        return Opinion(likely >= 0.5, max(likely, 1 - likely))


def fitted(told: Array, right: Array) -> tuple[float, float]:
    """Where a logistic line starts and how steep it is; it never falls. Platt's targets: a few answers, all right, make nobody certain."""
    if not len(told):
        return 0.0, 1.0
    good, bad = right.sum(), len(right) - right.sum()
    wanted = np.where(right > 0, (good + 1) / (good + 2), 1 / (bad + 2))
    width = float(np.abs(told).mean()) or 1.0
    columns = np.stack([np.ones(len(told)), told / width], axis=1)
    line = np.zeros(2)
    for _ in range(_STEPS):
        share = _shares(columns @ line)
        curve = (columns * (share * (1 - share))[:, None]).T @ columns + _RIDGE * np.eye(2)
        step = np.linalg.solve(curve, columns.T @ (wanted - share) - _RIDGE * line)
        while _loss(line + step, columns, wanted) > _loss(line, columns, wanted) and np.abs(step).max() > _SUREST:
            step /= 2  # a full step may overshoot where answers are nearly all told apart
        line += step
    if line[1] <= 0:
        return float(np.log((good + 1) / (bad + 1))), 0.0
    return float(line[0]), float(line[1] / width)


def _loss(line: Array, columns: Array, wanted: Array) -> float:
    odds = columns @ line
    return float((np.logaddexp(0, odds) - wanted * odds).sum() + _RIDGE * (line @ line) / 2)


def _shares(odds: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -30, 30))))


def _version(examples: Sequence[Example]) -> str:
    told = json.dumps([[example.trace_id, example.answer] for example in examples], sort_keys=True)
    return "pupil " + hashlib.blake2b(told.encode(), digest_size=12).hexdigest()
