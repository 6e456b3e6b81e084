"""One running query: what it may spend, what it has taken, what was said, and how far it is."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol, TypedDict, TypeVar

import numpy as np
import pyarrow as pa

from rvbbit.cascades.student_first import StudentFirst
from rvbbit.cascades.verified import Standing
from rvbbit.engine.expecting import Each
from rvbbit.engine.loop import Loop
from rvbbit.engine.ordering import told
from rvbbit.errors import BudgetReached, Cancelled, UsageError
from rvbbit.execution.joining import Joining, Paired
from rvbbit.execution.ordering import Ordering
from rvbbit.interfaces import Embedder, Matrix, OperatorCaller
from rvbbit.packing import OFF, Pack
from rvbbit.pairwise import aimed_at
from rvbbit.providers.budgeted import Budget
from rvbbit.result import AskFigures, Explained, Progress, QueryUsage
from rvbbit.sql.embeds import EMBED
from rvbbit.sql.plan import Ask
from rvbbit.sql.statements import Hints
from rvbbit.types import NOTHING_USED, Answer, Arguments, CallContext, Notice, Usage, Value

if TYPE_CHECKING:
    from rvbbit.engine.closeness import Closeness
    from rvbbit.engine.embedding import Embeddings

T = TypeVar("T")

UNTAUGHT = "a student may decide some, once some answers are known"

Listen = Callable[[Progress | Notice], None]
"""Told of progress and notices on the caller's own thread."""

USD_PER_TOKEN = 1e-7
TOKENS_OUT = 4
"""What a token is taken to cost where nobody knows, and how many of those read one that is written costs."""
FREE = 1e-9
"""A local model's answer takes a little time."""


class Landed(Protocol):
    """Told of an answer that landed, or of so many that are alike, or of a notice."""

    def __call__(self, event: Answer | Notice, times: int = 1) -> None: ...


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
    caller: Callable[[Budget | None], OperatorCaller]
    session_id: str
    model: str | None = None
    listen: Listen | None = None
    budget_usd: float | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    stop: threading.Event = field(default_factory=threading.Event)
    each: Callable[[str, str | None, Sequence[Arguments]], Each] = lambda operator, model, arguments: Each()
    embeddings: Embeddings | None = None
    near: Closeness | None = None
    pack: Pack = OFF
    beside: Callable[[OperatorCaller, Hints], OperatorCaller] = lambda caller, hints: caller
    batched: Callable[[Budget | None, Callable[[str], None]], OperatorCaller] | None = None
    embedder: Embedder | None = None
    taught: Callable[[Hints], StudentFirst] = field(default=lambda hints: _nobody())
    plan: Explained | None = None
    notices: list[Notice] = field(default_factory=list)
    took: dict[int, AskFigures] = field(default_factory=dict)
    orders: dict[int, list[str]] = field(default_factory=dict)
    _rows: dict[int, int] = field(default_factory=dict)
    _pairs: dict[int, int] = field(default_factory=dict)
    _stages: dict[int, _Stage] = field(default_factory=dict)
    _usage: Usage = field(default_factory=Usage)
    _calls: int = 0
    _cached: int = 0
    _told: int = 0
    _operators: OperatorCaller | None = None
    _batching: OperatorCaller | None = None
    _budget: Budget | None = None
    _started: float = field(default_factory=time.monotonic)

    def answer(self, ask: Ask, arguments: Sequence[Arguments]) -> list[Answer]:
        """Answers for an executor. Blocks; raises CallError, BudgetReached, Cancelled, each saying what is kept."""
        if ask.operator is EMBED:
            return self._embedded(ask, arguments)

        def work(landed: Landed) -> Coroutine[Any, Any, list[Answer]]:
            return self._caller(ask).answer(ask.operator.name, arguments, self._context(ask), landed)

        return self.staged(ask.id, ask.operator.name, len(arguments), work)

    def check_predicts(self, ask: Ask, arguments: Sequence[Arguments]) -> None:
        """Raises UsageError where no student could answer an ask's questions. Asks nothing."""
        self.taught(ask.hints).check_predicts(ask.operator.name, arguments, self._context(ask))

    def predicted(self, ask: Ask, arguments: Sequence[Arguments], known: Mapping[int, Answer]) -> list[Value]:
        """What a student taught with the known answers, by place, says of all of them. Raises as `check_predicts`."""
        student = self.taught(ask.hints)
        return self.loop.run(student.predicted(ask.operator.name, arguments, known, self._context(ask)), self.stop)

    def embed(self, ask: Ask, model: str | None, texts: pa.Array, rows: pa.Table) -> pa.Array:
        """Vectors for an executor's stage. Raises as `answer` does."""
        assert self.embeddings is not None
        return self.embeddings.embed(self, ask, model, texts, rows)

    def staged(self, id_: int, name: str, total: int, work: Callable[[Landed], Coroutine[Any, Any, T]]) -> T:
        """The result of a piece of work that is counted, told of and stopped as a stage of this query. Raises as `answer` does.

        `work` is handed whom to tell of each answer that lands, and how many were alike.
        """
        stage = self._stages.setdefault(id_, _Stage(name))
        stage.total += total  # a call that no stage reaches comes here a chunk at a time

        def landed(event: Answer | Notice, times: int = 1) -> None:
            if isinstance(event, Notice):
                self.say_once(event)
                stage.note = event.message if isinstance(event, Standing) else stage.note
                return
            stage.count(event, times)
            self._count(event, times)

        try:
            return self.loop.run(work(landed), self.stop, lambda: self._tell(stage))
        except Cancelled as error:
            raise Cancelled(f"cancelled: {stage.told}", hint=error.hint) from error
        except BudgetReached as error:
            raise BudgetReached(
                f"{error.message}; {stage.told}", hint=error.hint or "raise the budget and run it again: it resumes"
            ) from error
        finally:
            self._tell(stage)
            self.took[id_] = stage.took(self._rows.get(id_))

    def recall(self, ask: Ask, arguments: Sequence[Arguments]) -> list[Answer | None]:
        """The answers that take no call; those it gives are counted as answered."""
        found = self.loop.run(self._caller(ask).recall(ask.operator.name, arguments, self._context(ask)), self.stop)
        stage = self._stages.setdefault(ask.id, _Stage(ask.operator.name))
        for answer in found:
            if answer is not None:
                stage.total += 1
                stage.count(answer, 1)
                self._count(answer, 1)
        self.took[ask.id] = stage.took(self._rows.get(ask.id))
        return found

    def cost(self, ask: Ask) -> float:
        """What a call of an ask takes, for choosing which is asked first: in USD where its price is known, else by its tokens."""
        each = self.each(ask.operator.cascade_id, self._context(ask).model, ())
        if each.cost_usd:
            return each.cost_usd
        tokens = (each.tokens_in or 0.0) + TOKENS_OUT * (each.tokens_out or 0.0)
        return max(tokens * USD_PER_TOKEN if each.cost_usd is None else 0.0, FREE)

    def closeness(self, ask: Ask, arguments: Sequence[Arguments]) -> Sequence[float] | None:
        """How near each text is, by embedding, to what it is scored against; None where nothing tells."""
        return None if self.near is None else self.near.of(self, ask, arguments, self._context(ask).model)

    def judged(self, ask: Ask, judged: int, candidates: int) -> None:
        """Say that a top k was found without asking about every candidate."""
        if judged < candidates:
            typed = ask.call.meta["typed"]
            self.say_once(Notice(f"{typed}: asked about the nearest {judged:,} of {candidates:,}; `-- @ judge: all` asks about every one"))

    def ordered(self, ordering: Ordering) -> None:
        """Remember in which order the parts of a condition are asked."""
        for ask in (ask for part in ordering.parts for ask in part.asks):
            self.orders.setdefault(ask.id, []).append(told(ordering, self._priced))

    def _priced(self, ask: Ask) -> str:
        """What `cost` is, in words."""
        each = self.each(ask.operator.cascade_id, self._context(ask).model, ())
        if each.cost_usd:
            return f"${np.format_float_positional(each.cost_usd, 2, fractional=False)} a call"
        return f"{self.cost(ask) / USD_PER_TOKEN:,.0f} tokens a call" if each.cost_usd is None else "free"

    def counted(self, ask: Ask, rows: int) -> None:
        """So many rows need the answers of an ask that is about to be made."""
        self._rows[ask.id] = rows

    def expected(self, ask: Ask, rows: int, arguments: Sequence[Arguments]) -> AskFigures:
        """What an ask would take."""
        if ask.operator is EMBED:
            assert self.embeddings is not None
            texts = [str(one["text"]) for one in arguments]
            return self.embeddings.expected(next((_named(one["model"]) for one in arguments), None), texts, rows)
        context, caller = self._context(ask), self._caller(ask)
        known = self.loop.run(caller.known(ask.operator.name, arguments, context), self.stop)
        unknown, student, note = len(arguments) - known, None, None
        if isinstance(caller, StudentFirst):
            foreseen = self.loop.run(caller.foreseen(ask.operator.name, arguments, context), self.stop)
            student, unknown, note = (None, unknown, UNTAUGHT) if foreseen is None else (foreseen.decided, foreseen.asked, foreseen.note)
        calls = self.loop.run(caller.requests(ask.operator.name, unknown, context, arguments), self.stop)
        each = self.each(ask.operator.cascade_id, context.model, arguments)
        pairs = self._pairs.get(ask.id)
        figures = AskFigures(rows, len(arguments), known, calls, *each.times(calls, unknown), student=student, note=note, pairs=pairs)
        if not ask.hints.batch or not calls:
            return figures
        return replace(figures, cost_usd=None if figures.cost_usd is None else figures.cost_usd / 2, seconds=None)

    def joining(self) -> Joining | None:
        """How an executor finds near pairs; None where nobody embeds."""
        return None if self.embedder is None else Joining(self._vectors, self._paired)

    def _vectors(self, texts: Sequence[str]) -> Matrix:
        assert self.embedder is not None
        return self.loop.run(self.embedder.embed(texts), self.stop)

    def _paired(self, ask: Ask, paired: Paired) -> None:
        """So many of the pairs of two tables were asked about, or will be."""
        self._pairs[ask.id] = paired.pairs
        if ask.id in self.took:
            self.took[ask.id] = replace(self.took[ask.id], pairs=paired.pairs)
        if paired.asked < paired.pairs and ask.id in self._stages:
            ended = "" if paired.reached else ", and hardly any of the last ones was true"
            near = f"{paired.asked:,} of {paired.pairs:,} pairs were near enough to ask about"
            aim = f"recall {aimed_at(ask.hints.blocking):g} aimed at{ended}"
            off = "`-- @ blocking: off` asks about every pair"
            self.say(Notice(f"{ask.operator.name.upper()}: {near} ({aim}); all others count as false. {off}"))

    def say(self, notice: Notice) -> None:
        """Add a notice of the engine's own."""
        self.notices.append(notice)

    def say_once(self, notice: Notice) -> None:
        """The same, unless it was said before."""
        if notice not in self.notices:
            self.notices.append(notice)

    def lower_budget(self, budget_usd: float | None) -> None:
        """What a hint says: it lowers a ceiling, and never lifts one."""
        if budget_usd is not None:
            self.budget_usd = budget_usd if self.budget_usd is None else min(self.budget_usd, budget_usd)

    def funds(self) -> Budget | None:
        """What all calls of this query together may spend; None where there is no ceiling."""
        if self._budget is None and self.budget_usd is not None:
            self._budget = Budget(self.budget_usd)
        return self._budget

    def context(self) -> CallContext:
        """On whose behalf it calls where no hint says more."""
        return CallContext(session_id=self.session_id, query_id=self.id)

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

    def _caller(self, ask: Ask) -> OperatorCaller:
        if ask.hints.batch and self.batched is not None:
            if self._batching is None:
                self._batching = self.batched(self.funds(), lambda said: self.say_once(Notice(said)))
            return self.beside(self._batching, ask.hints)
        if self._operators is None:
            self._operators = self.caller(self.funds())
        return self.beside(self._operators, ask.hints)

    def _pack(self, hints: Hints) -> Pack:
        pack = hints.pack or self.pack
        if hints.batch and pack.rows is None:
            self.say_once(Notice("a batch is no place to measure how many rows a request may carry: each row is asked alone"))
            return OFF
        return pack

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
            pack=self._pack(hints),
        )

    def _embedded(self, ask: Ask, arguments: Sequence[Arguments]) -> list[Answer]:
        """Vectors where no stage reaches, a chunk at a time."""
        by_model: dict[str | None, list[int]] = {}
        for place, one in enumerate(arguments):
            by_model.setdefault(_named(one["model"]), []).append(place)
        answers: dict[int, Answer] = {}
        for model, places in by_model.items():
            texts = [str(arguments[place]["text"]) for place in places]
            distinct = pa.array(dict.fromkeys(texts), pa.string())
            self.say_once(Notice(f"{ask.call.meta['typed']} stands where its rows cannot be told: its vectors are kept by text"))
            vectors = dict(zip(distinct.to_pylist(), self.embed(ask, model, distinct, pa.table({})).to_pylist(), strict=True))
            answers.update({place: Answer(vectors[text]) for place, text in zip(places, texts, strict=True)})
        return [answers[place] for place in range(len(arguments))]

    def _count(self, answer: Answer, times: int) -> None:
        self._cached += answer.cached * times
        self._calls += answer.calls
        if answer.usage is not NOTHING_USED:
            self._usage += answer.usage

    def _tell(self, stage: _Stage) -> None:
        self.flush()
        if self.listen is not None:
            self.listen(Progress(stage.name, stage.done, stage.total, stage.cached, self._usage.cost_usd))


def _named(model: Value) -> str | None:
    return None if model is None else str(model)


@dataclass(slots=True)
class _Stage:
    name: str
    total: int = 0
    done: int = 0
    kept: int = 0
    cached: int = 0
    calls: int = 0
    student: int = 0
    note: str | None = None
    usage: Usage = field(default_factory=Usage)
    started: float = field(default_factory=time.monotonic)

    def count(self, answer: Answer, times: int) -> None:
        self.done += times
        self.kept += (answer.error is None) * times
        self.cached += answer.cached * times
        self.calls += answer.calls
        self.student += answer.student * times
        if answer.usage is not NOTHING_USED:
            self.usage += answer.usage

    def took(self, rows: int | None) -> AskFigures:
        seconds = time.monotonic() - self.started
        tokens_in, tokens_out, cost = self.usage.tokens_in, self.usage.tokens_out, self.usage.cost_usd
        took = AskFigures(rows, self.total, self.cached, self.calls, tokens_in, tokens_out, cost, seconds)
        return replace(took, student=self.student or None, note=self.note)

    @property
    def told(self) -> str:
        return f"{self.kept:,} of {self.total:,} answers of {self.name.upper()} are kept"


def _nobody() -> StudentFirst:
    raise UsageError("nobody can be taught here", hint="open a project: `rvbbit.connect()`")
