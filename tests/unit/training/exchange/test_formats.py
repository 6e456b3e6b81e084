"""OpenAI chat files, Langfuse exports and OTLP/JSON traces, in the spellings that are found in the wild."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from rvbbit.types import Usage

Run = Callable[..., Any]
SYSTEM = {"role": "system", "content": "be brief"}
ASKED = {"role": "user", "content": "why?"}
ANSWERED = {"role": "assistant", "content": "because"}


def attributes(**values: Any) -> list[dict[str, Any]]:
    """As OTLP/JSON writes them: whole numbers are text."""
    kinds: dict[type, str] = {str: "stringValue", int: "intValue", float: "doubleValue"}
    return [
        {"key": f"gen_ai.{key}", "value": {kinds[type(value)]: str(value) if isinstance(value, int) else value}}
        if not isinstance(value, list)
        else {"key": f"gen_ai.{key}", "value": {"arrayValue": {"values": [{"stringValue": one} for one in value]}}}
        for key, value in values.items()
    ]


def span(*, events: Any = (), span_id: str = "b7ad6b7169203331", code: int = 0, **values: Any) -> dict[str, Any]:
    return {
        "traceId": "5b8efff798038103d269b633813fc60c",
        "spanId": span_id,
        "name": "chat",
        "startTimeUnixNano": "1767225600000000000",
        "endTimeUnixNano": "1767225602500000000",
        "attributes": attributes(**values),
        "events": list(events),
        "status": {"code": code, "message": "overloaded"} if code else {},
    }


def request(*spans: Any) -> str:
    return json.dumps({"resourceSpans": [{"resource": {"attributes": []}, "scopeSpans": [{"scope": {}, "spans": list(spans)}]}]})


# OpenAI


def test_a_fine_tuning_line_is_an_execution(imported: Run) -> None:
    record = imported(json.dumps({"messages": [SYSTEM, ASKED, ANSWERED]})).shelf.only
    assert (record.arguments, record.answer) == ({"prompt": "why?"}, "because")
    assert record.request == {"messages": [SYSTEM, ASKED]}


def test_earlier_turns_are_an_argument_of_their_own(imported: Run) -> None:
    record = imported(json.dumps({"messages": [ASKED, ANSWERED, {"role": "user", "content": "really?"}, ANSWERED]})).shelf.only
    assert record.arguments == {"prompt": "really?", "conversation": [ASKED, ANSWERED]}


def test_content_in_parts_and_calls_of_tools_are_read(imported: Run) -> None:
    parts = {"role": "user", "content": [{"type": "text", "text": "what"}, {"type": "text", "text": "is it?"}]}
    call = [{"id": "c", "type": "function", "function": {"name": "look", "arguments": "{}"}}]
    record = imported(json.dumps({"messages": [parts, {"role": "assistant", "content": None, "tool_calls": call}]})).shelf.only
    assert (record.arguments, record.answer) == ({"prompt": "what\nis it?"}, {"tool_calls": call})


@pytest.mark.parametrize("messages", [[], [ASKED], [SYSTEM, ANSWERED], [ASKED, {"role": "assistant", "content": ""}]])
def test_a_chat_without_question_or_answer_is_reported(imported: Run, messages: Any) -> None:
    assert imported(json.dumps({"messages": messages})).report.rejected == 1


# Langfuse

GENERATION = {
    "id": "obs-1",
    "traceId": "trace-1",
    "type": "GENERATION",
    "name": "answer",
    "startTime": "2026-01-01T00:00:00.000Z",
    "endTime": "2026-01-01T00:00:01.500Z",
    "model": "gpt-4o",
    "input": [SYSTEM, ASKED],
    "output": ANSWERED,
    "usageDetails": {"input": 12, "output": 3, "total": 15},
    "costDetails": {"input": 0.1, "output": 0.2, "total": 0.3},
    "level": "DEFAULT",
}


def test_a_generation_of_langfuse_is_an_execution(imported: Run) -> None:
    record = imported(json.dumps([GENERATION]), "export.json").shelf.only
    assert (record.arguments, record.answer, record.model) == ({"prompt": "why?"}, "because", "gpt-4o")
    assert (record.usage, record.duration, record.session_id) == (Usage(12, 3, 0, 0.3), 1.5, "trace-1")


def test_both_spellings_of_langfuse_are_read(imported: Run) -> None:
    blob = {
        "id": "obs-1",
        "trace_id": "trace-1",
        "type": "GENERATION",
        "start_time": "2026-01-01 00:00:00.000000",
        "provided_model_name": "gpt-4o",
        "input": json.dumps([SYSTEM, ASKED]),
        "output": json.dumps(ANSWERED),
        "usage_details": json.dumps({"input": 12, "output": 3}),
        "total_cost": "0.3",
    }
    record = imported(json.dumps(blob)).shelf.only
    assert (record.arguments, record.answer, record.model, record.usage) == ({"prompt": "why?"}, "because", "gpt-4o", Usage(12, 3, 0, 0.3))


def test_a_trace_gives_its_generations_and_no_spans(imported: Run) -> None:
    other = {"id": "s", "traceId": "trace-1", "type": "SPAN", "input": "x", "output": "y"}
    trace = {"id": "trace-1", "sessionId": "session", "userId": "ann", "input": "i", "output": "o", "observations": [other, GENERATION]}
    record = imported(json.dumps(trace)).shelf.only
    assert (record.answer, record.session_id, record.caller_id) == ("because", "session", "ann")
    done = imported(json.dumps(other))
    assert (done.report.added, done.report.skipped, done.report.rejected) == (0, 1, 0)


def test_a_trace_without_observations_is_its_own_input_and_output(imported: Run) -> None:
    trace = {"id": "t", "projectId": "p", "name": "n", "input": {"question": "why?", "topic": "x"}, "output": {"a": 1}, "latency": 2}
    record = imported(json.dumps(trace)).shelf.only
    assert (record.arguments, record.answer, record.duration) == ({"question": "why?", "topic": "x"}, {"a": 1}, 2.0)


def test_a_generation_that_failed_is_reported(imported: Run) -> None:
    done = imported(json.dumps({**GENERATION, "level": "ERROR", "statusMessage": "rate limited", "output": None}))
    assert done.reasons == [(1, "the call failed: rate limited")]


# OTLP


def test_a_span_with_messages_is_an_execution(imported: Run) -> None:
    one = span(
        **{
            "operation.name": "chat",
            "provider.name": "openai",
            "request.model": "gpt-4o",
            "usage.input_tokens": 12,
            "usage.output_tokens": 3,
            "conversation.id": "c1",
            "response.finish_reasons": ["stop"],
            "input.messages": json.dumps([{"role": "user", "parts": [{"type": "text", "content": "why?"}]}]),
            "output.messages": json.dumps(
                [{"role": "assistant", "parts": [{"type": "text", "content": "because"}], "finish_reason": "stop"}]
            ),
            "system_instructions": json.dumps([{"type": "text", "content": "be brief"}]),
        }
    )
    record = imported(request(one), "traces.json").shelf.only
    assert (record.arguments, record.answer, record.model) == ({"prompt": "why?"}, "because", "openai:gpt-4o")
    assert (record.usage, record.duration, record.session_id, record.finish_reason) == (Usage(12, 3, 0, None), 2.5, "c1", "stop")
    assert record.timestamp.isoformat() == "2026-01-01T00:00:00+00:00"
    assert record.request == {"messages": [SYSTEM, ASKED]}


def event(name: str, **values: Any) -> dict[str, Any]:
    plain = [{"key": key, "value": {"stringValue": value}} for key, value in values.items()]
    return {"name": name, "attributes": plain}


OLDER: dict[str, dict[str, Any]] = {
    "indexed": span(
        **{
            "prompt.0.role": "system",
            "prompt.0.content": "be brief",
            "prompt.1.role": "user",
            "prompt.1.content": "why?",
            "completion.0.content": "because",
        }
    ),
    "text": span(prompt="why?", completion="because"),
    "json": span(prompt=json.dumps([ASKED]), completion=json.dumps([ANSWERED])),
    "content events": span(
        system="openai",
        events=[
            event("gen_ai.content.prompt", **{"gen_ai.prompt": json.dumps([ASKED])}),
            event("gen_ai.content.completion", **{"gen_ai.completion": json.dumps([ANSWERED])}),
        ],
    ),
    "message events": span(
        system="openai",
        events=[
            event("gen_ai.system.message", content="be brief"),
            event("gen_ai.user.message", content="why?"),
            event("gen_ai.choice", message=json.dumps({"content": "because"})),
        ],
    ),
    "details event": span(
        system="openai",
        events=[
            event(
                "gen_ai.client.inference.operation.details",
                **{"gen_ai.input.messages": json.dumps([ASKED]), "gen_ai.output.messages": json.dumps([ANSWERED])},
            )
        ],
    ),
}


@pytest.mark.parametrize("spelling", OLDER)
def test_every_place_the_conventions_have_had_messages_in_is_read(imported: Run, spelling: str) -> None:
    record = imported(request(OLDER[spelling])).shelf.only
    assert (record.arguments, record.answer) == ({"prompt": "why?"}, "because")


def test_one_bad_span_costs_no_other_and_other_spans_are_no_calls(imported: Run) -> None:
    good = span(span_id="good", prompt="why?", completion="because")
    http = {"spanId": "http", "attributes": [{"key": "http.method", "value": {"stringValue": "GET"}}]}
    tool = span(span_id="tool", **{"operation.name": "execute_tool", "tool.name": "look"})
    done = imported(request(span(span_id="empty", system="openai"), span(span_id="failed", system="openai", code=2), http, tool, good))
    assert (done.report.added, done.report.skipped) == (1, 2)
    assert [reason.split(":")[0] for _, reason in done.reasons] == ["span empty", "span failed"]
    assert "switch its capture on" in done.reasons[0][1] and "overloaded" in done.reasons[1][1]


def test_a_collector_file_has_a_request_a_line(imported: Run) -> None:
    lines = [request(span(span_id=str(n), prompt="why?", completion="because")) for n in range(3)]
    assert imported("\n".join([*lines, lines[0]])).report.added == 3
