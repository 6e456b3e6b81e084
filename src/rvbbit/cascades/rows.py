"""Arguments on their way through a cascade: their place, their inputs, what was looked up for them; and of one, what it took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from rvbbit.cascades.tally import Tally
from rvbbit.types import Arguments, Value


class Nothing:
    """No answer: unlike None, which may be one."""

    def __repr__(self) -> str:
        return "NOTHING"


NOTHING: Final = Nothing()
Given: TypeAlias = "Value | Nothing"


@dataclass(frozen=True, slots=True)
class Row:
    """`keys` and `found` are what was looked up for the first cell (None: nothing was)."""

    index: int
    inputs: Arguments
    keys: Sequence[str] | None = None
    found: Mapping[str, Value] | None = None
    tally: Tally = field(default_factory=Tally)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Many, from the place `start` on, looked up together: most are answered by that, and never become rows."""

    start: int
    inputs: Sequence[Arguments]
    keys: Sequence[Sequence[str]] | None = None
    found: Mapping[str, Value] | None = None

    def row(self, offset: int) -> Row:
        """The one that stands so far from the start."""
        return Row(self.start + offset, self.inputs[offset], self.keys[offset] if self.keys else None, self.found)

    def rows(self) -> list[Row]:
        """All of them."""
        return [self.row(offset) for offset in range(len(self.inputs))]
