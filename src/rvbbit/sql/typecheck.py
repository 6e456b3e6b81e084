"""Which DuckDB types an operator's parameters take."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from rvbbit.errors import TypeMismatch
from rvbbit.sql.dialect import Call
from rvbbit.types import Parameter, Value

TEXT = ("VARCHAR", "ENUM", "JSON", "UUID", "CHAR", "TEXT", '"NULL"', "NULL", "UNKNOWN")
INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
NUMBERS = (*INTEGERS, "FLOAT", "DOUBLE", "DECIMAL")
ACCEPTS: Mapping[str, tuple[str, ...]] = {
    "VARCHAR": TEXT,
    "DOUBLE": (*NUMBERS, '"NULL"'),
    "BIGINT": (*INTEGERS, '"NULL"'),
    "INTEGER": (*INTEGERS, '"NULL"'),
    "BOOLEAN": ("BOOLEAN", '"NULL"'),
}


def check_type(call: Call, place: int, given: str) -> None:
    """Refuse an argument, by its place, whose type its parameter does not take. Raises TypeMismatch."""
    name, declared = call.operator.parameters[place].name, call.operator.parameters[place].type
    declared, given = declared.upper(), given.upper()
    if call.operator.shape == "aggregate" and place == 0:  # of the list that the call collects, what is in it was typed
        declared, given = declared.removesuffix("[]"), given.removesuffix("[]")
    if declared in {"ANY", "JSON"} or given == declared or given in {'"NULL"', "NULL"} or _takes(declared, given):
        return
    text = call.meta["typed_arguments"][place]
    castable = call.meta["castable_arguments"][place]
    raise TypeMismatch(
        f"{call.operator.name.upper()} takes {declared} for {name}; {text} is {given}",
        hint=f"cast it: {castable}::{declared}" if not declared.endswith("[]") else f"give a list, or text separated by commas, for {name}",
        line=call.meta["line"],
        column=call.meta["column"],
    )


def check_written(call: Call) -> None:
    """Refuse a number that is written out and too small. Raises TypeMismatch."""
    for parameter, argument in zip(call.operator.parameters, call.arguments, strict=True):
        number = argument.unnest()
        sign, number = (-1, number.this.unnest()) if isinstance(number, exp.Neg) else (1, number)
        if isinstance(number, exp.Literal) and number.is_int:
            check_least(call, parameter, sign * int(number.name))


def check_least(call: Call, parameter: Parameter, value: Value) -> None:
    """Refuse a number that is smaller than its parameter says. Raises TypeMismatch."""
    if parameter.min is None or not isinstance(value, int | float) or value >= parameter.min:
        return
    hint = f"give {parameter.name} as {parameter.min} or more" + (", or leave it out" if parameter.optional else "")
    raise TypeMismatch(
        f"{call.operator.name.upper()} takes {parameter.name} from {parameter.min} on; here it is {value}",
        hint=hint,
        line=call.meta["line"],
        column=call.meta["column"],
    )


def _takes(declared: str, given: str) -> bool:
    if declared.endswith("[]"):
        return given.endswith("]") or given.startswith(TEXT)
    accepted = ACCEPTS.get(declared)
    return accepted is None or (given.startswith(accepted) and not given.endswith("]"))
