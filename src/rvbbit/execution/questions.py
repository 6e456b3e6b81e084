"""Questions about profiles, put to whoever answers: what a batch has no answer to yet, and the answers so far as relations.

It decides neither what a batch is nor which question comes first: `sifting` and `ranking` do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sqlglot import exp

from rvbbit.execution import answers, arguments
from rvbbit.execution.ordering import Ordering
from rvbbit.sql.plan import Ask
from rvbbit.sql.sift import ROWS, Question, Rank, Sift
from rvbbit.types import Answer, Arguments, Value

Places: TypeAlias = npt.NDArray[np.int64]
"""Numbers of profiles, in ascending order unless something else is said."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Who answers. `recall` gives the answers that take no call, None for the others; `cost` is what a call takes, in any unit.

    `at_once` is how many calls are under way at the same time. `closeness` is how near the text of each arguments is to what it is scored
    against, None where no embedding tells; `judged` is told how many of the candidates of a top k have answers, `ordered` in which order
    the parts of conditions are asked.
    """

    answer: Callable[[Ask, Sequence[Arguments]], list[Answer]]
    recall: Callable[[Ask, Sequence[Arguments]], list[Answer | None]] = lambda ask, given: [None] * len(given)
    cost: Callable[[Ask], float] = lambda ask: 1.0
    at_once: int = 64
    closeness: Callable[[Ask, Sequence[Arguments]], Sequence[float] | None] = lambda ask, given: None
    judged: Callable[[Ask, int, int], None] = lambda ask, judged, candidates: None
    ordered: Callable[[Ordering], None] = lambda ordering: None


@dataclass(slots=True)
class _Known:
    """The answers of one ask so far."""

    rows: list[pa.Table] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)


class Questions:
    """Those of one Sift or Rank, on one connection. `query` runs SQL, with what stands before it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, step: Sift | Rank, asking: Asking, query: Callable[..., pa.Table]) -> None:
        self._connection = connection
        self._step = step
        self._asking = asking
        self._query = query
        self._known: dict[str, _Known] = {}
        self._constants: dict[str, pa.Table | None] = {}

    def begin(self) -> int:
        """Make the table of profiles, and empty relations of answers: how many profiles there are."""
        size, _ = self.profiles()
        for question in self._step.questions():
            self.read(question, places(0, 0))
        return size

    def profiles(self) -> tuple[int, int]:
        """Make the table of profiles: how many there are, and of how many rows."""
        self._query(self._step.profiles, f"CREATE TEMP TABLE {self._step.name} AS ")
        total = exp.select(exp.Count(this=exp.Star()), exp.func("sum", exp.column(ROWS))).from_(self._step.name)
        size, rows = (column[0].as_py() for column in self._query(total).columns)
        return int(size), int(rows or 0)

    def ready(self) -> Iterator[tuple[Ask, int, list[Arguments]]]:
        """Each ask that depends on no other, with the rows there are and its distinct arguments. Asks nothing."""
        size, rows = self.profiles()
        later: set[str] = set()
        for question in self._step.questions():
            depends = {table.name for table in question.rows.find_all(exp.Table)} & {one.name for one in self._step.questions()}
            if depends or question.name in later:
                continue
            later.add(question.name)
            constants = None if question.constants is None else self._query(question.constants)
            yield question.ask, rows, arguments.of(question.ask, self.rows(question.rows, places(0, size)), constants)

    def answer(self, question: Question, batch: Places) -> None:
        rows, given = self.read(question, batch)
        if given:
            self._keep(question, rows, [answer.value for answer in self._asking.answer(question.ask, given)])

    def recall(self, question: Question, batch: Places) -> Places:
        """Keep what the log knows; the places that are left without an answer."""
        rows, given = self.read(question, batch)
        found = self._asking.recall(question.ask, given) if given else []
        places = [place for place, answer in enumerate(found) if answer is not None]
        if places:
            self._keep(question, rows.take(places), [answer.value for answer in found if answer is not None])
        return self.places(question.open, batch) if len(places) < len(given) else batch[:0]

    def read(self, question: Question, batch: Places) -> tuple[pa.Table, list[Arguments]]:
        """The arguments of a batch that have no answer yet."""
        known = self._known.get(question.name)
        rows = self.rows(question.fresh if known is not None else question.rows, batch)
        if question.name not in self._constants:
            self._constants[question.name] = None if question.constants is None else self._query(question.constants)
        if known is None:
            self._known[question.name] = _Known([rows.slice(0, 0)])
            self._register(question)
        given = arguments.of(question.ask, rows, self._constants[question.name])
        return (rows, given) if given else (rows.slice(0, 0), [])

    def _keep(self, question: Question, rows: pa.Table, values: list[Value]) -> None:
        known = self._known[question.name]
        known.rows.append(rows)
        known.values += values
        self._register(question)

    def _register(self, question: Question) -> None:
        known = self._known[question.name]
        answers.unregister(self._connection, question)
        answers.register(self._connection, question, pa.concat_tables(known.rows), known.values)

    def places(self, query: exp.Expr, batch: Places) -> Places:
        places: Places = np.sort(self.rows(query, batch).column(0).to_numpy())
        return places

    def rows(self, query: exp.Expr, batch: Places) -> pa.Table:
        self._connection.register(self._step.batch, pa.table({"place": batch}))
        return self._query(query)


def places(start: int, end: int) -> Places:
    """From one place to before another."""
    return np.arange(start, end, dtype=np.int64)


def tidy(connection: duckdb.DuckDBPyConnection, step: Sift | Rank) -> None:
    """Drop what a step made."""
    for question in step.questions():
        answers.unregister(connection, question)
    connection.unregister(step.batch)
    tables = [step.name]
    if step.stop is not None:
        connection.unregister(step.stop.chosen)
        tables.append(step.stop.name)
    for table in tables:
        connection.execute(f"DROP TABLE IF EXISTS temp.{table}").fetchall()
