"""The count of what one run took, of one cascade on one row: calls, tokens, money. Only who made a call counts it; who waited for the same
one does not."""

from __future__ import annotations

from dataclasses import dataclass

from rvbbit.cascades.ids import new_id
from rvbbit.types import NOTHING_USED, Usage


@dataclass(slots=True)
class Tally:
    """`calls` went to a model, whatever came of them; `shared` is True where another row's call answered it, too."""

    calls: int = 0
    shared: bool = False
    usage: Usage = NOTHING_USED
    _run: str = ""

    @property
    def run_id(self) -> str:
        """What the run is called in the log. Made when it is asked for: most rows are answered without being logged."""
        self._run = self._run or new_id()
        return self._run

    def add(self, usage: Usage | None) -> None:
        """One call more."""
        self.calls += 1
        if usage is not None:
            self.usage += usage

    def share(self, usage: Usage, *, calls: int) -> None:
        """A part of a call that several rows made together; one of them counts it."""
        self.calls += calls
        self.usage += usage
        self.shared = True

    def take(self, other: Tally) -> None:
        """Count what another one counted, which then counts nothing any more."""
        self.calls += other.calls
        self.usage += other.usage
        other.calls, other.usage = 0, Usage()
