"""Whether packed answers are those that rows asked alone get: what was counted, and which size it proves. It asks nothing.

Sizes are tried in growing order, each only where the one before was proven (a fixed sequence of tests, so that together they err as seldom
as one: Maurer, Hothorn and Lehmacher, 1995). A size is proven where so few disagreements would be seen in one of twenty trials at most if
the true share of agreement were the target's (the exact binomial tail, Clopper and Pearson, 1934).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rvbbit.types import Value

LADDER = (4, 8, 16, 32)
"""Rows a request that are tried, the check row included."""
RISK = 0.05
FORGIVEN = 1
"""Disagreements that a sample is large enough to forgive: a model that contradicts itself once is none that cannot be packed."""
NEAR = 0.05
"""How far two numbers may lie apart and agree: scores run from 0 to 1."""

Counts = tuple[int, int]
"""How many agreed, of how many."""


def tail(disagreed: int, asked: int, target: float) -> float:
    """How likely so few disagreements are where the true share of agreement is `target`."""
    return sum(math.comb(asked, k) * (1 - target) ** k * target ** (asked - k) for k in range(disagreed + 1))


def sample(target: float) -> int:
    """Rows that prove the target with `FORGIVEN` disagreements among them."""
    asked = FORGIVEN + 1
    while tail(FORGIVEN, asked, target) > RISK:
        asked += 1
    return asked


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was counted of one cell and model: in trials, and of check rows since, by rows a request."""

    target: float
    trials: Mapping[int, Counts] = field(default_factory=dict)
    checks: Mapping[int, Counts] = field(default_factory=dict)

    @classmethod
    def read(cls, target: float, value: Any) -> Evidence:
        """What `said` wrote; nothing for what cannot be read."""
        try:
            trials, checks = ({int(size): (int(a), int(n)) for size, (a, n) in value[part].items()} for part in ("trials", "checks"))
        except (TypeError, KeyError, ValueError, AttributeError):
            return cls(target)
        return cls(target, trials, checks)

    def said(self) -> Value:
        """As the log keeps it."""
        spelled = {
            part: {str(size): list(counts) for size, counts in found.items()}
            for part, found in (("trials", self.trials), ("checks", self.checks))
        }
        return {"target": self.target, "rows": self.size, **spelled}

    def tried(self, size: int, agreed: int, asked: int) -> Evidence:
        """With one trial more."""
        return replace(self, trials={**self.trials, size: (agreed, asked)})

    def checked(self, size: int, *, agreed: bool) -> Evidence:
        """With one check row more."""
        right, asked = self.checks.get(size, (0, 0))
        return replace(self, checks={**self.checks, size: (right + agreed, asked + 1)})

    @property
    def size(self) -> int:
        """The largest proven size that check rows have not spoken against; 1 where there is none."""
        return max((size for size in self._proven() if not self._refuted(size)), default=1)

    @property
    def settled(self) -> bool:
        """Whether nothing is left to try: a size failed, or all are proven."""
        return len(self.trials) == len(LADDER) or len(self._proven()) < len(self.trials)

    def _proven(self) -> list[int]:
        proven = []
        for size in LADDER:
            agreed, asked = self.trials.get(size, (0, 0))
            if not asked or not passes(agreed, asked, self.target):
                break
            proven.append(size)
        return proven

    def _refuted(self, size: int) -> bool:
        """Whether so many disagreements of check rows would hardly be seen if the size kept the target."""
        agreed, asked = self.checks.get(size, (0, 0))
        disagreed = asked - agreed
        return disagreed > 0 and 1 - tail(disagreed - 1, asked, self.target) <= RISK


def passes(agreed: int, asked: int, target: float) -> bool:
    """Whether the counts prove the target."""
    return tail(asked - agreed, asked, target) <= RISK


def agrees(one: Value, other: Value) -> bool:
    """Equal; of numbers, near: wherever they stand in what was answered."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(one - other) <= NEAR
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(agrees(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(agrees, one, other))
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def comparable(schema: Mapping[str, Any] | None) -> bool:
    """Whether two answers can be told to agree: labels, numbers, yes or no, and objects and lists of these. Free text cannot."""
    if schema is None:
        return False
    if "enum" in schema or "const" in schema:
        return True
    match schema.get("type"):
        case "object":
            parts = schema.get("properties", {})
            return bool(parts) and schema.get("additionalProperties") is False and all(map(comparable, parts.values()))
        case "array":
            return comparable(schema.get("items"))
    return schema.get("type") in ("boolean", "integer", "number", "null")
