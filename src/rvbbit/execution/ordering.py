"""In which order the parts of a condition are asked, and what that was judged by: for EXPLAIN. Values only."""

from __future__ import annotations

from dataclasses import dataclass

from rvbbit.sql.plan import Ask


@dataclass(frozen=True, slots=True)
class Ranked:
    """A part, its questions, and of how many distinct rows that were `tried` it was true; of none, half are taken to pass."""

    text: str
    asks: tuple[Ask, ...]
    tried: int
    passed: int


@dataclass(frozen=True, slots=True)
class Ordering:
    """The parts in their order: all must be true, or `any` of them."""

    any: bool
    parts: tuple[Ranked, ...]
