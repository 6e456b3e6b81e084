"""One execution whole, sessions, statements and spend, read out of the DuckDB store. It writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rvbbit.errors import UsageError
from rvbbit.logs import cursor, values
from rvbbit.logs.duckdb.conditions import MOST_ROWS, Parameters, window
from rvbbit.logs.duckdb.connection import Connection
from rvbbit.logs.duckdb.projection import USER_INPUT
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

_DETAIL = f"""
SELECT
    log.*, log.arguments AS inputs, {USER_INPUT} AS user_input, log.answer ->> '$' AS assistant_output,
    coalesce(state.trainable, false) AS trainable, coalesce(state.verified, false) AS verified,
    coalesce(state.confidence, score.value) AS confidence,
    CASE WHEN state.confidence IS NULL AND score.value IS NOT NULL THEN score.calibrated END AS calibrated,
    state.corrected_output, state.notes, coalesce(state.tags, []) AS tags,
    (SELECT any_value(sql) FROM rvbbit.main.query_log AS query WHERE query.query_id = log.query_id) AS sql,
    coalesce((SELECT used FROM rvbbit.main.example_uses WHERE trace_id = $trace_id), 0) AS used
FROM (FROM rvbbit.main.unified_logs WHERE trace_id = $trace_id LIMIT 1) AS log
LEFT JOIN (FROM rvbbit.main.training_state WHERE trace_id = $trace_id) AS state ON true
LEFT JOIN (FROM rvbbit.main.current_scores WHERE trace_id = $trace_id AND scorer = 'confidence') AS score ON true"""

_DECISIONS = "FROM rvbbit.main.training_annotations WHERE trace_id = $trace_id ORDER BY seq"
_SCORES = "FROM rvbbit.main.current_scores WHERE trace_id = $trace_id ORDER BY scorer"

_SESSIONS = """
WITH found AS MATERIALIZED (
    SELECT session_id, min(started) AS started FROM (
        SELECT
            session_id, min(timestamp) AS started, max(timestamp) AS ended,
            bool_or(list_contains($cascade_id, cascade_id)) AS cascade, bool_or(source = $source) AS source
        FROM rvbbit.main.unified_logs GROUP BY session_id
        UNION ALL
        SELECT session_id, min(timestamp), max(timestamp), NULL, NULL FROM rvbbit.main.query_log GROUP BY session_id
    ) GROUP BY session_id HAVING {condition}
), page AS (SELECT * FROM found WHERE {behind} ORDER BY started DESC, session_id {window})
SELECT counted.total, page.* FROM (SELECT count(*) AS total FROM found) AS counted LEFT JOIN page ON true
ORDER BY page.started DESC, page.session_id"""

_SESSION_ROWS = """
WITH calls AS (
    SELECT
        session_id, min(timestamp) AS started, max(timestamp + to_microseconds((duration_ms * 1000)::BIGINT)) AS ended,
        list_sort(list(DISTINCT cascade_id)) AS cascades, list_sort(list(DISTINCT source)) AS sources,
        count(*) AS calls, count(error) AS errors,
        sum(tokens_in)::BIGINT AS tokens_in, sum(tokens_out)::BIGINT AS tokens_out,
        CASE WHEN count(cost) = count(*) THEN sum(cost) END AS cost
    FROM rvbbit.main.unified_logs WHERE session_id IN (SELECT id FROM given) GROUP BY session_id
), statements AS (
    SELECT
        session_id, min(timestamp) AS started, max(timestamp + to_microseconds((duration_ms * 1000)::BIGINT)) AS ended, count(*) AS queries
    FROM rvbbit.main.query_log WHERE session_id IN (SELECT id FROM given) GROUP BY session_id
)
SELECT
    session_id, coalesce(least(calls.started, statements.started), calls.started, statements.started) AS started,
    coalesce(greatest(calls.ended, statements.ended), calls.ended, statements.ended) AS ended,
    coalesce(cascades, []) AS cascades, coalesce(sources, []) AS sources,
    coalesce(queries, 0) AS queries, coalesce(calls, 0) AS calls, coalesce(errors, 0) AS errors,
    coalesce(tokens_in, 0) AS tokens_in, coalesce(tokens_out, 0) AS tokens_out,
    CASE WHEN calls IS NULL THEN 0.0 ELSE cost END AS cost
FROM calls FULL JOIN statements USING (session_id)"""

_CALLS = """
SELECT
    trace_id, query_id, run_id, caller_id, timestamp, source, cascade_id, cell_name, kind, model, arguments AS inputs, answer,
    attempt, take, tokens_in, tokens_out, tokens_cached, cost, duration_ms, cached, error, error_code
FROM rvbbit.main.unified_logs WHERE session_id = $session_id AND {behind} ORDER BY timestamp, trace_id {window}"""

_QUERIES = """
SELECT * FROM rvbbit.main.query_log WHERE {condition} AND {behind} ORDER BY timestamp DESC, query_id {window}"""

_DAY = "strftime(make_timestamp(epoch_us(timestamp)), '%Y-%m-%d')"
_KEYS = {"day": _DAY, "model": "model", "cascade": "cascade_id", "source": "source", "query": "query_id"}

# Answers that no call was made for are known of statements alone, which have no cascade and no one model.
_COSTS = """
SELECT
    key, coalesce(calls, 0) AS calls, coalesce(errors, 0) AS errors, coalesce(known.cached, 0)::BIGINT AS cached,
    coalesce(tokens_in, 0)::BIGINT AS tokens_in, coalesce(tokens_out, 0)::BIGINT AS tokens_out,
    coalesce(tokens_cached, 0)::BIGINT AS tokens_cached, coalesce(cost, 0.0) AS cost, coalesce(unpriced, 0) AS unpriced,
    coalesce(scoring, 0.0) AS scoring{text}
FROM (
    SELECT
        {key} AS key, count(*) AS calls, count(error) AS errors, sum(tokens_in) AS tokens_in, sum(tokens_out) AS tokens_out,
        sum(tokens_cached) AS tokens_cached, sum(cost) AS cost, count(*) - count(cost) AS unpriced,
        sum(cost) FILTER (WHERE source = 'judge') AS scoring
    FROM rvbbit.main.unified_logs WHERE {condition} GROUP BY key
) AS made
FULL JOIN (
    SELECT {statement} AS key, sum(cached) AS cached FROM rvbbit.main.query_log WHERE {among} AND cached > 0 GROUP BY key
) AS known USING (key)
WHERE key IS NOT NULL
ORDER BY {order} LIMIT $limit"""


_STATEMENT = ", (SELECT any_value(sql) FROM rvbbit.main.query_log AS query WHERE query.query_id = key) AS sql"


def detail(connection: Connection, trace_id: str) -> Detail | None:
    """One logged call with everything that is known of it; None where there is none of that id."""
    asked = {"trace_id": trace_id}
    rows = connection.read("read an execution", _DETAIL, asked)
    if not rows:
        return None
    decisions = tuple(values.decision(row) for row in connection.read("read decisions", _DECISIONS, asked))
    given = tuple(values.score(row) for row in connection.read("read scores", _SCORES, asked))
    return values.detail(rows[0], decisions, given)


def sessions(connection: Connection, asked: SessionFilter) -> SessionPage:
    """A page of sessions, the newest first. Raises UsageError for an unusable page or cursor."""
    given: Parameters = {"cascade_id": list(asked.cascade_id), "source": asked.source}
    parts = ["bool_or(cascade)"] * bool(asked.cascade_id) + ["bool_or(source)"] * (asked.source is not None)
    if asked.search:
        parts.append("contains(lower(session_id), lower($search))")
        given["search"] = asked.search
    for name, condition in {"since": "max(ended) >= $since", "until": "min(started) < $until"}.items():
        if (moment := getattr(asked, name)) is not None:
            parts.append(condition)
            given[name] = moment
    behind, more = _after(asked.cursor, "sessions", "started", "session_id")
    query = _SESSIONS.format(condition=" AND ".join(parts) or "true", behind=behind, window=_window(asked.limit))
    total, *_ = found = connection.read("list sessions", query, {**given, **more})
    places = [(values.utc(row["started"]), row["session_id"]) for row in found if row["session_id"] is not None]
    rows = connection.read("read sessions", _SESSION_ROWS, {}, [id_ for _, id_ in places[: asked.limit]])
    known = {row["session_id"]: row for row in rows}
    shown = tuple(_session(known[id_]) for _, id_ in places[: asked.limit] if id_ in known)
    return SessionPage(int(total["total"]), shown, _next("sessions", places, asked.limit))


def calls(connection: Connection, session_id: str, limit: int, after: str | None) -> CallPage:
    """A page of the calls of one session, the oldest first. Raises UsageError for an unusable page or cursor."""
    given: Parameters = {"session_id": session_id}
    behind, more = _after(after, "calls", "timestamp", "trace_id", ">")
    counted = connection.read("count calls", "SELECT count(*) AS total FROM rvbbit.main.unified_logs WHERE session_id = $session_id", given)
    found = connection.read("read calls", _CALLS.format(behind=behind, window=_window(limit)), {**given, **more})
    rows = [values.call_row(row) for row in found]
    places = [(row.timestamp, row.trace_id) for row in rows]
    return CallPage(int(counted[0]["total"]), tuple(rows[:limit]), _next("calls", places, limit))


def queries(connection: Connection, asked: QueryFilter) -> QueryPage:
    """A page of statements, the newest first. Raises UsageError for an unusable page or cursor."""
    parts, given = _period(asked.since, asked.until)
    for name in ("session_id", "query_id"):
        if (wanted := getattr(asked, name)) is not None:
            parts.append(f"{name} = ${name}")
            given[name] = wanted
    if asked.failed is not None:
        parts.append(f"error IS {'NOT ' if asked.failed else ''}NULL")
    if asked.search:
        parts.append("contains(lower(sql), lower($search))")
        given["search"] = asked.search
    condition = " AND ".join(parts) or "true"
    behind, more = _after(asked.cursor, "queries", "timestamp", "query_id")
    total = connection.read("count queries", f"SELECT count(*) AS total FROM rvbbit.main.query_log WHERE {condition}", given)
    query = _QUERIES.format(condition=condition, behind=behind, window=_window(asked.limit))
    rows = [{**row, "timestamp": values.utc(row["timestamp"])} for row in connection.read("list queries", query, {**given, **more})]
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
        parts.append("list_contains($cascade_id, cascade_id)")
        given["cascade_id"] = list(asked.cascade_id)
    if asked.model is not None:
        parts.append("model = $model")
        given["model"] = asked.model
    counted = asked.by in ("day", "query") and not asked.cascade_id and asked.model is None
    query = _COSTS.format(
        key=_KEYS[asked.by],
        condition=" AND ".join(parts) or "true",
        statement=_KEYS[asked.by] if counted else "NULL",
        among=" AND ".join(period) or "true" if counted else "false",
        order="key DESC" if asked.by == "day" else "cost DESC, calls DESC, key",
        text=_STATEMENT if asked.by == "query" else "",
    )
    rows = [Spend(**row) for row in connection.read("count costs", query, {**given, "limit": min(asked.limit, MOST_ROWS)})]
    return rows[::-1] if asked.by == "day" else rows


def _period(since: datetime | None, until: datetime | None) -> tuple[list[str], Parameters]:
    parts, given = [], {}
    for name, moment, condition in (("since", since, "timestamp >= $since"), ("until", until, "timestamp < $until")):
        if moment is not None:
            parts.append(condition)
            given[name] = moment
    return parts, given


def _after(text: str | None, kind: str, column: str, id_: str, beyond: str = "<") -> tuple[str, Parameters]:
    if text is None:
        return "true", {}
    moment, last = cursor.read(text, kind, datetime)
    if moment is None:
        raise UsageError("this cursor names no moment", hint="give back the `next` of the page before")
    return f"({column} {beyond} $after OR ({column} = $after AND {id_} > $after_id))", {"after": moment, "after_id": last}


def _window(limit: int) -> str:
    """One row more than is asked for tells whether a page follows."""
    return window(limit + 1 if limit >= 0 else limit)


def _next(kind: str, places: Sequence[tuple[datetime, str]], limit: int) -> str | None:
    return cursor.write(kind, places[limit - 1]) if 0 < limit < len(places) else None


def _session(row: dict[str, Any]) -> SessionRow:
    moments = {name: values.utc(row[name]) for name in ("started", "ended")}
    return SessionRow(**{**row, **moments, "cascades": tuple(row["cascades"]), "sources": tuple(row["sources"])})
