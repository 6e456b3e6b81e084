"""The scorer that compares repeated answers: takes, other models, other sessions on the same arguments. It costs nothing.

After self-consistency (Wang et al. 2022): what several runs agree on is more often right. Short and typed answers agree when they are
equal, prose by the cosine of its vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rvbbit.interfaces import Embedder
from rvbbit.scoring.scorer import Verdict, is_prose, said
from rvbbit.types import Scorable, Value


@dataclass(frozen=True, slots=True)
class Repetition:
    """The share of other answers to the same arguments that say the same."""

    embedder: Embedder
    name: ClassVar[str] = "repetition"
    version: ClassVar[str] = "1"

    async def score(self, batch: Sequence[Scorable]) -> list[Verdict]:
        """None where there is no other answer."""
        return [await self._verdict(one) for one in batch]

    async def _verdict(self, one: Scorable) -> Verdict:
        if not one.others:
            return Verdict(None, "no other answer to the same arguments")
        number = f"{len(one.others)} other {'answer' if len(one.others) == 1 else 'answers'}"
        if is_prose(one.answer):
            return Verdict(await self._cosine(one.answer, one.others), f"how near {number} are in meaning")
        same = sum(said(other) == said(one.answer) for other in one.others)
        return Verdict(same / len(one.others), f"{same} of {number} say the same")

    async def _cosine(self, answer: Value, others: Sequence[Value]) -> float:
        vectors = await self.embedder.embed([str(answer), *map(str, others)])
        return float((vectors[1:] @ vectors[0]).clip(0, 1).mean())
