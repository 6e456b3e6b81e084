"""A cascade's inputs: `inputs_schema` and the arguments of `sql_function` in one list, and the completion of what a caller gave.

It never converts a value, with one exception that people rely on: a text given for a list (`'a,b,c'` for labels) is split at commas.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rvbbit.cascades import schemas as json_schemas
from rvbbit.cascades import sqltypes
from rvbbit.cascades.spec import CascadeSpec, LLMCell
from rvbbit.errors import UsageError
from rvbbit.types import Arguments, Value


def is_json_schema(declared: Mapping[str, Any]) -> bool:
    """Whether `inputs_schema` is one JSON Schema, not a mapping of names."""
    return isinstance(declared.get("properties"), Mapping)


def schemas(declared: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """`inputs_schema` in any of its forms → a JSON Schema for each input."""
    found = declared["properties"] if is_json_schema(declared) else declared
    return {name: {"description": schema} if isinstance(schema, str) else dict(schema) for name, schema in found.items()}


@dataclass(frozen=True, slots=True)
class Inputs:
    """The names in order, what each must be, and what it is when left off."""

    names: tuple[str, ...]
    defaults: Mapping[str, Value]
    lists: frozenset[str]
    schemas: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, spec: CascadeSpec) -> Inputs:
        """The inputs of a cascade whose file was found good."""
        declared = schemas(spec.inputs_schema)
        names = dict.fromkeys(declared)
        defaults: dict[str, Value] = {name: schema["default"] for name, schema in declared.items() if "default" in schema}
        if is_json_schema(spec.inputs_schema):
            required = spec.inputs_schema.get("required", ())
            defaults = {name: None for name in names if name not in required} | defaults
        lists = {name for name, schema in declared.items() if schema.get("type") == "array"}
        args = spec.sql_function.args if spec.sql_function else ()
        for arg in args:
            if arg.may_be_left_off:
                defaults[arg.name] = arg.default
            if sqltypes.parse(arg.type).item is not None:
                lists.add(arg.name)
        for cell in spec.cells:
            if isinstance(cell, LLMCell):
                lists |= {
                    *json_schemas.listed_inputs(cell.output_schema),
                    *([cell.local.labels] if cell.local and cell.local.labels else []),
                }
        ordered = dict.fromkeys([*(arg.name for arg in args), *names])
        return cls(tuple(ordered), defaults, frozenset(lists & set(ordered)), declared)

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(name for name in self.names if name not in self.defaults)

    def complete(self, given: Arguments) -> Arguments:
        """Every input, in order: what was given, else its default. Raises UsageError for a name too many or too few."""
        if tuple(given) != self.names:
            given = self._filled(given)
        if not self.lists:
            return given
        split = {name: _split(text) for name in self.lists if isinstance(text := given[name], str)}
        return {**given, **split} if split else given

    def _filled(self, given: Arguments) -> Arguments:
        if any(name not in given for name in self.required) or any(name not in self.names for name in given):
            raise UsageError("; ".join(self._misfits(given)), hint=f"the inputs are {', '.join(self.names) or 'none'}")
        return {name: given[name] if name in given else self.defaults[name] for name in self.names}

    def check(self, values: Arguments) -> None:
        """Raises UsageError, with every input that does not fit its schema."""
        wrong = [
            f"input {name}: {error.message}"
            for name, schema in self.schemas.items()
            if not (values[name] is None and name in self.defaults)
            for error in json_schemas.validator(schema).iter_errors(values[name])
        ]
        if wrong:
            raise UsageError("; ".join(wrong), hint="see inputs_schema in the cascade's file")

    def _misfits(self, given: Arguments) -> list[str]:
        missing = [f"input {name} is missing" for name in self.required if name not in given]
        return missing + [f"unknown input {name!r}{nearest(name, self.names)}" for name in given if name not in self.names]


def _split(text: str) -> list[Value]:
    return [part.strip() for part in text.split(",") if part.strip()]


def nearest(word: str, known: Any) -> str:
    """`; did you mean 'x'?`, or nothing where nothing is near."""
    near = difflib.get_close_matches(str(word), [str(one) for one in known], 1, 0.6)
    return f"; did you mean {near[0]!r}?" if near else ""
