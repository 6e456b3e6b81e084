"""The order of semantic predicates in words: what each costs and rejects, and whether that was seen or assumed."""

from __future__ import annotations

from collections.abc import Callable

from rvbbit.execution.ordering import Ordering, Ranked
from rvbbit.sql.plan import Ask


def told(ordering: Ordering, cost: Callable[[Ask], str]) -> str:
    """`title MEANS 'b' ($0.0001 a call, 70 of 700 pass), then text MEANS 'a' (…)`. `cost` says what a call takes."""
    between = ", then where that is not true " if ordering.any else ", then "
    shown = between.join(_part(part, cost) for part in ordering.parts)
    return f"first {shown}"


def _part(part: Ranked, cost: Callable[[Ask], str]) -> str:
    passing = f"{part.passed:,} of {part.tried:,} passed" if part.tried else "half assumed to pass at first"
    costs = " + ".join(dict.fromkeys(map(cost, part.asks))) or "no call"
    return f"{part.text} ({costs}, {passing})"
