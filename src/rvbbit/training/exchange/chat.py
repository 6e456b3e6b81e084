"""OpenAI chat objects (`messages`, fine-tuning files) → executions, and the reading of messages that other formats share.

The assistant's last answer is the execution's, the user's turn before it the prompt; earlier turns are an argument of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rvbbit.training.exchange.found import Found, Row, moment, parsed_json, text
from rvbbit.types import Value

_TEXTS = ("text", "content")
_ROLES = {"developer": "system", "human": "user", "ai": "assistant", "model": "assistant"}


def matches(row: Row) -> bool:
    """Whether an object is a chat."""
    return isinstance(row.get("messages"), list)


def executions(row: Row) -> list[Found]:
    """The one execution of a chat. Raises ValueError where nobody asked or nobody answered."""
    messages = turns(row.get("messages"))
    if not messages or messages[-1]["role"] != "assistant":
        raise ValueError("the last message is not the assistant's: there is no answer in it")
    created = row.get("created") or row.get("timestamp")
    return [
        found_in(
            messages[:-1],
            answer_of(messages[-1]),
            source_id=optional(row.get("id")),
            model=optional(row.get("model")) or "",
            timestamp=None if created is None else moment(created),
        )
    ]


def found_in(messages: Sequence[Row], answer: Value, **known: Any) -> Found:
    """An execution from the messages that were sent. Raises ValueError where no user asked anything."""
    asked = next((place for place in range(len(messages) - 1, -1, -1) if messages[place]["role"] == "user"), None)
    if asked is None:
        raise ValueError("no message is the user's: nothing was asked")
    earlier = [message for place, message in enumerate(messages) if place != asked and message["role"] != "system"]
    arguments: dict[str, Value] = {"conversation": [dict(message) for message in earlier]} if earlier else {}
    return Found(answer, text(messages[asked]["content"]), arguments, request={"messages": [dict(one) for one in messages]}, **known)


def turns(value: Any) -> list[dict[str, Any]]:
    """Messages as role and text. Empty where the value holds none."""
    if isinstance(value, str):
        value = parsed_json(value) if value.lstrip().startswith(("[", "{")) else None
    if isinstance(value, Mapping):
        value = value.get("messages", [value] if "role" in value else None)
    if not isinstance(value, list) or not value or not all(isinstance(one, Mapping) and isinstance(one.get("role"), str) for one in value):
        return []
    return [_turn(one) for one in value]


def answer_of(message: Row) -> Value:
    """What the assistant said; the calls of tools where it said nothing. Raises ValueError where it did neither."""
    if message["content"] not in ("", None):
        return message["content"]  # type: ignore[no-any-return]
    if message.get("tool_calls"):
        return {"tool_calls": message["tool_calls"]}
    raise ValueError("the assistant's message is empty")


def optional(value: Any) -> str | None:
    """A text that may be missing."""
    return None if value in (None, "") else text(value)


def _turn(message: Row) -> dict[str, Any]:
    role = message["role"].lower()
    content = message.get("content", message.get("parts"))
    turn = {"role": _ROLES.get(role, role), "content": content_of(content)}
    return turn | {"tool_calls": message["tool_calls"]} if message.get("tool_calls") else turn


def content_of(value: Any) -> Any:
    """Text, also where it comes in parts; a part that is no text stays as JSON."""
    if not isinstance(value, list):
        return value if value is None or isinstance(value, str) else text(value)
    return "\n".join(_part(part) for part in value)


def _part(part: Any) -> str:
    if isinstance(part, Mapping):
        for name in _TEXTS:
            if isinstance(part.get(name), str):
                return str(part[name])
    return text(part)
