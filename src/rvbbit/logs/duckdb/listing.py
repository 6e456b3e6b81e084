"""Executions as lists show them: a page, its figures and the values it can be filtered by. It writes nothing."""

from __future__ import annotations

from typing import Any

from rvbbit.logs import cursor, values
from rvbbit.logs.duckdb.conditions import after, kind, order_by, where, window
from rvbbit.logs.duckdb.connection import Connection
from rvbbit.logs.examples import ExampleFilter, ExampleRow, Page, Stats
from rvbbit.logs.history import Facets
from rvbbit.types import CellKey

_SOURCE = "FROM rvbbit.main.training_examples_with_annotations"
_COLUMNS = ", ".join(name for name in ExampleRow.__slots__ if name != "used")
_ROWS = f"""
SELECT {_COLUMNS}, coalesce(used.used, 0) AS used {_SOURCE} AS example
LEFT JOIN (
    SELECT example_id, count(*) AS used FROM (
        SELECT unnest(example_ids) AS example_id FROM rvbbit.main.unified_logs WHERE error IS NULL
    ) WHERE list_contains($ids, example_id) GROUP BY example_id
) AS used ON used.example_id = example.trace_id
WHERE list_contains($ids, trace_id)"""

_STATS = f"""
SELECT
    cascade_id, cell_name, count(*) AS executions, count_if(trainable)::BIGINT AS trainable, count_if(verified)::BIGINT AS verified,
    count(corrected_output) AS corrected, count(confidence) AS scored, avg(confidence) AS confidence, sum(cost) AS cost,
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

_FACETS = {name: name for name in Facets.__slots__} | {
    "label": "coalesce(corrected_output, answer) ->> '$'",
    "tag": "unnest(tags)",
    "criterion": "inputs ->> 'criterion'",
}
_FACET = """
(SELECT '{name}' AS facet, {name} AS value, count(*) AS executions FROM (SELECT {expression} AS {name} FROM found)
WHERE {name} IS NOT NULL GROUP BY {name} ORDER BY executions DESC, {name} LIMIT $most)"""


def page(connection: Connection, asked: ExampleFilter) -> Page:
    """One page, with the exact number that match. Raises UsageError for an unusable sort, page or cursor."""
    condition, given = where(asked)
    found = _places(connection, asked)
    total = connection.read("count executions", f"SELECT count(*) AS total {_SOURCE} WHERE {condition}", given)
    shown = found if asked.limit is None else found[: asked.limit]
    more = shown and len(found) > len(shown)
    # found first: making every row readable only to show a hundred takes ten times as long
    rows = connection.read("list executions", _ROWS, {"ids": [row["trace_id"] for row in shown]}) if shown else []
    place = {row["trace_id"]: number for number, row in enumerate(shown)}
    return Page(
        int(total[0]["total"]),
        tuple(values.example_row(row) for row in sorted(rows, key=lambda row: place[row["trace_id"]])),
        cursor.write(kind(asked), (values.place(shown[-1]["place"]), shown[-1]["trace_id"])) if more else None,
    )


def trace_ids(connection: Connection, asked: ExampleFilter) -> list[str]:
    """The ids alone of a page. Raises UsageError as `page` does."""
    return [row["trace_id"] for row in _places(connection, asked)[: asked.limit]]


def stats(connection: Connection) -> Stats:
    """Figures of everything that can teach and of each cell, the busiest first, and what scoring took beside all else."""
    total, *cells = connection.read("count executions", _STATS, {})
    spent = connection.read("count costs", _SPENT, {})[0]
    return Stats(values.figures(total), {CellKey(row["cascade_id"], row["cell_name"]): values.figures(row) for row in cells}, **spent)


def facets(connection: Connection, asked: ExampleFilter, most: int) -> Facets:
    """The values that what a filter finds has; a page of it says nothing here."""
    condition, given = where(asked)
    parts = " UNION ALL ".join(_FACET.format(name=name, expression=expression) for name, expression in _FACETS.items())
    query = f"WITH found AS MATERIALIZED (SELECT * {_SOURCE} WHERE {condition}) {parts}"
    found: dict[str, dict[str, int]] = {name: {} for name in _FACETS}
    rows = connection.read("count executions", query, {**given, "most": most})
    for row in sorted(rows, key=lambda row: (-row["executions"], row["value"])):
        found[row["facet"]][row["value"]] = row["executions"]
    return Facets(**found)


def _places(connection: Connection, asked: ExampleFilter) -> list[dict[str, Any]]:
    """Ids and sort values of a page, and of the row behind it."""
    order = order_by(asked)
    condition, given = where(asked)
    behind, more = after(asked)
    limit = asked.limit + 1 if asked.limit is not None and asked.limit >= 0 else asked.limit
    query = f"""
        SELECT trace_id, {asked.sort} AS place {_SOURCE} WHERE {condition} AND {behind} ORDER BY {order} {window(limit, asked.offset)}"""
    return connection.read("list executions", query, {**given, **more})
