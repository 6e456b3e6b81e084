"""Executions as lists show them: a page, its figures and the values it can be filtered by. It writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from rvbbit.logs import cursor, values
from rvbbit.logs.clickhouse.conditions import BRIEF, MOST_ROWS, Condition, after, as_text, kind, order_by, where, window
from rvbbit.logs.clickhouse.connection import Connection
from rvbbit.logs.clickhouse.editions import Editions
from rvbbit.logs.clickhouse.executions import FACTS, OF_GIVEN, Source, made
from rvbbit.logs.clickhouse.tables import USER_INPUT
from rvbbit.logs.examples import ExampleFilter, Figures, Page, Stats
from rvbbit.logs.history import Facets
from rvbbit.types import CellKey

_Row: TypeAlias = dict[str, Any]

# What a list shows of the narrow row of an execution; and of those that were found to teach, their texts, what was said of them, and how
# many answers they were an example to.
_SHOWN = """trace_id, session_id, caller_id, timestamp, cascade_id, cell_name, model, cost, tokens_in, tokens_out, duration_ms,
    trainable, verified, confidence, calibrated, tags"""
_NARROW = f"SELECT {_SHOWN} FROM {made(f'{OF_GIVEN} AND {{near}}', OF_GIVEN)}"
_WRITTEN = f"""
SELECT
    trace_id, arguments AS inputs, {USER_INPUT} AS user_input, answer, {as_text("answer")} AS assistant_output
FROM unified_logs WHERE {OF_GIVEN} AND {{near}}"""
_SAID = f"""
SELECT trace_id, corrected_output, notes, CAST(NULL, 'Nullable(Int64)') AS used FROM training_state WHERE {OF_GIVEN}
UNION ALL
SELECT trace_id, NULL, NULL, toInt64(count()) FROM (
    SELECT arrayJoin(arrayDistinct(example_ids)) AS trace_id FROM unified_logs
    WHERE hasAny(example_ids, (SELECT groupArray(id) FROM given)) AND error IS NULL
) WHERE {OF_GIVEN} GROUP BY trace_id"""
_UNSAID: Mapping[str, Any] = {"corrected_output": None, "notes": None, "used": 0}

# As the log is ordered by time, texts are read near the times of the page's rows and nowhere else.
_BETWEEN = "timestamp BETWEEN {first:DateTime64(6, 'UTC')} AND {last:DateTime64(6, 'UTC')}"
_NEAR = f"{_BETWEEN} AND timestamp IN (SELECT fromUnixTimestamp64Micro(arrayJoin({{times:Array(Int64)}}), 'UTC'))"
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
_CELLS = """
SELECT cascade_id, cell_name, toInt64(countIf(verified)) AS verified {found}
GROUP BY cascade_id, cell_name ORDER BY count() DESC, cascade_id, cell_name"""
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


def page(connection: Connection, editions: Editions, asked: ExampleFilter) -> Page:
    """One page, with the exact number that match. Raises UsageError for an unusable sort, page or cursor."""
    found, total = editions.read(lambda source: _counted(connection, source, asked))
    shown = found if asked.limit is None else found[: asked.limit]
    more = shown and len(found) > len(shown)
    return Page(
        total,
        tuple(values.example_row(row) for row in _whole(connection, shown)) if shown else (),
        cursor.write(kind(asked), (values.place(shown[-1]["place"]), shown[-1]["trace_id"])) if more else None,
    )


def trace_ids(connection: Connection, editions: Editions, asked: ExampleFilter) -> list[str]:
    """The ids alone of a page. Raises UsageError as `page` does."""
    found = editions.read(lambda source: _ask(connection, source, asked, *_places(source, asked, "trace_id, timestamp")))
    return [row["trace_id"] for row in found[: asked.limit]]


def stats(connection: Connection, editions: Editions) -> Stats:
    """Figures of everything that can teach and of each cell, the busiest first, and what scoring took beside all else."""
    spent = connection.begin(lambda: connection.rows("count costs", _SPENT))
    total, *cells = editions.read(lambda source: _figures(connection, source, _STATS)) or [_NOTHING]
    return Stats(
        values.figures(total), {CellKey(row["cascade_id"], row["cell_name"]): values.figures(row) for row in cells}, **spent.result()[0]
    )


def cells(connection: Connection, editions: Editions) -> Mapping[CellKey, int]:
    """Every cell that has executions, the busiest first, with how many a person verified."""
    rows = editions.read(lambda source: _figures(connection, source, _CELLS))
    return {CellKey(row["cascade_id"], row["cell_name"]): row["verified"] for row in rows}


def facets(connection: Connection, editions: Editions, asked: ExampleFilter, most: int) -> Facets:
    """The values that what a filter finds has; a page of it says nothing here."""
    rows = editions.read(lambda source: _options(connection, source, asked, most))
    long = [row["one"] for row in rows if row["facet"] == "label" and len(row["value"].encode()) > BRIEF]
    labels = {row["trace_id"]: row["label"] for row in connection.rows("read labels", _LONG, {}, long)} if long else {}
    found: dict[str, dict[Any, int]] = {name: {} for name in _FACETS}
    for row in rows:
        value = labels.get(row["one"], row["value"]) if row["facet"] == "label" else row["value"]
        found[row["facet"]][value] = row["executions"]
    return Facets(**found)


def _figures(connection: Connection, source: Source, asked: str) -> list[_Row]:
    query = asked.format(found=source.found(Condition("true"), held=True))
    return connection.rows("count executions", query, beside=source.fresh)


def _options(connection: Connection, source: Source, asked: ExampleFilter, most: int) -> list[_Row]:
    condition = where(asked)
    queries = (
        _FACET.format(name=name, expression=expression, found=source.found(condition, held=name in _OF_HELD))
        for name, expression in _FACETS.items()
    )
    query = " UNION ALL ".join(f"SELECT * FROM ({one})" for one in queries)
    return connection.rows("count executions", query, {**condition.values, "most": most}, condition.ids, source.fresh)


def _counted(connection: Connection, source: Source, asked: ExampleFilter) -> tuple[list[_Row], int]:
    """The rows of a page and the one behind it, with what a list shows where an edition has that; and how many match in all."""
    condition = where(asked)
    kept = source is not FACTS and not condition.inside
    query, given = _places(source, asked, _SHOWN if kept else "trace_id, timestamp")
    if _dear(asked, condition, source):
        found = _ask(connection, source, asked, query, given)
        return found, found[0]["total"] if found else _total(connection, source, condition)
    total = connection.begin(lambda: _total(connection, source, condition))
    return _ask(connection, source, asked, query, given), total.result()


def _dear(asked: ExampleFilter, condition: Condition, source: Source) -> bool:
    """Whether what is found is better worked out only once, for the page and for how many there are."""
    return bool(condition.inside or asked.used or (condition.held and source is FACTS))


def _places(source: Source, asked: ExampleFilter, columns: str) -> tuple[str, dict[str, Any]]:
    """What finds a page and the row behind it: `columns`, `place` (the sort value), and `total` where it comes with them for little."""
    order = order_by(asked)
    condition, behind = where(asked), after(asked)
    limit = asked.limit + 1 if asked.limit is not None and asked.limit >= 0 else asked.limit
    found = source.found(condition, held=asked.sort == "confidence")
    page = window(limit, asked.offset)
    if _dear(asked, condition, source):
        own = columns if asked.sort in columns.replace(",", " ").split() else f"{columns}, {asked.sort}"
        rows = f"(SELECT {own}, toInt64(count() OVER ()) AS total {found})"
        query = f"SELECT {columns}, {asked.sort} AS place, total FROM {rows} WHERE {behind.text}"
    else:
        found += f" AND {behind.text}"
        query = f"SELECT {columns}, {asked.sort} AS place {found}{_bound(asked, found)}"
    return f"{query} ORDER BY {order} {page}", {**condition.values, **behind.values}


def _ask(connection: Connection, source: Source, asked: ExampleFilter, query: str, given: dict[str, Any]) -> list[_Row]:
    return connection.rows("list executions", query, given, asked.trace_ids or None, source.fresh)


def _bound(asked: ExampleFilter, found: str) -> str:
    """The time of the page's last row: by time alone rows are read in the order they are kept in, and no more of them than are shown."""
    if asked.sort != "timestamp" or asked.limit is None:
        return ""
    beyond, last = (">=", "min") if asked.order == "desc" else ("<=", "max")
    first = window(min(asked.limit + 1 + asked.offset, MOST_ROWS))
    return f" AND timestamp {beyond} (SELECT {last}(timestamp) FROM (SELECT timestamp {found} ORDER BY timestamp {asked.order} {first}))"


def _total(connection: Connection, source: Source, condition: Condition) -> int:
    query = f"SELECT toInt64(count()) AS total {source.found(condition)}"
    return int(connection.rows("count executions", query, condition.values, condition.ids, source.fresh)[0]["total"])


def _whole(connection: Connection, found: list[_Row]) -> list[_Row]:
    """Rows of `_counted`, in their order, with all that a list shows; without those that were deleted meanwhile."""
    ids, times = [row["trace_id"] for row in found], [row["timestamp"] for row in found]
    given: dict[str, Any] = {"first": min(times), "last": max(times)}
    near = _BETWEEN
    if len(times) <= _MOST_NEAR:
        near = _NEAR
        given["times"] = [(moment - _EPOCH) // timedelta(microseconds=1) for moment in times]

    def read(query: str) -> dict[str, _Row]:
        return {row["trace_id"]: row for row in connection.rows("list executions", query.format(near=near), given, ids)}

    asked = connection.begin(lambda: connection.rows("list executions", _SAID, {}, ids))
    shown = None if "trainable" in found[0] else connection.begin(lambda: read(_NARROW))
    written = read(_WRITTEN)
    narrow = {row["trace_id"]: row for row in found} if shown is None else shown.result()
    said = {trace_id: dict(_UNSAID) for trace_id in ids}
    for row in asked.result():
        said[row["trace_id"]] |= {name: value for name, value in row.items() if value is not None}
    return [narrow[one] | written[one] | said[one] for one in ids if one in narrow and one in written]
