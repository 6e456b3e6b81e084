"""OTLP/JSON traces → executions: the spans with `gen_ai.*` attributes that hold their messages. Other spans give nothing.

Messages are looked for where the conventions have had them: `gen_ai.input.messages`, `gen_ai.prompt`, `gen_ai.prompt.0.content`, and the
same in events. Source: OpenTelemetry's semantic conventions for generative AI, and OTLP's JSON encoding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rvbbit.training.exchange.chat import answer_of, content_of, found_in, optional, turns
from rvbbit.training.exchange.found import Found, Row, amount, count, moment, names, parsed_json
from rvbbit.types import Usage, Value

_FAILED = (2, "2", "STATUS_CODE_ERROR")
_CALLS = ("chat", "text_completion", "generate_content", "completion")
_EVENT = re.compile(r"gen_ai\.(system|user|assistant|tool)\.message")
_INDEXED = re.compile(r"gen_ai\.(prompt|completion)\.(\d{1,4})\.(role|content)")
_HINT = "switch its capture on (OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true)"


def matches(row: Row) -> bool:
    """Whether an object is an OTLP/JSON request, as exporters send and collectors write it."""
    return "resourceSpans" in row or "resource_spans" in row


def executions(row: Row) -> list[Found]:
    """Every model call in the spans of one request. Raises ValueError with the span's id where one has no messages."""
    return [found for span in _spans(row) for found in _execution(span)]


def spans(row: Row) -> Iterator[tuple[str, list[Found] | ValueError]]:
    """Span by span, so that one that is bad costs no other: its id, and its executions or what is wrong with it."""
    for span in _spans(row):
        name = f"span {span.get('spanId') or span.get('span_id') or '?'}"
        try:
            yield name, _execution(span)
        except ValueError as error:
            yield name, error


def _spans(row: Row) -> Iterator[Row]:
    for resource in _listed(row, "resourceSpans", "resource_spans"):
        for scope in _listed(resource, "scopeSpans", "scope_spans", "instrumentationLibrarySpans"):
            yield from _listed(scope, "spans")


def _execution(span: Row) -> list[Found]:
    known = _attributes(span.get("attributes"))
    events = [(str(event.get("name")), _attributes(event.get("attributes"))) for event in _listed(span, "events")]
    if not any(key.startswith("gen_ai.") for key in known) or known.get("gen_ai.operation.name", "chat") not in _CALLS:
        return []
    status = span.get("status")
    if isinstance(status, Mapping) and status.get("code") in _FAILED:
        raise ValueError(f"the call failed: {status.get('message') or 'no reason given'}")
    given = {key: value for _, attributes in events for key, value in attributes.items() if key.startswith("gen_ai.")} | known
    asked, answered = _asked(given, events), _answered(given, events)
    if not asked or answered is None:
        raise ValueError(f"it has no messages; {_HINT}")
    return [found_in(asked, answered, **_facts(span, known))]


def _facts(span: Row, known: Row) -> dict[str, Any]:
    began, ended = _time(span, "startTimeUnixNano"), _time(span, "endTimeUnixNano")
    provider = known.get("gen_ai.provider.name") or known.get("gen_ai.system")
    model = optional(known.get("gen_ai.response.model") or known.get("gen_ai.request.model")) or ""
    trace = span.get("traceId") or span.get("trace_id") or ""
    reasons = known.get("gen_ai.response.finish_reasons")
    return {
        "source_id": f"{trace}/{span.get('spanId') or span.get('span_id') or ''}",
        "model": f"{provider}:{model}" if provider and model else model,
        "timestamp": began,
        "session_id": optional(known.get("gen_ai.conversation.id")) or optional(trace),
        "caller_id": optional(known.get("enduser.id") or known.get("user.id")),
        "usage": Usage(
            _tokens(known, "input_tokens", "prompt_tokens"), _tokens(known, "output_tokens", "completion_tokens"),
            _tokens(known, "cache_read.input_tokens", "cache_read_input_tokens"), None,
        ),
        "duration": (ended - began).total_seconds() if began and ended and ended >= began else 0.0,
        "finish_reason": ", ".join(names(reasons)) if isinstance(reasons, str | list) and reasons else None,
    }  # fmt: skip


def _asked(given: Row, events: Sequence[tuple[str, Row]]) -> list[dict[str, Any]]:
    """The messages that were sent, the system's first; empty where the span has none."""
    found = turns(given.get("gen_ai.input.messages")) or turns(given.get("gen_ai.prompt")) or _indexed(given, "prompt")
    if not found and isinstance(given.get("gen_ai.prompt"), str) and given["gen_ai.prompt"]:
        found = [{"role": "user", "content": given["gen_ai.prompt"]}]
    if not found:
        found = turns([{"role": match[1], **_body(body)} for name, body in events if (match := _EVENT.fullmatch(name))])
    system = given.get("gen_ai.system_instructions")
    parts = parsed_json(system) if isinstance(system, str) and system.startswith("[") else system
    return [{"role": "system", "content": content_of(parts or system)}, *found] if system and found else found


def _answered(given: Row, events: Sequence[tuple[str, Row]]) -> Value:
    found = turns(given.get("gen_ai.output.messages")) or turns(given.get("gen_ai.completion")) or _indexed(given, "completion")
    if not found:
        choices = [_body(body) for name, body in events if name == "gen_ai.choice"]
        found = turns([{"role": "assistant", **one} for one in choices])
    if found:
        return answer_of(found[-1])
    plain = given.get("gen_ai.completion")
    return plain if isinstance(plain, str) and plain else None


def _body(body: Row) -> dict[str, Any]:
    """A message of an event: its attributes, or the JSON in its attribute `message`."""
    message = body.get("message")
    message = parsed_json(message) if isinstance(message, str) else message
    return dict(message) if isinstance(message, Mapping) else {"content": body.get("content")}


def _indexed(given: Row, kind: str) -> list[dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for key, value in given.items():
        match = _INDEXED.fullmatch(key)
        if match and match[1] == kind:
            found.setdefault(int(match[2]), {"role": "user" if kind == "prompt" else "assistant", "content": None})[match[3]] = value
    return turns([found[place] for place in sorted(found)])


def _attributes(listed: Any) -> dict[str, Any]:
    pairs = listed if isinstance(listed, list) else []
    return {str(pair["key"]): _value(pair.get("value")) for pair in pairs if isinstance(pair, Mapping) and "key" in pair}


def _value(value: Any) -> Any:
    """An AnyValue as JSON; OTLP writes whole numbers as text."""
    if not isinstance(value, Mapping) or not value:
        return None
    kind, inner = next(iter(value.items()))
    if kind == "arrayValue":
        return [_value(one) for one in _listed_values(inner)]
    if kind == "kvlistValue":
        return _attributes(inner.get("values") if isinstance(inner, Mapping) else None)
    return inner


def _listed_values(inner: Any) -> list[Any]:
    values = inner.get("values") if isinstance(inner, Mapping) else None
    return values if isinstance(values, list) else []


def _listed(row: Any, *keys: str) -> list[Row]:
    found: list[Any] = next((row[key] for key in keys if isinstance(row.get(key), list)), [])
    return [one for one in found if isinstance(one, Mapping)]


def _time(span: Row, name: str) -> Any:
    value = span.get(name)
    return None if value in (None, "", 0, "0") else moment(amount(value) / 1e9)


def _tokens(known: Row, *kinds: str) -> int:
    found = next((known[key] for kind in kinds if (key := f"gen_ai.usage.{kind}") in known), 0)
    return count(found)
