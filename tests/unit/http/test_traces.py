"""`/v1/traces` as OpenTelemetry's exporters ask it: OTLP/HTTP in JSON, plain or gzip, and what they are told when it is anything else."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import Any

import pytest
from starlette.testclient import TestClient

from rvbbit.http.limits import LARGEST_TRACES

TRACES = "/v1/traces"


def span(number: int, **attributes: Any) -> dict[str, Any]:
    """A span as the conventions of `gen_ai` have it, with ids in hexadecimal and 64-bit numbers as text, as OTLP/JSON writes them."""
    said = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-5-mini",
        "gen_ai.response.model": "gpt-5-mini-2026",
        "gen_ai.usage.input_tokens": 12,
        "gen_ai.usage.output_tokens": 3,
        "gen_ai.input.messages": json.dumps([{"role": "user", "parts": [{"type": "text", "content": f"question {number}"}]}]),
        "gen_ai.output.messages": json.dumps([{"role": "assistant", "parts": [{"type": "text", "content": f"answer {number}"}]}]),
        **attributes,
    }
    return {
        "traceId": f"{number:032x}",
        "spanId": f"{number:016x}",
        "parentSpanId": "",
        "flags": 257,
        "name": "chat gpt-5-mini",
        "kind": 3,
        "startTimeUnixNano": "1767225600000000000",
        "endTimeUnixNano": "1767225601500000000",
        "attributes": [{"key": key, "value": _value(value)} for key, value in said.items()],
        "status": {},
    }


def _value(value: Any) -> dict[str, Any]:
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}


def export(*spans: dict[str, Any]) -> dict[str, Any]:
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": {"name": "openai"}, "spans": list(spans)}]}]}


def found(http: TestClient, text: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = http.get("/api/training/examples", params={"search": text}).json()["examples"]
    return rows


def test_spans_of_models_are_logged_once(http: TestClient) -> None:
    for _ in range(2):
        answered = http.post(TRACES, json=export(span(1), span(2)))
        assert (answered.status_code, answered.json()) == (200, {"partialSuccess": {}})
        assert answered.headers["content-type"] == "application/json"
    (row,) = found(http, "question 1")
    assert (row["assistant_output"], row["model"], row["tokens_in"], row["tokens_out"], row["duration_ms"]) == (
        "answer 1",
        "gpt-5-mini-2026",
        12,
        3,
        1500.0,
    )


def test_gzip_as_exporters_send_it(http: TestClient) -> None:
    packed = gzip.compress(json.dumps(export(span(31))).encode())
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    assert http.post(TRACES, content=packed, headers=headers).status_code == 200
    assert found(http, "question 31")


def test_other_spans_are_taken_and_left_out(http: TestClient) -> None:
    other = span(41) | {"name": "GET /", "attributes": [{"key": "http.method", "value": {"stringValue": "GET"}}]}
    assert http.post(TRACES, json=export(other)).json() == {"partialSuccess": {}}
    assert not found(http, "question 41")


@pytest.mark.parametrize("body", [{}, {"resourceSpans": []}, {"resourceSpans": [{"scopeSpans": [{"spans": []}]}]}])
def test_nothing_to_take_is_fine(http: TestClient, body: Any) -> None:
    answered = http.post(TRACES, json=body)
    assert (answered.status_code, answered.json()) == (200, {"partialSuccess": {}})


def test_protobuf_is_told_how_to_send_json(http: TestClient) -> None:
    answered = http.post(TRACES, content=b"\x0a\x00", headers={"content-type": "application/x-protobuf"})
    assert answered.status_code == 415
    assert "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/json" in answered.json()["error"]["hint"]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"not json", {}, 400),
        (b"[]", {}, 400),
        (b'{"resourceSpans": {}}', {}, 400),
        (b"not gzip", {"content-encoding": "gzip"}, 400),
        (gzip.compress(b"{}")[:-6], {"content-encoding": "gzip"}, 400),
        (zlib.compress(b"{}"), {"content-encoding": "deflate"}, 415),
        (gzip.compress(b" " * (LARGEST_TRACES + 1)), {"content-encoding": "gzip"}, 413),
    ],
    ids=["text", "list", "object", "no gzip", "cut gzip", "deflate", "bomb"],
)
def test_what_cannot_be_read_is_refused(http: TestClient, body: bytes, headers: dict[str, str], status: int) -> None:
    answered = http.post(TRACES, content=body, headers={"content-type": "application/json", **headers})
    assert answered.status_code == status, answered.text
    assert set(answered.json()) == {"error"}
