"""The scorer that asks the model itself: its own probability, or that of its answer's tokens, from the log. It costs nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rvbbit.scoring.scorer import Verdict
from rvbbit.types import Scorable


@dataclass(frozen=True, slots=True)
class Probability:
    """The student's probability where the embedded model answered; else the geometric mean of the tokens' probabilities."""

    name: ClassVar[str] = "probability"
    version: ClassVar[str] = "1"

    async def score(self, batch: Sequence[Scorable]) -> list[Verdict]:
        """None where the model gave neither."""
        return [_verdict(one) for one in batch]


def _verdict(one: Scorable) -> Verdict:
    if one.probability is not None:
        return Verdict(min(1.0, max(0.0, one.probability)), "the model's own probability")
    if one.logprobs:
        mean = math.fsum(one.logprobs) / len(one.logprobs)
        return Verdict(min(1.0, math.exp(mean)), f"mean of {len(one.logprobs)} token probabilities")
    return Verdict(None, "the model gave no probability")
