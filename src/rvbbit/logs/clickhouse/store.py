"""The log store on ClickHouse: one database that many servers share. It calls no model and chooses no example.

One thread writes calls (`writer`), many rows an insert. What others decide is noticed within `fresh` seconds, what this store writes at
once; everything else is read from the server each time it is asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import pyarrow as pa

from rvbbit.interfaces import Due, ScoreStore
from rvbbit.logs import values
from rvbbit.logs.clickhouse import bulk, copying, history, listing, scores, transfer
from rvbbit.logs.clickhouse.conditions import Condition
from rvbbit.logs.clickhouse.connection import Connection
from rvbbit.logs.clickhouse.copying import Part
from rvbbit.logs.clickhouse.editions import LEAST, Editions
from rvbbit.logs.clickhouse.extents import Extent, extents
from rvbbit.logs.clickhouse.migrations import migrate
from rvbbit.logs.clickhouse.noticing import FRESH, Noticing
from rvbbit.logs.clickhouse.sets import Sets
from rvbbit.logs.clickhouse.vectors import Vectors
from rvbbit.logs.examples import ExampleFilter, Page, Stats
from rvbbit.logs.history import CallPage, CostFilter, Detail, Facets, QueryFilter, QueryPage, SessionFilter, SessionPage, Spend
from rvbbit.logs.schema import (
    QUERY_LOG,
    SCORES,
    TRAINING_ANNOTATIONS,
    UNIFIED_LOGS,
    QueryRecord,
    Row,
    call_row,
    decision_row,
    query_row,
    score_row,
    to_table,
)
from rvbbit.logs.store import MOST_NAMED, Change, Changed, Kind, Telling
from rvbbit.logs.writer import Writer
from rvbbit.types import CallRecord, CellKey, Decision, Example, Execution, Scorable, Score, Value, Waiting

_ANSWERS = """
SELECT cache_key, argMax(ifNull(answer, 'null'), timestamp) AS answer FROM unified_logs
WHERE error IS NULL AND cache_key IN (SELECT id FROM given) GROUP BY cache_key"""

_TRAINABLE = """
SELECT
    example.trace_id AS trace_id, example.inputs AS inputs, ifNull(state.corrected_output, example.answer) AS answer,
    state.decided_at AS decided_at, ifNull(state.confidence, score.value) AS confidence, state.verified AS verified,
    state.confidence AS own_confidence
FROM (
    SELECT trace_id, inputs, answer, timestamp FROM training_examples_mv
    WHERE cascade_id = {cascade_id:String} AND cell_name = {cell_name:String}
) AS example
INNER JOIN (SELECT * FROM training_state WHERE trainable) AS state ON state.trace_id = example.trace_id
LEFT ANY JOIN (SELECT trace_id, value FROM current_scores WHERE scorer = 'confidence') AS score ON score.trace_id = example.trace_id
ORDER BY state.decided_at DESC, example.timestamp DESC, example.trace_id"""

_KNOWN = "SELECT trace_id FROM training_examples_mv WHERE trace_id IN (SELECT id FROM given)"

_OF_BATCH = "SELECT DISTINCT trace_id FROM training_annotations WHERE batch = {batch:String}"
_CELLS = "SELECT trace_id, cascade_id, cell_name FROM training_examples_mv WHERE trace_id IN (SELECT id FROM given)"
_DECISIONS = "SELECT * FROM training_annotations WHERE trace_id IN (SELECT id FROM given) ORDER BY trace_id, seq"


class Store:
    """`logs.store.Store` over one database of a ClickHouse server, made and brought up to date when opened.

    `changed` is told after each insert of this store's own. Raises DatabaseError, StoreUnreachable.
    """

    def __init__(self, url: str, changed: Changed | None = None, *, fresh: float = FRESH, least: int = LEAST) -> None:
        self._changed = changed or _nobody
        self._connection = Connection(url)
        migrate(self._connection)
        self._noticing = Noticing(self._connection, fresh)
        self._editions = Editions(self._connection, least)
        self._sets = Sets(self._connection, self._noticing)
        self._vectors = Vectors(self._connection)
        self._writer = Writer(self._write_calls)

    @property
    def where(self) -> str:
        """Which server, of which version, and which database: without the password."""
        address = self._connection.address
        return f"ClickHouse {self._connection.version} at {address}, database {address.database}"

    def extents(self, tables: Sequence[str]) -> Mapping[str, Extent]:
        """How many rows each of the log's tables has, and the newest deletion."""
        return extents(self._connection, tables)

    def part(self, table: str, after: int | None = None) -> Part:
        """The rows of a table that landed after the one of a number; all without. Raises DatabaseError where it is too large."""
        return copying.part(self._connection, table, after)

    def others(self) -> Sequence[Change]:
        """What other servers added since the last time somebody asked, unnamed; nothing the first time."""
        return self._noticing.others()

    @property
    def sets(self) -> Sets:
        """The tables of training sets, on the same connection."""
        return self._sets

    @property
    def vectors(self) -> Vectors:
        """The tables of embeddings, on the same connection."""
        return self._vectors

    async def append(self, record: CallRecord, *, last: bool = False) -> None:
        """Returns when the record is on the server's disk. Raises DiskFull, DatabaseError."""
        await self._writer.append(call_row(record), last=last)

    async def answers(self, keys: Sequence[str]) -> Mapping[str, Value]:
        """The newest good answer to each cache key that has one, whoever asked for it."""
        if not keys:
            return {}
        rows = await asyncio.to_thread(self._connection.rows, "look up answers", _ANSWERS, {}, keys)
        return values.answers([row["cache_key"] for row in rows], [row["answer"] for row in rows])

    def revision(self) -> int:
        """How many decisions and scores there are, everybody's: at most `fresh` seconds old."""
        return self._noticing.decided()

    def trainable(self, cell: CellKey) -> Sequence[Example]:
        """What holds as trainable for a cell, the newest decision first (then the newest execution)."""
        return [values.example(row) for row in self._connection.rows("read examples", _TRAINABLE, _named(cell))]

    def annotate(self, decisions: Sequence[Decision]) -> None:
        """Append decisions in one block, in the order given."""
        if decisions:
            self._insert("training_annotations", TRAINING_ANNOTATIONS, [decision_row(0, decision) for decision in decisions])
            self._tell("decision", [decision.trace_id for decision in decisions])

    def take_back(self, batch: str, decision: Decision) -> int | None:
        """Undo a batch as one block: how many executions that changed, None where there is no such batch."""
        with self._noticing.writing("training_annotations") as wrote:
            updated = bulk.take_back(self._connection, batch, decision)
            wrote(updated or 0)
        self._tell_batch(decision.batch, updated or 0)
        return updated

    def matching(self, asked: ExampleFilter) -> Matching:
        """Everything a filter finds, to be decided on at once. Raises UsageError for a filter that names a page."""
        return Matching(self, bulk.condition(asked))

    def missing(self, trace_ids: Sequence[str]) -> Sequence[str]:
        """Those of the ids that no execution which can teach has, in the order given."""
        known = {row["trace_id"] for row in self._connection.rows("look up executions", _KNOWN, {}, trace_ids)}
        return [trace_id for trace_id in trace_ids if trace_id not in known]

    def executions(self, *, trace_ids: Sequence[str] = (), batch: str | None = None) -> Sequence[Execution]:
        """Those of the ids that exist, or all that a batch decided on, each with its whole history."""
        doing, read = "read decisions", self._connection.rows
        ids = list(trace_ids)
        if batch is not None:
            ids += [row["trace_id"] for row in read(doing, _OF_BATCH, {"batch": batch})]
        if not ids:
            return []
        cells = {row["trace_id"]: CellKey(row["cascade_id"], row["cell_name"]) for row in read(doing, _CELLS, {}, ids)}
        decisions: dict[str, list[Decision]] = {trace_id: [] for trace_id in sorted(cells)}
        for row in read(doing, _DECISIONS, {}, ids):
            if row["trace_id"] in decisions:
                decisions[row["trace_id"]].append(values.decision(transfer.decided(row)))
        return [Execution(trace_id, cells[trace_id], tuple(made)) for trace_id, made in decisions.items()]

    def page(self, asked: ExampleFilter) -> Page:
        """One page of executions that can teach, with the exact number that match. Raises UsageError for an unusable sort or cursor."""
        return listing.page(self._connection, self._editions, asked)

    def trace_ids(self, asked: ExampleFilter) -> list[str]:
        """The ids alone of a page. Raises UsageError as `page` does."""
        return listing.trace_ids(self._connection, self._editions, asked)

    def stats(self) -> Stats:
        """Figures of everything that can teach and of each cell, the busiest first."""
        return listing.stats(self._connection, self._editions)

    def facets(self, asked: ExampleFilter, most: int = 100) -> Facets:
        """The values that the executions a filter finds have, with their counts."""
        return listing.facets(self._connection, self._editions, asked, most)

    def detail(self, trace_id: str) -> Detail | None:
        """One logged call, whole; None where there is none of that id."""
        return history.detail(self._connection, trace_id)

    def sessions(self, asked: SessionFilter) -> SessionPage:
        """Sessions, the newest first. Raises UsageError."""
        return history.sessions(self._connection, asked)

    def calls(self, session_id: str, limit: int = 10_000, cursor: str | None = None) -> CallPage:
        """The calls of one session, oldest first; empty where there is none. Raises UsageError."""
        return history.calls(self._connection, session_id, limit, cursor)

    def queries(self, asked: QueryFilter) -> QueryPage:
        """Statements, the newest first. Raises UsageError."""
        return history.queries(self._connection, asked)

    def costs(self, asked: CostFilter) -> Sequence[Spend]:
        """What calls cost, by what is asked: days oldest first, all else the dearest first. Raises UsageError."""
        return history.costs(self._connection, asked)

    def aside(self, telling: Telling) -> ScoreStore:
        """The store itself: its server is no part of this process."""
        return self

    def cells(self) -> Mapping[CellKey, int]:
        """Every cell that has executions, the busiest first, with how many a person verified."""
        return listing.cells(self._connection, self._editions)

    def waiting(self, cell: CellKey, due: Due, most: int) -> Waiting:
        """What is due, and what of it the judge has not seen, at most `most` characters each."""
        return Waiting(**self._connection.rows("count executions", scores.WAITING, {**_named(cell), **scores.due(due), "most": most})[0])

    def unscored(self, cell: CellKey, due: Due, limit: int) -> Sequence[Scorable]:
        """The newest executions that are due."""
        return self._scorable(scores.UNSCORED, {**_named(cell), **scores.due(due), "limit": limit})

    def verified(self, cell: CellKey, limit: int) -> Sequence[Scorable]:
        """The newest executions that a person verified."""
        return self._scorable(scores.VERIFIED, {**_named(cell), "limit": limit})

    def record(self, given: Sequence[Score]) -> None:
        """Append scores in one block; on the server's disk when it returns."""
        if given:
            self._insert("scores", SCORES, [score_row(0, score) for score in given])
            self._tell("score", [score.trace_id for score in given])

    def take_in(
        self, records: Sequence[CallRecord], decisions: Sequence[Decision] = (), given: Sequence[Score] = ()
    ) -> tuple[int, int, int]:
        """Append the calls, decisions and scores from elsewhere that are not there yet; how many of each were new. Safe to repeat."""
        with ExitStack() as stack:
            told = [stack.enter_context(self._noticing.writing(table)) for table in ("unified_logs", "training_annotations", "scores")]
            taken = transfer.take_in(self._connection, records, decisions, given)
            for tell, ids in zip(told, taken, strict=True):
                tell(len(ids))
        calls, decided, scored = taken
        self._tell("execution", calls)
        self._tell("decision", decided)
        self._tell("score", scored)
        return len(calls), len(decided), len(scored)

    def stream(self, asked: ExampleFilter, rows: int = 1_000) -> Iterator[list[dict[str, Any]]]:
        """Everything a filter finds, `rows` at a time: the log's columns, what holds, `decisions` and `scores`. Raises UsageError."""
        yield from transfer.stream(self._connection, self._editions.source(), asked, rows)

    def record_query(self, record: QueryRecord) -> None:
        """Append a statement to `query_log`; on the server's disk when it returns."""
        self._insert("query_log", QUERY_LOG, [query_row(record)])
        self._tell("query", [record.query_id])

    def close(self) -> None:
        """Write what waits, let an edition that is being made be finished, and let go of the server. Safe to call twice."""
        self._writer.close()
        self._editions.settled()
        self._connection.close()

    def _write_calls(self, rows: Sequence[Row]) -> None:
        self._insert("unified_logs", UNIFIED_LOGS, rows)
        self._tell("execution", [row[0] for row in rows])

    def _insert(self, table: str, schema: pa.Schema, rows: Sequence[Row]) -> None:
        """One block, so all rows or none."""
        whole = transfer.numbered(schema, rows) if "seq" in schema.names else to_table(schema, rows)
        with self._noticing.writing(table) as wrote:
            self._connection.insert(f"write to {table}", table, whole)
            wrote(len(rows))

    def _tell(self, kind: Kind, ids: Sequence[str], count: int | None = None) -> None:
        """Of what was written; `count` where the ids are not all that it reached."""
        count = len(ids) if count is None else count
        if count:
            self._changed(Change(kind, count, tuple(dict.fromkeys(ids)) if len(ids) <= MOST_NAMED else ()))

    def _tell_batch(self, batch: str, updated: int) -> None:
        self._tell("decision", bulk.reached(self._connection, batch, MOST_NAMED) if updated <= MOST_NAMED else (), updated)

    def _scorable(self, query: str, given: Mapping[str, Any]) -> list[Scorable]:
        """The executions whose ids a query gives, in its order."""
        ids = [row["trace_id"] for row in self._connection.rows("list executions", query, given)]
        given_scores = self._connection.rows("read scores", scores.CURRENT, {}, ids)
        return values.scorables(ids, given_scores, self._connection.rows("read executions", scores.SCORABLE, {}, ids))


class Matching:
    """What a filter finds in a store, when asked: never read into memory, however much it is."""

    def __init__(self, store: Store, condition: Condition) -> None:
        self._store = store
        self._condition = condition

    def cells(self) -> Mapping[CellKey, str]:
        """Each cell it reaches, with the id of one of its executions."""
        return bulk.cells(self._store._connection, self._condition)

    def annotate(self, decision: Decision, add_tags: Sequence[str] = (), remove_tags: Sequence[str] = ()) -> int:
        """Append the decision for all of them, all or none; exactly how many there were. On the server's disk when it returns."""
        store = self._store
        with store._noticing.writing("training_annotations") as wrote:
            updated = bulk.decide(store._connection, self._condition, decision, add_tags, remove_tags)
            wrote(updated)
        store._tell_batch(decision.batch, updated)
        return updated


def _nobody(change: Change) -> None:
    """Nobody wants to know."""


def _named(cell: CellKey) -> dict[str, Any]:
    return {"cascade_id": cell.cascade_id, "cell_name": cell.cell_name}
