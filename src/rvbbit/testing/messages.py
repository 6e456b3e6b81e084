"""Anthropic's Messages API as the fake server understands it: a body as a chat completions body, an answer as a message. Pure.

After Anthropic's Messages reference; only what requests of text with a schema use.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rvbbit.testing.answers import Body
from rvbbit.testing.prompt_cache import MARK

REASONS = {"stop": "end_turn", "length": "max_tokens"}


def chat(body: Body) -> dict[str, Any]:
    """The same request as chat completions have it."""
    system = [{"role": "system", "content": _content(body["system"])}] if body.get("system") else []
    turns = [{"role": turn["role"], "content": _content(turn["content"])} for turn in body["messages"]]
    asked: dict[str, Any] = {"model": body["model"], "messages": [*system, *turns]}
    if form := (body.get("output_config") or {}).get("format"):
        asked["response_format"] = {"type": "json_schema", "json_schema": {"schema": form["schema"]}}
    return asked


def message(answer: Mapping[str, Any]) -> dict[str, Any]:
    """A chat completion as a message."""
    choice = answer["choices"][0]
    refusal = choice["message"]["refusal"]
    return {
        "id": f"msg_fake_{answer['id']}",
        "type": "message",
        "role": "assistant",
        "model": answer["model"],
        "content": [{"type": "text", "text": choice["message"]["content"] or refusal}],
        "stop_reason": "refusal" if refusal else REASONS[choice["finish_reason"]],
        "stop_sequence": None,
        "usage": _usage(answer["usage"]),
    }


def error(kind: str, said: str) -> dict[str, Any]:
    """An error of a type."""
    return {"type": "error", "error": {"type": kind, "message": said}}


def _content(content: Any) -> Any:
    """A text, or where it has a cache mark, the parts that OpenAI's protocol would have."""
    if isinstance(content, str):
        return content
    if not any("cache_control" in block for block in content):
        return "\n\n".join(block["text"] for block in content)
    return [{"type": "text", "text": block["text"]} | ({MARK: {}} if "cache_control" in block else {}) for block in content]


def _usage(usage: Mapping[str, Any]) -> dict[str, int]:
    details = usage["prompt_tokens_details"]
    read, written = details["cached_tokens"], details.get("cache_write_tokens", 0)
    return {
        "input_tokens": usage["prompt_tokens"] - read - written,
        "output_tokens": usage["completion_tokens"],
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": written,
    }
