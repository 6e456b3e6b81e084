"""The judge as the background may use it: within a day's budget, and not at all for a while (or for good) after its model failed.

A failure that may pass is tried again after 5 s, 10 s, 20 s … at most 5 minutes; a spent budget after midnight (UTC); one that will not
pass, when a person asks for scores or the server is started again. Whatever happens to the judge, free scorers go on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from rvbbit.cascades.runner import Runner
from rvbbit.engine.rooms import Rooms
from rvbbit.errors import BudgetReached, Error, TransientError
from rvbbit.logs.history import CostFilter
from rvbbit.providers.budgeted import Budget
from rvbbit.scoring.judge import Judge

log = logging.getLogger(__name__)

JudgeState = Literal["none", "ready", "waiting", "spent", "stopped"]
"""none: the model judges nothing; waiting: it failed and is tried again; spent: until tomorrow; stopped: until a person asks."""

FIRST, LONGEST = timedelta(seconds=5), timedelta(minutes=5)


@dataclass(slots=True)
class Judging:
    """`make` gives the judge whose calls go to the runner that its argument hands out; None where there is none."""

    rooms: Rooms
    make: Callable[[Callable[[], Runner]], Judge | None]
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    state: JudgeState = "ready"
    error: str | None = None
    _back: datetime | None = None
    _failures: int = 0
    _runner: Runner | None = None
    _judge: Judge | None = None

    def now(self) -> Judge | None:
        """The judge, with what is left of today's budget; None while it cannot be asked. The same one until it changes."""
        if self._back is not None and self.clock() >= self._back:
            self._ready()
        if self.state in ("waiting", "spent", "stopped"):
            return None
        try:
            self._fund()
            judge = self.make(self._funded)
        except Error as error:
            self.failed(error)
            return None
        self.state = "none" if judge is None else "ready"
        if judge is None or self._judge is None or judge.version != self._judge.version:
            self._judge = judge
        return self._judge

    def failed(self, error: Error) -> None:
        """Something kept the judge from an execution: this decides until when it is left alone."""
        self.error = error.message
        if isinstance(error, BudgetReached):
            self.state, self._back = "spent", _midnight(self.clock()) + timedelta(days=1)
        elif isinstance(error, TransientError):
            self._failures += 1
            self.state, self._back = "waiting", self.clock() + min(LONGEST, FIRST * 2 ** min(self._failures - 1, 10))
        else:
            self.state, self._back = "stopped", None
        log.warning("the judge is %s until %s: %s", self.state, self._back or "a person asks for scores", error.code)

    def worked(self) -> None:
        """It answered: the next failure is a first one."""
        self._failures = 0
        if self.state == "ready":
            self.error = None

    def again(self) -> None:
        """A person asks: what stopped it may be mended."""
        if self.state in ("waiting", "stopped"):
            self._ready()

    @property
    def back_in(self) -> float | None:
        """Seconds until it is worth a look again; None where nothing is waited for."""
        return None if self._back is None else max(0.0, (self._back - self.clock()).total_seconds())

    def spent(self) -> float:
        """What judges cost today, in USD, on every server of the store."""
        days = self.rooms.store.costs(CostFilter(by="day", since=_midnight(self.clock())))
        return sum(day.scoring for day in days)

    def _ready(self) -> None:
        self.state, self._back = "ready", None

    def _fund(self) -> None:
        """Raises BudgetReached where nothing is left of today's budget."""
        budget = self.rooms.settings.scoring_budget_usd
        if budget is None:
            self._runner = self.rooms.runner
            return
        if (left := budget - self.spent()) <= 0:
            raise BudgetReached(f"today's budget for scoring, {budget:g} USD, is spent", hint="raise `scoring_budget_usd`")
        self._runner = self.rooms.runner.bound(self.rooms.registry.budgeted(Budget(left)))

    def _funded(self) -> Runner:
        return self._runner or self.rooms.runner


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
