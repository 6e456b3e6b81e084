"""How a JSON Schema is asked for, and how the answer is taken out again. Pure.

OpenAI's structured outputs want an object at the root, every property required and no others; what is no object goes under `answer`.
A schema that cannot be strict without changing its meaning is sent as it is, not strict. Source: OpenAI, Structured Outputs guide.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rvbbit.types import Message, Value

Format = Literal["json_schema", "json_object", "plain"]
"""How answers are asked for, strongest first."""

FORMATS: tuple[Format, ...] = ("json_schema", "json_object", "plain")
ROOT = "answer"
_OPEN = re.compile(rf'\s*{{\s*"{ROOT}"\s*:\s*')
_CLOSED = re.compile(r"\s*}\s*")
_DECODER = json.JSONDecoder()
VALUES = ("enum", "const", "default", "examples")
"""The words of a schema that hold values and no schemas."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A schema as it goes over the wire. `wrapped` says that the answer stands under `answer`, `open` that an object in it takes names that
    the schema does not list."""

    schema: Mapping[str, Any]
    wrapped: bool
    strict: bool
    open: bool = False

    def unwrapped(self, text: str) -> str:
        """The answer's own JSON as the model spelled it; text that is not our root with one answer in it, as it is."""
        if not self.wrapped or (opened := _OPEN.match(text)) is None:
            return text
        try:
            _, end = _DECODER.raw_decode(text, opened.end())
        except (ValueError, RecursionError):
            return text
        return text[opened.end() : end] if _CLOSED.fullmatch(text, end) else text


def asked(schema: Mapping[str, Value]) -> Asked:
    """The wire form of a cell's `output_schema`."""
    wrapped = schema.get("type") != "object"
    root: Mapping[str, Any] = {"type": "object", "properties": {ROOT: schema}, "required": [ROOT]} if wrapped else schema
    try:
        return Asked(_closed(root), wrapped, strict=True)
    except _Loose:
        return Asked(root, wrapped, strict=False, open=_open(root))


class _Loose(ValueError):
    """The schema allows what strict mode cannot say."""


def _closed(part: Any) -> Any:
    """The same schema with every object closed. Raises _Loose on optional or open properties."""
    if isinstance(part, Sequence) and not isinstance(part, str):
        return [_closed(item) for item in part]
    if not isinstance(part, Mapping):
        return part
    closed = {key: value if key in VALUES else _closed(value) for key, value in part.items()}
    if part.get("type") == "object":
        names = set(part.get("properties", ()))
        if not names or set(part.get("required", ())) != names or part.get("additionalProperties", False) is not False:
            raise _Loose
        closed["additionalProperties"] = False
    return closed


def _open(part: Any) -> bool:
    if isinstance(part, Sequence) and not isinstance(part, str):
        return any(_open(item) for item in part)
    if not isinstance(part, Mapping):
        return False
    if part.get("type") == "object" and (not part.get("properties") or part.get("additionalProperties", False) is not False):
        return True
    return any(_open(value) for key, value in part.items() if key not in VALUES)


def response_format(form: Format, question: Asked) -> dict[str, Any] | None:
    """The `response_format` of a request, None for plain."""
    if form == "json_schema":
        return {"type": form, "json_schema": {"name": ROOT, "schema": question.schema, "strict": question.strict}}
    return {"type": form} if form == "json_object" else None


def instructed(messages: Sequence[Message], form: Format, schema: Mapping[str, Value], question: Asked) -> Sequence[Message]:
    """The chat with the schema in its system message, for servers that take none otherwise."""
    if form == "json_schema":
        return messages
    wanted = question.schema if form == "json_object" else schema
    rule = f"Answer with nothing but one JSON value that fits this JSON Schema:\n{json.dumps(wanted, ensure_ascii=False)}"
    if messages and messages[0].role == "system":
        return (Message("system", f"{messages[0].content}\n\n{rule}"), *messages[1:])
    return (Message("system", rule), *messages)
