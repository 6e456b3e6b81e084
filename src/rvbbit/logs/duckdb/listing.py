"""Executions as lists show them: a page, its figures and the values it can be filtered by. It writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rvbbit.logs import cursor, values
from rvbbit.logs.duckdb.conditions import Parameters, after, kind, order_by, where, window
from rvbbit.logs.duckdb.connection import Connection
from rvbbit.logs.duckdb.projection import USER_INPUT
from rvbbit.logs.examples import ExampleFilter, ExampleRow, Page, Stats
from rvbbit.logs.history import Facets
from rvbbit.types import CellKey

_SOURCE = "FROM rvbbit.main.executions"
_HELD = """trace_id, session_id, caller_id, timestamp, cascade_id, cell_name, model, trainable, verified, confidence, calibrated,
    corrected_output, notes, coalesce(tags::VARCHAR[], []) AS tags, cost, tokens_in, tokens_out, duration_ms"""

# The page's rows are found first: reading every column of all only to show a hundred takes ten times as long.
_PAGE = f"""
SELECT {_HELD}, coalesce(used, 0) AS used, {{sort}} AS place {_SOURCE} AS held LEFT JOIN rvbbit.main.example_uses USING (trace_id)
WHERE held.rowid IN ({{found}})
ORDER BY {{order}}"""
_FOUND = f"SELECT rowid {_SOURCE} WHERE {{condition}} ORDER BY {{order}} {{window}}"
_AT_ONCE = f"""
SELECT counted.total, shown.* FROM (SELECT count(*) AS total {_SOURCE} WHERE {{condition}}) AS counted
LEFT JOIN ({{page}}) AS shown ON true
ORDER BY {{order}}"""
# Far down, the value that a page begins with is found without sorting: ids and all, a sort of a million rows takes ten times as long.
_REACHED = f"""
WITH reached AS (SELECT quantile_disc({{sort}}, $share) AS value {_SOURCE} WHERE {{condition}})
SELECT (SELECT value FROM reached) AS value, count(*) AS before {_SOURCE}
WHERE {{condition}} AND {{sort}} {{beyond}} (SELECT value FROM reached)"""
FAR = 1_000
_OF_FOUND = "SELECT row_id FROM found WHERE {behind} ORDER BY {order} {window}"

# Where texts must be read, they are read once: a row for the total, then the page.
_READ_ONCE = f"""
WITH found AS MATERIALIZED (SELECT rowid AS row_id, trace_id, {{sort}} {_SOURCE} WHERE {{condition}})
SELECT counted.total, shown.* FROM (SELECT count(*) AS total FROM found) AS counted
LEFT JOIN ({_PAGE.format(sort="{sort}", order="{order}", found=_OF_FOUND)}) AS shown ON true
ORDER BY {{order}}"""

# Moments are eight bytes and mostly tell rows apart, ids are 36 and texts are long: the rows are found first, by both.
_SAID = f"""
SELECT trace_id, arguments AS inputs, {USER_INPUT} AS user_input, answer, answer ->> '$' AS assistant_output
FROM rvbbit.main.unified_logs
WHERE rowid IN (
    SELECT rowid FROM rvbbit.main.unified_logs WHERE timestamp IN (SELECT unnest($moments)) AND trace_id IN (SELECT id FROM given)
)"""

_STATS = f"""
SELECT
    cascade_id, cell_name, count(*) AS executions, count(*) FILTER (WHERE trainable) AS trainable,
    count(*) FILTER (WHERE verified) AS verified, count(corrected_output) AS corrected, count(confidence) AS scored,
    avg(confidence) AS confidence, count(*) FILTER (WHERE calibrated) AS calibrated,
    avg(confidence) FILTER (WHERE calibrated) AS calibrated_confidence, sum(cost) AS cost,
    coalesce(sum(tokens_in), 0)::BIGINT AS tokens_in, coalesce(sum(tokens_out), 0)::BIGINT AS tokens_out
{_SOURCE}
GROUP BY GROUPING SETS ((), (cascade_id, cell_name))
ORDER BY grouping(cascade_id) DESC, executions DESC, cascade_id, cell_name"""

_SPENT = """
SELECT
    coalesce(sum(cost) FILTER (WHERE source = 'judge'), 0) AS scoring_cost,
    coalesce(sum(cost) FILTER (WHERE source <> 'judge'), 0) AS execution_cost,
    (SELECT count(DISTINCT trace_id) FROM rvbbit.main.scores WHERE scorer = 'judge') AS scoring_messages
FROM rvbbit.main.unified_logs"""

_FACETS = {name: name for name in Facets.__slots__} | {"tag": "unnest(tags::VARCHAR[])"}
_FACETED = "cascade_id, cell_name, model, session_id, label, tags, source, criterion"
_FACET = """
(SELECT '{name}' AS facet, {name} AS value, count(*) AS executions FROM (SELECT {expression} AS {name} FROM found)
WHERE {name} IS NOT NULL GROUP BY {name} ORDER BY executions DESC, {name} LIMIT $most)"""


def page(connection: Connection, asked: ExampleFilter) -> Page:
    """One page, with the exact number that match. Raises UsageError for an unusable sort, page or cursor."""
    total, found = _found(connection, asked)
    shown = found if asked.limit is None else found[: asked.limit]
    follows = shown and len(found) > len(shown)
    return Page(
        total,
        tuple(_rows(connection, shown)),
        cursor.write(kind(asked), (values.place(shown[-1]["place"]), shown[-1]["trace_id"])) if follows else None,
    )


def _found(connection: Connection, asked: ExampleFilter) -> tuple[int, list[dict[str, Any]]]:
    """How many rows there are in all; those of the page, and the one behind it, which tells that there is one."""
    condition, given = where(asked)
    behind, more = after(asked)
    limit = asked.limit + 1 if asked.limit is not None and asked.limit >= 0 else asked.limit
    order, page = order_by(asked), window(limit, asked.offset)
    if asked.search or asked.label is not None:
        query = _READ_ONCE.format(sort=asked.sort, condition=condition, behind=behind, order=order, window=page)
        return _counted(connection, query, {**given, **more})
    if asked.offset > FAR:
        behind, more, start = _reached(connection, asked, condition, given)
        page = window(limit, start)
    found = _FOUND.format(condition=f"{condition} AND {behind}", order=order, window=page)
    shown = _PAGE.format(sort=asked.sort, found=found, order=order)
    return _counted(connection, _AT_ONCE.format(condition=condition, page=shown, order=order), {**given, **more})


def _counted(connection: Connection, query: str, given: Parameters) -> tuple[int, list[dict[str, Any]]]:
    """What a query gives that tells the total beside each row: one statement sees one moment."""
    rows = connection.read("list executions", query, given)
    return rows[0]["total"], [row for row in rows if row["trace_id"] is not None]


def _reached(connection: Connection, asked: ExampleFilter, condition: str, given: Parameters) -> tuple[str, Parameters, int]:
    """A far page's rows and those behind it, with how many of them stand before it."""
    query = f"SELECT count({asked.sort}) AS valued {_SOURCE} WHERE {condition}"
    valued = connection.read("count executions", query, given)[0]["valued"]
    if asked.offset >= valued:
        return f"{asked.sort} IS NULL", {}, asked.offset - valued
    place = asked.offset if asked.order == "asc" else valued - 1 - asked.offset
    query = _REACHED.format(sort=asked.sort, condition=condition, beyond="<" if asked.order == "asc" else ">")
    reached = connection.read("list executions", query, {**given, "share": (place + 0.5) / valued})[0]
    behind = f"({asked.sort} {'>=' if asked.order == 'asc' else '<='} $reached OR {asked.sort} IS NULL)"
    return behind, {"reached": reached["value"]}, max(0, asked.offset - reached["before"])


def trace_ids(connection: Connection, asked: ExampleFilter) -> list[str]:
    """The ids alone of a page. Raises UsageError as `page` does."""
    condition, given = where(asked)
    behind, more = after(asked)
    page = f"ORDER BY {order_by(asked)} {window(asked.limit, asked.offset)}"
    rows = connection.read("list executions", f"SELECT trace_id {_SOURCE} WHERE {condition} AND {behind} {page}", {**given, **more})
    return [row["trace_id"] for row in rows]


def stats(connection: Connection) -> Stats:
    """Figures of everything that can teach and of each cell, the busiest first, and what scoring took beside all else."""
    total, *cells = connection.read("count executions", _STATS, {})
    spent = connection.read("count costs", _SPENT, {})[0]
    return Stats(values.figures(total), {CellKey(row["cascade_id"], row["cell_name"]): values.figures(row) for row in cells}, **spent)


def facets(connection: Connection, asked: ExampleFilter, most: int) -> Facets:
    """The values that what a filter finds has; a page of it says nothing here."""
    condition, given = where(asked)
    parts = " UNION ALL ".join(_FACET.format(name=name, expression=expression) for name, expression in _FACETS.items())
    query = f"WITH found AS MATERIALIZED (SELECT {_FACETED} {_SOURCE} WHERE {condition}) {parts}"
    found: dict[str, dict[str, int]] = {name: {} for name in _FACETS}
    rows = connection.read("count executions", query, {**given, "most": most})
    for row in sorted(rows, key=lambda row: (-row["executions"], row["value"])):
        found[row["facet"]][row["value"]] = row["executions"]
    return Facets(**found)


def _rows(connection: Connection, held: Sequence[dict[str, Any]]) -> Iterator[ExampleRow]:
    """With what was asked and answered, which the log has."""
    if not held:
        return
    moments = {"moments": [row["timestamp"] for row in held]}
    said = {row["trace_id"]: row for row in connection.read("list executions", _SAID, moments, [row["trace_id"] for row in held])}
    for row in held:
        if row["trace_id"] in said:  # else it was deleted a moment ago
            yield values.example_row({**row, **said[row["trace_id"]]})
