"""Executions as lists show them: a page, its figures and the values it can be filtered by. It writes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from rvbbit.logs import cursor, values
from rvbbit.logs.clickhouse.conditions import BRIEF, MOST_ROWS, Condition, after, as_text, kind, order_by, where, window
from rvbbit.logs.clickhouse.connection import Connection
from rvbbit.logs.clickhouse.executions import FACTS, Source
from rvbbit.logs.examples import ExampleFilter, Figures, Page, Stats
from rvbbit.logs.history import Facets
from rvbbit.types import CellKey

_OWN = ("trace_id", "session_id", "caller_id", "timestamp", "cascade_id", "cell_name", "model", "inputs", "user_input", "answer")
_ROW = (*_OWN, "assistant_output", "cost", "tokens_in", "tokens_out", "duration_ms")

# Everything is cut down to the page's ids before it is put together.
_OF_PAGE = f"""
SELECT
    {", ".join(f"example.{name} AS {name}" for name in _ROW)},
    state.trainable AS trainable, state.verified AS verified, ifNull(state.confidence, score.value) AS confidence,
    if(state.confidence IS NULL AND score.value IS NOT NULL, score.calibrated, NULL) AS calibrated,
    state.corrected_output AS corrected_output, state.notes AS notes, state.tags AS tags, used.used AS used
FROM (SELECT {", ".join(_ROW)} FROM training_examples_mv
    WHERE trace_id IN (SELECT id FROM given) AND {{near}}
    AND timestamp BETWEEN {{{{first:DateTime64(6, 'UTC')}}}} AND {{{{last:DateTime64(6, 'UTC')}}}}
) AS example
LEFT ANY JOIN (SELECT * FROM training_state WHERE trace_id IN (SELECT id FROM given)) AS state ON state.trace_id = example.trace_id
LEFT ANY JOIN (
    SELECT trace_id, value, calibrated FROM current_scores WHERE trace_id IN (SELECT id FROM given) AND scorer = 'confidence'
) AS score ON score.trace_id = example.trace_id
LEFT ANY JOIN (
    SELECT trace_id, toInt64(count()) AS used
    FROM (
        SELECT arrayJoin(arrayDistinct(example_ids)) AS trace_id FROM unified_logs
        WHERE hasAny(example_ids, (SELECT groupArray(id) FROM given)) AND error IS NULL
    ) WHERE trace_id IN (SELECT id FROM given) GROUP BY trace_id
) AS used ON used.trace_id = example.trace_id"""

# As the log is ordered by time, texts are read near the times of the page's rows and nowhere else.
_NEAR = "timestamp IN (SELECT fromUnixTimestamp64Micro(arrayJoin({times:Array(Int64)}), 'UTC'))"
_MOST_NEAR = 1_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_STATS = """
SELECT
    cascade_id, cell_name, toInt64(count()) AS executions, toInt64(countIf(trainable)) AS trainable,
    toInt64(countIf(verified)) AS verified, toInt64(countIf(corrected)) AS corrected, toInt64(count(held.confidence)) AS scored,
    avgOrNull(held.confidence) AS confidence, toInt64(countIf(ifNull(held.calibrated, false))) AS calibrated,
    avgOrNullIf(held.confidence, ifNull(held.calibrated, false)) AS calibrated_confidence, sumOrNull(held.cost) AS cost,
    sum(held.tokens_in) AS tokens_in, sum(held.tokens_out) AS tokens_out
FROM (SELECT * {found}) AS held
GROUP BY GROUPING SETS ((), (cascade_id, cell_name))
ORDER BY grouping(cascade_id) DESC, executions DESC, cascade_id, cell_name
SETTINGS force_grouping_standard_compatibility = 1"""
_NOTHING = {name: None if name in ("confidence", "calibrated_confidence", "cost") else 0 for name in Figures.__slots__}

_SPENT = """
SELECT
    toFloat64(sumIf(ifNull(cost, 0), source = 'judge')) AS scoring_cost,
    toFloat64(sumIf(ifNull(cost, 0), source <> 'judge')) AS execution_cost,
    (SELECT toInt64(uniqExact(trace_id)) FROM scores WHERE scorer = 'judge') AS scoring_messages
FROM unified_logs"""

# A long label is counted by its start and its hash, and looked up when it is one of those that are shown.
_LABEL = f"if(length(label) <= {BRIEF}, {as_text('label')}, if(startsWith(label, '\"'), substring(label, 2), label))"
_FACETS = {name: f"toNullable(toString({name}))" for name in Facets.__slots__}
_FACETS |= {"criterion": "criterion", "tag": "toNullable(arrayJoin(tags))", "label": _LABEL}
_OF_HELD = {"tag", "label"}
_FACET = """
SELECT '{name}' AS facet, value, toInt64(count()) AS executions, any(trace_id) AS one FROM (SELECT {expression} AS value, trace_id {found})
WHERE value IS NOT NULL GROUP BY value ORDER BY executions DESC, value LIMIT {{most:UInt64}}"""
_LONG = f"""
SELECT trace_id, {as_text("ifNull(state.corrected_output, example.answer)")} AS label
FROM (SELECT trace_id, answer FROM training_examples_mv WHERE trace_id IN (SELECT id FROM given)) AS example
LEFT ANY JOIN (SELECT trace_id, corrected_output FROM training_state WHERE trace_id IN (SELECT id FROM given)) AS state
    ON state.trace_id = example.trace_id"""


def page(connection: Connection, source: Source, asked: ExampleFilter) -> Page:
    """One page, with the exact number that match. Raises UsageError for an unusable sort, page or cursor."""
    found = _places(connection, source, asked)
    total = found[0]["total"] if found else None
    shown = found if asked.limit is None else found[: asked.limit]
    more = shown and len(found) > len(shown)
    rows = _shown(connection, shown) if shown else []
    place = {row["trace_id"]: number for number, row in enumerate(shown)}
    return Page(
        _total(connection, source, asked) if total is None else total,
        tuple(values.example_row(row) for row in sorted(rows, key=lambda row: place[row["trace_id"]])),
        cursor.write(kind(asked), (values.place(shown[-1]["place"]), shown[-1]["trace_id"])) if more else None,
    )


def trace_ids(connection: Connection, source: Source, asked: ExampleFilter) -> list[str]:
    """The ids alone of a page. Raises UsageError as `page` does."""
    return [row["trace_id"] for row in _places(connection, source, asked)[: asked.limit]]


def stats(connection: Connection, source: Source) -> Stats:
    """Figures of everything that can teach and of each cell, the busiest first, and what scoring took beside all else."""
    query = _STATS.format(found=source.found(Condition("true"), held=True))
    total, *cells = connection.rows("count executions", query, beside=source.fresh) or [_NOTHING]
    spent = connection.rows("count costs", _SPENT)[0]
    return Stats(values.figures(total), {CellKey(row["cascade_id"], row["cell_name"]): values.figures(row) for row in cells}, **spent)


def facets(connection: Connection, source: Source, asked: ExampleFilter, most: int) -> Facets:
    """The values that what a filter finds has; a page of it says nothing here."""
    condition = where(asked)
    queries = (
        _FACET.format(name=name, expression=expression, found=source.found(condition, held=name in _OF_HELD))
        for name, expression in _FACETS.items()
    )
    query = " UNION ALL ".join(f"SELECT * FROM ({one})" for one in queries)
    rows = connection.rows("count executions", query, {**condition.values, "most": most}, condition.ids, source.fresh)
    long = [row["one"] for row in rows if row["facet"] == "label" and len(row["value"].encode()) > BRIEF]
    labels = {row["trace_id"]: row["label"] for row in connection.rows("read labels", _LONG, {}, long)} if long else {}
    found: dict[str, dict[str, int]] = {name: {} for name in _FACETS}
    for row in rows:
        value = labels.get(row["one"], row["value"]) if row["facet"] == "label" else row["value"]
        found[row["facet"]][value] = row["executions"]
    return Facets(**found)


def _places(connection: Connection, source: Source, asked: ExampleFilter) -> list[dict[str, Any]]:
    """Ids, times and sort values of a page and of the row behind it; `total` where it comes with them for little, else None."""
    order = order_by(asked)
    condition, behind = where(asked), after(asked)
    limit = asked.limit + 1 if asked.limit is not None and asked.limit >= 0 else asked.limit
    found = source.found(condition, held=asked.sort == "confidence")
    page = window(limit, asked.offset)
    dear = condition.inside or (condition.held and source is FACTS)  # better worked out only once
    if dear:
        rows = f"(SELECT trace_id, timestamp, {asked.sort}, toInt64(count() OVER ()) AS total {found}) WHERE {behind.text}"
        query = f"SELECT trace_id, timestamp, {asked.sort} AS place, total FROM {rows}"
    else:
        found += f" AND {behind.text}"
        query = f"SELECT trace_id, timestamp, {asked.sort} AS place, NULL AS total {found}{_bound(asked, found)}"
    given = {**condition.values, **behind.values}
    return connection.rows("list executions", f"{query} ORDER BY {order} {page}", given, condition.ids, source.fresh)


def _bound(asked: ExampleFilter, found: str) -> str:
    """The time of the page's last row: by time alone rows are read in the order they are kept in, and no more of them than are shown."""
    if asked.sort != "timestamp" or asked.limit is None:
        return ""
    beyond, last = (">=", "min") if asked.order == "desc" else ("<=", "max")
    first = window(min(asked.limit + 1 + asked.offset, MOST_ROWS))
    return f" AND timestamp {beyond} (SELECT {last}(timestamp) FROM (SELECT timestamp {found} ORDER BY timestamp {asked.order} {first}))"


def _total(connection: Connection, source: Source, asked: ExampleFilter) -> int:
    condition = where(asked)
    query = f"SELECT toInt64(count()) AS total {source.found(condition)}"
    return int(connection.rows("count executions", query, condition.values, condition.ids, source.fresh)[0]["total"])


def _shown(connection: Connection, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    times = [row["timestamp"] for row in found]
    given: dict[str, Any] = {"first": min(times), "last": max(times)}
    near = len(times) <= _MOST_NEAR
    if near:
        given["times"] = [(moment - _EPOCH) // timedelta(microseconds=1) for moment in times]
    return connection.rows("list executions", _OF_PAGE.format(near=_NEAR if near else "true"), given, [row["trace_id"] for row in found])
