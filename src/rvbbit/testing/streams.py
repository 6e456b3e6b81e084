"""An answer as OpenAI streams it to a request with `stream`: the text in one piece, why it ended, the usage where it is asked for. Pure.

Source: OpenAI's reference, the chat completion chunk object.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rvbbit.testing.answers import Body


def events(body: Body, answer: Mapping[str, Any]) -> bytes:
    """A chat completion as the server-sent events of its chunks."""
    (choice,) = answer["choices"]
    said = {name: value for name, value in choice["message"].items() if value is not None}
    deltas: tuple[tuple[dict[str, Any], str | None], ...] = ((said, None), ({}, choice["finish_reason"]))
    chunks: list[dict[str, Any]] = [{"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]} for delta, reason in deltas]
    if (body.get("stream_options") or {}).get("include_usage"):
        chunks.append({"choices": [], "usage": answer["usage"]})
    head = {name: answer[name] for name in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
    return "".join(f"data: {line}\n\n" for line in (*(json.dumps(head | chunk) for chunk in chunks), "[DONE]")).encode()
