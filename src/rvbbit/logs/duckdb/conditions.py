"""A filter as DuckDB SQL over `training_examples_with_annotations`. Values travel as parameters, never in the text."""

from __future__ import annotations

import json
from typing import Any, TypeAlias, get_args

from rvbbit.errors import UsageError
from rvbbit.logs.examples import ExampleFilter, Order, Sort

Parameters: TypeAlias = dict[str, Any]

_EQUAL = ("session_id", "caller_id", "model", "trainable", "verified")
_ANY = {"trace_ids": "trace_id", "cascade_id": "cascade_id", "cell_name": "cell_name"}
_BOUNDS = {
    "min_confidence": "confidence >= $min_confidence",
    "max_confidence": "confidence <= $max_confidence",
    "since": "timestamp >= $since",
    "until": "timestamp < $until",
    "tag": "list_contains(tags, $tag)",
    "label": "coalesce(corrected_output, answer) ->> '$' = $label",
}
_SEARCH = "(contains(lower(inputs), lower($inside)) OR contains(lower(assistant_output), lower($search)))"


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
    if asked.search:
        parts.append(_SEARCH)
        values["search"] = asked.search
        values["inside"] = json.dumps(asked.search, ensure_ascii=False)[1:-1]  # arguments are searched as the JSON text they are kept in
    return " AND ".join(parts) or "true", values


def order_by(asked: ExampleFilter) -> str:
    """`column direction`, the same rows in the same order every time. Raises UsageError for a column that is not offered."""
    if asked.sort not in get_args(Sort):
        raise UsageError(f"cannot sort by {asked.sort!r}", hint=f"one of: {', '.join(get_args(Sort))}")
    if asked.order not in get_args(Order):
        raise UsageError(f"no order {asked.order!r}", hint="asc or desc")
    return f"{asked.sort} {asked.order} NULLS LAST, trace_id"


def window(asked: ExampleFilter) -> str:
    """LIMIT and OFFSET. Raises UsageError where one is negative."""
    if asked.offset < 0 or (asked.limit is not None and asked.limit < 0):
        raise UsageError(f"limit {asked.limit}, offset {asked.offset}: a page cannot be negative", hint="use 0 or more")
    limit = "" if asked.limit is None else f"LIMIT {int(asked.limit)} "
    return f"{limit}OFFSET {int(asked.offset)}"
