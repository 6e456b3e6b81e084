"""The count of what one row took: calls, tokens, money. Only who made a call counts it; who waited for the same one does not."""

from __future__ import annotations

from dataclasses import dataclass, field

from rvbbit.types import Usage


@dataclass(slots=True)
class Tally:
    """`calls` went to a model, whatever came of them."""

    calls: int = 0
    usage: Usage = field(default_factory=Usage)

    def add(self, usage: Usage | None) -> None:
        """One call more."""
        self.calls += 1
        if usage is not None:
            self.usage += usage
