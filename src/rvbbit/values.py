"""A value of a result as text and as JSON, and its type by name: what every face that writes rows agrees on. It reads nothing and knows no
terminal."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from rvbbit.errors import UsageError

_NAMES = {
    pa.bool_(): "BOOLEAN", pa.int8(): "TINYINT", pa.int16(): "SMALLINT", pa.int32(): "INTEGER", pa.int64(): "BIGINT",
    pa.uint8(): "UTINYINT", pa.uint16(): "USMALLINT", pa.uint32(): "UINTEGER", pa.uint64(): "UBIGINT",
    pa.float32(): "FLOAT", pa.float64(): "DOUBLE", pa.string(): "VARCHAR", pa.large_string(): "VARCHAR", pa.binary(): "BLOB",
    pa.large_binary(): "BLOB", pa.date32(): "DATE", pa.null(): "NULL",
}  # fmt: skip


def column_values(column: pa.ChunkedArray) -> list[Any]:
    """The column as Python values; what Python's types cannot hold (nanoseconds, `infinity` dates, unknown zones) as text."""
    kind = _texted(column.type, _nanoseconds)
    try:
        return list((column if kind == column.type else column.cast(kind)).to_pylist())
    except (ValueError, OverflowError, KeyError):
        return list(column.cast(_texted(column.type, pa.types.is_temporal)).to_pylist())


def _nanoseconds(kind: pa.DataType) -> bool:
    return bool((pa.types.is_timestamp(kind) or pa.types.is_time(kind) or pa.types.is_duration(kind)) and kind.unit == "ns")


def _texted(kind: pa.DataType, chosen: Callable[[pa.DataType], bool]) -> pa.DataType:
    """The type with text in place of what is chosen, also inside lists, structs and maps."""
    if pa.types.is_map(kind):
        return pa.map_(_texted(kind.key_type, chosen), _texted(kind.item_type, chosen))
    if pa.types.is_fixed_size_list(kind):
        return pa.list_(kind.value_field.with_type(_texted(kind.value_type, chosen)), kind.list_size)
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_texted(kind.value_type, chosen)))
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_texted(field.type, chosen)) for field in kind])
    return pa.string() if chosen(kind) and not pa.types.is_interval(kind) else kind


def plain(value: Any) -> str:
    """A value that is not NULL as text, as DuckDB would print it; nested values as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, pa.MonthDayNano):
        return _interval(value)
    if isinstance(value, dict | list | tuple):
        return json.dumps(jsonable(value), ensure_ascii=False)
    return str(value)


def jsonable(value: Any) -> Any:
    """A value as strict JSON has it. NaN and the infinities, which JSON lacks, become their names; dates and blobs become text.

    A DECIMAL becomes a number where a double holds it exactly, text where it does not.
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"inf": "Infinity", "-inf": "-Infinity"}.get(str(value), "NaN")
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, dict):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, datetime | date | time | timedelta | bytes | pa.MonthDayNano):
        return plain(value)
    if isinstance(value, list) and value and all(isinstance(item, tuple) and len(item) == 2 for item in value):  # a MAP, as Arrow gives it
        return {plain(key): jsonable(item) for key, item in value}
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    return plain(value)


def _number(value: Decimal) -> int | float | str:
    if value.as_tuple().exponent == 0:
        return int(value)
    return float(value) if Decimal(repr(float(value))) == value else format(value, "f")


def _interval(value: Any) -> str:
    years, months = divmod(abs(value.months), 12)
    sign = -1 if value.months < 0 else 1
    parts = [(sign * years, "year"), (sign * months, "month"), (value.days, "day")]
    words = [f"{n} {unit}{'' if abs(n) == 1 else 's'}" for n, unit in parts if n]
    if value.nanoseconds or not words:
        words.append(str(timedelta(microseconds=value.nanoseconds // 1000)))
    return " ".join(words)


def type_name(kind: pa.DataType) -> str:
    """An Arrow type as DuckDB calls it."""
    if kind in _NAMES:
        return _NAMES[kind]
    if pa.types.is_decimal(kind):
        return "HUGEINT" if (kind.precision, kind.scale) == (38, 0) else f"DECIMAL({kind.precision},{kind.scale})"
    if pa.types.is_timestamp(kind):
        zone = " WITH TIME ZONE" if kind.tz else ""
        return f"TIMESTAMP{zone}" if zone or kind.unit == "us" else f"TIMESTAMP_{kind.unit.upper()}"
    if pa.types.is_map(kind):
        return f"MAP({type_name(kind.key_type)}, {type_name(kind.item_type)})"
    if pa.types.is_fixed_size_list(kind):
        return f"{type_name(kind.value_type)}[{kind.list_size}]"
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return f"{type_name(kind.value_type)}[]"
    if pa.types.is_struct(kind):
        return f"STRUCT({', '.join(f'{field.name} {type_name(field.type)}' for field in kind)})"
    return _other(kind)


def _other(kind: pa.DataType) -> str:
    names = ((pa.types.is_dictionary, "ENUM"), (pa.types.is_time, "TIME"), (pa.types.is_interval, "INTERVAL"), (pa.types.is_union, "UNION"))
    return next((name for test, name in names if test(kind)), str(kind).upper())


def check_parquet(schema: pa.Schema) -> None:
    """Raises UsageError where a column is of a type that Parquet has not, also inside a list, struct or map."""
    for field in schema:
        if not _in_parquet(field.type):
            name = field.name.replace('"', '""')
            raise UsageError(
                f"column {field.name!r} is of type {type_name(field.type)}, which Parquet cannot hold",
                hint=f'select CAST("{name}" AS VARCHAR) AS "{name}" instead, or choose another format',
            )


def _in_parquet(kind: pa.DataType) -> bool:
    if pa.types.is_interval(kind) or pa.types.is_union(kind):
        return False
    return all(_in_parquet(kind.field(place).type) for place in range(kind.num_fields))
