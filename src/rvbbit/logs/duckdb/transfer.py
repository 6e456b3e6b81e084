"""Many executions into the store at once and out of it as a stream, with what was decided and scored. It knows no file format.

What comes in twice is there once. It never changes what holds here: decisions on an execution are left out where a newer one is here, and
so are scores.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from rvbbit.logs.duckdb.conditions import Parameters, after, order_by, where, window
from rvbbit.logs.examples import ExampleFilter
from rvbbit.logs.schema import SCORES, TRAINING_ANNOTATIONS, UNIFIED_LOGS, call_row, decision_row, score_row, to_table
from rvbbit.types import CallRecord, Decision, Score

_CALLS = """
INSERT INTO rvbbit.main.unified_logs BY NAME
SELECT given.* FROM given_calls AS given ANTI JOIN rvbbit.main.unified_logs AS known ON known.trace_id = given.trace_id
RETURNING trace_id"""

_DECISIONS = """
INSERT INTO rvbbit.main.training_annotations BY NAME
SELECT
    (SELECT coalesce(max(seq), 0) FROM rvbbit.main.training_annotations) + row_number() OVER (ORDER BY given.seq) AS seq,
    given.* EXCLUDE (seq)
FROM given_decisions AS given
LEFT JOIN (
    SELECT trace_id, max(timestamp) AS newest, list(DISTINCT batch) AS batches FROM rvbbit.main.training_annotations
    WHERE trace_id IN (SELECT trace_id FROM given_decisions) GROUP BY trace_id
) AS known ON known.trace_id = given.trace_id
WHERE known.trace_id IS NULL OR (given.timestamp > known.newest AND NOT list_contains(known.batches, given.batch))
RETURNING trace_id"""

_SCORES = """
INSERT INTO rvbbit.main.scores BY NAME
SELECT
    (SELECT coalesce(max(seq), 0) FROM rvbbit.main.scores) + row_number() OVER (ORDER BY given.seq) AS seq,
    given.* EXCLUDE (seq)
FROM given_scores AS given
LEFT JOIN (
    SELECT trace_id, scorer, max(timestamp) AS newest FROM rvbbit.main.scores
    WHERE trace_id IN (SELECT trace_id FROM given_scores) GROUP BY trace_id, scorer
) AS known ON known.trace_id = given.trace_id AND known.scorer = given.scorer
WHERE known.trace_id IS NULL OR given.timestamp > known.newest
RETURNING trace_id"""

_MOMENT = (
    "strftime(make_timestamp(epoch_us(timestamp)), '%Y-%m-%dT%H:%M:%S.%f+00:00')"  # DuckDB's zone may have a name Python does not know
)

# The log is scanned once, in its own order; only ids and decisions are held beside it.
_OUT = """
SELECT
    log.* EXCLUDE (cache_key, error, error_code, tokens_cached_expected),
    found.* EXCLUDE (trace_id),
    decided.decisions,
    scored.scores
FROM rvbbit.main.unified_logs AS log
JOIN (
    SELECT trace_id, trainable, verified, confidence, corrected_output, notes, coalesce(tags::VARCHAR[], []) AS tags
    FROM rvbbit.main.executions WHERE {condition} {page}
) AS found ON found.trace_id = log.trace_id
LEFT JOIN (
    SELECT trace_id, list({{
        author: author, timestamp: {moment}, batch: batch, fields: fields, trainable: trainable, verified: verified,
        confidence: confidence, corrected_output: corrected_output, notes: notes, tags: tags, reason: reason, undoes: undoes
    }} ORDER BY seq) AS decisions
    FROM rvbbit.main.training_annotations GROUP BY trace_id
) AS decided ON decided.trace_id = log.trace_id
LEFT JOIN (
    SELECT trace_id, list({{
        scorer: scorer, scorer_version: scorer_version, value: value, reason: reason, calibrated: calibrated,
        timestamp: {moment}, cost: cost
    }} ORDER BY scorer) AS scores
    FROM rvbbit.main.current_scores GROUP BY trace_id
) AS scored ON scored.trace_id = log.trace_id"""


def take_in(
    cursor: duckdb.DuckDBPyConnection, records: Sequence[CallRecord], decisions: Sequence[Decision], scores: Sequence[Score]
) -> tuple[pa.Table, list[str], list[str]]:
    """Append what is not there yet, in the caller's transaction: the new calls, and the executions of new decisions and scores."""
    calls = to_table(UNIFIED_LOGS, [call_row(record) for record in {record.trace_id: record for record in records}.values()])
    cursor.register("given_calls", calls)
    cursor.register("given_decisions", to_table(TRAINING_ANNOTATIONS, [decision_row(*pair) for pair in enumerate(decisions)]))
    cursor.register("given_scores", to_table(SCORES, [score_row(*pair) for pair in enumerate(scores)]))
    added, decided, scored = ([row[0] for row in cursor.execute(one).fetchall()] for one in (_CALLS, _DECISIONS, _SCORES))
    return calls.filter(pc.is_in(calls.column("trace_id"), pa.array(added, pa.string()))), decided, scored


def stream(cursor: duckdb.DuckDBPyConnection, asked: ExampleFilter, rows: int) -> Iterator[pa.Table]:
    """Everything a filter finds, some rows at a time, in the log's own order. Raises UsageError for an unusable page."""
    condition, values = where(asked)
    behind, more = after(asked)
    page = "" if asked.limit is None and not asked.offset else f"ORDER BY {order_by(asked)} {window(asked.limit, asked.offset)}"
    query = _OUT.format(condition=f"{condition} AND {behind}", page=page, moment=_MOMENT)
    yield from _batches(cursor, query, {**values, **more}, rows)


def _batches(cursor: duckdb.DuckDBPyConnection, query: str, values: Parameters, rows: int) -> Iterator[pa.Table]:
    for batch in cursor.sql(query, params=values or None).to_arrow_reader(rows):
        yield pa.Table.from_batches([batch])
