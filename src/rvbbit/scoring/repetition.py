"""The scorer that compares repeated answers: takes, other models, other sessions on the same arguments. It costs nothing.

After self-consistency (Wang et al. 2022): what several runs agree on is more often right. Short and typed answers agree when they are
equal; prose is never written twice the same, and nearness in meaning is no agreement, so of prose it cannot tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rvbbit.scoring.scorer import Verdict, is_prose, said
from rvbbit.types import Scorable


@dataclass(frozen=True, slots=True)
class Repetition:
    """The share of other answers to the same arguments that say the same."""

    name: ClassVar[str] = "repetition"
    version: ClassVar[str] = "1"

    async def score(self, batch: Sequence[Scorable]) -> list[Verdict]:
        """None where there is no other answer, or only prose."""
        return [_verdict(one) for one in batch]


def _verdict(one: Scorable) -> Verdict:
    if not one.others:
        return Verdict(None, "no other answer to the same arguments")
    if is_prose(one.answer):
        return Verdict(None, "prose cannot be compared by its letters")
    same = sum(said(other) == said(one.answer) for other in one.others)
    number = f"{len(one.others)} other {'answer' if len(one.others) == 1 else 'answers'}"
    return Verdict(same / len(one.others), f"{same} of {number} say the same")
