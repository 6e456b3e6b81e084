"""Scores what is not scored yet: cell by cell, batch by batch, each batch on disk before the next. It may be stopped anywhere.

There is no queue to lose: what waits is what the log has and the scores have not, so whoever comes next goes on where the last one stopped.
A cell's executions are scored anew when its calibration changes (`calibration.stage`) or when a scorer does; what the judge said is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from rvbbit.interfaces import Due, Embedder, ScoreStore
from rvbbit.scoring import calibration
from rvbbit.scoring.agreement import Agreement
from rvbbit.scoring.cell import CellWork
from rvbbit.scoring.judge import BYTES_PER_TOKEN, TOKENS, Judge
from rvbbit.scoring.probability import Probability
from rvbbit.scoring.repetition import Repetition
from rvbbit.scoring.rules import Misfit, Rules
from rvbbit.types import CellKey, Waiting

BATCH = 2_000
JUDGED_BATCH = 128  # executions whose verdicts are lost at most where the process is killed
MOST_VERIFIED = 5_000  # verified executions a cell is calibrated on, the newest: beyond, a fit gets slower and hardly better
FREE = ", ".join(f"{name} {version}" for name, version in [(one.name, one.version) for one in (Rules, Agreement, Repetition, Probability)])
"""The scorers that cost nothing, with their versions."""


@dataclass(frozen=True, slots=True)
class Step:
    """A batch that is on disk. `cost_usd` is None where a price is not known."""

    executions: int
    cost_usd: float | None


@dataclass(slots=True)
class Assessor:
    """`judge` is None where there is none: free scorers alone."""

    store: ScoreStore
    embedder: Embedder
    misfit: Misfit
    judge: Judge | None = None
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    def waiting(self) -> Waiting:
        """What is left in all cells. Called off the event loop."""
        found = Waiting()
        for cell, verified in self.store.cells().items():
            found += self.store.waiting(cell, self._due(verified), TOKENS * BYTES_PER_TOKEN)
        return found

    def _due(self, verified: int) -> Due:
        """What is to be scored of a cell with so many verified answers."""
        return Due(f"{FREE}; {calibration.stage(verified)}", self.judge.version if self.judge else "")

    async def run(self, limit: int | None = None) -> AsyncIterator[Step]:
        """Score at most `limit` executions. Raises what stopped the judge (BudgetReached, ProviderError), after what it did is on disk."""
        left = limit
        for cell, verified in (await asyncio.to_thread(self.store.cells)).items():
            async for step in self._cell(cell, verified, left):
                left = None if left is None else left - step.executions
                yield step
            if left == 0:
                return

    async def _cell(self, cell: CellKey, verified: int, limit: int | None) -> AsyncIterator[Step]:
        due, batch = self._due(verified), JUDGED_BATCH if self.judge else BATCH
        if not await asyncio.to_thread(self.store.unscored, cell, due, 1):
            return
        known = await asyncio.to_thread(self.store.verified, cell, MOST_VERIFIED)
        free = (Rules(self.misfit), Agreement(self.embedder, known), Repetition(), Probability())
        work = CellWork(self.store, free, self.judge, due.version, self.clock)
        if len(known) >= calibration.ENOUGH:
            yield Step(0, await work.calibrate(known))
        while limit is None or limit > 0:
            found = await asyncio.to_thread(self.store.unscored, cell, due, batch if limit is None else min(batch, limit))
            if not found:
                return
            done, cost, error = await work.score(found)
            limit = None if limit is None else limit - done
            yield Step(done, cost)
            if error is not None:
                raise error
