"""Deciding on every execution that a filter finds, and taking it back, without reading one of them. What it finds, the facts say.

Values travel as parameters, never in the text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rvbbit.errors import UsageError
from rvbbit.logs.clickhouse.conditions import Condition, where
from rvbbit.logs.clickhouse.connection import Connection
from rvbbit.logs.clickhouse.executions import FACTS
from rvbbit.logs.clickhouse.transfer import numbered
from rvbbit.logs.examples import ExampleFilter
from rvbbit.logs.schema import TRAINING_ANNOTATIONS, decision_row
from rvbbit.types import CellKey, Decision

_CELLS = """
SELECT cascade_id, cell_name, min(trace_id) AS first {found}
GROUP BY cascade_id, cell_name ORDER BY cascade_id, cell_name"""

# Written as one block, whatever it takes: all of it is there or none.
_DECIDE = """
INSERT INTO training_annotations (
    trace_id, author, timestamp, batch, fields, trainable, verified, confidence, corrected_output, notes, tags, reason)
SELECT
    trace_id, {{d_author:String}}, {{d_timestamp:DateTime64(6, 'UTC')}}, {{d_batch:String}}, {{d_fields:Array(String)}},
    {{d_trainable:Nullable(Bool)}}, {{d_verified:Nullable(Bool)}}, {{d_confidence:Nullable(Float64)}},
    {{d_corrected_output:Nullable(String)}}, {{d_notes:Nullable(String)}}, {tags}, {{d_reason:Nullable(String)}}
FROM {found}"""

# An execution that nobody decided on has no row to be joined, and no tags.
_TAGGED = """(
    SELECT found.trace_id AS trace_id, state.tags AS held FROM ({found}) AS found
    LEFT ANY JOIN (SELECT trace_id, tags FROM training_state WHERE notEmpty(tags)) AS state ON state.trace_id = found.trace_id
    SETTINGS join_use_nulls = 0
)"""
_RETAGGED = """arrayConcat(
    arrayFilter(tag -> NOT has({remove_tags:Array(String)}, tag), held),
    arrayFilter(tag -> NOT has(held, tag), {add_tags:Array(String)})
)"""

_REACHED = "SELECT trace_id FROM training_annotations WHERE batch = {batch:String} LIMIT {most:UInt64}"

_FIELDS = ("trainable", "verified", "confidence", "corrected_output", "notes", "tags")
_SAYS = "has(fields, 'NAME')"
_STANDS = f"{_SAYS} AND NOT has(off_NAME, batch)"


def _of_each(text: str) -> str:
    """The columns, for every field. A null is a value to go back to, so values travel in tuples."""
    return ", ".join(text.replace("NAME", name).replace("EMPTY", "[]" if name == "tags" else "NULL") for name in _FIELDS)


# Of an execution that is gone there is nothing to take back.
_OF_BATCH = """
SELECT trace_id FROM training_examples_mv
WHERE trace_id IN (SELECT trace_id FROM training_annotations WHERE batch = {undone:String})"""
_FIRST = "SELECT undoes FROM training_annotations WHERE batch = {undone:String} LIMIT 1"

# Of each field, whether the batch has the last word on it, and the value that takes its place. An undo leaves out what was taken back
# already; to undo an undo is to decide again what it took back.
_UNDO = f"""
SELECT
    trace_id,
    {_of_each(f"argMaxIf(batch, seq, {_STANDS}) = {{undone:String}} AS of_NAME")},
    {_of_each(f"argMaxIf(tuple(NAME), seq, batch <> {{undone:String}} AND {_STANDS}).1 AS before_NAME")}
FROM training_annotations LEFT JOIN (
    SELECT trace_id, {_of_each(f"groupArrayIf(ifNull(undoes, ''), {_SAYS}) AS off_NAME")}
    FROM training_annotations WHERE undoes IS NOT NULL AND trace_id IN ({_OF_BATCH}) GROUP BY trace_id
) AS off USING (trace_id)
WHERE undoes IS NULL AND trace_id IN ({_OF_BATCH}) GROUP BY trace_id"""
_REDO = f"""
SELECT
    trace_id,
    {_of_each(f"argMaxIf(batch, seq, {_SAYS}) = {{undone:String}} AS of_NAME")},
    {_of_each(f"argMaxIf(tuple(NAME), seq, batch = {{first:String}} AND {_SAYS}).1 AS before_NAME")}
FROM training_annotations WHERE trace_id IN ({_OF_BATCH}) GROUP BY trace_id"""


def _take_back(held: str) -> str:
    """The insert of what takes the place of what is taken back."""
    return f"""
INSERT INTO training_annotations (trace_id, author, timestamp, batch, reason, undoes, fields, {_of_each("NAME")})
SELECT
    trace_id, {{author:String}}, {{timestamp:DateTime64(6, 'UTC')}}, {{batch:String}}, {{reason:Nullable(String)}},
    {{undoes:Nullable(String)}}, arrayConcat({_of_each("if(of_NAME, ['NAME'], [])")}) AS taken,
    {_of_each("if(of_NAME, before_NAME, EMPTY)")}
FROM ({held}) WHERE notEmpty(taken)"""


def condition(asked: ExampleFilter) -> Condition:
    """Raises UsageError for a filter that names a page: what a bulk decision reaches must not depend on how rows are shown."""
    page = (asked.sort, asked.order, asked.limit, asked.offset, asked.cursor)
    plain = ExampleFilter()
    if page != (plain.sort, plain.order, plain.limit, plain.offset, plain.cursor):
        raise UsageError(
            "a decision by filter reaches everything the filter finds",
            hint="leave out sort, order, limit, offset and cursor, or give trace ids",
        )
    return where(asked)


def cells(connection: Connection, asked: Condition) -> dict[CellKey, str]:
    """Each cell the filter reaches, with one of its executions."""
    rows = connection.rows("look up executions", _CELLS.format(found=FACTS.found(asked)), asked.values, asked.ids)
    return {CellKey(row["cascade_id"], row["cell_name"]): row["first"] for row in rows}


def decide(
    connection: Connection, asked: Condition, decision: Decision, add_tags: Sequence[str] = (), remove_tags: Sequence[str] = ()
) -> int:
    """Append the decision for every execution found, all or none; how many there were."""
    added = list(dict.fromkeys(add_tags))
    change = {"add_tags": added, "remove_tags": [tag for tag in remove_tags if tag not in added]} if added or remove_tags else {}
    if asked.ids is not None:  # so many are in memory already
        return _decide_each(connection, asked, decision, change)
    given = dict(zip(TRAINING_ANNOTATIONS.names, decision_row(0, decision), strict=True))
    values = {f"d_{name}": value for name, value in given.items() if name not in ("seq", "trace_id")}
    values |= {"d_fields": list(decision.fields)} | (change or {"d_tags": list(decision.tags or ())})
    found = f"SELECT trace_id {FACTS.found(asked)}"
    tags, source = (_RETAGGED, _TAGGED.format(found=found)) if change else ("{d_tags:Array(String)}", f"({found})")
    return connection.command("write decisions", _DECIDE.format(tags=tags, found=source), {**asked.values, **values})


def _decide_each(connection: Connection, asked: Condition, decision: Decision, change: Mapping[str, list[str]]) -> int:
    """The same for executions whose ids were given."""
    found = f"SELECT trace_id {FACTS.found(asked)}"
    query = f"SELECT trace_id, {_RETAGGED} AS tags FROM {_TAGGED.format(found=found)}" if change else found
    rows = [
        (0, row["trace_id"], *decision_row(0, replace(decision, tags=tuple(row["tags"])) if change else decision)[2:])
        for row in connection.rows("look up executions", query, {**asked.values, **change}, asked.ids)
    ]
    if rows:
        connection.insert("write decisions", "training_annotations", numbered(TRAINING_ANNOTATIONS, rows))
    return len(rows)


def take_back(connection: Connection, batch: str, decision: Decision) -> int | None:
    """Append, for every execution that the batch still holds something of, what held before; how many. None: no such batch."""
    doing, undone = "write decisions", {"undone": batch}
    if not connection.rows(doing, f"{_OF_BATCH} LIMIT 1", undone):
        return None
    first = connection.rows(doing, _FIRST, undone)[0]["undoes"]
    given = {name: getattr(decision, name) for name in ("author", "timestamp", "batch", "reason")}
    if first is None:
        return connection.command(doing, _take_back(_UNDO), undone | given | {"undoes": batch})
    return connection.command(doing, _take_back(_REDO), undone | given | {"undoes": None, "first": first})


def reached(connection: Connection, batch: str, most: int) -> list[str]:
    """The executions that a batch decided on, at most so many."""
    return [row["trace_id"] for row in connection.rows("read decisions", _REACHED, {"batch": batch, "most": most})]
