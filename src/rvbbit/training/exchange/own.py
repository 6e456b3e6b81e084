"""RVBBIT's own export, both ways: every column of the log that an execution needs, what holds for it, and the history of decisions.

In JSON Lines values are JSON; in tables the JSON columns travel as text. `cache_key` stays out: what comes from a file teaches, but never
answers a query by itself. The columns after `example_ids` are for reading; `decisions` and `scores` are what comes back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rvbbit.training.exchange.found import Found, Row, amount, count, flag, moment, names, parsed_json, share, text
from rvbbit.types import Decision, Score, Usage, Value

LOGGED = (
    "trace_id", "session_id", "caller_id", "query_id", "timestamp", "source", "cascade_id", "cell_name", "kind",
    "cascade_fingerprint", "cell_fingerprint", "model", "arguments", "request", "response", "answer", "probability", "finish_reason",
    "attempt", "take", "tokens_in", "tokens_out", "tokens_cached", "cost", "duration_ms", "cached", "set_version", "example_ids",
    "run_id",
)  # fmt: skip
STATE = ("trainable", "verified", "confidence", "corrected_output", "notes", "tags")
COLUMNS = (*LOGGED, *STATE, "decisions", "scores")
JSON_COLUMNS = ("arguments", "request", "response", "answer", "corrected_output")
LISTS = ("example_ids", "tags", "decisions", "scores")

_SOURCES = ("query", "run", "import")
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "'", "＝", "＋", "－", "＠")
_FINGERPRINTS = ("cascade_fingerprint", "cell_fingerprint", "set_version")


def matches(row: Row) -> bool:
    """Whether a row is one of an export of ours."""
    return "trace_id" in row and "cell_fingerprint" in row and "arguments" in row


def as_object(row: Row) -> dict[str, Any]:
    """A row of the store as a JSON object."""
    whole = {name: _whole(name, row[name]) for name in (*LOGGED, *STATE)}
    return {**whole, **_lists(row)}


def as_cells(row: Row) -> dict[str, Any]:
    """A row of the store as cells of a table: JSON as text, lists as JSON."""
    whole = {name: row[name] for name in (*LOGGED, *STATE)}
    lists = {"example_ids": row["example_ids"], "tags": row["tags"], **_lists(row)}
    return {**whole, **{name: _json(value) for name, value in lists.items()}}


def guarded(cell: Any) -> str:
    """A CSV cell that no spreadsheet runs as a formula, and that tells null from the empty text; `unguarded` gives it back."""
    if cell is None:
        return ""
    spelled = cell.isoformat() if isinstance(cell, datetime) else str(cell).lower() if isinstance(cell, bool) else str(cell)
    return f"'{spelled}" if not spelled or spelled.startswith(_RISKY) else spelled


def unguarded(cell: str) -> str | None:
    """What `guarded` was given, as text."""
    return None if cell == "" else cell.removeprefix("'")


def execution(row: Row, *, encoded: bool) -> Found:
    """The execution of an exported row; `encoded` where JSON columns are text. Raises ValueError with the column at fault."""
    row = _decoded(row) if encoded else row
    arguments = row.get("arguments")
    if not isinstance(arguments, Mapping) or not isinstance(row.get("trace_id"), str) or not row["trace_id"]:
        raise ValueError("trace_id or arguments are missing")
    if row.get("kind", "llm") != "llm" or row.get("source", "query") not in _SOURCES:
        raise ValueError(f"a {row.get('kind')} cell from {row.get('source')!r} cannot teach")
    known = {name: _text(row, name) for name in ("session_id", "caller_id", "cascade_id", "cell_name", "finish_reason")}
    tokens = {name: _read(row, name, count) or 0 for name in ("tokens_in", "tokens_out", "tokens_cached")}
    return Found(
        row.get("answer"),
        None,
        dict(arguments),
        trace_id=row["trace_id"],
        model=_text(row, "model") or "",
        timestamp=_read(row, "timestamp", moment),
        usage=Usage(**tokens, cost_usd=_read(row, "cost", amount)),
        duration=(_read(row, "duration_ms", amount) or 0.0) / 1000,
        request=row.get("request"),
        logged=_logged(row),
        decisions=tuple(_decision(row["trace_id"], one) for one in row.get("decisions") or ()),
        scores=tuple(_score(row["trace_id"], one) for one in row.get("scores") or ()),
        **known,  # type: ignore[arg-type]
    )


def _logged(row: Row) -> dict[str, Any]:
    """What only a log of ours knows, by the names of CallRecord."""
    return {
        "query_id": _text(row, "query_id"),
        "run_id": _text(row, "run_id"),
        "source": row.get("source", "import"),
        **{name: _text(row, name) or "" for name in _FINGERPRINTS},
        "response": row.get("response"),
        "probability": _read(row, "probability", share),
        "attempt": min(_read(row, "attempt", count) or 1, 1 << 30),
        "take": min(_read(row, "take", count) or 0, 1 << 30),
        "example_ids": _read(row, "example_ids", names) or (),
        "cached": bool(_read(row, "cached", flag)),
    }


def _decision(trace_id: str, value: Any) -> Decision:
    fields = value.get("fields") if isinstance(value, Mapping) else None
    if not isinstance(fields, list) or not fields or not set(map(str, fields)) <= set(STATE) or not value.get("batch"):
        raise ValueError("a decision has no batch, or fields that are not decisions")
    tags = value.get("tags")
    return Decision(
        trace_id,
        text(value.get("author") or "unknown"),
        moment(value.get("timestamp")),
        text(value["batch"]),
        tuple(fields),
        trainable=_read(value, "trainable", flag),
        verified=_read(value, "verified", flag),
        confidence=_read(value, "confidence", share),
        corrected_output=value.get("corrected_output"),
        notes=_text(value, "notes"),
        tags=None if tags is None else names(tags),
        reason=_text(value, "reason"),
        undoes=_text(value, "undoes"),
    )


def _score(trace_id: str, value: Any) -> Score:
    if not isinstance(value, Mapping) or not value.get("scorer"):
        raise ValueError("a score names no scorer")
    return Score(
        trace_id,
        text(value["scorer"]),
        text(value.get("scorer_version") or ""),
        _read(value, "value", share),
        text(value.get("reason") or ""),
        moment(value.get("timestamp")),
        bool(_read(value, "calibrated", flag)),
        _read(value, "cost", amount),
    )


def _lists(row: Row) -> dict[str, Any]:
    decisions = [_decision_object(one) for one in row["decisions"] or ()]
    return {"decisions": decisions, "scores": [dict(one) for one in row["scores"] or ()]}


def _decision_object(decision: Row) -> dict[str, Any]:
    """A decision as JSON, without the values it does not decide."""
    whole = {name: _whole(name, value) for name, value in decision.items()}
    return {name: value for name, value in whole.items() if name not in STATE or name in whole["fields"]}


def _whole(name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return json.loads(value) if name in JSON_COLUMNS and value is not None else value


def _decoded(row: Row) -> dict[str, Any]:
    """Cells back to values. Raises ValueError where one is not JSON."""
    whole = dict(row)
    for name in (*JSON_COLUMNS, *LISTS):
        value = row.get(name)
        if isinstance(value, str):
            whole[name] = parsed_json(value)
            if whole[name] is None and value != "null":
                raise ValueError(f"{name} is not JSON")
    return whole


def _json(value: Value) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _text(row: Row, name: str) -> str | None:
    return None if row.get(name) is None else text(row[name])


def _read(row: Row, name: str, read: Any) -> Any:
    if row.get(name) is None:
        return None
    try:
        return read(row[name])
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
