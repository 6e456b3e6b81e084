"""The DuckDB types an operator may take and return, by name, and the fitting of a JSON-like value to one.

It never asks a database: the names below are those whose values JSON can hold.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache

from rvbbit.types import Value

_INTEGERS = {"TINYINT": 8, "SMALLINT": 16, "INTEGER": 32, "BIGINT": 64, "HUGEINT": 128}
_SYNONYMS = {
    "BOOL": "BOOLEAN",
    "INT": "INTEGER",
    "LONG": "BIGINT",
    "REAL": "FLOAT",
    "NUMERIC": "DECIMAL",
    "TEXT": "VARCHAR",
    "STRING": "VARCHAR",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ",
}
NAMES = ("BOOLEAN", *_INTEGERS, "FLOAT", "DOUBLE", "DECIMAL", "VARCHAR", "JSON", "DATE", "TIME", "TIMESTAMP", "TIMESTAMPTZ")


@dataclass(frozen=True, slots=True)
class SQLType:
    """A type taken apart. `item` is set for lists, `fields` for structs, neither for scalars."""

    name: str
    item: SQLType | None = None
    fields: tuple[tuple[str, SQLType], ...] = ()

    def fit(self, value: Value) -> Value:
        """The value as this type would hold it. Nulls stay None. Raises ValueError with the reason."""
        if value is None:
            return None
        if self.item is not None:
            return _fit_list(value, self.item)
        if self.fields:
            return _fit_struct(value, self.fields)
        return _FITS[self.name](value)


@lru_cache(maxsize=512)
def parse(text: str) -> SQLType:
    """`VARCHAR`, `DECIMAL(9, 2)`, `DOUBLE[]`, `STRUCT(a VARCHAR, b DOUBLE)[]` → a type. Raises ValueError with the reason."""
    spelled = " ".join(text.split())
    if spelled.endswith("[]"):
        return SQLType("LIST", parse(spelled[:-2]))
    head, opened, rest = spelled.partition("(")
    name = _SYNONYMS.get(head.strip().upper(), head.strip().upper())
    if name == "STRUCT" and rest.endswith(")"):
        return SQLType("STRUCT", fields=tuple(_field(part) for part in _split(rest[:-1])))
    sized = name in {"DECIMAL", "VARCHAR"} and rest.endswith(")") and rest[:-1].replace(",", "").replace(" ", "").isdigit()
    if name not in NAMES or (opened and not sized):
        raise ValueError(f"unknown type {text!r}")
    return SQLType(name)


def _field(text: str) -> tuple[str, SQLType]:
    name, _, kind = text.strip().partition(" ")
    if not name or not kind:
        raise ValueError(f"a struct reads STRUCT(name TYPE, …), not {text.strip()!r}")
    return name.strip('"'), parse(kind)


def _split(text: str) -> list[str]:
    """The parts between commas that stand in no parentheses."""
    parts, depth = [""], 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _fit_list(value: Value, item: SQLType) -> Value:
    if isinstance(value, str) or not isinstance(value, list | tuple):
        raise ValueError(f"{shown(value)} is not a list")
    return [item.fit(one) for one in value]


def _fit_struct(value: Value, fields: tuple[tuple[str, SQLType], ...]) -> Value:
    if not isinstance(value, Mapping):
        raise ValueError(f"{shown(value)} is not an object")
    return {name: kind.fit(value.get(name)) for name, kind in fields}


def _boolean(value: Value) -> Value:
    if not isinstance(value, bool):
        raise ValueError(f"{shown(value)} is neither true nor false")
    return value


def _number(value: Value) -> Value:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{shown(value)} is not a number")
    return float(value)


def _integer(bits: int) -> Callable[[Value], Value]:
    def fit(value: Value) -> Value:
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
            raise ValueError(f"{shown(value)} is not a whole number")
        if not -(1 << bits - 1) <= value < 1 << bits - 1:
            raise ValueError(f"{shown(value)} does not fit {bits} bits")
        return int(value)

    return fit


def _text(value: Value) -> Value:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _moment(kind: type[date] | type[time] | type[datetime]) -> Callable[[Value], Value]:
    def fit(value: Value) -> Value:
        if not isinstance(value, str):
            raise ValueError(f"{shown(value)} is not a text with a {kind.__name__} in it")
        return kind.fromisoformat(value.strip()).isoformat()

    return fit


_FITS: Mapping[str, Callable[[Value], Value]] = {
    "BOOLEAN": _boolean,
    **{name: _integer(bits) for name, bits in _INTEGERS.items()},
    **dict.fromkeys(("FLOAT", "DOUBLE", "DECIMAL"), _number),
    "VARCHAR": _text,
    "JSON": lambda value: value,
    "DATE": _moment(date),
    "TIME": _moment(time),
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMPTZ"), _moment(datetime)),
}


def shown(value: Value, limit: int = 120) -> str:
    """A value as messages show it: JSON, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= limit else text[: limit - 1] + "…"
