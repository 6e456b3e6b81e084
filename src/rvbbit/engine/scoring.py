"""`db.score()` and `db.assess()`: what is unscored, or asked for, gets its confidence. It introduces the scorers to the store, the embedder
and the judge's model."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import Random

from rvbbit.cascades.fitting import Fitting
from rvbbit.cascades.loader import Cascade
from rvbbit.cascades.runner import Runner
from rvbbit.cascades.spec import LLMCell
from rvbbit.engine.query import Listen
from rvbbit.engine.rooms import Rooms
from rvbbit.engine.turn import Turn
from rvbbit.engine.yielding import Yielding, YieldingEmbedder, YieldingStore
from rvbbit.errors import BudgetReached, Cancelled, TrainingError, UsageError
from rvbbit.jsontext import to_json
from rvbbit.logs.examples import ExampleFilter
from rvbbit.providers.prices import CHARACTERS_PER_TOKEN, estimate
from rvbbit.result import Progress
from rvbbit.scoring.assessor import Assessor
from rvbbit.scoring.cell import AGAIN, ASKED, ONCE
from rvbbit.scoring.judge import BYTES_PER_TOKEN, TOKENS, Judge
from rvbbit.types import Arguments, CallContext, Message, Request, Score, Usage, Value, Waiting

JUDGE = "assess_confidence"
_AT_ONCE = 10_000  # requests that are written in one commit
_LOOKED_AT = 1_000  # executions that an estimate is made from


@dataclass(frozen=True, slots=True)
class Unscored:
    """What is left to score. `judged` of them would be shown to `judge`; `estimated_usd` is None where its price is not known."""

    executions: int
    judged: int
    judge: str | None
    estimated_usd: float | None


@dataclass(frozen=True, slots=True)
class Scored:
    """What one call of `score` did, and what it left. `cost_usd` is None where a price is not known."""

    executions: int
    cost_usd: float | None
    left: int


@dataclass(frozen=True, slots=True)
class Queued:
    """How many executions a person's request put in front of all others, and what the judge may cost for them (None: its price is not
    known)."""

    queued: int
    estimated_usd: float | None


class Scoring:
    """Scoring of one project. Its own calls are of source `judge`, in a session of their own."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._fitting = Fitting(rooms.catalog)
        self.turn = Turn()

    def unscored(self, *, free: bool = False) -> Unscored:
        """What waits, and what the judge is expected to cost. `free`: without the judge. Raises ModelNotFound, AuthenticationFailed."""
        assessor = self._everything(self._rooms.runner, free=free)
        waiting = assessor.waiting()
        if assessor.judge is None:
            return Unscored(waiting.executions, 0, None, 0.0)
        return Unscored(waiting.executions, waiting.unjudged, self._model, self._estimated(waiting))

    def assess(self, asked: ExampleFilter, author: str, *, force: bool = False) -> Queued:
        """Ask for everything a filter finds to be scored; with `force` also what has a confidence, and then the judge speaks anew.

        The requests are in the store when it returns. Raises TrainingError for unknown ids, UsageError for a filter that names a page.
        """
        store = self._rooms.store
        if asked.limit is not None or asked.offset or asked.cursor is not None:
            raise UsageError("a filter that names a page cannot be scored", hint="leave out `limit`, `offset` and `cursor`")
        if asked.trace_ids and (unknown := store.missing(asked.trace_ids)):
            raise TrainingError(
                f"no execution that can be scored has the id {unknown[0]!r}" + (f", nor {len(unknown) - 1:,} more" if unknown[1:] else ""),
                hint="GET /api/training/examples lists those that can; nothing was queued",
            )
        if not force and asked.scored:
            return Queued(0, 0.0)
        ids = store.trace_ids(asked if force else replace(asked, scored=False))
        queued = Queued(len(ids), self._expected(ids))
        now, version = datetime.now(UTC), AGAIN if force else ONCE
        for start in range(0, len(ids), _AT_ONCE):
            store.record([Score(id_, ASKED, version, None, f"{author} asked", now) for id_ in ids[start : start + _AT_ONCE]])
        return queued

    def score(
        self,
        limit: int | None = None,
        *,
        budget_usd: float | None = None,
        free: bool = False,
        listen: Listen | None = None,
        stop: threading.Event | None = None,
    ) -> Scored:
        """Score what is unscored, at most `limit` executions, for at most `budget_usd` (None: the settings' own).

        `stop`, once set, ends it from any thread. Raises BudgetReached, Cancelled and what stopped the judge; what was scored is kept, and
        the next call goes on from there. It waits for what is scored already.
        """
        stop = stop or threading.Event()
        with self.turn.first(stop):
            return self._score(self._everything(self._rooms.caller(budget_usd), free=free), limit, listen, stop)

    def _score(self, assessor: Assessor, limit: int | None, listen: Listen | None, stop: threading.Event) -> Scored:
        total = assessor.queued()
        done = _Done(total if limit is None else min(total, limit))

        async def work() -> None:
            async for step in assessor.run(limit):
                done.count(step.executions, step.cost_usd)
                if step.stopped is not None:
                    raise step.stopped

        try:
            self._rooms.loop.run(work(), stop, lambda: done.tell(listen))
        except BudgetReached as error:
            raise BudgetReached(f"{error.message}; {done.kept}", hint="raise the budget and run it again: it goes on from there") from error
        except Cancelled as error:
            raise Cancelled(f"cancelled; {done.kept}", hint="run it again: it goes on from there") from error
        done.tell(listen)
        return Scored(done.executions, done.cost_usd, assessor.queued())

    @property
    def _model(self) -> str:
        return self._rooms.settings.judge_model

    def assessor(self, judge: Judge | None, yielding: Yielding, share: float, portion: int, shuffle: Random) -> Assessor:
        """For the background: a sample, in small portions that give way to queries, in an order that differs between servers."""
        store, embedder = YieldingStore(self._rooms.store, yielding), YieldingEmbedder(self._rooms.embedder, yielding)
        return Assessor(store, embedder, self._fitting.of, judge, share=share, portion=portion, shuffle=shuffle)

    def judge(self, caller: Callable[[], Runner], yielding: Yielding | None = None) -> Judge | None:
        """The judge, whose calls go to the runner that `caller` hands out then; None where its model reads no messages: an embedding model
        judges nothing. Raises ModelNotFound, AuthenticationFailed, CascadeError."""
        if not self._rooms.registry(self._model).reads_messages:
            return None
        cascade = self._cascade()
        context = CallContext(uuid.uuid4().hex, source="judge", model=self._model, training=False)

        async def ask(inputs: Arguments) -> tuple[Value, float | None]:
            if yielding is not None:
                await yielding.rest()
            run = await caller().run(cascade, inputs, context)
            return run.output, run.usage.cost_usd

        return Judge(ask, f"{cascade.fingerprint[:12]} {self._model}")

    def _everything(self, runner: Runner, *, free: bool) -> Assessor:
        judge = None if free else self.judge(lambda: runner)
        return Assessor(self._rooms.store, self._rooms.embedder, self._fitting.of, judge)

    def _expected(self, ids: Sequence[str]) -> float | None:
        """What the judge may cost for these, in USD: of many, from the first thousand. None where it cannot be known."""
        if not ids or self.judge(lambda: self._rooms.runner) is None:
            return 0.0
        rows = self._rooms.store.page(ExampleFilter(trace_ids=tuple(ids[:_LOOKED_AT]), limit=_LOOKED_AT)).rows
        most = TOKENS * BYTES_PER_TOKEN
        characters = sum(min(most, len(to_json(row.inputs)) + len(to_json(row.answer))) for row in rows)
        return self._estimated(Waiting(len(ids), len(ids), characters * len(ids) // max(1, len(rows))))

    def _cascade(self) -> Cascade:
        return self._rooms.catalog.get(JUDGE)

    def _estimated(self, waiting: Waiting) -> float | None:
        """The prompt around each execution and an answer of ordinary length, and once all that the judge would read."""
        cell = next(cell for cell in self._cascade().spec.cells if isinstance(cell, LLMCell))
        messages = (Message("system", cell.system or ""), Message("user", cell.instructions))
        each = estimate(Request(self._model, messages, output_schema=cell.output_schema, max_tokens=cell.max_tokens))
        tokens_in = each.tokens_in * waiting.unjudged + waiting.characters // CHARACTERS_PER_TOKEN
        return self._rooms.registry.prices.cost(self._model, Usage(tokens_in, each.tokens_out * waiting.unjudged))


@dataclass(slots=True)
class _Done:
    """How far it is."""

    total: int
    executions: int = 0
    cost_usd: float | None = 0.0

    def count(self, executions: int, cost_usd: float | None) -> None:
        self.executions += executions
        self.cost_usd = None if cost_usd is None or self.cost_usd is None else self.cost_usd + cost_usd

    def tell(self, listen: Listen | None) -> None:
        if listen is not None:
            listen(Progress("score", self.executions, max(self.total, self.executions), 0, self.cost_usd))

    @property
    def kept(self) -> str:
        return f"{self.executions:,} of {self.total:,} executions are scored and kept"
