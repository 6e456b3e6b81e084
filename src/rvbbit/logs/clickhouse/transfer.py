"""Many executions into the ClickHouse store at once and out of it as a stream, with what was decided and scored. It knows no file format.

What comes in twice is there once, also where two servers take in the same at the same moment: what both added, both see afterwards, and
both keep the row that landed first. It never changes what holds here: decisions on an execution are left out where a newer one is here,
and so are scores.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from rvbbit.logs.clickhouse.conditions import after, order_by, where, window
from rvbbit.logs.clickhouse.connection import Connection
from rvbbit.logs.clickhouse.executions import Source
from rvbbit.logs.examples import ExampleFilter
from rvbbit.logs.schema import SCORES, TRAINING_ANNOTATIONS, UNIFIED_LOGS, Row, call_row, decision_row, score_row, to_table
from rvbbit.logs.values import utc
from rvbbit.types import CallRecord, Decision, Score

_DOING = "write what is imported"
_KNOWN_CALLS = "SELECT DISTINCT trace_id FROM unified_logs WHERE trace_id IN (SELECT id FROM given)"
_KNOWN_DECISIONS = """
SELECT trace_id, max(training_annotations.timestamp) AS newest, groupUniqArray(batch) AS batches FROM training_annotations
WHERE trace_id IN (SELECT id FROM given) GROUP BY trace_id"""
_KNOWN_SCORES = """
SELECT trace_id, scorer, max(scores.timestamp) AS newest FROM scores
WHERE trace_id IN (SELECT id FROM given) GROUP BY trace_id, scorer"""
_TWICE = """
SELECT trace_id, toString(arrayJoin(arraySlice(arraySort(groupArray(landed)), 2))) AS landed FROM unified_logs
WHERE trace_id IN (SELECT id FROM given) GROUP BY trace_id HAVING count() > 1"""
_LEAVE_ONE = "DELETE FROM unified_logs WHERE trace_id IN {ids:Array(String)} AND toString(landed) IN {landed:Array(String)}"
_AT_ONCE = 500

_OUT = """
SELECT
    * EXCEPT (cache_key, error, error_code, tokens_cached_expected)
FROM unified_logs
WHERE timestamp BETWEEN {first:DateTime64(6, 'UTC')} AND {last:DateTime64(6, 'UTC')} AND trace_id IN (SELECT id FROM given)"""
_STATES = """
SELECT trace_id, trainable, verified, confidence, corrected_output, notes, tags FROM training_state
WHERE trace_id IN (SELECT id FROM given)"""
_DECISIONS = "SELECT * FROM training_annotations WHERE trace_id IN (SELECT id FROM given) ORDER BY trace_id, seq"
_SCORES = "SELECT * FROM current_scores WHERE trace_id IN (SELECT id FROM given) ORDER BY trace_id, scorer"
_UNDECIDED: dict[str, Any] = {
    "trainable": False,
    "verified": False,
    "confidence": None,
    "corrected_output": None,
    "notes": None,
    "tags": [],
}


def take_in(
    connection: Connection, records: Sequence[CallRecord], decisions: Sequence[Decision], scores: Sequence[Score]
) -> tuple[list[str], list[str], list[str]]:
    """Append what is not there yet: the executions of the calls, decisions and scores, in this order, each all or none. Safe to repeat."""
    return _take_calls(connection, records), _take_decisions(connection, decisions), _take_scores(connection, scores)


def decided(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of `training_annotations`: a list cannot be NULL in ClickHouse, and no tags are an empty one."""
    return {**row, "tags": row["tags"] or None}


def stream(connection: Connection, source: Source, asked: ExampleFilter, rows: int) -> Iterator[list[dict[str, Any]]]:
    """Everything a filter finds, `rows` at a time, oldest first; the ids alone are held. Raises UsageError for an unusable page."""
    condition, behind = where(asked), after(asked)
    plain = asked.limit is None and not asked.offset
    order = "timestamp, trace_id" if plain else f"{order_by(asked)} {window(asked.limit, asked.offset)}"
    query = f"SELECT trace_id, timestamp {source.found(condition, held=asked.sort == 'confidence')} AND {behind.text} ORDER BY {order}"
    found = connection.read("read executions", query, {**condition.values, **behind.values}, condition.ids, source.fresh)
    for start in range(0, found.num_rows, rows):
        part = found.slice(start, rows)
        yield _whole(connection, part["trace_id"].to_pylist(), part["timestamp"].to_pylist())


def _take_calls(connection: Connection, records: Sequence[CallRecord]) -> list[str]:
    given = {record.trace_id: record for record in reversed(records)}
    if not given:
        return []
    ids = list(given)
    known = {row["trace_id"] for row in connection.rows(_DOING, _KNOWN_CALLS, {}, ids)}
    new = [call_row(record) for record in records if record.trace_id not in known and given.pop(record.trace_id, None) is not None]
    if new:
        connection.insert(_DOING, "unified_logs", to_table(UNIFIED_LOGS, new))
    again = connection.rows(_DOING, _TWICE, {}, ids)
    for start in range(0, len(again), _AT_ONCE):
        part = again[start : start + _AT_ONCE]
        values = {"ids": [row["trace_id"] for row in part], "landed": [row["landed"] for row in part]}
        connection.command(_DOING, _LEAVE_ONE, values)
    return [row[0] for row in new]


def _take_decisions(connection: Connection, decisions: Sequence[Decision]) -> list[str]:
    if not decisions:
        return []
    ids = list(dict.fromkeys(decision.trace_id for decision in decisions))
    known = {row["trace_id"]: row for row in connection.rows(_DOING, _KNOWN_DECISIONS, {}, ids)}
    new = [
        decision
        for decision in decisions
        if (row := known.get(decision.trace_id)) is None
        or (decision.timestamp > utc(row["newest"]) and decision.batch not in row["batches"])
    ]
    if new:
        connection.insert(_DOING, "training_annotations", numbered(TRAINING_ANNOTATIONS, [decision_row(0, one) for one in new]))
    return [decision.trace_id for decision in new]


def _take_scores(connection: Connection, scores: Sequence[Score]) -> list[str]:
    if not scores:
        return []
    ids = list(dict.fromkeys(score.trace_id for score in scores))
    known = {(row["trace_id"], row["scorer"]): utc(row["newest"]) for row in connection.rows(_DOING, _KNOWN_SCORES, {}, ids)}
    new = [one for one in scores if (newest := known.get((one.trace_id, one.scorer))) is None or one.timestamp > newest]
    if new:
        connection.insert(_DOING, "scores", numbered(SCORES, [score_row(0, one) for one in new]))
    return [score.trace_id for score in new]


def numbered(schema: pa.Schema, rows: Sequence[Row]) -> pa.Table:
    """Rows without their `seq`: the server gives it as they land."""
    return to_table(schema, rows).drop_columns(["seq"])


def _whole(connection: Connection, ids: list[str], times: Sequence[Any]) -> list[dict[str, Any]]:
    doing = "read executions"
    states = {row.pop("trace_id"): row for row in connection.rows(doing, _STATES, {}, ids)}
    decisions = _grouped(decided(row) for row in connection.rows(doing, _DECISIONS, {}, ids))
    scores = _grouped(connection.rows(doing, _SCORES, {}, ids))
    rows = {row["trace_id"]: row for row in connection.rows(doing, _OUT, {"first": min(times), "last": max(times)}, ids)}
    for trace_id, row in rows.items():
        row |= states.get(trace_id, _UNDECIDED)
        row["decisions"], row["scores"] = decisions.get(trace_id), scores.get(trace_id)
        if row["confidence"] is None:
            row["confidence"] = next((one["value"] for one in row["scores"] or () if one["scorer"] == "confidence"), None)
    return [rows[trace_id] for trace_id in ids if trace_id in rows]


def _grouped(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Facts of each execution, without its id and number, their times as text."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        values = {name: value for name, value in row.items() if name not in ("trace_id", "seq")}
        values["timestamp"] = utc(row["timestamp"]).strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")
        found.setdefault(row["trace_id"], []).append(values)
    return found
