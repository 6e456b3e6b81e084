"""A question about a pair of texts that questions about one text each stand for, in a plan. `factors` puts it so."""

from __future__ import annotations

from dataclasses import dataclass

from rvbbit.sql.sides import Sides
from rvbbit.sql.statements import Hints
from rvbbit.types import Operator


@dataclass(frozen=True, slots=True)
class Factored:
    """A call, by its id, that labels stand for: the calls `labels`. `typed` and `by` are both as one would write them.

    `sides` are the tables it pairs. `limit`: so many rows of its block are enough.
    """

    call: int
    token: int
    operator: Operator
    typed: str
    by: str
    labels: frozenset[int]
    sides: Sides
    hints: Hints
    limit: int | None
