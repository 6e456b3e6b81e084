"""A model's text → the typed answer that a cell's `output_schema` asks for. What cannot be read for certain is OutputInvalid, not a guess.

How a schema is put to a model (strict JSON, a line in the prompt, an object around it) is the provider's affair; an answer that still
stands in `{"answer": …}` is taken out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from rvbbit.cascades import schemas
from rvbbit.cascades.picks import Picks
from rvbbit.cascades.sqltypes import SQLType, shown
from rvbbit.errors import OutputInvalid
from rvbbit.types import Arguments, Value

_FENCE = re.compile(r"```[a-zA-Z]*\s*\n(.*?)```", re.DOTALL)
_MOST_OBJECTS = 64
"""How many `{` of a text are tried before it counts as prose."""
_WORDS = {"true": True, "yes": True, "false": False, "no": False}
_NOTHING = object()


@dataclass(frozen=True, slots=True)
class Resolved:
    """A schema with its lists filled in, and compiled. `lists` are the inputs' values it was made from."""

    lists: tuple[Any, ...]
    schema: Mapping[str, Any]
    validator: Draft202012Validator


class Output:
    """What a cell answers. `schema` None is free text; `returns` is what SQL was promised of the last cell; `picks` puts items in the place
    of their numbers: then the schema is of what the model says, and the answer itself has `returns` alone."""

    def __init__(self, schema: Mapping[str, Any] | None, returns: SQLType | None = None, picks: Picks | None = None) -> None:
        self._schema = schema
        self._returns = returns
        self._picks = picks
        self._inputs = schemas.listed_inputs(schema)
        self._last: Resolved | None = None

    def schema(self, arguments: Arguments) -> Mapping[str, Any] | None:
        """The schema for these arguments; the same object for the same lists. None for free text. Raises OutputInvalid."""
        if self._schema is None:
            return None
        schema = self._resolve(arguments).schema
        return schema if self._picks is None else self._picks.bounded(schema, arguments)

    def accept(self, value: Value, arguments: Arguments | None = None) -> None:
        """Check a value; a list from an input that is not known allows anything. Raises OutputInvalid."""
        known = arguments or {}
        Output(self._schema, self._returns, self._picks).fit(value, {name: known.get(name) or [value] for name in self._inputs})

    def read(self, text: str, arguments: Arguments) -> Value:
        """The answer in a model's text. Raises OutputInvalid with the reason."""
        stripped = text.strip()
        if not stripped:
            raise OutputInvalid("the answer is empty")
        if self._schema is None:
            return self.fit(stripped, arguments)
        found = _json_in(stripped)
        if self._schema.get("type") != "object":
            found = _unwrapped(found, stripped, self._resolve(arguments).schema)
        if found is _NOTHING:
            raise OutputInvalid(f"{shown(stripped)} is not the JSON that was asked for")
        if self._picks is None:
            return self.fit(found, arguments)
        self._check(found, arguments)
        return self._typed(self._picks.items(found, arguments))

    def fit(self, value: Any, arguments: Arguments) -> Value:
        """A value that was read, if it fits the schema and the type SQL was promised. Raises OutputInvalid with the reason."""
        if self._picks is None:
            self._check(value, arguments)
        return self._typed(value)

    def _check(self, value: Any, arguments: Arguments) -> None:
        error = None if self._schema is None else best_match(self._resolve(arguments).validator.iter_errors(value))
        if error is not None:
            where = "".join(f"{part}: " for part in error.absolute_path)
            raise OutputInvalid(f"{where}{_shortened(error.message)}")

    def _typed(self, value: Any) -> Value:
        if self._returns is None:
            return value  # type: ignore[no-any-return]
        try:
            return self._returns.fit(value)
        except ValueError as error:
            raise OutputInvalid(str(error)) from error

    def spoken(self, value: Value) -> str:
        """The text a model would have answered to mean this value: what an example shows."""
        return value if self._schema is None and isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    def _resolve(self, arguments: Arguments) -> Resolved:
        lists = tuple(arguments[name] for name in self._inputs)
        if self._last is None or self._last.lists != lists:
            self._last = self._made(lists)
        return self._last

    def _made(self, lists: tuple[Any, ...]) -> Resolved:
        known = dict(zip(self._inputs, lists, strict=True))
        for name, values in known.items():
            if not isinstance(values, list | tuple) or not values:
                raise OutputInvalid(
                    f"input {name} is {shown(values)}, not a list with something in it", hint=f"give {name} a list of choices"
                )
        schema = schemas.with_lists(self._schema, lambda name: _distinct(known[name]))
        return Resolved(lists, schema, schemas.validator(schema))


def _distinct(values: Sequence[Any]) -> list[Any]:
    """Each value once: an enumeration that repeats itself is refused by strict modes."""
    return [value for place, value in enumerate(values) if value not in values[:place]]


def _unwrapped(found: Any, text: str, schema: Mapping[str, Any]) -> Any:
    """The answer out of its wrapper, or without one where the text is nothing but the answer."""
    if isinstance(found, dict) and "answer" in found:
        return found["answer"]
    if found is not _NOTHING and not isinstance(found, dict):
        return found
    return _bare(text, schema)


def _bare(text: str, schema: Mapping[str, Any]) -> Any:
    plain = text.strip("\"'` ")
    if schema.get("type") == "boolean":
        return _WORDS.get(plain.removesuffix(".").lower(), _NOTHING)
    if "enum" in schema:
        same = [one for one in schema["enum"] if isinstance(one, str) and one.casefold() == plain.casefold()]
        return same[0] if len(same) == 1 else _NOTHING
    return plain if schema.get("type") == "string" and not text.startswith(("{", "[", "```")) else _NOTHING


def _json_in(text: str) -> Any:
    """The one JSON value in a text: all of it, its one fenced block, or its one object between words."""
    for candidate in (text, *(_FENCE.findall(text) if text.count("```") == 2 else ())):
        found = _loads(candidate)
        if found is not _NOTHING:
            return found
    objects = _objects(text)
    return objects[0] if len(objects) == 1 else _NOTHING


def _loads(text: str) -> Any:
    try:
        return _DECODER.decode(text.strip())
    except (ValueError, RecursionError):
        return _NOTHING


def _objects(text: str) -> list[Any]:
    found, start = [], text.find("{")
    for _ in range(_MOST_OBJECTS):
        if start < 0:
            break
        try:
            value, end = _DECODER.raw_decode(text, start)
            found.append(value)
        except (ValueError, RecursionError):
            end = start + 1
        start = text.find("{", end)
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def _shortened(text: str, limit: int = 240) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
