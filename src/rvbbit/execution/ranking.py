"""Carries out a Rank: asks about the candidates that are nearest by embedding, until asking about more changes little.

The rule: a first batch of three times the rows wanted, then batches of as many rows as are wanted (of `FIRST`, and half of it, at least).
It is over with the first of these that lifts the lowest answer among the rows wanted by less than `RESOLUTION`. What the log knows
counts at once. It assumes that the embedding puts what the model scores high somewhere in front, not that it has their order; where no
embedding can tell, every candidate is asked about.
"""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from rvbbit.execution import arguments
from rvbbit.execution.questions import Asking, Places, Questions, places
from rvbbit.sql.sift import Rank

FIRST = 32
RESOLUTION = 0.05
"""Models give scores in steps: what differs by less is as good as equal."""
LOOKED_AT = 10_000
"""Candidates whose answers are looked for in the log before any is asked, at most."""


class Ranker:
    """One Rank on one connection. `query` runs SQL, with what stands before it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, rank: Rank, asking: Asking, query: Callable[..., pa.Table]) -> None:
        self._connection = connection
        self._rank = rank
        self._asking = asking
        self._query = query
        self._questions = Questions(connection, rank, asking, query)

    def run(self) -> None:
        """The highest candidates are in their table, and their answers registered."""
        stop = self._rank.stop
        size = self._questions.begin()
        bounds = self._query(stop.bounds).to_pylist()[0]
        rows, rowids = (column.to_numpy() for column in self._query(stop.rows).columns)
        wanted = len(rows) if bounds["rows"] is None else int(bounds["rows"]) + int(bounds["before"] or 0)
        found = np.full(size, np.nan)
        if wanted:
            self._judge(found, rows, min(wanted, len(rows)))
        values = found[rows]
        order = np.lexsort((np.arange(len(rows)), -np.nan_to_num(values, nan=-np.inf)))
        self._connection.register(stop.chosen, pa.table({"place": rowids[order[:wanted]]}))
        self._query(stop.kept, f"CREATE TEMP TABLE {stop.name} AS ")

    def _judge(self, found: npt.NDArray[np.float64], rows: Places, wanted: int) -> None:
        given = self._questions.rows(self._rank.given, places(0, len(found)))
        order = given["place"].to_numpy()
        close = self._closeness(given) if wanted < len(rows) else None
        if close is None:
            self._ask(found, order)
            return
        order = order[np.lexsort((order, -close))]
        self._questions.recall(self._rank.question, np.sort(order[:LOOKED_AT]))
        self._note(found, places(0, len(found)))
        batch, start = max(FIRST, 3 * wanted), 0
        while start < len(order):
            before = _lowest(found[rows], wanted)
            self._ask(found, order[start : start + batch])
            start += batch
            batch = max(FIRST // 2, wanted)
            after = _lowest(found[rows], wanted)
            if before is not None and after is not None and after - before < RESOLUTION:
                break
        self._asking.judged(self._rank.question.ask, int((~np.isnan(found)).sum()), len(order))

    def _closeness(self, given: pa.Table) -> npt.NDArray[np.float64] | None:
        question = self._rank.question
        constants = None if question.constants is None else self._query(question.constants)
        asked = arguments.of(question.ask, given, constants)
        close = self._asking.closeness(question.ask, asked) if asked else None
        return None if close is None else np.asarray(close, np.float64)

    def _ask(self, found: npt.NDArray[np.float64], batch: Places) -> None:
        self._questions.answer(self._rank.question, np.sort(batch))
        self._note(found, np.sort(batch))

    def _note(self, found: npt.NDArray[np.float64], batch: Places) -> None:
        told = self._questions.rows(self._rank.values, batch)
        found[told["place"].to_numpy()] = told["value"].to_numpy()


def _lowest(values: npt.NDArray[np.float64], wanted: int) -> float | None:
    """The lowest of the rows wanted; None while there are fewer."""
    known = values[~np.isnan(values)]
    return None if len(known) < wanted else float(np.sort(known)[-wanted])
