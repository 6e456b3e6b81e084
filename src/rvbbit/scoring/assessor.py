"""Scores what is due: what people asked for first, then what is not scored yet, cell by cell, portion by portion, each on disk before the
next. It may be stopped anywhere.

There is no queue to lose: what waits is what the log has and the scores have not, so whoever comes next goes on where the last one stopped.
A cell's executions are scored anew when its calibration changes (`calibration.stage`) or when a scorer does; what the judge said is kept.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from rvbbit.errors import Error
from rvbbit.interfaces import Due, Embedder, ScoreStore
from rvbbit.scoring import calibration
from rvbbit.scoring.agreement import Agreement
from rvbbit.scoring.cell import CellWork
from rvbbit.scoring.judge import BYTES_PER_TOKEN, TOKENS, Judge
from rvbbit.scoring.probability import Probability
from rvbbit.scoring.repetition import Repetition
from rvbbit.scoring.rules import Fitting, Rules
from rvbbit.types import CellKey, Scorable, Waiting

BATCH = 2_000
READ_ASIDE = 256  # executions that are read at a time where portions are small: a longer read would hold up queries
JUDGED_BATCH = 128  # executions whose verdicts are lost at most where the process is killed
MOST_VERIFIED = 5_000  # verified executions a cell is calibrated on, the newest: beyond, a fit gets slower and hardly better
STALE = timedelta(seconds=5)  # after so long at most another server may have judged what was read: it is read again, not paid twice
RARELY = 10  # times as long as reading took, what was read is good where that is less: reading is cheap beside a judge
KEPT = 8  # cells whose fit and verified neighbours stay in memory between runs
FREE = ", ".join(f"{name} {version}" for name, version in [(one.name, one.version) for one in (Rules, Agreement, Repetition, Probability)])
"""The scorers that cost nothing, with their versions."""


@dataclass(frozen=True, slots=True)
class Step:
    """A portion that is on disk. `cost_usd` is None where a price is not known. `stopped` is what kept the judge from the rest; it ends a
    run."""

    executions: int
    cost_usd: float | None
    stopped: Error | None = None


@dataclass(slots=True)
class Assessor:
    """`judge` is None where there is none: free scorers alone. `share` is the sample of what nobody asked for. `portion` is how many
    executions are scored at a time; None: a batch. With `shuffle`, servers on one store take what waits each in an order of its own."""

    store: ScoreStore
    embedder: Embedder
    fitting: Fitting
    judge: Judge | None = None
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    share: float = 1.0
    portion: int | None = None
    shuffle: random.Random | None = None
    _kept: dict[CellKey, tuple[Due, int, CellWork]] = field(default_factory=dict, init=False)

    def waiting(self) -> Waiting:
        """What is left in all cells, with how long it is. Called off the event loop."""
        return self._left(TOKENS * BYTES_PER_TOKEN)

    def queued(self) -> int:
        """How many are left in all cells. Called off the event loop."""
        return self._left(0).executions

    async def run(self, limit: int | None = None, *, asked: bool = True) -> AsyncGenerator[Step, None]:
        """Score at most `limit` executions; without `asked`, only what nobody asked for. Raises what free scorers and the store raise."""
        left = limit
        for for_people in (True, False) if asked else (False,):
            if not for_people and self.share <= 0:
                return
            for cell, verified in (await asyncio.to_thread(self.store.cells)).items():
                async for step in self._cell(cell, verified, replace(self._due(verified), asked=for_people), left):
                    left = None if left is None else left - step.executions
                    yield step
                    if step.stopped is not None:
                        return
                if left == 0:
                    return

    async def _cell(self, cell: CellKey, verified: int, due: Due, limit: int | None) -> AsyncGenerator[Step, None]:
        work: CellWork | None = None
        while limit is None or limit > 0:
            most = self._batch if limit is None else min(self._batch, limit)
            began = self.clock()
            found, read = list(await asyncio.to_thread(self.store.unscored, cell, due, most)), self.clock()
            stale = min(STALE, RARELY * (read - began))
            if not found:
                return
            if work is None:
                work, step = await self._work(cell, verified, due)
                if step is not None:
                    yield step
                    if step.stopped is not None:
                        return
                    continue  # the judge has seen some of what was read
            if self.shuffle is not None:
                self.shuffle.shuffle(found)
            for portion in self._portions(found):
                done, cost, stopped = await work.score(portion)
                limit = None if limit is None else limit - done
                yield Step(done, cost, stopped)
                if stopped is not None:
                    return
                if self.judge is not None and self.clock() - read > stale:
                    break

    def _left(self, most: int) -> Waiting:
        found = Waiting()
        for cell, verified in self.store.cells().items():
            found += self.store.waiting(cell, self._due(verified), most)
        return found

    def _due(self, verified: int) -> Due:
        """What is to be scored of a cell with so many verified answers."""
        return Due(f"{FREE}; {calibration.stage(verified)}", self.judge.version if self.judge else "", self.share)

    @property
    def _batch(self) -> int:
        """Executions that are read at a time."""
        if self.portion is not None:
            return READ_ASIDE
        return BATCH if self.judge is None else JUDGED_BATCH

    def _portions(self, found: list[Scorable]) -> Iterator[list[Scorable]]:
        size = self.portion or len(found)
        return (found[start : start + size] for start in range(0, len(found), size))

    async def _work(self, cell: CellKey, verified: int, due: Due) -> tuple[CellWork, Step | None]:
        """The work on a cell, kept while nothing changes that it goes by, and the step that its fit was, where one was made."""
        kept = self._kept.get(cell)
        if kept is not None and kept[:2] == (replace(due, asked=False), verified):
            return kept[2], None
        known = await asyncio.to_thread(self.store.verified, cell, MOST_VERIFIED)
        free = (Rules(self.fitting), Agreement(self.embedder, known), Repetition(), Probability())
        work = CellWork(self.store, free, self.judge, due.version, self.clock)
        step: Step | None = None
        if kept is not None and kept[0].version == due.version:
            work.calibration = kept[2].calibration  # the same stage: the same fit, only with more neighbours to ask
        elif len(known) >= calibration.ENOUGH:
            cost, stopped = await work.calibrate(known)
            step = Step(0, cost, stopped)
        if step is None or step.stopped is None:
            self._keep(cell, (replace(due, asked=False), verified, work))
        return work, step

    def _keep(self, cell: CellKey, work: tuple[Due, int, CellWork]) -> None:
        self._kept.pop(cell, None)
        self._kept[cell] = work
        if len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
