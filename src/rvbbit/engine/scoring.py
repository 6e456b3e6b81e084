"""`db.score()`: what is unscored gets its confidence. It introduces the scorers to the store, the embedder and the judge's model."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from rvbbit.cascades.fitting import Fitting
from rvbbit.cascades.loader import Cascade
from rvbbit.cascades.runner import Runner
from rvbbit.cascades.spec import LLMCell
from rvbbit.engine.query import Listen
from rvbbit.engine.rooms import Rooms
from rvbbit.errors import BudgetReached, Cancelled
from rvbbit.providers.prices import CHARACTERS_PER_TOKEN, estimate
from rvbbit.result import Progress
from rvbbit.scoring.assessor import Assessor
from rvbbit.scoring.judge import Judge
from rvbbit.types import Arguments, CallContext, Message, Request, Usage, Value, Waiting

JUDGE = "assess_confidence"


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


class Scoring:
    """Scoring of one project. Its own calls are of source `judge`, in a session of their own."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._fitting = Fitting(rooms.catalog)

    def unscored(self, *, free: bool = False) -> Unscored:
        """What waits, and what the judge is expected to cost. `free`: without the judge. Raises ModelNotFound, AuthenticationFailed."""
        assessor = self._assessor(self._rooms.runner, free=free)
        waiting = assessor.waiting()
        if assessor.judge is None:
            return Unscored(waiting.executions, 0, None, 0.0)
        return Unscored(waiting.executions, waiting.unjudged, self._model, self._estimated(waiting))

    def score(
        self, limit: int | None = None, *, budget_usd: float | None = None, free: bool = False, listen: Listen | None = None
    ) -> Scored:
        """Score what is unscored, at most `limit` executions, for at most `budget_usd` (None: the settings' own).

        Raises BudgetReached, Cancelled and what stopped the judge; what was scored is kept, and the next call goes on from there.
        """
        assessor = self._assessor(self._rooms.caller(budget_usd), free=free)
        total = assessor.waiting().executions
        done = _Done(total if limit is None else min(total, limit))

        async def work() -> None:
            async for step in assessor.run(limit):
                done.count(step.executions, step.cost_usd)

        try:
            self._rooms.loop.run(work(), tick=lambda: done.tell(listen))
        except BudgetReached as error:
            raise BudgetReached(f"{error.message}; {done.kept}", hint="raise the budget and run it again: it goes on from there") from error
        except Cancelled as error:
            raise Cancelled(f"cancelled; {done.kept}", hint="run it again: it goes on from there") from error
        done.tell(listen)
        return Scored(done.executions, done.cost_usd, assessor.waiting().executions)

    @property
    def _model(self) -> str:
        return self._rooms.settings.judge_model

    def _assessor(self, runner: Runner, *, free: bool) -> Assessor:
        return Assessor(self._rooms.store, self._rooms.embedder, self._fitting.misfit, None if free else self._judge(runner))

    def _judge(self, runner: Runner) -> Judge | None:
        """None where the judge's model reads no messages: an embedding model judges nothing."""
        if not self._rooms.registry(self._model).reads_messages:
            return None
        cascade = self._cascade()
        context = CallContext(uuid.uuid4().hex, source="judge", model=self._model, training=False)

        async def ask(inputs: Arguments) -> tuple[Value, float | None]:
            run = await runner.run(cascade, inputs, context)
            return run.output, run.usage.cost_usd

        return Judge(ask, f"{cascade.fingerprint[:12]} {self._model}")

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
            listen(Progress("score", self.executions, self.total, 0, self.cost_usd))

    @property
    def kept(self) -> str:
        return f"{self.executions:,} of {self.total:,} executions are scored and kept"
