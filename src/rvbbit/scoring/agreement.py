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


@dataclass(slots=True)
class Agreement:
    """`verified` are the cell's executions that a person verified."""

    embedder: Embedder
    verified: Sequence[Scorable]
    name: ClassVar[str] = "agreement"
    version: ClassVar[str] = "1"
    _vectors: Matrix | None = field(default=None, init=False)

    async def score(self, batch: Sequence[Scorable]) -> list[Verdict]:
        """None where no verified neighbour is near."""
        if not self.verified:
            return [Verdict(None, "nothing is verified in this cell") for _ in batch]
        if self._vectors is None:
            self._vectors = await self.embedder.embed([question(one.arguments) for one in self.verified])
        near = await self.embedder.embed([question(one.arguments) for one in batch]) @ self._vectors.T
        asked = [question(one.arguments) for one in self.verified]
        return [self._verdict(one, cosines, asked) for one, cosines in zip(batch, near, strict=True)]

    def _verdict(self, one: Scorable, cosines: npt.NDArray[np.float32], asked: Sequence[str]) -> Verdict:
        own = question(one.arguments)
        nearest = [place for place in _top(cosines) if cosines[place] >= _FAR and asked[place] != own]
        if not nearest:
            return Verdict(None, "no verified execution is near")
        agrees = [self._agrees(one, self.verified[place]) for place in nearest[:_NEAREST]]
        weights = [float(cosines[place]) ** 2 for place in nearest[:_NEAREST]]
        votes = sum(weight for weight, agreed in zip(weights, agrees, strict=True) if agreed)
        value = (votes + _DOUBT * self._record) / (sum(weights) + _DOUBT)
        return Verdict(value, f"{sum(agrees)} of {len(agrees)} verified neighbours {'agree' if self._repeats else 'stood'}")

    def _agrees(self, one: Scorable, neighbour: Scorable) -> bool:
        return said(neighbour.held) == said(one.answer) if self._repeats else bool(neighbour.right)

    @property
    def _repeats(self) -> bool:
        """Whether answers are of few kinds: each is held twice or more on average."""
        return 2 * len({said(one.held) for one in self.verified}) <= len(self.verified)

    @property
    def _record(self) -> float:
        return sum(bool(one.right) for one in self.verified) / len(self.verified)


def question(arguments: Arguments) -> str:
    """The arguments as one text to be embedded."""
    return "\n".join(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for value in arguments.values())


def _top(cosines: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
    """The places of the largest, largest first; some more than vote, since those of equal arguments fall out."""
    most = min(4 * _NEAREST, len(cosines))
    found = np.argpartition(-cosines, most - 1)[:most]
    return found[np.argsort(-cosines[found], kind="stable")]
