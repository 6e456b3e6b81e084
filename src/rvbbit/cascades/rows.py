"""One arguments on its way through a cascade: its place, its inputs, what was looked up for it, what it took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from rvbbit.cascades.tally import Tally
from rvbbit.types import Value


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
    inputs: dict[str, Value]
    keys: list[str] | None = None
    found: Mapping[str, Value] | None = None
    tally: Tally = field(default_factory=Tally)
