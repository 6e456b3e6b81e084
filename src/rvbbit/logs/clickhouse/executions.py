"""The narrow row that lists, filters and figures read of each execution that can teach, and where such rows are found. It runs nothing.

They are worked out from the facts, or taken from an edition (`editions`) with what changed since beside it. Either way a row says the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from rvbbit.logs.clickhouse.conditions import CRITERION, Condition, brief
from rvbbit.logs.clickhouse.connection import Beside
from rvbbit.logs.clickhouse.tables import TEACHES

_TEXT = pa.string()
SCHEMA = pa.schema(
    [
        ("trace_id", _TEXT),
        ("session_id", _TEXT),
        ("caller_id", _TEXT),
        ("query_id", _TEXT),
        ("timestamp", pa.timestamp("us", "UTC")),
        ("source", _TEXT),
        ("cascade_id", _TEXT),
        ("cell_name", _TEXT),
        ("model", _TEXT),
        ("cost", pa.float64()),
        ("tokens_in", pa.int64()),
        ("tokens_out", pa.int64()),
        ("duration_ms", pa.float64()),
        ("criterion", _TEXT),
        ("label", _TEXT),
        ("trainable", pa.bool_()),
        ("verified", pa.bool_()),
        ("corrected", pa.bool_()),
        ("confidence", pa.float64()),
        ("calibrated", pa.bool_()),
        ("tags", pa.list_(_TEXT)),
    ]
)
"""A narrow row as it travels. `label` is the answer that holds, as JSON, `conditions.brief`."""

COLUMNS = ", ".join(SCHEMA.names)
_TYPES = """trace_id String, session_id String, caller_id Nullable(String), query_id Nullable(String), timestamp DateTime64(6, 'UTC'),
    source LowCardinality(String), cascade_id LowCardinality(String), cell_name LowCardinality(String), model LowCardinality(String),
    cost Nullable(Float64), tokens_in Int64, tokens_out Int64, duration_ms Float64, criterion Nullable(String), label String,
    trainable Bool, verified Bool, corrected Bool, confidence Nullable(Float64), calibrated Nullable(Bool), tags Array(String)"""
_OF_CALL = COLUMNS.partition(", criterion")[0]

_MADE = f"""(
    SELECT
        {", ".join(f"example.{name} AS {name}" for name in _OF_CALL.split(", "))}, example.criterion AS criterion,
        {brief("ifNull(state.corrected_output, example.answered)")} AS label,
        state.trainable AS trainable, state.verified AS verified, state.corrected_output IS NOT NULL AS corrected,
        ifNull(state.confidence, score.value) AS confidence,
        if(state.confidence IS NULL AND score.value IS NOT NULL, score.calibrated, NULL) AS calibrated,
        state.tags AS tags, example.landed AS landed
    FROM (
        SELECT {_OF_CALL}, arguments AS inputs, {CRITERION} AS criterion, ifNull(answer, 'null') AS answered, landed
        FROM unified_logs WHERE {TEACHES} AND {{calls}}
    ) AS example
    LEFT ANY JOIN (SELECT * FROM training_state WHERE {{facts}}) AS state ON state.trace_id = example.trace_id
    LEFT ANY JOIN (
        SELECT trace_id, argMax(tuple(value), seq).1 AS value, argMax(scores.calibrated, seq) AS calibrated
        FROM scores WHERE scorer = 'confidence' AND {{facts}} GROUP BY trace_id
    ) AS score ON score.trace_id = example.trace_id
    SETTINGS join_use_nulls = 0
)"""
OF_GIVEN = "trace_id IN (SELECT id FROM given)"
_TEXTS = f"(SELECT *, {CRITERION} AS criterion FROM training_examples_mv)"


def made(calls: str = "true", facts: str = "true") -> str:
    """Narrow rows, worked out of the facts of the calls that a condition names; `facts` may name the same executions to other tables."""
    return _MADE.format(calls=calls, facts=facts)


MADE_OF_GIVEN = made(OF_GIVEN, OF_GIVEN)
"""Those of the executions that table `given` names."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where narrow rows are: text for FROM. `plain` need not have what was decided and scored; `fresh` is a table that the text names."""

    plain: str
    held: str
    fresh: Beside | None = None

    def found(self, asked: Condition, *, held: bool = False) -> str:
        """FROM … WHERE …: everything a filter finds, to which more may be joined by AND. `held`: with what was decided and scored."""
        parts, source = [asked.text], self.held if held or asked.held else self.plain
        if asked.inside and held:
            parts += [asked.held] if asked.held else []
            parts.append(f"trace_id IN (SELECT trace_id FROM {_TEXTS} WHERE {asked.text} AND {asked.inside})")
        elif asked.inside:
            source = _TEXTS
            parts.append(asked.inside)
            parts += [f"trace_id IN (SELECT trace_id FROM {self.held} WHERE {asked.text} AND {asked.held})"] if asked.held else []
        elif asked.held:
            parts.append(asked.held)
        return f"FROM {source} WHERE {' AND '.join(parts)}"


FACTS = Source(_TEXTS, made())
"""The facts themselves: what they say is never behind."""


def of_edition(number: int, fresh: pa.Table, replaces: bool) -> Source:
    """An edition and the rows that changed since it was made, where there are any; `replaces`: it has rows of some of them."""
    if not fresh.num_rows:
        text = f"(SELECT {COLUMNS} FROM kept_executions WHERE edition = {number})"
        return Source(text, text)
    others = " AND trace_id NOT IN (SELECT trace_id FROM fresh)" if replaces else ""
    text = f"(SELECT {COLUMNS} FROM kept_executions WHERE edition = {number}{others} UNION ALL SELECT {COLUMNS} FROM fresh)"
    return Source(text, text, Beside.of("fresh", _TYPES, fresh))
