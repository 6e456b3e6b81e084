"""Langfuse exports → executions: observations of type GENERATION, alone or inside their trace, and traces that have none.

Both spellings are read: the API's (`traceId`, `startTime`) and the blob export's (`trace_id`, `start_time`). Spans and events are no model
calls and give nothing. Scores stay out: what another system's judge thought is nobody's decision here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rvbbit.training.exchange.chat import answer_of, found_in, optional, turns
from rvbbit.training.exchange.found import Found, Row, amount, count, moment, parsed_json, text
from rvbbit.types import Usage, Value

_MARKS = {"trace_id", "project_id", "parent_observation_id", "bookmarked", "html_path", "observations", "usage_details"}
_TYPES = ("GENERATION", "SPAN", "EVENT", "AGENT", "TOOL", "CHAIN", "RETRIEVER", "EVALUATOR", "EMBEDDING", "GUARDRAIL")


def matches(row: Row) -> bool:
    """Whether an object is an observation or a trace of Langfuse."""
    keys = {_snake(key) for key in row}
    return "observations" in keys or row.get("type") in _TYPES or ("input" in keys and "output" in keys and bool(keys & _MARKS))


def executions(row: Row) -> list[Found]:
    """The model calls of an observation or a trace. Raises ValueError where one has no input or no output."""
    whole = {_snake(key): value for key, value in row.items()}
    inside = whole.get("observations")
    calls = [_named(one) for one in inside if isinstance(one, Mapping)] if isinstance(inside, list) else []
    calls = [one for one in calls if one.get("type") == "GENERATION"]
    if calls:
        outer = {"trace_id": whole.get("id"), **{name: whole.get(name) for name in ("session_id", "user_id")}}
        return [_execution({**outer, **{key: value for key, value in one.items() if value is not None}}) for one in calls]
    return [_execution(whole)] if whole.get("type", "GENERATION") == "GENERATION" else []


def _named(row: Row) -> dict[str, Any]:
    return {_snake(key): value for key, value in row.items()}


def _execution(row: Row) -> Found:
    if row.get("level") == "ERROR":
        raise ValueError(f"the call failed: {row.get('status_message') or 'no reason given'}")
    known = {
        "source_id": optional(row.get("id")),
        "model": optional(row.get("model") or row.get("provided_model_name")) or "",
        "timestamp": _first(row, moment, "start_time", "timestamp", "created_at"),
        "session_id": optional(row.get("session_id")) or optional(row.get("trace_id")),
        "caller_id": optional(row.get("user_id")),
        "usage": _usage(row),
        "duration": _duration(row),
    }
    answer = _answer(row.get("output"))
    messages = turns(row.get("input"))
    if messages:
        return found_in(messages, answer, **known)
    asked = row.get("input")
    asked = parsed_json(asked) if isinstance(asked, str) and asked.lstrip().startswith("{") else asked
    if isinstance(asked, Mapping) and asked:
        return Found(answer, None, dict(asked), **known)
    if row.get("input") in (None, "", [], {}):
        raise ValueError("it has no input")
    return Found(answer, text(row["input"]), **known)


def _answer(output: Any) -> Value:
    if isinstance(output, Mapping) and isinstance(output.get("choices"), list) and output["choices"]:
        choice = output["choices"][0]
        output = choice.get("message", choice) if isinstance(choice, Mapping) else choice
    messages = turns(output)
    if messages:
        return answer_of(messages[-1])
    if output in (None, ""):
        raise ValueError("it has no output")
    return output  # type: ignore[no-any-return]


def _usage(row: Row) -> Usage:
    details = _mapping(row, "usage_details") or _mapping(row, "usage")
    costs = _mapping(row, "cost_details")
    total = _first(costs, amount, "total")
    cost = _first(row, amount, "calculated_total_cost", "total_cost", "cost") if total is None else total
    tokens_in = _first(details, count, "input", "prompt_tokens", "promptTokens") or _first(row, count, "prompt_tokens", "input_tokens") or 0
    tokens_out = _first(details, count, "output", "completion_tokens", "completionTokens")
    tokens_out = tokens_out or _first(row, count, "completion_tokens", "output_tokens") or 0
    return Usage(tokens_in, tokens_out, _first(details, count, "input_cached_tokens", "cache_read_input_tokens") or 0, cost)


def _duration(row: Row) -> float:
    """In seconds, as Langfuse's own latency is."""
    began, ended = _first(row, moment, "start_time"), _first(row, moment, "end_time")
    if began is not None and ended is not None and ended >= began:
        return float((ended - began).total_seconds())
    return float(_first(row, amount, "latency") or 0.0)


def _mapping(row: Row, name: str) -> Row:
    value = row.get(name)
    value = parsed_json(value) if isinstance(value, str) else value
    return value if isinstance(value, Mapping) else {}


def _first(row: Row, read: Any, *names: str) -> Any:
    """The first of the names that has a value, read; None where none has."""
    return next((read(row[name]) for name in names if row.get(name) not in (None, "")), None)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
