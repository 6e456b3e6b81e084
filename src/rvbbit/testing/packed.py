"""What an honest model answers to a request with several rows: to each what it would answer alone. Pure.

It reads the request as a model would: rows begin with `<number>` on a line, and the rule in the system message names the tag they would
stand in. It never looks at what sends such requests.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from rvbbit.testing.answers import WRAPPED, Body, Rule, question, schema

Disagreement: TypeAlias = Callable[[int], float]
"""Rows a request → the share of them that are answered otherwise than alone, 0-1."""

_ROW = re.compile(r"^<(\d{3})>", re.MULTILINE)
_TAG = re.compile(r"each behind its <id> as its <(\w+)>")


def rows(body: Body) -> dict[str, str]:
    """The rows of a request by id, each as it would be asked alone; none in a request for one."""
    wanted = schema(body)
    if wanted is None or "properties" in wanted or not isinstance(wanted.get("additionalProperties"), Mapping):
        return {}
    _, *found = _ROW.split(question(body))
    tag = _TAG.search(str(body["messages"][0].get("content", "")))
    texts = [text.removesuffix("\n") for text in found[1::2]]
    return {id_: f"<{tag[1]}>{text}</{tag[1]}>" if tag else text for id_, text in zip(found[::2], texts, strict=True)}


def answer(body: Body, rule: Rule, disagreement: Disagreement | None = None) -> str | None:
    """The text of the answer to a request with rows; None where it has none."""
    asked = rows(body)
    if not asked:
        return None
    wanted = (schema(body) or {})["additionalProperties"]
    share = disagreement(len(asked)) if disagreement else 0.0
    said = {id_: _alone(body, text, wanted, rule) for id_, text in asked.items()}
    changed = {id_: otherwise(said[id_], wanted) for id_, text in asked.items() if _share(f"{len(asked)} {text}") < share}
    return json.dumps({**said, **changed}, separators=(",", ":"))


def _alone(body: Body, text: str, wanted: Mapping[str, Any], rule: Rule) -> Any:
    """What the rule says to one row."""
    whole = wanted if wanted.get("type") == "object" else {"type": "object", "properties": {WRAPPED: wanted}, "required": [WRAPPED]}
    form = {"type": "json_schema", "json_schema": {"name": WRAPPED, "schema": whole}}
    messages = [*body["messages"][:-1], {"role": "user", "content": text}]
    said = rule({**body, "messages": messages, "response_format": form})
    if isinstance(said, str):
        try:
            said = json.loads(said)
        except ValueError:
            return said
    return said[WRAPPED] if isinstance(said, Mapping) and list(said) == [WRAPPED] and whole is not wanted else said


def otherwise(value: Any, wanted: Mapping[str, Any]) -> Any:
    """Another answer that fits: the next label, the opposite, a number half-way round; else the same."""
    if isinstance(value, bool):
        return not value
    if isinstance(options := wanted.get("enum"), list) and value in options:
        return options[(options.index(value) + 1) % len(options)]
    if isinstance(value, int | float):
        low, high = wanted.get("minimum", 0), wanted.get("maximum", 1)
        return low + (value - low + (high - low) / 2) % (high - low)
    return value


def _share(text: str) -> float:
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:6]) / 2**48
