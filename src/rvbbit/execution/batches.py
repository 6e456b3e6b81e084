"""How many to ask next, and which part of a condition first, from what was seen so far. Pure arithmetic on counts."""

from __future__ import annotations

import math
from dataclasses import dataclass

SURE = 0.84
"""Standard deviations between the expected number of passes and the number counted on: four times in five a batch is enough."""
FEWEST = 4
"""Of a first batch: one round for a handful costs as much time as one for a single question."""


@dataclass(slots=True)
class Share:
    """The share that passes, as seen: half of them while nothing was seen, and never quite none or all."""

    tried: float = 0.0
    passed: float = 0.0

    def add(self, tried: float, passed: float) -> None:
        self.tried += tried
        self.passed += passed

    @property
    def value(self) -> float:
        return (self.passed + 1) / (self.tried + 2)


def needed(missing: float, share: Share, at_once: int, *, many_rounds: bool) -> int:
    """Rows to ask about next so that `missing` more pass; `at_once` at most, which bounds what is asked in vain.

    With many rounds no more than must be asked in any case, as many as are missing, unless few pass. Else so many that the round is
    probably the last one.
    """
    if many_rounds:
        wanted = max(missing, missing / share.value / 4)
    elif not share.tried:
        wanted = max(2 * missing, FEWEST)
    else:
        rate = share.value
        wanted = (missing + SURE * math.sqrt(missing * (1 - rate))) / rate
    return max(1, min(at_once, math.ceil(wanted)))


def rank(cost: float, share: float, *, any_: bool) -> float:
    """The lower, the earlier: what it costs to be done with a row. AND is done where a part fails, OR where one is true."""
    return cost / max(share if any_ else 1 - share, 1e-9)
