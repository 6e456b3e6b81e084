"""Rows of arguments as an operator wants them: Arrow columns → one mapping a row, of JSON's values."""

from __future__ import annotations

import datetime as dt
import decimal
import math
import uuid
from typing import Any

import pyarrow as pa

from rvbbit.errors import TypeMismatch
from rvbbit.sql.lowering import KEY
from rvbbit.sql.plan import Ask
from rvbbit.sql.typecheck import check_least
from rvbbit.types import Arguments, Parameter, Value


def of(ask: Ask, rows: pa.Table, constants: pa.Table | None) -> list[Arguments]:
    """One mapping a row of `rows`; constants are the same object in each. A row-less constant ask gives one mapping, or none.

    Shape: `rows` has a column `__rv_k<i>` for each varying argument. Nulls: an empty list where a constant that was given is null.
    """
    parameters = ask.operator.parameters
    fixed: dict[str, Value] = {}
    for i, parameter in enumerate(parameters):
        if i not in ask.varying:
            assert constants is not None
            value = converted(_listed(constants[f"{KEY}{i}"])[0], parameter)
            if value is None and not parameter.optional:
                return []
            fixed[parameter.name] = value
    if not ask.varying:
        return checked(ask, [fixed] if rows.num_rows else [])
    whole: dict[str, Value] = {parameter.name: fixed.get(parameter.name) for parameter in parameters}
    asked: list[dict[str, Value]] = [whole.copy() for _ in range(rows.num_rows)]
    for i in ask.varying:
        name = parameters[i].name
        for one, value in zip(asked, _column(rows[f"{KEY}{i}"], parameters[i]), strict=True):
            one[name] = value
    return checked(ask, [*asked])


def checked(ask: Ask, asked: list[Arguments]) -> list[Arguments]:
    """The same, where none of their numbers is too small. Raises TypeMismatch."""
    for parameter in ask.operator.parameters:
        if parameter.min is not None:
            for given in asked:
                check_least(ask.call, parameter, given[parameter.name])
    return asked


def _column(column: pa.ChunkedArray, parameter: Parameter) -> list[Value]:
    values = _listed(column)
    if pa.types.is_string(column.type) and not parameter.type.endswith("[]"):
        return values
    return [converted(value, parameter) for value in values]


def _listed(column: pa.ChunkedArray) -> list[Any]:
    if pa.types.is_string(column.type):
        texts: list[Any] = column.to_pylist()  # of many at once; looking for maps takes twenty times as long
        return texts
    try:
        values: list[Any] = column.to_pylist(maps_as_pydicts="lossy")
    except (OverflowError, ValueError) as error:
        raise TypeMismatch(f"an argument of type {column.type} is out of range: {error}", hint="cast it to VARCHAR") from error
    return values


def converted(value: Any, parameter: Parameter) -> Value:
    """A Python value as JSON has it. Text given where a list is declared is split at its commas."""
    if isinstance(value, str) and parameter.type.endswith("[]"):
        return [part.strip() for part in value.split(",") if part.strip()]
    return plain(value)


def plain(value: Any) -> Value:
    """Any value DuckDB returns, as JSON has it; dates and the like as ISO text, NaN and infinity as text."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case decimal.Decimal():
            return float(value)
        case dt.date() | dt.time():
            return value.isoformat()
        case dt.timedelta() | uuid.UUID():
            return str(value)
        case bytes():
            return value.hex()
        case dict():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case _:
            return str(value)
