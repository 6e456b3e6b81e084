"""Deciding on every execution that a filter finds, and taking it back, without reading one of them.

Values travel as parameters, never in the text.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from rvbbit.errors import UsageError
from rvbbit.logs.duckdb.conditions import Parameters, bound, where
from rvbbit.logs.examples import ExampleFilter
from rvbbit.logs.schema import TRAINING_ANNOTATIONS, decision_row, to_table
from rvbbit.types import CellKey, Decision

_SOURCE = "FROM rvbbit.main.executions"
_CELLS = "SELECT cascade_id, cell_name, min(trace_id) {source} WHERE {condition} GROUP BY ALL ORDER BY ALL"

# One row of `given` says what is decided; every execution found gets a copy of it under its own id and a number of its own.
_DECIDE = """
INSERT INTO rvbbit.main.training_annotations BY NAME
SELECT
    (SELECT coalesce(max(seq), 0) FROM rvbbit.main.training_annotations) + row_number() OVER (ORDER BY found.trace_id) AS seq,
    found.trace_id,
    given.* EXCLUDE (seq, trace_id)
FROM (SELECT trace_id {source} WHERE {condition}) AS found, given"""

_FIELDS = ("trainable", "verified", "confidence", "corrected_output", "notes", "tags")
_LAST = "arg_max(batch, seq) FILTER (WHERE list_contains(fields, '{name}')) = $batch AS of_{name}"
_BEFORE = "arg_max_null({name}, seq) FILTER (WHERE batch <> $batch AND list_contains(fields, '{name}')) AS {name}"

# Of each field that the batch has the last word on, what held before it; executions that are gone have nothing to take back.
_TAKE_BACK = f"""
INSERT INTO rvbbit.main.training_annotations BY NAME
SELECT
    (SELECT coalesce(max(seq), 0) FROM rvbbit.main.training_annotations) + row_number() OVER (ORDER BY undone.trace_id) AS seq,
    undone.trace_id, given.author, given.timestamp, given.batch, given.reason, undone.fields,
    {", ".join(f"CASE WHEN of_{name} THEN undone.{name} END AS {name}" for name in _FIELDS)}
FROM (
    SELECT *, list_concat({", ".join(f"CASE WHEN of_{name} THEN ['{name}'] ELSE [] END" for name in _FIELDS)}) AS fields
    FROM (
        SELECT trace_id, {", ".join(f"{_LAST}, {_BEFORE}".format(name=name) for name in _FIELDS)}
        FROM rvbbit.main.training_annotations WHERE trace_id IN ({{reached}}) GROUP BY trace_id
    )
) AS undone, given
WHERE len(undone.fields) > 0"""
_REACHED = f"""
SELECT trace_id FROM rvbbit.main.training_annotations WHERE batch = $batch AND trace_id IN (SELECT trace_id {_SOURCE})"""


@dataclass(frozen=True, slots=True)
class Condition:
    """A filter as SQL: a page of a listing is no part of what is decided on."""

    text: str
    values: Parameters


def condition(asked: ExampleFilter) -> Condition:
    """Raises UsageError for a filter that names a page: what a bulk decision reaches must not depend on how rows are shown."""
    page = (asked.sort, asked.order, asked.limit, asked.offset, asked.cursor)
    plain = ExampleFilter()
    if page != (plain.sort, plain.order, plain.limit, plain.offset, plain.cursor):
        raise UsageError(
            "a decision by filter reaches everything the filter finds",
            hint="leave out sort, order, limit, offset and cursor, or give trace ids",
        )
    return Condition(*where(asked))


def cells(cursor: duckdb.DuckDBPyConnection, asked: Condition) -> dict[CellKey, str]:
    """Each cell the filter reaches, with one of its executions."""
    rows = cursor.execute(_CELLS.format(source=_SOURCE, condition=asked.text), asked.values or None).fetchall()
    return {CellKey(cascade_id, cell_name): trace_id for cascade_id, cell_name, trace_id in rows}


def decide(cursor: duckdb.DuckDBPyConnection, asked: Condition, decision: Decision) -> int:
    """Append the decision for every execution found, in one commit; how many there were. One caller at a time."""
    cursor.register("given", to_table(TRAINING_ANNOTATIONS, [decision_row(0, decision)]))
    text = _DECIDE.format(source=_SOURCE, condition=asked.text)
    return int(cursor.execute(text, asked.values or None).fetchall()[0][0])


def take_back(cursor: duckdb.DuckDBPyConnection, batch: str, decision: Decision) -> int | None:
    """Append, for every execution that the batch still holds something of, what held before; how many. None: no such batch."""
    asked = bound({"batch": batch})
    if not cursor.execute(f"{_REACHED} LIMIT 1", asked).fetchall():
        return None
    cursor.register("given", to_table(TRAINING_ANNOTATIONS, [decision_row(0, decision)]))
    return int(cursor.execute(_TAKE_BACK.format(reached=_REACHED), asked).fetchall()[0][0])


def reached(cursor: duckdb.DuckDBPyConnection, batch: str, most: int) -> list[str]:
    """The executions that a batch decided on, at most so many."""
    rows = cursor.execute("SELECT trace_id FROM rvbbit.main.training_annotations WHERE batch = ? LIMIT ?", [batch, most]).fetchall()
    return [trace_id for (trace_id,) in rows]
