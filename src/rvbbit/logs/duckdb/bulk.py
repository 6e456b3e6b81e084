"""Deciding on every execution that a filter finds, and taking it back, without reading one of them.

Values travel as parameters, never in the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

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
    given.* EXCLUDE (seq, trace_id, tags),
    {tags} AS tags
FROM (SELECT trace_id, coalesce(tags::VARCHAR[], []) AS tags {source} WHERE {condition}) AS found, given"""
_KEPT = "list_filter(found.tags, lambda tag: NOT list_contains($remove_tags, tag))"
_RETAGGED = f"list_concat({_KEPT}, list_filter($add_tags, lambda tag: NOT list_contains({_KEPT}, tag)))"

_FIELDS = ("trainable", "verified", "confidence", "corrected_output", "notes", "tags")
_SAYS = "list_contains(fields, 'NAME')"
_STANDS = f"{_SAYS} AND NOT coalesce(list_contains(off_NAME, batch), false)"


def _of_each(text: str) -> str:
    """The columns, for every field."""
    return ", ".join(text.replace("NAME", name) for name in _FIELDS)


# Of each field, whether the batch has the last word on it, and the value that takes its place. An undo leaves out what was taken back
# already; to undo an undo is to decide again what it took back.
_UNDO = f"""
SELECT
    trace_id,
    {_of_each(f"arg_max(batch, seq) FILTER ({_STANDS}) = $batch AS of_NAME")},
    {_of_each(f"arg_max_null(NAME, seq) FILTER (batch <> $batch AND {_STANDS}) AS NAME")}
FROM rvbbit.main.training_annotations LEFT JOIN (
    SELECT trace_id AS undone, {_of_each(f"list(undoes) FILTER ({_SAYS}) AS off_NAME")}
    FROM rvbbit.main.training_annotations WHERE undoes IS NOT NULL AND trace_id IN ({{reached}}) GROUP BY trace_id
) ON undone = trace_id
WHERE undoes IS NULL AND trace_id IN ({{reached}}) GROUP BY trace_id"""
_REDO = f"""
SELECT
    trace_id,
    {_of_each(f"arg_max(batch, seq) FILTER ({_SAYS}) = $batch AS of_NAME")},
    {_of_each(f"arg_max_null(NAME, seq) FILTER (batch = $undone AND {_SAYS}) AS NAME")}
FROM rvbbit.main.training_annotations WHERE trace_id IN ({{reached}}) GROUP BY trace_id"""

# Executions that are gone have nothing to take back.
_TAKE_BACK = f"""
INSERT INTO rvbbit.main.training_annotations BY NAME
SELECT
    (SELECT coalesce(max(seq), 0) FROM rvbbit.main.training_annotations) + row_number() OVER (ORDER BY held.trace_id) AS seq,
    held.trace_id, given.author, given.timestamp, given.batch, given.reason, given.undoes, held.fields,
    {_of_each("CASE WHEN of_NAME THEN held.NAME END AS NAME")}
FROM (
    SELECT *, list_concat({_of_each("CASE WHEN of_NAME THEN ['NAME'] ELSE [] END")}) AS fields FROM ({{held}})
) AS held, given
WHERE len(held.fields) > 0"""
_REACHED = f"""
SELECT trace_id, undoes FROM rvbbit.main.training_annotations WHERE batch = $batch AND trace_id IN (SELECT trace_id {_SOURCE})"""


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


def decide(
    cursor: duckdb.DuckDBPyConnection, asked: Condition, decision: Decision, add_tags: Sequence[str] = (), remove_tags: Sequence[str] = ()
) -> int:
    """Append the decision for every execution found, in one commit; how many there were. One caller at a time."""
    cursor.register("given", to_table(TRAINING_ANNOTATIONS, [decision_row(0, decision)]))
    values, tags = asked.values, "given.tags"
    if add_tags or remove_tags:
        tags, added = _RETAGGED, list(dict.fromkeys(add_tags))
        values = {**values, **bound({"add_tags": added, "remove_tags": [tag for tag in remove_tags if tag not in added]})}
    text = _DECIDE.format(source=_SOURCE, condition=asked.text, tags=tags)
    return int(cursor.execute(text, values or None).fetchall()[0][0])


def take_back(cursor: duckdb.DuckDBPyConnection, batch: str, decision: Decision) -> int | None:
    """Append, for every execution that the batch still holds something of, what held before; how many. None: no such batch."""
    asked = bound({"batch": batch})
    known = cursor.execute(f"{_REACHED} LIMIT 1", asked).fetchall()
    if not known:
        return None
    undone = known[0][1]
    made = replace(decision, undoes=batch if undone is None else None)
    cursor.register("given", to_table(TRAINING_ANNOTATIONS, [decision_row(0, made)]))
    held = (_UNDO if undone is None else _REDO).format(reached=f"SELECT trace_id FROM ({_REACHED})")
    values = asked if undone is None else {**asked, **bound({"undone": undone})}
    return int(cursor.execute(_TAKE_BACK.format(held=held), values).fetchall()[0][0])


def reached(cursor: duckdb.DuckDBPyConnection, batch: str, most: int) -> list[str]:
    """The executions that a batch decided on, at most so many."""
    rows = cursor.execute("SELECT trace_id FROM rvbbit.main.training_annotations WHERE batch = ? LIMIT ?", [batch, most]).fetchall()
    return [trace_id for (trace_id,) in rows]
