"""A filter as DuckDB SQL over `executions`. Values travel as parameters, never in the text."""

from __future__ import annotations

import json
import math
from datetime import datetime
from typing import Any, TypeAlias, get_args

from rvbbit.errors import UsageError
from rvbbit.logs import cursor
from rvbbit.logs.examples import ExampleFilter, Order, Sort
from rvbbit.logs.schema import readable

Parameters: TypeAlias = dict[str, Any]

_EQUAL = ("session_id", "caller_id", "model", "trainable", "verified", "source", "query_id")
_ANY = {"trace_ids": "trace_id", "cascade_id": "cascade_id", "cell_name": "cell_name"}
_BOUNDS = {
    "min_confidence": "confidence >= $min_confidence",
    "max_confidence": "confidence <= $max_confidence",
    "since": "timestamp >= $since",
    "until": "timestamp < $until",
    "tag": "list_contains(tags::VARCHAR[], $tag)",
    "min_cost": "cost >= $min_cost",
    "max_cost": "cost <= $max_cost",
    "label": "label = $label",
    "criterion": "criterion = $criterion",
}
MOST_ROWS = 2**62  # of a page: beyond what a log can hold, and within what SQL takes
_USED = "trace_id IN (SELECT trace_id FROM rvbbit.main.example_uses)"
_TYPES: dict[str, type] = {"timestamp": datetime, "cascade_id": str, "cell_name": str, "model": str}  # the others are numbers


def where(asked: ExampleFilter) -> tuple[str, Parameters]:
    """The condition and its parameters; "true" where the filter asks nothing."""
    parts: list[str] = []
    values: Parameters = {}
    for name, column in _ANY.items():
        if wanted := getattr(asked, name):
            parts.append(f"{column} IN (SELECT unnest(${name}))")
            values[name] = list(wanted)
    for name in _EQUAL:
        if (wanted := getattr(asked, name)) is not None:
            parts.append(f"{name} = ${name}")
            values[name] = wanted
    for name, condition in _BOUNDS.items():
        if (wanted := getattr(asked, name)) is not None:
            parts.append(condition)
            values[name] = wanted
    if asked.scored is not None:
        parts.append("confidence IS NOT NULL" if asked.scored else "confidence IS NULL")
    if asked.used is not None:
        parts.append(_USED if asked.used else f"NOT {_USED}")
    if asked.search:
        # a value inside a list or an object is kept as JSON writes it
        forms = {"search": asked.search, "inside": json.dumps(asked.search, ensure_ascii=False)[1:-1]}
        unlike = {name: text for name, text in forms.items() if name == "search" or text != asked.search}
        parts.append(f"({' OR '.join(f'contains(text, lower(${name}))' for name in unlike)})")
        values |= unlike
    return " AND ".join(parts) or "true", bound(values)


def bound(values: Parameters) -> Parameters:
    """Parameters as DuckDB takes them: text that UTF-8 can hold, integers of any size."""
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return float(value) if abs(value) < 2**1_000 else math.copysign(math.inf, value)
    return readable(value)


def order_by(asked: ExampleFilter) -> str:
    """`column direction`, the same rows in the same order every time. Raises UsageError for a column that is not offered."""
    if asked.sort not in get_args(Sort):
        raise UsageError(f"cannot sort by {asked.sort[:40]!r}", hint=f"one of: {', '.join(get_args(Sort))}")
    if asked.order not in get_args(Order):
        raise UsageError(f"no order {asked.order[:40]!r}", hint="asc or desc")
    return f"{asked.sort} {asked.order} NULLS LAST, trace_id"


def after(asked: ExampleFilter) -> tuple[str, Parameters]:
    """The condition that a row stands behind the cursor's, in the order of `order_by`; "true" without one. Raises UsageError."""
    if asked.cursor is None:
        return "true", {}
    if asked.offset:
        raise UsageError("a page starts at an offset or after a cursor", hint="give one of the two")
    value, id_ = cursor.read(asked.cursor, kind(asked), _TYPES.get(asked.sort, float))
    values = {"after": value, "after_id": id_}
    if value is None:
        return f"({asked.sort} IS NULL AND trace_id > $after_id)", {"after_id": id_}
    beyond = "<" if asked.order == "desc" else ">"
    return (
        f"({asked.sort} {beyond} $after OR ({asked.sort} = $after AND trace_id > $after_id) OR {asked.sort} IS NULL)",
        values,
    )


def kind(asked: ExampleFilter) -> str:
    """What a cursor of this listing says it is of."""
    return f"examples {asked.sort} {asked.order}"


def window(limit: int | None, offset: int = 0) -> str:
    """LIMIT and OFFSET. Raises UsageError where one is negative."""
    if offset < 0 or (limit is not None and limit < 0):
        raise UsageError(f"limit {limit}, offset {offset}: a page cannot be negative", hint="use 0 or more")
    return f"{'' if limit is None else f'LIMIT {min(limit, MOST_ROWS)} '}OFFSET {min(offset, MOST_ROWS)}"
