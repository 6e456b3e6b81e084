"""A value of a result as text and as JSON: what every face that writes rows agrees on. It reads nothing and knows no terminal."""

from __future__ import annotations

import json
import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa


def column_values(column: pa.ChunkedArray) -> list[Any]:
    """The column as Python values; what Python's types cannot hold (nanoseconds, `infinity` dates, unknown zones) as text."""
    kind = column.type
    nanoseconds = (pa.types.is_timestamp(kind) or pa.types.is_time(kind) or pa.types.is_duration(kind)) and kind.unit == "ns"
    if nanoseconds:
        return list(column.cast(pa.string()).to_pylist())
    try:
        return list(column.to_pylist())
    except (ValueError, OverflowError, KeyError):
        return list(column.cast(pa.string()).to_pylist())


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
