"""Runs cascades: `answer` for SQL (many arguments of one operator), `run` for people (one cascade, all its cells).

It implements `OperatorCaller`. It never touches a database, a model or a file itself: all of that is in its Tools.
"""

from __future__ import annotations

import asyncio
import copy
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from typing import TypeAlias, TypeVar

from rvbbit.cascades.catalog import Catalog
from rvbbit.cascades.code_cells import CodeCell
from rvbbit.cascades.errand import Errand, Tools
from rvbbit.cascades.flights import Flights
from rvbbit.cascades.ids import new_id
from rvbbit.cascades.loader import Cascade
from rvbbit.cascades.lookups import Lookups
from rvbbit.cascades.model_cell import ModelCell
from rvbbit.cascades.packed_cell import PackedCell, unpackable
from rvbbit.cascades.plans import CellPlan, Plans
from rvbbit.cascades.reduced_cell import ReducedCell
from rvbbit.cascades.rows import Chunk, Nothing, Row
from rvbbit.cascades.spec import LLMCell
from rvbbit.cascades.sqltypes import shown
from rvbbit.cascades.workers import together
from rvbbit.errors import CallError, Cancelled, CascadeNotFound, Error
from rvbbit.interfaces import CallLog, Embedder, ExampleSelector, Listener, ProviderFor, RunSQL
from rvbbit.types import Answer, Arguments, CallContext, CallRecord, Notice, Strategy, Usage, Value

CHUNK = 10_000
"""Arguments whose keys are looked up in the log at once."""
LOCAL_IN_FLIGHT = 1_024
"""Calls a model that reads no messages gets at once: it answers them in batches of its own."""
AWAY, MOST_AWAY = 3, 1_000
"""Times as many rows as are being answered may wait for the log at the same time, and how many at most."""
KEPT = "what was answered is kept: run it again to resume"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a cascade. `outputs` by cell; `output` is the last one; `records` are what was logged, in order."""

    session_id: str
    cascade_id: str
    outputs: Mapping[str, Value]
    output: Value
    usage: Usage
    records: tuple[CallRecord, ...]


Step: TypeAlias = ModelCell | CodeCell
T = TypeVar("T")


class Runner:
    """One for an engine. All its methods run on the engine's event loop."""

    def __init__(  # noqa: PLR0917 - each is named in what it is, and the engine is the one caller
        self,
        catalog: Catalog,
        provider_for: ProviderFor,
        log: CallLog,
        selector: ExampleSelector,
        run_sql: RunSQL,
        default_model: str,
        *,
        concurrency: int = 64,
        embedder: Embedder | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        new_id: Callable[[], str] = new_id,
    ) -> None:
        self._catalog = catalog
        self._plans = Plans()
        self._tools = Tools(
            provider_for, log, selector, run_sql, default_model, concurrency, clock, new_id, Flights(), Lookups(log), Flights(), embedder
        )

    def bound(self, provider_for: ProviderFor, *, at_once: int | None = None) -> Runner:
        """The same runner with other providers: those of one query's budget. Calls under way and plans are shared with this one.

        `at_once` is how many calls those take at the same time (None: as many as this one's).
        """
        twin = copy.copy(self)
        twin._tools = replace(self._tools, provider_for=provider_for, concurrency=at_once or self._tools.concurrency)
        return twin

    def learning_from(self, selector: ExampleSelector) -> Runner:
        """The same runner with other examples: those of a set under evaluation."""
        twin = copy.copy(self)
        twin._tools = replace(self._tools, selector=selector)
        return twin

    def learning_by(self, strategy: Strategy, limit: int) -> Runner:
        """The same runner, its cells choosing examples in this way whatever their files say. Its answers are kept as such a file's are."""
        twin = copy.copy(self)
        twin._plans = Plans({"training_strategy": strategy, "training_limit": limit})
        return twin

    async def answer(
        self, operator: str, arguments: Sequence[Arguments], context: CallContext, listen: Listener | None = None
    ) -> list[Answer]:
        """One answer for each arguments, in order. `operator` is an operator's name or a cascade's id.

        Raises the first CallError (unless `context.on_error` is "null"), BudgetReached, CascadeInvalid, CascadeNotFound, UsageError,
        DatabaseError. What was answered before is on disk.
        """
        plan = self._plans.of(self._catalog.find(operator))
        with self._tools.flights.watched() as landed:
            errand = Errand(plan, context, self._tools, listen, reuse=plan.cached, keep=plan.cached, landed=landed)
            answered = await self._each(errand, arguments)
        if len(answered) < len(arguments):
            raise Cancelled(f"{len(arguments) - len(answered):,} calls of {operator} were stopped", hint=KEPT)
        if failed := [answer.error for answer in answered if answer.error is not None]:
            message = f"{len(failed):,} of {len(answered):,} calls of {operator} failed and are null; the first: {failed[0]}"
            errand.tell(Notice(message, "warning"))
        return answered

    async def known(self, operator: str, arguments: Sequence[Arguments], context: CallContext) -> int:
        """How many of the arguments would be answered without a call to the operator's first cell. Raises as `answer` does."""
        plan = self._plans.of(self._catalog.find(operator))
        errand = Errand(plan, context, self._tools, None, reuse=plan.cached, keep=plan.cached)
        known, first = 0, _steps(errand)[0]
        async for chunk in _chunks(errand, first, arguments):
            if isinstance(first, ModelCell) and chunk.keys is not None:
                known += sum(first.known(keys, chunk.found or {}) for keys in chunk.keys)
        return known

    async def requests(self, operator: str, unknown: int, context: CallContext, arguments: Sequence[Arguments] = ()) -> int:
        """How many requests so many arguments without an answer will take; as many where each is asked alone. Raises as `answer` does.

        `arguments` are all there are: lists that are asked about in parts take several.
        """
        plan = self._plans.of(self._catalog.find(operator))
        first = _steps(Errand(plan, context, self._tools, None, reuse=plan.cached, keep=plan.cached))[0]
        if isinstance(first, ReducedCell) and arguments:
            return sum([await first.calls(plan.cascade.inputs.complete(one)) for one in arguments])
        if not isinstance(first, PackedCell):
            return unknown
        await first.ready()
        return first.requests(unknown)

    async def recall(self, operator: str, arguments: Sequence[Arguments], context: CallContext) -> list[Answer | None]:
        """The answers that the log has, in order; None for the others, and for all of a cascade of several cells or takes."""
        plan = self._plans.of(self._catalog.find(operator))
        errand = Errand(plan, context, self._tools, None, reuse=plan.cached, keep=plan.cached)
        first = _steps(errand)[0]
        if len(plan.cells) > 1 or not isinstance(first, ModelCell) or not first.asks_once:
            return [None] * len(arguments)
        recalled: list[Answer | None] = []
        async for chunk in _chunks(errand, first, arguments):
            recalled += _recalled(first, chunk)
        return recalled

    async def run(
        self,
        cascade: Cascade | str,
        inputs: Arguments,
        context: CallContext,
        listen: Listener | None = None,
    ) -> Run:
        """Every cell of one cascade, asked anew and logged; its answers serve later queries. A cascade by id, path or as loaded.

        Raises UsageError where the inputs do not fit, CallError, BudgetReached, CascadeInvalid, CascadeNotFound, DatabaseError.
        """
        found = self._catalog.get(cascade) if isinstance(cascade, str) else cascade
        plan = self._plans.of(found)
        given = found.inputs.complete(inputs)
        found.inputs.check(given)
        records: list[CallRecord] = []
        errand = Errand(plan, context, self._tools, listen, reuse=False, keep=plan.cached, records=records)
        row = Row(0, given)
        outputs = await _through(errand, _steps(errand), row)
        return Run(context.session_id, found.id, outputs, outputs[plan.cells[-1].spec.name], row.tally.usage, tuple(records))

    def check_output(self, cascade_id: str, cell_name: str, value: Value, arguments: Arguments | None = None) -> None:
        """A corrected answer must fit its cell, and the arguments it answers where they are known: one of the labels there were.

        A cell that is not here (logs from elsewhere) takes any. Raises OutputInvalid.
        """
        try:
            cells = self._plans.of(self._catalog.named(cascade_id)).cells
        except CascadeNotFound:
            return
        for cell in cells:
            if cell.spec.name == cell_name and cell.output is not None:
                cell.output.accept(value, arguments)

    async def drain(self) -> None:
        """Wait for calls that nobody waits for any more but whose answers are on their way to the log."""
        await self._tools.flights.drain()
        await self._tools.packs.drain()

    async def _each(self, errand: Errand, arguments: Sequence[Arguments]) -> list[Answer]:
        """The answers there are, in order; fewer than arguments where calls were stopped."""
        steps = _steps(errand)
        answers: list[Answer | None] = [None] * len(arguments)

        async def do(row: Row) -> None:
            try:
                answers[row.index] = answer = await _answered(errand, steps, row)
            except (Error, asyncio.CancelledError):
                errand.tell(Answer(None, usage=row.tally.usage, error="it has no answer", calls=row.tally.calls))
                raise
            errand.tell(answer)

        chunks, first = _chunks(errand, steps[0], arguments), steps[0]
        if isinstance(first, ModelCell) and len(steps) == 1 and not isinstance(first, PackedCell):
            rows = _unknown(errand, first, chunks, answers)
        else:
            rows = _rows(chunks)
        workers = self._workers(steps)
        if isinstance(first, PackedCell):
            await errand.crew.spread(first.packs(rows), lambda pack: together(pack, do), at_work=workers)
            await first.finish()
        else:
            once = len(steps) == 1 and (isinstance(first, CodeCell) or first.asks_once)
            await errand.crew.spread(rows, do, at_work=workers, hired=workers + min(AWAY * workers, MOST_AWAY) if once else workers)
        return [answer for answer in answers if answer is not None]

    def _workers(self, steps: Sequence[Step]) -> int:
        """Twice the concurrency: the next question is written while the model is at the one before. More where all answer locally."""
        local = all(isinstance(step, ModelCell) and not step.reads_messages for step in steps)
        return LOCAL_IN_FLIGHT if local else 2 * self._tools.concurrency


def _steps(errand: Errand) -> list[Step]:
    return [_model_cell(cell, errand) if isinstance(cell.spec, LLMCell) else CodeCell(cell, errand) for cell in errand.plan.cells]


def _model_cell(cell: CellPlan, errand: Errand) -> ModelCell:
    assert isinstance(cell.spec, LLMCell)
    alone = ReducedCell(cell, errand) if cell.spec.reduce is not None else ModelCell(cell, errand)
    if errand.context.pack.off or not alone.reads_messages:
        return alone
    reason = unpackable(cell, errand)
    if reason is not None:
        errand.tell(Notice(f"{cell.where} is asked a row at a time: {reason}"))
        return alone
    return PackedCell(cell, errand, errand.context.pack)


async def _chunks(errand: Errand, first: Step, arguments: Sequence[Arguments]) -> AsyncIterator[Chunk]:
    """All arguments, in chunks whose first cells were looked up in the log together. Raises UsageError for inputs that do not fit."""
    complete = errand.plan.cascade.inputs.complete
    for start in range(0, len(arguments), CHUNK):
        inputs = [complete(one) for one in arguments[start : start + CHUNK]]
        if not errand.reuse or not isinstance(first, ModelCell):
            yield Chunk(start, inputs)
            continue
        keys = await first.all_keys(inputs)
        yield Chunk(start, inputs, keys, await errand.tools.log.answers(list(chain.from_iterable(keys))))


async def _rows(chunks: AsyncIterator[Chunk]) -> AsyncIterator[list[Row]]:
    async for chunk in chunks:
        yield chunk.rows()


async def _unknown(
    errand: Errand, first: ModelCell, chunks: AsyncIterator[Chunk], answers: list[Answer | None]
) -> AsyncIterator[list[Row]]:
    """The rows of every chunk that the log has no answer to; those it has are given out at once, and told of together."""
    async for chunk in chunks:
        recalled = _recalled(first, chunk)
        answers[chunk.start : chunk.start + len(recalled)] = recalled
        times = Counter(map(id, recalled))
        for answer in _each_once(recalled):
            if answer is not None:
                errand.tell(answer, times[id(answer)])
        yield [chunk.row(offset) for offset, answer in enumerate(recalled) if answer is None]


def _recalled(first: ModelCell, chunk: Chunk) -> list[Answer | None]:
    """The log's answer to each of a chunk; one object where it is one value, as it is for many."""
    if chunk.keys is None or chunk.found is None:
        return [None] * len(chunk.inputs)
    values = first.recalled(chunk.keys, chunk.found)
    made = {id(value): None if isinstance(value, Nothing) else Answer(value, cached=True) for value in _each_once(values)}
    return [made[id(value)] for value in values]


def _each_once(objects: Sequence[T]) -> Iterable[T]:
    """Every object among them, by identity: looking is quicker than comparing, and nothing need be hashable."""
    return dict(zip(map(id, objects), objects, strict=True)).values()


async def _answered(errand: Errand, steps: Sequence[Step], row: Row) -> Answer:
    tally = row.tally
    try:
        outputs = await _through(errand, steps, row)
    except CallError as error:
        if errand.context.on_error == "null":
            return Answer(None, usage=tally.usage, error=_located(error, row.inputs).message, calls=tally.calls)
        raise _located(error, row.inputs) from error
    cached = tally.calls == 0 and not tally.shared and any(isinstance(step, ModelCell) for step in steps)
    return Answer(outputs[errand.plan.cells[-1].spec.name], cached, tally.usage, calls=tally.calls)


async def _through(errand: Errand, steps: Sequence[Step], row: Row) -> dict[str, Value]:
    """One row through all cells: outputs by cell."""
    outputs: dict[str, Value] = {}
    for cell, step in zip(errand.plan.cells, steps, strict=True):
        outputs[cell.spec.name] = await _step(cell, step, row, outputs)
    return outputs


async def _step(cell: CellPlan, step: Step, row: Row, outputs: Mapping[str, Value]) -> Value:
    arguments = cell.arguments(row.inputs, outputs)
    if isinstance(step, CodeCell):
        return await step.answer(arguments, row.inputs, row.tally.run_id)
    first = not outputs
    return await step.answer(arguments, row.tally, row.keys if first else None, row.found if first else None)


def _located(error: CallError, inputs: Arguments) -> CallError:
    """The error with the arguments it happened to in its message, shortened. A copy: several rows may share one failed call."""
    located = copy.copy(error)
    located.message = f"{error.message} (for {', '.join(_pairs(inputs))})"
    located.args = (located.message,)
    return located


def _pairs(inputs: Arguments) -> Iterator[str]:
    return (f"{name} = {shown(value, 80)}" for name, value in inputs.items())
