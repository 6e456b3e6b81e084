"""A cascade as CASCADE('id', {…}) calls it: its inputs as parameters, the type of its last cell's answer. It runs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rvbbit.cascades.inputs import Inputs
from rvbbit.cascades.spec import CascadeSpec, LLMCell
from rvbbit.types import Operator, Parameter

_SQL = {"string": "VARCHAR", "boolean": "BOOLEAN", "number": "DOUBLE", "integer": "BIGINT"}
"""JSON's types that have one of SQL's; lists and objects are JSON."""


def as_call(spec: CascadeSpec, inputs: Inputs, operator: Operator | None, origin: str) -> Operator:
    """An operator without patterns. `operator` is what the cascade says of itself, where it does."""
    said = {parameter.name: parameter for parameter in operator.parameters} if operator else {}
    parameters = tuple(said.get(name) or _parameter(name, inputs) for name in inputs.names)
    if operator is not None:
        return replace(operator, patterns=(), parameters=parameters, shape="scalar", group_by="")
    return Operator(spec.cascade_id, spec.cascade_id, (), parameters, _returns(spec), description=spec.description, origin=origin)


def _parameter(name: str, inputs: Inputs) -> Parameter:
    schema: Mapping[str, Any] = inputs.schemas.get(name, {})
    kind = schema.get("type")
    type_ = _SQL.get(kind, "ANY") if isinstance(kind, str) else "ANY"
    return Parameter(name, type_, name in inputs.defaults, inputs.defaults.get(name), str(schema.get("description", "")))


def _returns(spec: CascadeSpec) -> str:
    last = spec.cells[-1]
    if not isinstance(last, LLMCell):
        return "JSON"
    kind = "string" if last.output_schema is None else last.output_schema.get("type")
    return _SQL.get(kind, "JSON") if isinstance(kind, str) else "JSON"
