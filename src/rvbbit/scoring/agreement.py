"""The scorer that looks at what people verified nearby: executions of the cell whose arguments are near. It costs nothing but vectors.

Where the cell's answers repeat (labels, yes or no), a neighbour agrees when the answer that holds for it is the same. Where they do not
(numbers, prose), nothing can be compared, and a neighbour counts for the cell's record hereabouts: it agrees when its own answer stood.
Executions with the very same arguments are left out: a new execution has none, so a calibration must not learn from them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from rvbbit.interfaces import Embedder, Matrix
from rvbbit.scoring.scorer import Verdict, said
from rvbbit.types import Arguments, Scorable

_NEAREST = 16  # neighbours that vote
_FAR = 0.3  # cosine from which on a neighbour says something: under it two texts share no subject
_DOUBT = 1.0  # weight of the cell's own record in every vote: one near neighbour alone proves little


@dataclass(frozen=True, slots=True)
class Record:
    """A cell's verified executions, made ready to vote. `answers` is None where answers do not repeat and cannot be compared."""

    vectors: Matrix
    asked: list[str]
    answers: list[str] | None
    right: list[bool]

    @property
    def share(self) -> float:
        """Of all, which share stood."""
        return sum(self.right) / len(self.right)


@dataclass(slots=True)
class Agreement:
    """`verified` are the cell's executions that a person verified."""

    embedder: Embedder
    verified: Sequence[Scorable]
    name: ClassVar[str] = "agreement"
    version: ClassVar[str] = "1"
    _record: Record | None = field(default=None, init=False)

    async def score(self, batch: Sequence[Scorable]) -> list[Verdict]:
        """None where no verified neighbour is near."""
        if not self.verified:
            return [Verdict(None, "nothing is verified in this cell") for _ in batch]
        record = self._record = self._record or await self._made()
        questions = [question(one.arguments) for one in batch]
        near = await self.embedder.embed(questions) @ record.vectors.T
        places = _top(near)
        return [_verdict(one, row[best], best, asked, record) for one, row, best, asked in zip(batch, near, places, questions, strict=True)]

    async def _made(self) -> Record:
        asked = [question(one.arguments) for one in self.verified]
        answers = [said(one.held) for one in self.verified]
        repeats = 2 * len(set(answers)) <= len(answers)  # each is held twice or more on average
        right = [bool(one.right) for one in self.verified]
        return Record(await self.embedder.embed(asked), asked, answers if repeats else None, right)


def _verdict(one: Scorable, cosines: npt.NDArray[np.float32], places: npt.NDArray[np.intp], asked: str, record: Record) -> Verdict:
    nearest = [
        (float(cosine), place) for cosine, place in zip(cosines, places, strict=True) if cosine >= _FAR and record.asked[place] != asked
    ]
    if not nearest:
        return Verdict(None, "no verified execution is near")
    own, voters = said(one.answer), nearest[:_NEAREST]
    agrees = [record.right[place] if record.answers is None else record.answers[place] == own for _, place in voters]
    weights = [cosine**2 for cosine, _ in voters]
    votes = sum(weight for weight, agreed in zip(weights, agrees, strict=True) if agreed)
    value = (votes + _DOUBT * record.share) / (sum(weights) + _DOUBT)
    return Verdict(value, f"{sum(agrees)} of {len(agrees)} verified neighbours {'stood' if record.answers is None else 'agree'}")


def question(arguments: Arguments) -> str:
    """The arguments as one text to be embedded."""
    return "\n".join(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for value in arguments.values())


def _top(near: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
    """Of each row the places of the largest, largest first; some more than vote, since those of equal arguments fall out."""
    most = min(4 * _NEAREST, near.shape[1])
    found = np.argpartition(-near, most - 1, axis=1)[:, :most]
    return np.take_along_axis(found, np.argsort(-np.take_along_axis(near, found, 1), axis=1, kind="stable"), 1)
