"""One execution whole, sessions, statements and spend, read out of the ClickHouse store. It writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from rvbbit.errors import UsageError
from rvbbit.logs import cursor, values
from rvbbit.logs.clickhouse.conditions import MOST_ROWS, Condition, as_text, behind, window
from rvbbit.logs.clickhouse.connection import Connection
from rvbbit.logs.clickhouse.tables import USER_INPUT
from rvbbit.logs.clickhouse.transfer import decided
from rvbbit.logs.history import (
    CallPage,
    CostFilter,
    Detail,
    QueryFilter,
    QueryPage,
    QueryRow,
    SessionFilter,
    SessionPage,
    SessionRow,
    Spend,
)

_ID = "{trace_id:String}"
_DETAIL = f"""
SELECT
    log.trace_id AS trace_id, log.* EXCEPT trace_id, log.arguments AS inputs, {USER_INPUT} AS user_input,
    {as_text("log.answer")} AS assistant_output,
    state.trainable AS trainable, state.verified AS verified, ifNull(state.confidence, score.value) AS confidence,
    if(state.confidence IS NULL AND score.value IS NOT NULL, score.calibrated, NULL) AS calibrated,
    state.corrected_output AS corrected_output, state.notes AS notes, state.tags AS tags,
    (SELECT any(query_log.sql) FROM query_log WHERE query_id IN (SELECT query_id FROM unified_logs WHERE trace_id = {_ID})) AS found_sql,
    (SELECT toInt64(count()) FROM unified_logs WHERE error IS NULL AND has(example_ids, {_ID})) AS used
FROM (SELECT * FROM unified_logs WHERE trace_id = {_ID} LIMIT 1) AS log
LEFT ANY JOIN (SELECT * FROM training_state WHERE trace_id = {_ID}) AS state ON state.trace_id = log.trace_id
LEFT ANY JOIN (SELECT trace_id, value, calibrated FROM current_scores WHERE trace_id = {_ID} AND scorer = 'confidence') AS score
    ON score.trace_id = log.trace_id"""

_DECISIONS = f"SELECT * FROM training_annotations WHERE trace_id = {_ID} ORDER BY seq"
_SCORES = f"SELECT * FROM current_scores WHERE trace_id = {_ID} ORDER BY scorer"

_FOUND = """
SELECT session_id, min(began) AS started FROM (
    SELECT
        session_id, min(timestamp) AS began, max(timestamp) AS ended,
        max(has({{cascade_id:Array(String)}}, cascade_id)) AS cascade, max(source = {{source:String}}) AS of_source
    FROM unified_logs GROUP BY session_id
    UNION ALL
    SELECT session_id, min(timestamp), max(timestamp), 0, 0 FROM query_log GROUP BY session_id
) GROUP BY session_id HAVING {condition}"""

_ENDED = "max(timestamp + toIntervalMicrosecond(toInt64(duration_ms * 1000)))"
_SESSION_ROWS = f"""
SELECT
    session_id, min(began) AS started, max(last) AS ended, arraySort(groupUniqArrayArray(of_cascades)) AS cascades,
    arraySort(groupUniqArrayArray(of_sources)) AS sources, toInt64(sum(statements)) AS queries, toInt64(sum(made)) AS calls,
    toInt64(sum(failed)) AS errors, sum(ins) AS tokens_in, sum(outs) AS tokens_out, if(sum(unpriced) = 0, sum(usd), NULL) AS cost
FROM (
    SELECT
        session_id, min(timestamp) AS began, {_ENDED} AS last, groupUniqArray(toString(cascade_id)) AS of_cascades,
        groupUniqArray(toString(source)) AS of_sources, 0 AS statements, count() AS made, count(error) AS failed,
        sum(tokens_in) AS ins, sum(tokens_out) AS outs, sum(ifNull(cost, 0)) AS usd, count() - count(cost) AS unpriced
    FROM unified_logs WHERE session_id IN (SELECT id FROM given) GROUP BY session_id
    UNION ALL
    SELECT session_id, min(timestamp), {_ENDED}, [], [], count(), 0, 0, 0, 0, 0, 0
    FROM query_log WHERE session_id IN (SELECT id FROM given) GROUP BY session_id
) GROUP BY session_id"""

_CALLS = """
SELECT
    trace_id, query_id, run_id, caller_id, timestamp, source, cascade_id, cell_name, kind, model, arguments AS inputs, answer,
    attempt, take, tokens_in, tokens_out, tokens_cached, cost, duration_ms, cached, error, error_code
FROM unified_logs WHERE session_id = {{session_id:String}} AND {behind} ORDER BY timestamp, trace_id {window}"""

_QUERIES = "SELECT {columns} FROM query_log WHERE {condition} AND {behind} ORDER BY timestamp DESC, query_id {window}"

_DAY = "toNullable(toString(toDate(timestamp)))"
_KEYS = {"day": _DAY, "query": "query_id"} | {
    name: f"toNullable(toString({column}))" for name, column in (("model", "model"), ("cascade", "cascade_id"), ("source", "source"))
}

# Answers that no call was made for are known of statements alone, which have no cascade and no one model.
_COSTS = """
SELECT
    key, toInt64(sum(made)) AS calls, toInt64(sum(failed)) AS errors, toInt64(sum(known)) AS cached, sum(ins) AS tokens_in,
    sum(outs) AS tokens_out, sum(kept) AS tokens_cached, toFloat64(sum(usd)) AS cost, toInt64(sum(without)) AS unpriced,
    toFloat64(sum(judging)) AS scoring
FROM (
    SELECT
        {key} AS key, count() AS made, count(error) AS failed, 0 AS known, sum(tokens_in) AS ins, sum(tokens_out) AS outs,
        sum(tokens_cached) AS kept, sum(ifNull(cost, 0)) AS usd, count() - count(cost) AS without,
        sumIf(ifNull(cost, 0), source = 'judge') AS judging
    FROM unified_logs WHERE {condition} GROUP BY key
    UNION ALL
    SELECT {statement} AS key, 0, 0, sum(cached), 0, 0, 0, 0, 0, 0 FROM query_log WHERE {among} AND cached > 0 GROUP BY key
) WHERE key IS NOT NULL GROUP BY key ORDER BY {order} LIMIT {{limit:UInt64}}"""


_STATEMENTS = "SELECT query_id, any(sql) AS text FROM query_log WHERE query_id IN (SELECT id FROM given) GROUP BY query_id"


def detail(connection: Connection, trace_id: str) -> Detail | None:
    """One logged call with everything that is known of it; None where there is none of that id."""
    asked = {"trace_id": trace_id}
    decisions = connection.begin(lambda: connection.rows("read decisions", _DECISIONS, asked))
    scores = connection.begin(lambda: connection.rows("read scores", _SCORES, asked))
    rows = connection.rows("read an execution", _DETAIL, asked)
    decided_on, given = decisions.result(), scores.result()
    if not rows:
        return None
    row = {**rows[0], "sql": rows[0]["found_sql"] or None}
    return values.detail(row, tuple(values.decision(decided(one)) for one in decided_on), tuple(values.score(one) for one in given))


def sessions(connection: Connection, asked: SessionFilter) -> SessionPage:
    """A page of sessions, the newest first. Raises UsageError for an unusable page or cursor."""
    given: dict[str, Any] = {"cascade_id": list(asked.cascade_id), "source": asked.source or ""}
    parts = ["max(cascade)"] * bool(asked.cascade_id) + ["max(of_source)"] * (asked.source is not None)
    if asked.search:
        parts.append("positionCaseInsensitiveUTF8(session_id, {search:String}) > 0")
        given["search"] = asked.search
    bounds = {"since": "max(ended) >= {since:DateTime64(6, 'UTC')}", "until": "min(began) < {until:DateTime64(6, 'UTC')}"}
    for name, condition in bounds.items():
        if (moment := getattr(asked, name)) is not None:
            parts.append(condition)
            given[name] = moment
    start = _after(asked.cursor, "sessions", "started", "session_id")
    found = _FOUND.format(condition=" AND ".join(parts) or "1")
    total = connection.rows("count sessions", f"SELECT toInt64(count()) AS total FROM ({found})", given)
    query = f"SELECT * FROM ({found}) WHERE {start.text} ORDER BY started DESC, session_id {_window(asked.limit)}"
    places = [(values.utc(row["started"]), row["session_id"]) for row in connection.rows("list sessions", query, {**given, **start.values})]
    shown = [id_ for _, id_ in places[: asked.limit]]
    known = {row["session_id"]: row for row in connection.rows("read sessions", _SESSION_ROWS, {}, shown)}
    rows = tuple(_session(known[id_]) for id_ in shown if id_ in known)
    return SessionPage(int(total[0]["total"]), rows, _next("sessions", places, asked.limit))


def calls(connection: Connection, session_id: str, limit: int, after: str | None) -> CallPage:
    """A page of the calls of one session, the oldest first. Raises UsageError for an unusable page or cursor."""
    given = {"session_id": session_id}
    start = _after(after, "calls", "timestamp", "trace_id", "asc")
    counted = "SELECT toInt64(count()) AS total FROM unified_logs WHERE session_id = {session_id:String}"
    total = connection.rows("count calls", counted, given)
    query = _CALLS.format(behind=start.text, window=_window(limit))
    rows = [values.call_row(row) for row in connection.rows("read calls", query, {**given, **start.values})]
    places = [(row.timestamp, row.trace_id) for row in rows]
    return CallPage(int(total[0]["total"]), tuple(rows[:limit]), _next("calls", places, limit))


def queries(connection: Connection, asked: QueryFilter) -> QueryPage:
    """A page of statements, the newest first. Raises UsageError for an unusable page or cursor."""
    parts, given = _period(asked.since, asked.until)
    for name in ("session_id", "query_id"):
        if (wanted := getattr(asked, name)) is not None:
            parts.append(f"{name} = {{{name}:String}}")
            given[name] = wanted
    if asked.failed is not None:
        parts.append(f"error IS {'NOT ' if asked.failed else ''}NULL")
    if asked.search:
        parts.append("positionCaseInsensitiveUTF8(sql, {search:String}) > 0")
        given["search"] = asked.search
    condition = " AND ".join(parts) or "1"
    start = _after(asked.cursor, "queries", "timestamp", "query_id")
    total = connection.rows("count queries", f"SELECT toInt64(count()) AS total FROM query_log WHERE {condition}", given)
    query = _QUERIES.format(columns=", ".join(QueryRow.__slots__), condition=condition, behind=start.text, window=_window(asked.limit))
    rows = [{**row, "timestamp": values.utc(row["timestamp"])} for row in connection.rows("list queries", query, {**given, **start.values})]
    places = [(row["timestamp"], row["query_id"]) for row in rows]
    return QueryPage(int(total[0]["total"]), tuple(QueryRow(**row) for row in rows[: asked.limit]), _next("queries", places, asked.limit))


def costs(connection: Connection, asked: CostFilter) -> Sequence[Spend]:
    """What calls cost, by what is asked; of days the newest. Raises UsageError."""
    if asked.by not in _KEYS:
        raise UsageError(f"cannot add up costs by {asked.by[:40]!r}", hint=f"one of: {', '.join(_KEYS)}")
    _window(asked.limit)
    period, given = _period(asked.since, asked.until)
    parts = list(period)
    if asked.cascade_id:
        parts.append("cascade_id IN {cascade_id:Array(String)}")
        given["cascade_id"] = list(asked.cascade_id)
    if asked.model is not None:
        parts.append("model = {model:String}")
        given["model"] = asked.model
    counted = asked.by in ("day", "query") and not asked.cascade_id and asked.model is None
    query = _COSTS.format(
        key=_KEYS[asked.by],
        condition=" AND ".join(parts) or "1",
        statement=_KEYS[asked.by] if counted else "CAST(NULL, 'Nullable(String)')",
        among=" AND ".join(period) or "1" if counted else "0",
        order="key DESC" if asked.by == "day" else "cost DESC, calls DESC, key",
    )
    rows = [Spend(**row) for row in connection.rows("count costs", query, {**given, "limit": min(asked.limit, MOST_ROWS)})]
    if asked.by == "query":
        said = {row["query_id"]: row["text"] for row in connection.rows("read statements", _STATEMENTS, {}, [row.key for row in rows])}
        return [replace(row, sql=said.get(row.key)) for row in rows]
    return rows[::-1] if asked.by == "day" else rows


def _period(since: datetime | None, until: datetime | None) -> tuple[list[str], dict[str, Any]]:
    parts: list[str] = []
    given: dict[str, Any] = {}
    for name, moment, sign in (("since", since, ">="), ("until", until, "<")):
        if moment is not None:
            parts.append(f"timestamp {sign} {{{name}:DateTime64(6, 'UTC')}}")
            given[name] = moment
    return parts, given


def _after(text: str | None, kind: str, column: str, id_: str, order: str = "desc") -> Condition:
    if text is None:
        return Condition("1")
    moment, last = cursor.read(text, kind, datetime)
    if moment is None:
        raise UsageError("this cursor names no moment", hint="give back the `next` of the page before")
    return behind(column, order, id_, moment, last)


def _window(limit: int) -> str:
    """One row more than is asked for tells whether a page follows."""
    return window(limit + 1 if limit >= 0 else limit)


def _next(kind: str, places: Sequence[tuple[datetime, str]], limit: int) -> str | None:
    return cursor.write(kind, places[limit - 1]) if 0 < limit < len(places) else None


def _session(row: dict[str, Any]) -> SessionRow:
    moments = {name: values.utc(row[name]) for name in ("started", "ended")}
    return SessionRow(**{**row, **moments, "cascades": tuple(row["cascades"]), "sources": tuple(row["sources"])})
