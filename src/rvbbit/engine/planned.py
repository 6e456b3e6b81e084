"""A semantic statement that is ready to run or to be explained."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rvbbit.engine.factoring import Factors, Verdict
from rvbbit.engine.intervals import Wanted
from rvbbit.engine.searching import Searched
from rvbbit.sql.factors import Many
from rvbbit.sql.plan import Plan


@dataclass(frozen=True, slots=True)
class Planned:
    """`values` are the plan's parameters under the plan's own names; `budget` in USD is what a hint says.

    `factors` checks where labels stand for pairs, `again` plans it without some of them, `verdicts` are what became of that.
    `more` plans it to read all pairs, where it reads the first and these may have too few rows.
    """

    plan: Plan
    values: Mapping[str, Any]
    budget: float | None
    columns: Mapping[str, Searched] = field(default_factory=dict)
    wanted: Wanted | None = None
    factors: Factors | None = None
    again: Callable[[frozenset[int], Many], Planned] | None = None
    more: Callable[[], Planned] | None = None
    verdicts: Sequence[Verdict] = ()
