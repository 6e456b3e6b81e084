"""One running query: what it may spend, what it has taken, what was said, and how far it is."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

from rvbbit.engine.expecting import Each
from rvbbit.engine.loop import Loop
from rvbbit.errors import BudgetReached, Cancelled
from rvbbit.interfaces import OperatorCaller
from rvbbit.result import AskFigures, Explained, Progress, QueryUsage
from rvbbit.sql.plan import Ask
from rvbbit.types import Answer, Arguments, CallContext, Notice, Usage

Listen = Callable[[Progress | Notice], None]
"""Told of progress and notices on the caller's own thread."""


class Options(TypedDict, total=False):
    """What a caller may say about one query. `budget_usd` is its hard ceiling; `listen` hears of it on the caller's own thread.

    `id` is the query's name in the log (of a script: its last statement's); `stop`, once set, ends it as `cancel` does.
    """

    budget_usd: float | None
    model: str | None
    listen: Listen | None
    id: str
    stop: threading.Event


@dataclass(slots=True)
class Query:
    """The answerer of one query: hands asks to the operators and keeps count. Not shared between queries."""

    loop: Loop
    caller: Callable[[float | None], OperatorCaller]
    session_id: str
    model: str | None = None
    listen: Listen | None = None
    budget_usd: float | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    stop: threading.Event = field(default_factory=threading.Event)
    each: Callable[[str, str | None, Sequence[Arguments]], Each] = lambda operator, model, arguments: Each()
    plan: Explained | None = None
    notices: list[Notice] = field(default_factory=list)
    took: dict[int, AskFigures] = field(default_factory=dict)
    _rows: dict[int, int] = field(default_factory=dict)
    _stages: dict[int, _Stage] = field(default_factory=dict)
    _usage: Usage = field(default_factory=Usage)
    _calls: int = 0
    _cached: int = 0
    _told: int = 0
    _operators: OperatorCaller | None = None
    _started: float = field(default_factory=time.monotonic)

    def answer(self, ask: Ask, arguments: Sequence[Arguments]) -> list[Answer]:
        """Answers for an executor. Blocks; raises CallError, BudgetReached, Cancelled, each saying what is kept."""
        stage = self._stages.setdefault(ask.id, _Stage(ask.operator.name))
        stage.total += len(arguments)  # a call that no stage reaches comes here a chunk at a time

        def landed(event: Answer | Notice) -> None:
            if isinstance(event, Notice):
                if event not in self.notices:
                    self.notices.append(event)
                return
            stage.count(event)
            self._count(event)

        work = self._caller().answer(ask.operator.name, arguments, self._context(ask), landed)
        try:
            return self.loop.run(work, self.stop, lambda: self._tell(stage))
        except Cancelled as error:
            raise Cancelled(f"cancelled: {stage.told}", hint=error.hint) from error
        except BudgetReached as error:
            raise BudgetReached(
                f"{error.message}; {stage.told}", hint=error.hint or "raise the budget and run it again: it resumes"
            ) from error
        finally:
            self._tell(stage)
            self.took[ask.id] = stage.took(self._rows.get(ask.id))

    def counted(self, ask: Ask, rows: int) -> None:
        """So many rows need the answers of an ask that is about to be made."""
        self._rows[ask.id] = rows

    def expected(self, ask: Ask, rows: int, arguments: Sequence[Arguments]) -> AskFigures:
        """What an ask would take."""
        context = self._context(ask)
        known = self.loop.run(self._caller().known(ask.operator.name, arguments, context), self.stop)
        calls = len(arguments) - known
        each = self.each(ask.operator.cascade_id, context.model, arguments)
        return AskFigures(rows, len(arguments), known, calls, *each.times(calls))

    def say(self, notice: Notice) -> None:
        """Add a notice of the engine's own."""
        self.notices.append(notice)

    def usage(self) -> QueryUsage:
        """What it has taken so far."""
        return QueryUsage(
            calls=self._calls,
            cached=self._cached,
            tokens_in=self._usage.tokens_in,
            tokens_out=self._usage.tokens_out,
            tokens_cached=self._usage.tokens_cached,
            cost_usd=self._usage.cost_usd,
            seconds=time.monotonic() - self._started,
        )

    def flush(self) -> None:
        """Tell the listener of notices it has not heard."""
        if self.listen is not None:
            while self._told < len(self.notices):
                self.listen(self.notices[self._told])
                self._told += 1

    def _caller(self) -> OperatorCaller:
        if self._operators is None:
            self._operators = self.caller(self.budget_usd)
        return self._operators

    def _context(self, ask: Ask) -> CallContext:
        hints = ask.hints
        return CallContext(
            session_id=self.session_id,
            query_id=self.id,
            model=hints.model or self.model,
            training=hints.training is not False,
            training_set=hints.training if isinstance(hints.training, str) else None,
            threshold=hints.threshold,
            on_error="null" if hints.on_error == "null" else "raise",
        )

    def _count(self, answer: Answer) -> None:
        self._cached += answer.cached
        self._calls += answer.calls
        self._usage += answer.usage

    def _tell(self, stage: _Stage) -> None:
        self.flush()
        if self.listen is not None:
            self.listen(Progress(stage.name, stage.done, stage.total, stage.cached, self._usage.cost_usd))


@dataclass(slots=True)
class _Stage:
    name: str
    total: int = 0
    done: int = 0
    kept: int = 0
    cached: int = 0
    calls: int = 0
    usage: Usage = field(default_factory=Usage)
    started: float = field(default_factory=time.monotonic)

    def count(self, answer: Answer) -> None:
        self.done += 1
        self.kept += answer.error is None
        self.cached += answer.cached
        self.calls += answer.calls
        self.usage += answer.usage

    def took(self, rows: int | None) -> AskFigures:
        seconds = time.monotonic() - self.started
        tokens_in, tokens_out, cost = self.usage.tokens_in, self.usage.tokens_out, self.usage.cost_usd
        return AskFigures(rows, self.total, self.cached, self.calls, tokens_in, tokens_out, cost, seconds)

    @property
    def told(self) -> str:
        return f"{self.kept:,} of {self.total:,} answers of {self.name.upper()} are kept"
