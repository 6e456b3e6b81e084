"""What the fake server says: by your rule, or by a default one that fits any JSON Schema. Pure, and the same for the same question.

The bodies follow OpenAI's chat completions and embeddings reference.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

Body: TypeAlias = Mapping[str, Any]
"""A request's JSON."""

Rule: TypeAlias = Callable[[Body], Any]
"""A request → the answer. A str is sent as the model's text, as it is; anything else becomes JSON, laid into the schema asked for."""

DIMENSIONS = 32
WRAPPED = "answer"


def question(body: Body) -> str:
    """The text of the last user message; "" without one."""
    texts = [m["content"] for m in body.get("messages", ()) if m.get("role") == "user" and isinstance(m.get("content"), str)]
    return texts[-1] if texts else ""


def default_rule(body: Body) -> Any:
    """A value that fits the schema asked for and depends on the question alone; a sentence where no schema is given."""
    asked = schema(body)
    return f"A fake answer to: {question(body)[:80]}" if asked is None else fitting(asked, question(body))


def schema(body: Body) -> Mapping[str, Any] | None:
    """The JSON Schema a request asks its answer to fit, None where it asks for none."""
    form = body.get("response_format") or {}
    found = (form.get("json_schema") or {}).get("schema")
    return found if isinstance(found, Mapping) else None


def fitting(asked: Mapping[str, Any], seed: str) -> Any:
    """Some value of a JSON Schema: enums, numbers with bounds, strings, arrays, objects, anyOf. The same seed gives the same value."""
    if "const" in asked:
        return asked["const"]
    if options := asked.get("enum") or asked.get("anyOf") or asked.get("oneOf"):
        chosen = options[_number(seed) % len(options)]
        return chosen if "enum" in asked else fitting(chosen, seed)
    kind = asked.get("type", "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        return {name: fitting(part, f"{seed}/{name}") for name, part in asked.get("properties", {}).items()}
    if kind == "array":
        return [fitting(asked.get("items", {}), f"{seed}/{i}") for i in range(max(1, asked.get("minItems", 1)))]
    return _scalar(kind, asked, seed)


def _scalar(kind: str, asked: Mapping[str, Any], seed: str) -> Any:
    low, high = asked.get("minimum", 0), asked.get("maximum", 1 if kind == "number" else 100)
    match kind:
        case "boolean":
            return _number(seed) % 2 == 0
        case "integer":
            return int(low) + _number(seed) % (int(high) - int(low) + 1)
        case "number":
            return low + (high - low) * (_number(seed) % 1001) / 1000
        case "null":
            return None
    return f"fake {_number(seed) % 1000}"


def chat(body: Body, answer: Any, *, refusal: bool = False, finish_reason: str = "stop") -> dict[str, Any]:
    """A chat completion that says `answer`. Tokens are counted as a quarter of the characters."""
    text = answer if isinstance(answer, str) else json.dumps(_laid_in(body, answer))
    tokens_in = tokens(json.dumps(body.get("messages", [])))
    tokens_out = tokens(text)
    message: dict[str, Any] = {"role": "assistant", "content": None if refusal else text, "refusal": text if refusal else None}
    return {
        "id": f"chatcmpl-fake-{_number(text)}",
        "object": "chat.completion",
        "created": 0,
        "model": body.get("model", "fake"),
        "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
        "usage": {
            "prompt_tokens": tokens_in,
            "completion_tokens": tokens_out,
            "total_tokens": tokens_in + tokens_out,
            "prompt_tokens_details": {"cached_tokens": 0},
        },
    }


def _laid_in(body: Body, answer: Any) -> Any:
    """An answer that is no object goes under `answer` where the schema has that one property and nothing else."""
    names = list((schema(body) or {}).get("properties", ()))
    return {WRAPPED: answer} if names == [WRAPPED] and not isinstance(answer, Mapping) else answer


def embeddings(body: Body) -> dict[str, Any]:
    """One vector an input, `DIMENSIONS` long. Texts that share words lie closer; equal texts are equal."""
    given = body.get("input", [])
    texts = [given] if isinstance(given, str) else list(given)
    count = sum(tokens(text) for text in texts)
    return {
        "object": "list",
        "model": body.get("model", "fake"),
        "data": [{"object": "embedding", "index": i, "embedding": _vector(text)} for i, text in enumerate(texts)],
        "usage": {"prompt_tokens": count, "total_tokens": count},
    }


def _vector(text: str) -> list[float]:
    vector = [0.0] * DIMENSIONS
    for word in text.lower().split() or [""]:
        digest = hashlib.sha256(word.encode("utf-8", "surrogatepass")).digest()
        vector = [total + byte / 127.5 - 1 for total, byte in zip(vector, digest, strict=True)]
    length = math.sqrt(sum(x * x for x in vector))
    return [x / length for x in vector]


def tokens(text: str) -> int:
    """A quarter of the characters, at least one."""
    return max(1, len(text) // 4)


def _number(seed: str) -> int:
    return int.from_bytes(hashlib.sha256(seed.encode("utf-8", "surrogatepass")).digest()[:6])
