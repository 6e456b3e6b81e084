"""JSON Schemas in cascades: whether one is sound, lists filled in from inputs, and the SQL types they can serve.

It never fetches anything: a `$ref` points into its own schema or is a problem.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator, SchemaError
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from rvbbit.cascades.patterns import SLOT
from rvbbit.cascades.sqltypes import SQLType
from rvbbit.cascades.yamltext import Path

_INPUT = re.compile(r"\{\{\s*input\.(\w+)(?:\.(\w+))?\s*\}\}")
_EMPTY: Registry[Any] = Registry()


def problems(schema: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """What is wrong with a schema, and where in it."""
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        yield tuple(error.absolute_path), f"is not a JSON Schema: {error.message}"
        return
    yield from _patterns(schema, ())
    references = list(_references(schema, ()))
    yield from references
    if not references:
        try:
            validator(schema).is_valid({})
        except (RecursionError, re.error) as error:
            yield (), f"cannot be followed: {error}"


def validator(schema: Mapping[str, Any]) -> Draft202012Validator:
    """A validator that knows no document but its own."""
    return Draft202012Validator(schema, registry=_EMPTY)


def _patterns(schema: Any, path: Path) -> Iterator[tuple[Path, str]]:
    for inner, value in _below(schema, path):
        if inner[-1] == "pattern" and isinstance(value, str):
            try:
                re.compile(value)
            except re.error as error:
                yield inner, f"is not a regular expression: {error}"


def _references(schema: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, str]]:
    resolver = _EMPTY.with_resource("", DRAFT202012.create_resource(schema)).resolver()
    for inner, value in _below(schema, path):
        if inner[-1] in ("$ref", "$dynamicRef") and isinstance(value, str):
            try:
                resolver.lookup(value)
            except Unresolvable:
                yield inner, f"{value!r} points to nothing in this schema"


def _below(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    items: Iterator[tuple[Any, Any]] = (
        iter(value.items()) if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else iter(())
    )
    for key, inner in items:
        yield (*path, key), inner
        yield from _below(inner, (*path, key))


def listed_inputs(schema: Any) -> tuple[str, ...]:
    """The inputs whose lists an `enum` takes: `enum: "{{ input.labels }}"`, or of a list of objects `enum: "{{ input.topics.label }}"`."""
    found = [_input_of(value) for path, value in _below(schema, ()) if path[-1] == "enum" and isinstance(value, str)]
    return tuple(dict.fromkeys(found))


def with_lists(schema: Any, lookup: Callable[[str], list[Any]]) -> Any:
    """The schema with every such `enum` replaced by `lookup(input)`. An `enum` that is some other text stays, for `problems` to find."""
    if isinstance(schema, Mapping):
        return {key: _enum(value, lookup) if key == "enum" else with_lists(value, lookup) for key, value in schema.items()}
    return [with_lists(item, lookup) for item in schema] if isinstance(schema, list) else schema


def _enum(value: Any, lookup: Callable[[str], list[Any]]) -> Any:
    match = _INPUT.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return value
    return [one.get(match[2]) if match[2] and isinstance(one, Mapping) else one for one in lookup(match[1])]


def _input_of(text: str) -> str:
    match = _INPUT.fullmatch(text.strip())
    return match[1] if match else SLOT.sub(r"\1", text)


def json_types(kind: SQLType) -> set[str]:
    """The JSON types a SQL type can be read from; empty where any will do."""
    if kind.item is not None:
        return {"array"}
    if kind.fields:
        return {"object"}
    if kind.name == "BOOLEAN":
        return {"boolean"}
    if kind.name in ("FLOAT", "DOUBLE", "DECIMAL"):
        return {"number", "integer"}
    if kind.name.endswith("INT") or kind.name == "INTEGER":
        return {"integer", "number"}
    return set() if kind.name in ("VARCHAR", "JSON") else {"string"}
