"""Executions as lists show them: a page, its figures and the values it can be filtered by. It writes nothing."""

from __future__ import annotations

from typing import Any

from rvbbit.logs import cursor, values
from rvbbit.logs.clickhouse.conditions import CRITERION, after, as_text, kind, order_by, where, window
from rvbbit.logs.clickhouse.connection import Connection
from rvbbit.logs.examples import ExampleFilter, Figures, Page, Stats
from rvbbit.logs.history import Facets
from rvbbit.types import CellKey

_OWN = ("trace_id", "session_id", "caller_id", "timestamp", "cascade_id", "cell_name", "model", "inputs", "user_input", "answer")
_ROW = (*_OWN, "assistant_output", "cost", "tokens_in", "tokens_out", "duration_ms")

# Everything is cut down to the page's ids before it is put together.
ROWS = f"""
SELECT
    {", ".join(f"example.{name} AS {name}" for name in _ROW)},
    state.trainable AS trainable, state.verified AS verified, ifNull(state.confidence, score.value) AS confidence,
    if(state.confidence IS NULL AND score.value IS NOT NULL, score.calibrated, NULL) AS calibrated,
    state.corrected_output AS corrected_output, state.notes AS notes, state.tags AS tags, used.used AS used
FROM (SELECT {", ".join(_ROW)} FROM {{source}}) AS example
LEFT ANY JOIN (SELECT * FROM training_state WHERE trace_id IN (SELECT id FROM given)) AS state ON state.trace_id = example.trace_id
LEFT ANY JOIN (
    SELECT trace_id, value, calibrated FROM current_scores WHERE trace_id IN (SELECT id FROM given) AND scorer = 'confidence'
) AS score ON score.trace_id = example.trace_id
LEFT ANY JOIN (
    SELECT trace_id, toInt64(count()) AS used
    FROM (SELECT arrayJoin(arrayDistinct(example_ids)) AS trace_id FROM unified_logs WHERE notEmpty(example_ids) AND error IS NULL)
    WHERE trace_id IN (SELECT id FROM given) GROUP BY trace_id
) AS used ON used.trace_id = example.trace_id"""

_OF_PAGE = ROWS.format(
    source="""training_examples_mv WHERE timestamp BETWEEN {first:DateTime64(6, 'UTC')} AND {last:DateTime64(6, 'UTC')}
    AND trace_id IN (SELECT id FROM given)"""
)

_STATS = """
SELECT
    cascade_id, cell_name, toInt64(count()) AS executions, toInt64(countIf(trainable)) AS trainable,
    toInt64(countIf(verified)) AS verified, toInt64(count(corrected_output)) AS corrected, toInt64(count(example.confidence)) AS scored,
    avgOrNull(example.confidence) AS confidence, sumOrNull(example.cost) AS cost,
    sum(example.tokens_in) AS tokens_in, sum(example.tokens_out) AS tokens_out
FROM training_examples_with_annotations AS example
GROUP BY GROUPING SETS ((), (cascade_id, cell_name))
ORDER BY grouping(cascade_id) DESC, executions DESC, cascade_id, cell_name
SETTINGS force_grouping_standard_compatibility = 1"""
_NOTHING = {name: None if name in ("confidence", "cost") else 0 for name in Figures.__slots__}

_SPENT = """
SELECT
    toFloat64(sumIf(ifNull(cost, 0), source = 'judge')) AS scoring_cost,
    toFloat64(sumIf(ifNull(cost, 0), source <> 'judge')) AS execution_cost,
    (SELECT toInt64(uniqExact(trace_id)) FROM scores WHERE scorer = 'judge') AS scoring_messages
FROM unified_logs"""

_FACETS = {name: f"toNullable(toString({name}))" for name in Facets.__slots__} | {"criterion": CRITERION}
_FOUND = "SELECT {expression} AS value FROM training_examples_mv WHERE {condition}"

# What people decided is joined with few columns of what was found, and only for those that ask for it.
_TAG = f"""
SELECT toNullable(arrayJoin(tags)) AS value FROM training_state
WHERE notEmpty(tags) AND trace_id IN ({_FOUND.format(expression="trace_id", condition="{condition}")})"""
_LABEL = f"""
SELECT {as_text("ifNull(state.corrected_output, found.given)")} AS value
FROM (SELECT trace_id, ifNull(answer, 'null') AS given FROM training_examples_mv WHERE {{condition}}) AS found
LEFT ANY JOIN (SELECT trace_id, corrected_output FROM training_state WHERE corrected_output IS NOT NULL) AS state
    ON state.trace_id = found.trace_id
"""
_FACET = """
SELECT '{name}' AS facet, value, toInt64(count()) AS executions FROM ({source})
WHERE value IS NOT NULL GROUP BY value ORDER BY executions DESC, value LIMIT {{most:UInt64}}"""


def page(connection: Connection, asked: ExampleFilter) -> Page:
    """One page, with the exact number that match. Raises UsageError for an unusable sort, page or cursor."""
    found = _places(connection, asked)
    total = found[0]["total"] if found else None
    shown = found if asked.limit is None else found[: asked.limit]
    more = shown and len(found) > len(shown)
    rows = _shown(connection, shown) if shown else []
    place = {row["trace_id"]: number for number, row in enumerate(shown)}
    return Page(
        _total(connection, asked) if total is None else total,
        tuple(values.example_row(row) for row in sorted(rows, key=lambda row: place[row["trace_id"]])),
        cursor.write(kind(asked), (values.place(shown[-1]["place"]), shown[-1]["trace_id"])) if more else None,
    )


def trace_ids(connection: Connection, asked: ExampleFilter) -> list[str]:
    """The ids alone of a page. Raises UsageError as `page` does."""
    return [row["trace_id"] for row in _places(connection, asked)[: asked.limit]]


def stats(connection: Connection) -> Stats:
    """Figures of everything that can teach and of each cell, the busiest first, and what scoring took beside all else."""
    total, *cells = connection.rows("count executions", _STATS) or [_NOTHING]
    spent = connection.rows("count costs", _SPENT)[0]
    return Stats(values.figures(total), {CellKey(row["cascade_id"], row["cell_name"]): values.figures(row) for row in cells}, **spent)


def facets(connection: Connection, asked: ExampleFilter, most: int) -> Facets:
    """The values that what a filter finds has; a page of it says nothing here."""
    condition = where(asked)
    sources = {name: _FOUND.format(expression=expression, condition=condition.text) for name, expression in _FACETS.items()}
    sources |= {"tag": _TAG.format(condition=condition.text), "label": _LABEL.format(condition=condition.text)}
    query = " UNION ALL ".join(f"SELECT * FROM ({_FACET.format(name=name, source=source)})" for name, source in sources.items())
    found: dict[str, dict[str, int]] = {name: {} for name in _FACETS}
    for row in connection.rows("count executions", query, {**condition.values, "most": most}, condition.ids):
        found[row["facet"]][row["value"]] = row["executions"]
    return Facets(**found)


def _places(connection: Connection, asked: ExampleFilter) -> list[dict[str, Any]]:
    """Ids, times and sort values of a page and of the row behind it; `total` where it comes with them for little, else None."""
    order = order_by(asked)
    condition, behind = where(asked), after(asked)
    limit = asked.limit + 1 if asked.limit is not None and asked.limit >= 0 else asked.limit
    source = "training_examples_with_annotations" if asked.sort == "confidence" else "training_examples_mv"
    counted = "toInt64(count() OVER ())" if condition.dear else "NULL"
    query = f"""
        SELECT * FROM (
            SELECT trace_id, timestamp, {asked.sort}, {asked.sort} AS place, {counted} AS total FROM {source} WHERE {condition.text}
        ) WHERE {behind.text} ORDER BY {order} {window(limit, asked.offset)}"""
    return connection.rows("list executions", query, {**condition.values, **behind.values}, condition.ids)


def _total(connection: Connection, asked: ExampleFilter) -> int:
    condition = where(asked)
    query = f"SELECT toInt64(count()) AS total FROM training_examples_mv WHERE {condition.text}"
    return int(connection.rows("count executions", query, condition.values, condition.ids)[0]["total"])


def _shown(connection: Connection, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    times = [row["timestamp"] for row in found]
    bounds = {"first": min(times), "last": max(times)}
    return connection.rows("list executions", _OF_PAGE, bounds, [row["trace_id"] for row in found])
