"""How records become rows: the Arrow schema of each table, and one function a record. It knows no database, so every store shares it.

Column names are those of `docs/log.md`. JSON columns travel as text; timestamps are UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

import pyarrow as pa

from rvbbit.jsontext import to_json
from rvbbit.result import QueryUsage
from rvbbit.types import CallRecord, Decision, Score

Row: TypeAlias = tuple[Any, ...]
"""One value a column, in the schema's order."""

_TEXT = pa.string()
_TIME = pa.timestamp("us", "UTC")
_TEXTS = pa.list_(pa.string())

UNIFIED_LOGS = pa.schema(
    [
        ("trace_id", _TEXT),
        ("session_id", _TEXT),
        ("caller_id", _TEXT),
        ("query_id", _TEXT),
        ("timestamp", _TIME),
        ("source", _TEXT),
        ("cascade_id", _TEXT),
        ("cell_name", _TEXT),
        ("kind", _TEXT),
        ("cascade_fingerprint", _TEXT),
        ("cell_fingerprint", _TEXT),
        ("model", _TEXT),
        ("arguments", _TEXT),
        ("request", _TEXT),
        ("response", _TEXT),
        ("answer", _TEXT),
        ("cache_key", _TEXT),
        ("probability", pa.float64()),
        ("finish_reason", _TEXT),
        ("attempt", pa.int32()),
        ("take", pa.int32()),
        ("tokens_in", pa.int64()),
        ("tokens_out", pa.int64()),
        ("tokens_cached", pa.int64()),
        ("cost", pa.float64()),
        ("duration_ms", pa.float64()),
        ("cached", pa.bool_()),
        ("set_version", _TEXT),
        ("example_ids", _TEXTS),
        ("error", _TEXT),
        ("error_code", _TEXT),
        ("tokens_cached_expected", pa.int64()),
        ("run_id", _TEXT),
    ]
)

TRAINING_ANNOTATIONS = pa.schema(
    [
        ("seq", pa.int64()),
        ("trace_id", _TEXT),
        ("author", _TEXT),
        ("timestamp", _TIME),
        ("batch", _TEXT),
        ("fields", _TEXTS),
        ("trainable", pa.bool_()),
        ("verified", pa.bool_()),
        ("confidence", pa.float64()),
        ("corrected_output", _TEXT),
        ("notes", _TEXT),
        ("tags", _TEXTS),
        ("reason", _TEXT),
        ("undoes", _TEXT),
    ]
)

SCORES = pa.schema(
    [
        ("seq", pa.int64()),
        ("trace_id", _TEXT),
        ("scorer", _TEXT),
        ("scorer_version", _TEXT),
        ("value", pa.float64()),
        ("reason", _TEXT),
        ("calibrated", pa.bool_()),
        ("timestamp", _TIME),
        ("cost", pa.float64()),
    ]
)

QUERY_LOG = pa.schema(
    [
        ("query_id", _TEXT),
        ("session_id", _TEXT),
        ("timestamp", _TIME),
        ("sql", _TEXT),
        ("rows", pa.int64()),
        ("calls", pa.int64()),
        ("cached", pa.int64()),
        ("tokens_in", pa.int64()),
        ("tokens_out", pa.int64()),
        ("tokens_cached", pa.int64()),
        ("cost", pa.float64()),
        ("duration_ms", pa.float64()),
        ("error", _TEXT),
        ("error_code", _TEXT),
    ]
)


@dataclass(frozen=True, slots=True)
class QueryRecord:
    """One row of `query_log`: one statement. `rows` is None where it failed."""

    query_id: str
    session_id: str
    timestamp: datetime
    sql: str
    rows: int | None = None
    usage: QueryUsage = field(default_factory=QueryUsage)
    error: str | None = None
    error_code: str | None = None


def call_row(record: CallRecord) -> Row:
    """A call as a row of `unified_logs`. An answer of None is JSON's null, and no answer at all where the call failed."""
    usage = record.usage
    return (
        record.trace_id,
        record.session_id,
        record.caller_id,
        record.query_id,
        record.timestamp,
        record.source,
        record.cascade_id,
        record.cell_name,
        record.kind,
        record.cascade_fingerprint,
        record.cell_fingerprint,
        record.model,
        to_json(record.arguments),
        None if record.request is None else to_json(record.request),
        None if record.response is None else to_json(record.response),
        None if record.error is not None else to_json(record.answer),
        record.cache_key,
        record.probability,
        record.finish_reason,
        record.attempt,
        record.take,
        usage.tokens_in,
        usage.tokens_out,
        usage.tokens_cached,
        usage.cost_usd,
        record.duration * 1000,
        record.cached,
        record.set_version,
        record.example_ids,
        record.error,
        record.error_code,
        record.tokens_cached_expected,
        record.run_id,
    )


def decision_row(seq: int, decision: Decision) -> Row:
    """A decision as a row of `training_annotations`. A correction of None takes the correction back."""
    correction = None if decision.corrected_output is None else to_json(decision.corrected_output)
    return (
        seq,
        decision.trace_id,
        decision.author,
        decision.timestamp,
        decision.batch,
        decision.fields,
        decision.trainable,
        decision.verified,
        decision.confidence,
        correction,
        decision.notes,
        decision.tags,
        decision.reason,
        decision.undoes,
    )


def score_row(seq: int, score: Score) -> Row:
    """A score as a row of `scores`."""
    return (
        seq,
        score.trace_id,
        score.scorer,
        score.version,
        score.value,
        score.reason,
        score.calibrated,
        score.timestamp,
        score.cost_usd,
    )


def query_row(record: QueryRecord) -> Row:
    """A statement as a row of `query_log`."""
    usage = record.usage
    return (
        record.query_id,
        record.session_id,
        record.timestamp,
        record.sql,
        record.rows,
        usage.calls,
        usage.cached,
        usage.tokens_in,
        usage.tokens_out,
        usage.tokens_cached,
        usage.cost_usd,
        usage.seconds * 1000,
        record.error,
        record.error_code,
    )


def to_table(schema: pa.Schema, rows: Sequence[Row]) -> pa.Table:
    """Rows as an Arrow table. *Raises* pyarrow.ArrowException where a value does not fit its column."""
    columns: Iterable[Sequence[Any]] = zip(*rows, strict=True) if rows else ([] for _ in schema)
    return pa.Table.from_arrays([_array(column, kind.type) for column, kind in zip(columns, schema, strict=True)], schema=schema)


def _array(column: Sequence[Any], kind: pa.DataType) -> pa.Array:
    try:
        return pa.array(column, kind)
    except UnicodeEncodeError:
        return pa.array([readable(value) for value in column], kind)


def readable(value: Any) -> Any:
    """Text as UTF-8 can hold it: half a surrogate pair (a model's cut-off emoji) becomes the replacement character. All else as it is."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, tuple):
        return tuple(readable(inner) for inner in value)
    return value
