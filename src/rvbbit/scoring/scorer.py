"""What every scorer is: a dataclass with a name, a version and one method. After the evaluators of pydantic-evals."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rvbbit.errors import Error
from rvbbit.types import Scorable, Value

SHORT = 64
"""Characters up to which a text is compared by its letters; a longer one is prose, which nobody writes twice the same."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A value 0-1 and its reason; None where the scorer cannot tell. `cost_usd` is None where the price is not known."""

    value: float | None
    reason: str
    cost_usd: float | None = 0.0


class Scorer(Protocol):
    """One way to look at an execution."""

    @property
    def name(self) -> str:
        """What its scores are filed under."""

    @property
    def version(self) -> str:
        """Changes whenever the same execution might be scored differently by its code."""

    async def score(self, batch: Sequence[Scorable]) -> Sequence[Verdict | Error]:
        """One verdict each, in order; the error where none could be had, so that what others were paid for is not lost with it."""


def said(answer: Value) -> str:
    """An answer as text that can be compared: equal answers are equal, whatever the case and the spaces around them."""
    if isinstance(answer, str):
        return answer.strip().casefold()
    if isinstance(answer, float) and answer.is_integer():
        return str(int(answer))
    return json.dumps(answer, sort_keys=True, ensure_ascii=False)


def is_prose(answer: Value) -> bool:
    """A text too long to be compared by its letters."""
    return isinstance(answer, str) and len(answer) > SHORT
