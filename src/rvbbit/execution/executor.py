"""Carries out a plan: distinct arguments from DuckDB, answers from whoever was handed over, the statement with the answers in place.

All of it is one transaction, so every step reads the same snapshot. It never decides anything: the plan did.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import duckdb
import pyarrow as pa
from sqlglot import exp

from rvbbit.errors import Error
from rvbbit.execution import answers, arguments, database, embedding, mirrored, questions
from rvbbit.execution.fallback import Fallback
from rvbbit.execution.joining import Joiner, Joining, keep_all
from rvbbit.execution.mirrored import Answerer
from rvbbit.execution.questions import Asking, Questions
from rvbbit.execution.ranking import Ranker
from rvbbit.execution.sifting import Sifter
from rvbbit.sql import lowering
from rvbbit.sql.embeds import EMBED
from rvbbit.sql.lowering import Final, Find, Keep, Stage
from rvbbit.sql.plan import Ask, Plan
from rvbbit.sql.search import Search
from rvbbit.sql.sift import Rank, Sift
from rvbbit.types import Answer, Arguments

Embedded = Callable[[Ask, str | None, pa.Array, pa.Table], pa.Array]
"""The vectors of distinct texts, in order, by the model named; the rows have `__rv_row` where the ask has an origin. As Answerer."""

Found = Callable[[Search, Mapping[str, Any]], pa.Table]
"""What a search finds, nearest first, in its columns. As Answerer; raises SQLError, too."""

Counted = Callable[[Ask, int], None]
"""Told how many rows need the answers of an ask, before it is asked."""


class Executor:
    """Runs plans on one connection. `prefix` must be unlike that of any other query running on the same instance.

    `embed` is for EMBED, in stages; `find` for searches. `counted` costs a query an ask: for EXPLAIN ANALYZE. `asking` says more of who
    answers, where that is known. Without `joining` every pair of a join is asked about.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        answer: Answerer,
        prefix: str,
        counted: Counted | None = None,
        *,
        embed: Embedded | None = None,
        find: Found | None = None,
        asking: Asking | None = None,
        joining: Joining | None = None,
    ) -> None:
        self._connection = connection
        self._answer = mirrored.once(answer)
        asking = asking or Asking(answer)
        self._asking = replace(asking, answer=mirrored.once(asking.answer), recall=mirrored.recalled(asking.recall))
        self._joining = joining
        self._prefix = prefix
        self._counted = counted
        self._embed = embed
        self._find = find

    def run(self, plan: Plan, parameters: Mapping[str, Any], *, in_transaction: bool) -> pa.Table:
        """The statement's rows. Nothing is left behind: neither tables nor functions nor, unless one was open, a transaction."""
        fallback = Fallback(self._connection, self._answer)
        steps = list(lowering.steps(plan, self._prefix))
        try:
            with database.transaction(self._connection, in_transaction=in_transaction):
                for ask in {ask.id: ask for ask in lowering.functions(plan).values()}.values():
                    fallback.register(lowering.function_name(self._prefix, ask), ask)
                table = self._steps(steps, parameters)
                self._tidy(steps)
                return table
        except BaseException as error:
            with contextlib.suppress(Error, duckdb.Error):  # a transaction that is aborted takes them with it
                self._tidy(steps)
            cause = fallback.cause(error)
            if cause is error:
                raise
            raise cause from error
        finally:
            fallback.unregister()

    def ready(self, plan: Plan, parameters: Mapping[str, Any]) -> Iterator[tuple[Ask, int, list[Arguments]]]:
        """The asks that need no earlier answer: how many rows need theirs, and their distinct arguments. Asks nothing; for EXPLAIN.

        Of questions that stop early or that others may spare, all that there are.
        """
        unknown: set[str] = set()
        made: list[lowering.Step] = []
        try:
            for step in lowering.steps(plan, self._prefix):
                if isinstance(step, Final):
                    if plan.fallback and not unknown & _tables(step.query):
                        self._bind(plan, step.query, parameters)
                    continue
                if isinstance(step, Find):
                    unknown.add(step.name)
                    continue
                query = step.profiles if isinstance(step, Sift | Rank) else step.query if isinstance(step, Keep) else step.rows
                constants = step.constants if isinstance(step, Stage) else None
                if unknown & (_tables(query) | (_tables(constants) if constants is not None else set())):
                    unknown |= _makes(step)
                elif isinstance(step, Keep):
                    made.append(step)
                    self._query(query, parameters, f"CREATE TEMP TABLE {step.name} AS ")
                elif isinstance(step, Sift | Rank):
                    made.append(step)
                    unknown |= _makes(step)
                    yield from Questions(self._connection, step, self._asking, self._querying(parameters)).ready()
                    if isinstance(step, Sift):
                        Sifter(self._connection, step, self._asking, self._querying(parameters)).tell_order()
                else:
                    unknown.add(step.name)
                    yield step.ask, self._count(step, parameters), self._expected(step, parameters)
        finally:
            self._tidy(made)

    def _bind(self, plan: Plan, query: exp.Expr, parameters: Mapping[str, Any]) -> None:
        """See that DuckDB knows what a statement names, its functions answered by nobody. Raises SQLError."""
        unasked = Fallback(self._connection, lambda ask, given: [Answer(None)] * len(given))
        try:
            for ask in {ask.id: ask for ask in lowering.functions(plan).values()}.values():
                unasked.register(lowering.function_name(self._prefix, ask), ask)
            self._query(query, parameters, "EXPLAIN ")
        finally:
            unasked.unregister()

    def _querying(self, parameters: Mapping[str, Any]) -> Callable[..., pa.Table]:
        return lambda query, before="": self._query(query, parameters, before)

    def _expected(self, stage: Stage, parameters: Mapping[str, Any]) -> list[Arguments]:
        joiner = self._joiner(stage, parameters)
        asked = arguments.of(stage.ask, *self._read(stage, parameters)) if joiner is None else joiner.first()
        return mirrored.needed(stage.ask.operator, asked)

    def _joiner(self, stage: Stage, parameters: Mapping[str, Any]) -> Joiner | None:
        if stage.pairing is None or self._joining is None:
            return None
        return Joiner(self._connection, lambda query: self._query(query, parameters), stage, self._joining)

    def _steps(self, steps: Sequence[lowering.Step], parameters: Mapping[str, Any]) -> pa.Table:
        for step in steps:
            match step:
                case Find(search):
                    assert self._find is not None
                    self._connection.register(search.name, self._find(search, parameters))
                case Keep(name, query):
                    self._query(query, parameters, f"CREATE TEMP TABLE {name} AS ")
                case Stage():
                    self._stage(step, parameters)
                case Sift():
                    Sifter(self._connection, step, self._asking, self._querying(parameters)).run()
                case Rank():
                    Ranker(self._connection, step, self._asking, self._querying(parameters)).run()
                case Final(query):
                    return self._query(query, parameters)
        raise AssertionError("a plan ends with its statement")

    def _stage(self, stage: Stage, parameters: Mapping[str, Any]) -> None:
        if self._counted is not None:
            self._counted(stage.ask, self._count(stage, parameters))
        if (joiner := self._joiner(stage, parameters)) is not None:
            joiner.run(self._answer)
            return
        rows, constants = self._read(stage, parameters)
        if stage.ask.operator is EMBED and self._embed is not None:
            embedding.embed(self._connection, stage, rows, constants, self._embed)
            return
        asked = arguments.of(stage.ask, rows, constants)
        if not asked:
            rows = rows.slice(0, 0)
        answered = self._answer(stage.ask, asked) if asked else []
        values = [answer.value for answer in answered]
        if stage.pairing is None:
            answers.register(self._connection, stage, rows, values)
        else:
            keep_all(self._connection, stage, rows, values)

    def _count(self, stage: Stage, parameters: Mapping[str, Any]) -> int:
        return int(self._query(stage.counted, parameters).column(0)[0].as_py())

    def _read(self, stage: Stage, parameters: Mapping[str, Any]) -> tuple[pa.Table, pa.Table | None]:
        rows = self._query(stage.rows, parameters)
        return rows, None if stage.constants is None else self._query(stage.constants, parameters)

    def _query(self, query: exp.Expr, parameters: Mapping[str, Any], before: str = "") -> pa.Table:
        used = {name: parameters[name] for name in lowering.parameters(query)}
        return database.run(self._connection, before + lowering.written(query), used)

    def _tidy(self, steps: Sequence[lowering.Step]) -> None:
        """Drop what this query made."""
        for step in steps:
            match step:
                case Find(search):
                    self._connection.unregister(search.name)
                case Keep(name, _):
                    database.run(self._connection, f"DROP TABLE IF EXISTS temp.{name}")
                case Stage():
                    answers.unregister(self._connection, step)
                case Sift() | Rank():
                    questions.tidy(self._connection, step)


def _tables(query: exp.Expr) -> set[str]:
    return {table.name for table in query.find_all(exp.Table)}


def _makes(step: lowering.Step) -> set[str]:
    """The names under which a step leaves something."""
    match step:
        case Keep(name) | Stage(name):
            return {name}
        case Sift() | Rank():
            stop = () if step.stop is None else (step.stop.name,)
            return {question.name for question in step.questions()} | {*stop}
    return set()
