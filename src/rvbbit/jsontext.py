"""JSON as it is sent and kept: compact, and written once. It reads no file and knows no schema.

Requests and responses, the long ones, go through pydantic's core, which loads with the cascades anyway: it writes them in a fifth of the
standard library's time, and reads them in half.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pydantic_core


class Written(dict[str, Any]):
    """A JSON object beside the text it came as or went out as: whoever keeps it need not write it again.

    It is for what does not change any more: `text` would not follow.
    """

    __slots__ = ("text",)

    def __init__(self, value: Mapping[str, Any], text: str) -> None:
        super().__init__(value)
        self.text = text


def to_json(value: Any) -> str:
    """Compact JSON that any parser reads: NaN and the infinities, which JSON does not have, become their names as text.

    Rows are compared by it, so a value reads the same in every version.
    """
    if type(value) is Written:
        return value.text
    try:
        return _ENCODER.encode(value)
    except ValueError:
        return _ENCODER.encode(_finite(value))


def written(value: Mapping[str, Any]) -> Written:
    """The object with its text, written now."""
    try:
        return Written(value, pydantic_core.to_json(value, inf_nan_mode="strings").decode())
    except pydantic_core.PydanticSerializationError:  # half a surrogate pair, a mapping that is no dict
        return Written(value, to_json(value))


def read(raw: bytes) -> Any:
    """What a JSON document says: an object with the document as its text, wherever that is JSON by the book. Raises ValueError."""
    try:
        value = pydantic_core.from_json(raw, allow_inf_nan=False)
    except ValueError:
        return _read_leniently(raw)
    return Written(value, raw.strip().decode()) if isinstance(value, dict) else value


def _read_leniently(raw: bytes) -> Any:
    """Also what is none by the book: NaN, half a surrogate pair, another encoding."""
    try:
        return json.loads(raw)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence):
        return list(value)
    raise TypeError(f"{type(value).__name__} is not a JSON value")


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, Mapping):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_finite(inner) for inner in value]
    return value


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain)
