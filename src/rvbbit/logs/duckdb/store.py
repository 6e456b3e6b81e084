"""The log store on DuckDB: catalog `rvbbit` of the engine's own instance. It calls no model and chooses no example.

One thread writes calls (`writer`); every statement has a cursor of its own, which costs microseconds. The log is the answer cache too: a
good call with a cache key answers later questions of that key.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from rvbbit.errors import Error
from rvbbit.interfaces import ScoreStore
from rvbbit.logs import values
from rvbbit.logs.duckdb import bulk, history, listing, transfer
from rvbbit.logs.duckdb.connection import Connection, GivingWay, in_utc
from rvbbit.logs.duckdb.migrations import migrate
from rvbbit.logs.duckdb.projection import Projection
from rvbbit.logs.duckdb.scorables import Scorables
from rvbbit.logs.duckdb.sets import Sets
from rvbbit.logs.duckdb.vectors import Vectors
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
from rvbbit.types import CallRecord, CellKey, Decision, Example, Execution, Score, Value

log = logging.getLogger(__name__)

_ANSWERS = """
SELECT cache_key, arg_max(answer, timestamp) AS answer FROM rvbbit.main.unified_logs
WHERE error IS NULL AND cache_key IN (SELECT id FROM given) GROUP BY cache_key"""

_TRAINABLE = """
SELECT
    held.trace_id, log.arguments AS inputs, coalesce(held.corrected_output, log.answer) AS answer, decided_at, confidence, verified,
    own_confidence
FROM rvbbit.main.executions AS held JOIN rvbbit.main.unified_logs AS log ON log.trace_id = held.trace_id
WHERE held.trainable AND held.cascade_id = $cascade_id AND held.cell_name = $cell_name
ORDER BY held.decided_at DESC, held.timestamp DESC, held.trace_id"""

_KNOWN = "SELECT id FROM given SEMI JOIN rvbbit.main.executions AS execution ON execution.trace_id = given.id"

_EXECUTIONS = """
SELECT execution.trace_id, execution.cascade_id, execution.cell_name, decision.* EXCLUDE (trace_id)
FROM rvbbit.main.executions AS execution
LEFT JOIN rvbbit.main.training_annotations AS decision ON decision.trace_id = execution.trace_id
WHERE execution.trace_id IN (SELECT id FROM given UNION SELECT trace_id FROM rvbbit.main.training_annotations WHERE batch = $batch)
ORDER BY execution.trace_id, decision.seq"""


class Store(Scorables):
    """`CallLog`, `ExampleStore` and `ScoreStore` over one DuckDB instance that has catalog `rvbbit` attached.

    Opening it brings the schema up to date. `changed` is told after each commit. Raises DatabaseError where the store was made by a newer
    version or DuckDB refuses.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, changed: Changed | None = None) -> None:
        self._changed = changed or _nobody
        self._writing = threading.Lock()
        super().__init__(Connection(connection), self._held, self.record)
        with self._connection.cursor("open the store") as cursor:
            steps = migrate(cursor)
        self._projection = Projection(self._connection, anew=steps > 0)
        self._sets = Sets(connection)
        self._vectors = Vectors(self._connection)
        self._decided = self._last_seq("training_annotations")
        self._scored = self._last_seq("scores")
        self._corrected = 0
        self._writer = Writer(self._write_calls, self._work_out)

    async def append(self, record: CallRecord, *, last: bool = False) -> None:
        """Returns when the record is on disk. Raises DiskFull, DatabaseError."""
        await self._writer.append(call_row(record), last=last)

    async def answers(self, keys: Sequence[str]) -> Mapping[str, Value]:
        """The newest good answer to each cache key that has one, one scan however many keys."""
        if not keys:
            return {}
        found = await asyncio.to_thread(self._connection.table, "look up answers", _ANSWERS, {}, keys)
        return values.answers(found.column("cache_key").to_pylist(), found.column("answer").to_pylist())

    def revision(self) -> int:
        """How many decisions and scores there were, and how often some came or went by hand: kept in memory, so asking costs nothing."""
        return self._decided + self._scored + self._corrected

    def trainable(self, cell: CellKey) -> Sequence[Example]:
        """What holds as trainable for a cell, the newest decision first (then the newest execution)."""
        rows = self._held().read("read examples", _TRAINABLE, {"cascade_id": cell.cascade_id, "cell_name": cell.cell_name})
        return [values.example(row) for row in rows]

    def annotate(self, decisions: Sequence[Decision]) -> None:
        """Append decisions in one commit, in the order given."""
        if not decisions:
            return
        with self._writing_facts():
            with self._connection.transaction("write to training_annotations") as cursor:
                rows = [decision_row(self._decided + place, decision) for place, decision in enumerate(decisions, 1)]
                _insert(cursor, "training_annotations", to_table(TRAINING_ANNOTATIONS, rows))
                self._projection.decided(cursor, self._decided)
            self._committed(decisions=len(rows))
        self._tell("decision", [decision.trace_id for decision in decisions])

    def take_back(self, batch: str, decision: Decision) -> int | None:
        """Undo a batch in one commit: how many executions that changed, None where there is no such batch. On disk when it returns."""
        with self._writing_facts():
            with self._connection.transaction("write decisions") as cursor:
                updated = bulk.take_back(cursor, batch, decision)
                if updated:
                    self._projection.decided(cursor, self._decided)
            self._committed(decisions=updated or 0)
        self._tell_batch(decision.batch, updated or 0)
        return updated

    def matching(self, asked: ExampleFilter) -> Matching:
        """Everything a filter finds, to be decided on at once. Raises UsageError for a filter that names a page."""
        return Matching(self, bulk.condition(asked))

    def missing(self, trace_ids: Sequence[str]) -> Sequence[str]:
        """Those of the ids that no execution which can teach has, in the order given."""
        known = {row["id"] for row in self._held().read("look up executions", _KNOWN, {}, trace_ids)}
        return [trace_id for trace_id in trace_ids if trace_id not in known]

    def executions(self, *, trace_ids: Sequence[str] = (), batch: str | None = None) -> Sequence[Execution]:
        """Those of the ids that exist, or all that a batch decided on, each with its whole history."""
        found: dict[str, tuple[CellKey, list[Decision]]] = {}
        for row in self._held().read("read decisions", _EXECUTIONS, {"batch": batch}, trace_ids):
            _, decisions = found.setdefault(row["trace_id"], (CellKey(row["cascade_id"], row["cell_name"]), []))
            if row["seq"] is not None:
                decisions.append(values.decision(row))
        return [Execution(trace_id, cell, tuple(decisions)) for trace_id, (cell, decisions) in found.items()]

    @property
    def sets(self) -> Sets:
        """The tables of training sets."""
        return self._sets

    @property
    def vectors(self) -> Vectors:
        """The tables of embeddings."""
        return self._vectors

    def page(self, asked: ExampleFilter) -> Page:
        """One page of executions that can teach, with the exact number that match. Raises UsageError for an unusable page."""
        return listing.page(self._held(), asked)

    def trace_ids(self, asked: ExampleFilter) -> list[str]:
        """The ids alone of a page. Raises UsageError as `page` does."""
        return listing.trace_ids(self._held(), asked)

    def stats(self) -> Stats:
        """Figures of everything that can teach and of each cell, the busiest first."""
        return listing.stats(self._held())

    def facets(self, asked: ExampleFilter, most: int = 100) -> Facets:
        """The values that the executions a filter finds have, with their counts."""
        return listing.facets(self._held(), asked, most)

    def detail(self, trace_id: str) -> Detail | None:
        """One logged call, whole; None where there is none of that id."""
        return history.detail(self._held(), trace_id)

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
        """Its scores for work that gives way to queries, with which it shares this DuckDB."""
        return Scorables(GivingWay(self._connection, telling), self._held, self.record)

    def record(self, given: Sequence[Score]) -> None:
        """Append scores in one commit; on disk when it returns."""
        if not given:
            return
        with self._writing_facts():
            with self._connection.transaction("write to scores") as cursor:
                _insert(
                    cursor, "scores", to_table(SCORES, [score_row(self._scored + place, score) for place, score in enumerate(given, 1)])
                )
                self._projection.scored(cursor, self._scored)
            self._committed(scores=len(given))
        self._tell("score", [score.trace_id for score in given])

    def take_in(
        self, records: Sequence[CallRecord], decisions: Sequence[Decision] = (), given: Sequence[Score] = ()
    ) -> tuple[int, int, int]:
        """Append the calls, decisions and scores from elsewhere that are not there yet, in one commit; how many of each were new."""
        with self._writing_facts():
            with self._connection.transaction("write what is imported") as cursor:
                calls, decided, scored = transfer.take_in(cursor, records, decisions, given)
                self._projection.add(cursor, calls)
                self._projection.decided(cursor, self._decided)
                self._projection.scored(cursor, self._scored)
            self._committed(len(calls), len(decided), len(scored))
        self._tell("execution", calls.column("trace_id").to_pylist())
        self._tell("decision", decided)
        self._tell("score", scored)
        return len(calls), len(decided), len(scored)

    def stream(self, asked: ExampleFilter, rows: int = 1_000) -> Iterator[list[dict[str, Any]]]:
        """Everything a filter finds, `rows` at a time: the log's columns, what holds, `decisions` and `scores`. Raises UsageError."""
        with self._held().cursor("read executions") as cursor:
            for table in transfer.stream(cursor, asked, rows):
                yield in_utc(table).to_pylist()

    def record_query(self, record: QueryRecord) -> None:
        """Append a statement to `query_log`; on disk when it returns."""
        with self._connection.cursor("write to query_log") as cursor:
            _insert(cursor, "query_log", to_table(QUERY_LOG, [query_row(record)]))
        self._tell("query", [record.query_id])

    def close(self) -> None:
        """Write what waits, then let go of DuckDB; the engine's own connection stays open. Safe to call twice."""
        self._writer.close()
        self._sets.close()
        self._connection.close()

    def _write_calls(self, rows: Sequence[Row]) -> None:
        calls = to_table(UNIFIED_LOGS, rows)
        with self._writing:
            with self._connection.transaction("write to unified_logs") as cursor:
                _insert(cursor, "unified_logs", calls)
            enough = self._projection.add_later(calls)
        if enough:
            self._work_out()
        self._tell("execution", [row[0] for row in rows])

    def _work_out(self) -> None:
        """Bring the projection up to date on the writer's thread, which has nobody to tell: who reads it tries again what failed."""
        try:
            with self._writing:
                self._projection.add_now()
        except Error as error:
            log.warning("what lists read could not be written (%s); whoever reads it next tries again", error.code)

    def _tell(self, kind: Kind, ids: Sequence[str], count: int | None = None) -> None:
        """Of what was committed; `count` where the ids are not all that it reached."""
        count = len(ids) if count is None else count
        if count:
            self._changed(Change(kind, count, tuple(dict.fromkeys(ids)) if len(ids) <= MOST_NAMED else ()))

    def _tell_batch(self, batch: str, updated: int) -> None:
        with self._connection.cursor("read decisions") as cursor:
            self._tell("decision", bulk.reached(cursor, batch, MOST_NAMED) if updated <= MOST_NAMED else (), updated)

    def _held(self) -> Connection:
        """The connection, once the projection says what the log says."""
        if self._projection.behind():
            with self._writing_facts():
                pass
        return self._connection

    @contextlib.contextmanager
    def _writing_facts(self) -> Iterator[None]:
        """One writer at a time, over a projection that says what the log says."""
        with self._writing:
            self._projection.add_now()
            if self._projection.behind():
                before = self.revision()
                self._projection.caught_up()
                self._decided, self._scored = self._last_seq("training_annotations"), self._last_seq("scores")
                self._corrected = before + 1 - self._decided - self._scored
            yield

    def _committed(self, calls: int = 0, decisions: int = 0, scores: int = 0) -> None:
        self._projection.committed(calls, decisions, scores)
        self._decided += decisions
        self._scored += scores

    def _last_seq(self, table: str) -> int:
        row = self._connection.read(f"read {table}", f"SELECT coalesce(max(seq), 0) AS seq FROM rvbbit.main.{table}", {})
        return int(row[0]["seq"])


class Matching:
    """What a filter finds in a store, when asked: never read into memory, however much it is."""

    def __init__(self, store: Store, condition: bulk.Condition) -> None:
        self._store = store
        self._condition = condition

    def cells(self) -> Mapping[CellKey, str]:
        """Each cell it reaches, with the id of one of its executions."""
        with self._store._held().cursor("look up executions") as cursor:
            return bulk.cells(cursor, self._condition)

    def annotate(self, decision: Decision, add_tags: Sequence[str] = (), remove_tags: Sequence[str] = ()) -> int:
        """Append the decision for all of them, all or none; exactly how many there were. On disk when it returns."""
        store = self._store
        with store._writing_facts():
            with store._connection.transaction("write decisions") as cursor:
                updated = bulk.decide(cursor, self._condition, decision, add_tags, remove_tags)
                store._projection.decided(cursor, store._decided)
            store._committed(decisions=updated)
        store._tell_batch(decision.batch, updated)
        return updated


def _insert(cursor: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> None:
    cursor.register("given", rows)
    cursor.execute(f"INSERT INTO rvbbit.main.{table} BY NAME SELECT * FROM given").fetchall()


def _nobody(change: Change) -> None:
    """Nobody wants to know."""
