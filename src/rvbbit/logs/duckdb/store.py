"""The log store on DuckDB: catalog `rvbbit` of the engine's own instance. It calls no model and chooses no example.

One thread writes calls (`writer`); every statement has a cursor of its own, which costs microseconds. The log is the answer cache too: a
good call with a cache key answers later questions of that key.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import duckdb
import pyarrow as pa

from rvbbit.interfaces import Due
from rvbbit.logs.duckdb import bulk, scores, transfer
from rvbbit.logs.duckdb.conditions import Parameters, order_by, where, window
from rvbbit.logs.duckdb.failures import REFUSALS, database_error
from rvbbit.logs.duckdb.migrations import migrate
from rvbbit.logs.examples import ExampleFilter, ExampleRow, Figures, Page, Stats
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
from rvbbit.logs.writer import Writer
from rvbbit.types import CallRecord, CellKey, Decision, Example, Execution, Scorable, Score, Value, Waiting

_ANSWERS = """
SELECT cache_key, arg_max(answer, timestamp) AS answer FROM rvbbit.main.unified_logs
WHERE error IS NULL AND cache_key IN (SELECT id FROM given) GROUP BY cache_key"""

_TRAINABLE = """
SELECT trace_id, inputs, coalesce(corrected_output, answer) AS answer, decided_at, confidence, verified
FROM rvbbit.main.training_examples_with_annotations
WHERE trainable AND cascade_id = $cascade_id AND cell_name = $cell_name
ORDER BY decided_at DESC, timestamp DESC, trace_id"""

_MISSING = "SELECT id FROM given ANTI JOIN rvbbit.main.training_examples_mv AS execution ON execution.trace_id = given.id"

_EXECUTIONS = """
SELECT execution.trace_id, execution.cascade_id, execution.cell_name, decision.* EXCLUDE (trace_id)
FROM rvbbit.main.training_examples_mv AS execution
LEFT JOIN rvbbit.main.training_annotations AS decision ON decision.trace_id = execution.trace_id
WHERE execution.trace_id IN (SELECT id FROM given UNION SELECT trace_id FROM rvbbit.main.training_annotations WHERE batch = $batch)
ORDER BY execution.trace_id, decision.seq"""

_STATS = """
SELECT
    cascade_id, cell_name, count(*) AS executions, count_if(trainable)::BIGINT AS trainable, count_if(verified)::BIGINT AS verified,
    count(corrected_output) AS corrected, count(confidence) AS scored, avg(confidence) AS confidence, sum(cost) AS cost,
    coalesce(sum(tokens_in), 0)::BIGINT AS tokens_in, coalesce(sum(tokens_out), 0)::BIGINT AS tokens_out
FROM rvbbit.main.training_examples_with_annotations
GROUP BY GROUPING SETS ((), (cascade_id, cell_name))
ORDER BY grouping(cascade_id) DESC, executions DESC, cascade_id, cell_name"""

_FEW = 1_000  # ids that are faster looked for in a list during the scan than joined after it
_SOURCE = "FROM rvbbit.main.training_examples_with_annotations"
_COLUMNS = ", ".join(name for name in ExampleRow.__slots__ if name != "used")


class Store:
    """`CallLog`, `ExampleStore` and `ScoreStore` over one DuckDB instance that has catalog `rvbbit` attached.

    Opening it brings the schema up to date. Raises DatabaseError where the store was made by a newer version or DuckDB refuses.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._deciding = threading.Lock()
        with _refused("open the store"):
            self._root = connection.cursor()
            migrate(self._root)
        self._revision = self._last_seq()
        self._scored = self._last_seq("scores")
        self._writer = Writer(self._write_calls)

    async def append(self, record: CallRecord) -> None:
        """Returns when the record is on disk. Raises DiskFull, DatabaseError."""
        await self._writer.append(call_row(record))

    async def answers(self, keys: Sequence[str]) -> Mapping[str, Value]:
        """The newest good answer to each cache key that has one, one scan however many keys."""
        if not keys:
            return {}
        rows = await asyncio.to_thread(self._read, "look up answers", _ANSWERS, {}, keys)
        return {row["cache_key"]: json.loads(row["answer"]) for row in rows}

    def revision(self) -> int:
        """How many decisions and scores there are: kept in memory, so asking costs nothing."""
        return self._revision + self._scored

    def trainable(self, cell: CellKey) -> Sequence[Example]:
        """What holds as trainable for a cell, the newest decision first (then the newest execution)."""
        rows = self._read("read examples", _TRAINABLE, {"cascade_id": cell.cascade_id, "cell_name": cell.cell_name})
        return [_example(row) for row in rows]

    def annotate(self, decisions: Sequence[Decision]) -> None:
        """Append decisions in one commit, in the order given."""
        if not decisions:
            return
        with self._deciding:
            first = self._last_seq() + 1
            rows = [decision_row(first + place, decision) for place, decision in enumerate(decisions)]
            self._insert("training_annotations", TRAINING_ANNOTATIONS, rows)
            self._revision = first + len(rows) - 1

    def matching(self, asked: ExampleFilter) -> Matching:
        """Everything a filter finds, to be decided on at once. Raises UsageError for a filter that names a page."""
        return Matching(self, bulk.condition(asked))

    def missing(self, trace_ids: Sequence[str]) -> Sequence[str]:
        """Those of the ids that no execution which can teach has, in the order given."""
        unknown = {row["id"] for row in self._read("look up executions", _MISSING, {}, trace_ids)}
        return [trace_id for trace_id in trace_ids if trace_id in unknown]

    def executions(self, *, trace_ids: Sequence[str] = (), batch: str | None = None) -> Sequence[Execution]:
        """Those of the ids that exist, or all that a batch decided on, each with its whole history."""
        found: dict[str, tuple[CellKey, list[Decision]]] = {}
        for row in self._read("read decisions", _EXECUTIONS, {"batch": batch}, trace_ids):
            _, decisions = found.setdefault(row["trace_id"], (CellKey(row["cascade_id"], row["cell_name"]), []))
            if row["seq"] is not None:
                decisions.append(_decision(row))
        return [Execution(trace_id, cell, tuple(decisions)) for trace_id, (cell, decisions) in found.items()]

    def page(self, asked: ExampleFilter) -> Page:
        """One page of executions that can teach, with the exact number that match. Raises UsageError for an unusable sort or page."""
        condition, values = where(asked)
        total = self._read("count executions", f"SELECT count(*) AS total {_SOURCE} WHERE {condition}", values)
        ids = self.trace_ids(asked)  # found first: making every row readable only to show a hundred takes ten times as long
        rows = (
            self._read("list executions", f"SELECT {_COLUMNS} {_SOURCE} WHERE list_contains($ids, trace_id)", {"ids": ids}) if ids else []
        )
        place = {trace_id: number for number, trace_id in enumerate(ids)}
        return Page(int(total[0]["total"]), tuple(_row(row) for row in sorted(rows, key=lambda row: place[row["trace_id"]])))

    def trace_ids(self, asked: ExampleFilter) -> list[str]:
        """The ids alone of a page. Raises UsageError as `page` does."""
        condition, values = where(asked)
        query = f"SELECT trace_id {_SOURCE} WHERE {condition} ORDER BY {order_by(asked)} {window(asked)}"
        return [row["trace_id"] for row in self._read("list executions", query, values)]

    def stats(self) -> Stats:
        """Figures of everything that can teach and of each cell, the busiest first."""
        total, *cells = self._read("count executions", _STATS, {})
        return Stats(_figures(total), {CellKey(row["cascade_id"], row["cell_name"]): _figures(row) for row in cells})

    def cells(self) -> Mapping[CellKey, int]:
        """Every cell that has executions, the busiest first, with how many a person verified."""
        return {CellKey(row["cascade_id"], row["cell_name"]): row["verified"] for row in self._read("count executions", scores.CELLS, {})}

    def waiting(self, cell: CellKey, due: Due, most: int) -> Waiting:
        """What is due, and what of it the judge has not seen, at most `most` characters each."""
        return Waiting(**self._read("count executions", scores.WAITING, {**_named(cell), **scores.due(due), "most": most})[0])

    def unscored(self, cell: CellKey, due: Due, limit: int) -> Sequence[Scorable]:
        """The newest executions that are due."""
        return self._scorable(scores.UNSCORED, {**_named(cell), **scores.due(due), "limit": limit})

    def verified(self, cell: CellKey, limit: int) -> Sequence[Scorable]:
        """The newest executions that a person verified."""
        return self._scorable(scores.VERIFIED, {**_named(cell), "limit": limit})

    def record(self, given: Sequence[Score]) -> None:
        """Append scores in one commit; on disk when it returns."""
        if not given:
            return
        with self._deciding:
            first = self._last_seq("scores") + 1
            self._insert("scores", SCORES, [score_row(first + place, score) for place, score in enumerate(given)])
            self._scored = first + len(given) - 1

    def take_in(
        self, records: Sequence[CallRecord], decisions: Sequence[Decision] = (), given: Sequence[Score] = ()
    ) -> tuple[int, int, int]:
        """Append the calls, decisions and scores from elsewhere that are not there yet, in one commit; how many of each were new."""
        with self._deciding, _refused("write what is imported"), self._cursor() as cursor:
            added = transfer.take_in(cursor, records, decisions, given)
            self._revision += added[1]
            self._scored += added[2]
            return added

    def stream(self, asked: ExampleFilter, rows: int = 1_000) -> Iterator[list[dict[str, Any]]]:
        """Everything a filter finds, `rows` at a time: the log's columns, what holds, `decisions` and `scores`. Raises UsageError."""
        with _refused("read executions"), self._cursor() as cursor:
            for table in transfer.stream(cursor, asked, rows):
                yield _in_utc(table).to_pylist()

    def record_query(self, record: QueryRecord) -> None:
        """Append a statement to `query_log`; on disk when it returns."""
        self._insert("query_log", QUERY_LOG, [query_row(record)])

    def close(self) -> None:
        """Write what waits, then let go of DuckDB; the engine's own connection stays open. Safe to call twice."""
        self._writer.close()
        self._root.close()

    def _write_calls(self, rows: Sequence[Row]) -> None:
        self._insert("unified_logs", UNIFIED_LOGS, rows)

    def _insert(self, table: str, schema: pa.Schema, rows: Sequence[Row]) -> None:
        """One statement, so one commit: all rows or none."""
        with _refused(f"write to {table}"), self._cursor() as cursor:
            cursor.register("given", to_table(schema, rows))
            cursor.execute(f"INSERT INTO rvbbit.main.{table} BY NAME SELECT * FROM given")

    def _read(self, doing: str, query: str, values: Parameters, ids: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """Rows as dictionaries, times in UTC. `ids` are what the query calls table `given`."""
        with _refused(doing), self._cursor() as cursor:
            if ids is not None:
                cursor.register("given", pa.table({"id": pa.array(list(ids), pa.string())}))
            table: pa.Table = cursor.sql(query, params=values or None).to_arrow_table()
        rows: list[dict[str, Any]] = _in_utc(table).to_pylist()
        return rows

    def _scorable(self, query: str, values: Parameters) -> list[Scorable]:
        """The executions whose ids a query gives, in its order."""
        ids = [row["trace_id"] for row in self._read("list executions", query, values)]
        known: dict[str, list[Score]] = {}
        for row in self._read("read scores", scores.CURRENT, {}, ids):
            known.setdefault(row["trace_id"], []).append(scores.score(row))
        rows = {row["trace_id"]: row for row in self._read("read executions", scores.SCORABLE, {}, ids)}
        return [scores.scorable(rows[trace_id], known.get(trace_id, ())) for trace_id in ids]

    def _last_seq(self, table: str = "training_annotations") -> int:
        row = self._read(f"read {table}", f"SELECT coalesce(max(seq), 0) AS seq FROM rvbbit.main.{table}", {})
        return int(row[0]["seq"])

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        cursor = self._root.cursor()
        try:
            yield cursor
        finally:
            cursor.close()


class Matching:
    """What a filter finds in a store, when asked: never read into memory, however much it is."""

    def __init__(self, store: Store, condition: bulk.Condition) -> None:
        self._store = store
        self._condition = condition

    def cells(self) -> Mapping[CellKey, str]:
        """Each cell it reaches, with the id of one of its executions."""
        with _refused("look up executions"), self._store._cursor() as cursor:
            return bulk.cells(cursor, self._condition)

    def annotate(self, decision: Decision) -> int:
        """Append the decision for all of them, all or none; exactly how many there were. On disk when it returns."""
        store = self._store
        with store._deciding, _refused("write decisions"), store._cursor() as cursor:
            updated = bulk.decide(cursor, self._condition, decision)
            store._revision += updated
            return updated


@contextmanager
def _refused(doing: str) -> Iterator[None]:
    try:
        yield
    except REFUSALS as error:
        raise database_error(error, doing) from error


def _in_utc(table: pa.Table) -> pa.Table:
    """DuckDB hands times over in the session's zone, whose name Python may not know."""
    for place, column in enumerate(table.schema):
        if pa.types.is_timestamp(column.type):
            table = table.set_column(place, column.name, table.column(place).cast(pa.timestamp("us", "UTC")))
    return table


def _named(cell: CellKey) -> Parameters:
    return {"cascade_id": cell.cascade_id, "cell_name": cell.cell_name}


def _parsed(text: str | None) -> Value:
    value: Value = None if text is None else json.loads(text)
    return value


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _example(row: Mapping[str, Any]) -> Example:
    return Example(
        trace_id=row["trace_id"],
        arguments=json.loads(row["inputs"]),
        answer=_parsed(row["answer"]),
        created_at=_utc(row["decided_at"]),
        confidence=row["confidence"],
        verified=row["verified"],
    )


def _decision(row: Mapping[str, Any]) -> Decision:
    tags = row["tags"]
    return Decision(
        trace_id=row["trace_id"],
        author=row["author"],
        timestamp=_utc(row["timestamp"]),
        batch=row["batch"],
        fields=tuple(row["fields"]),
        trainable=row["trainable"],
        verified=row["verified"],
        confidence=row["confidence"],
        corrected_output=_parsed(row["corrected_output"]),
        notes=row["notes"],
        tags=None if tags is None else tuple(tags),
        reason=row["reason"],
    )


def _row(row: dict[str, Any]) -> ExampleRow:
    parsed = {name: _parsed(row[name]) for name in ("inputs", "answer", "corrected_output")}
    return ExampleRow(**{**row, **parsed, "timestamp": _utc(row["timestamp"]), "tags": tuple(row["tags"])})


def _figures(row: Mapping[str, Any]) -> Figures:
    return Figures(**{name: row[name] for name in Figures.__slots__})
