"""What a query wants of answers that a student gives in a model's place and of the intervals around its aggregates, and what it may cost.
Values only."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from rvbbit.errors import UsageError

DELTA = 0.05


@dataclass(frozen=True, slots=True)
class Target:
    """Shares of a stage's distinct questions, 0-1; None: nothing was said. `delta` is the chance, at most, that the target is missed.

    `accuracy`: answers that are the model's. `precision`: of those answered true, how many the model answers true. `recall`: of those that
    the model answers true, how many are answered true. What is not said is the model's: with `recall` alone the student only rejects.
    `against` "verified": all that, with what people verified in place of what the model says.
    """

    accuracy: float | None = None
    precision: float | None = None
    recall: float | None = None
    delta: float = DELTA
    against: Literal["model", "verified"] = "model"

    @property
    def shares(self) -> dict[str, float]:
        """What was said, by name."""
        named = (("accuracy", self.accuracy), ("precision", self.precision), ("recall", self.recall))
        return {name: share for name, share in named if share is not None}

    @property
    def asks_for_anything(self) -> bool:
        """Whether any answer may be a student's: a target of 1 is what a model gives."""
        return any(share < 1 for share in self.shares.values())

    def __str__(self) -> str:
        return ", ".join(f"{name} >= {share:g}" for name, share in self.shares.items())


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a stage is expected to come to: questions `decided` by the student and `asked` of the model; the others are known.

    `note` is what else there is to know.
    """

    decided: int
    asked: int
    note: str | None = None


def share(value: object) -> float | None:
    """A share as a setting says it; None for `none`. Raises ValueError, which says nothing."""
    return None if str(value).strip().lower() == "none" else _within(value, 1.0)


def chance(value: object) -> float:
    """A `delta` as a setting says it. Raises ValueError, which says nothing."""
    return _within(value, 0.5)


def budget(value: float | None) -> float | None:
    """A ceiling in USD as a caller gives it, None for none. Raises UsageError for what is no amount: it would stop nothing."""
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0):
        return value
    raise UsageError(
        f"budget_usd is {value!r}, not an amount in USD", hint="give a number from 0, such as 0.5; leave it out for no ceiling here"
    )


def _within(value: object, most: float) -> float:
    number = float(str(value))
    if not 0 < number <= most:  # what is no number is not within, either
        raise ValueError(value)
    return number
