"""A filter as ClickHouse SQL over `training_examples_mv`. Values travel as parameters, never in the text.

What people decided and what was scored is asked for as sets of trace ids: an execution is never joined with its decisions only to count it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, get_args

from rvbbit.errors import UsageError
from rvbbit.logs import cursor
from rvbbit.logs.examples import ExampleFilter, Order, Sort
from rvbbit.logs.schema import to_json

_EQUAL = ("session_id", "caller_id", "model", "source", "query_id")
_ANY = ("cascade_id", "cell_name")
_BOUNDS = {
    "since": "timestamp >= {since:DateTime64(6, 'UTC')}",
    "until": "timestamp < {until:DateTime64(6, 'UTC')}",
    "min_cost": "cost >= {min_cost:Float64}",
    "max_cost": "cost <= {max_cost:Float64}",
}
_TYPES: dict[str, type] = {"timestamp": datetime, "cascade_id": str, "cell_name": str, "model": str}  # the others are numbers
_MOST = 50_000  # characters of a value: what a server takes as a parameter, with all of them escaped

MOST_ROWS = 2**62  # of a page: beyond what a log can hold, and within what SQL takes

_DECIDED = "SELECT trace_id FROM training_state WHERE"
_OWN = f"{_DECIDED} confidence IS NOT NULL"
_VALUE = "argMax(tuple(value), seq).1"
_SCORED = f"SELECT trace_id FROM scores WHERE scorer = 'confidence' GROUP BY trace_id HAVING {_VALUE}"
USED = "trace_id IN (SELECT arrayJoin(example_ids) FROM unified_logs WHERE error IS NULL)"


@dataclass(frozen=True, slots=True)
class Condition:
    """A filter as SQL. `ids` are what the text calls table `given`; None where it names none. `dear`: better worked out only once."""

    text: str
    values: dict[str, Any] = field(default_factory=dict)
    ids: Sequence[str] | None = None
    dear: bool = False


def as_text(json_: str) -> str:
    """A JSON column or expression as a person reads it: text without its quotes, SQL's NULL for a null."""
    return f"if({json_} = 'null', NULL, if(startsWith({json_}, '\"'), JSONExtractString({json_}), {json_}))"


CRITERION = f"arrayElement(arrayMap(raw -> {as_text('raw')}, [nullIf(JSONExtractRaw(inputs, 'criterion'), '')]), 1)"


def where(asked: ExampleFilter) -> Condition:
    """The condition; "true" where the filter asks nothing. Raises UsageError for a value that is too long to look for."""
    parts: list[str] = []
    values: dict[str, Any] = {}
    for name in _EQUAL:
        if (wanted := getattr(asked, name)) is not None:
            parts.append(f"{name} = {{{name}:String}}")
            values[name] = wanted
    for name in _ANY:
        if wanted := getattr(asked, name):
            parts.append(f"{name} IN {{{name}:Array(String)}}")
            values[name] = list(wanted)
    for name, condition in _BOUNDS.items():
        if (wanted := getattr(asked, name)) is not None:
            parts.append(condition)
            values[name] = wanted
    if asked.trace_ids:
        parts.append("trace_id IN (SELECT id FROM given)")
    if asked.used is not None:
        parts.append(USED if asked.used else f"NOT ({USED})")
    dear = [*_decided(asked), *_confident(asked), *_contents(asked)]
    for text, more in dear:
        parts.append(text)
        values |= more
    for name, value in values.items():
        if sum(map(len, value)) > _MOST if isinstance(value, list) else len(str(value)) > _MOST:
            asked_for = "search" if name == "inside" else name
            raise UsageError(f"{asked_for}: a value of more than {_MOST:,} characters cannot be looked for", hint="look for a part of it")
    return Condition(" AND ".join(parts) or "true", values, asked.trace_ids or None, bool(dear))


def _decided(asked: ExampleFilter) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    for name in ("trainable", "verified"):
        if (wanted := getattr(asked, name)) is not None:
            found.append((f"trace_id {'' if wanted else 'NOT '}IN ({_DECIDED} {name})", {}))
    if asked.tag is not None:
        found.append((f"trace_id IN ({_DECIDED} has(tags, {{tag:String}}))", {"tag": asked.tag}))
    if asked.label is not None:
        forms = _as_json(asked.label)
        stands = f"answer IN {{label:Array(String)}} AND trace_id NOT IN ({_DECIDED} corrected_output IS NOT NULL)"
        found.append((f"(trace_id IN ({_DECIDED} corrected_output IN {{label:Array(String)}}) OR ({stands}))", {"label": forms}))
    return found


def _confident(asked: ExampleFilter) -> list[tuple[str, dict[str, Any]]]:
    """A person's own confidence wins over the score."""
    found: list[tuple[str, dict[str, Any]]] = []
    given = {name: wanted for name in ("min_confidence", "max_confidence") if (wanted := getattr(asked, name)) is not None}
    if given:
        low, high = (
            f"{{{name}:Float64}}" if name in given else limit for name, limit in (("min_confidence", "-inf"), ("max_confidence", "inf"))
        )
        bounds = f"BETWEEN {low} AND {high}"
        own = f"trace_id IN ({_DECIDED} confidence {bounds})"
        found.append((f"({own} OR (trace_id IN ({_SCORED} {bounds}) AND trace_id NOT IN ({_OWN})))", given))
    if asked.scored is not None:
        scored = f"(trace_id IN ({_OWN}) OR trace_id IN ({_SCORED} IS NOT NULL))"
        found.append((scored if asked.scored else f"NOT {scored}", {}))
    return found


def _contents(asked: ExampleFilter) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    if asked.criterion is not None:
        forms = [f'"criterion":{form}' for form in _as_json(asked.criterion)]  # what is kept is as compact as this
        likely = "multiSearchAny(inputs, {criterion_forms:Array(String)})"
        found.append((f"({likely} AND {CRITERION} = {{criterion:String}})", {"criterion": asked.criterion, "criterion_forms": forms}))
    if asked.search:
        inside = json.dumps(asked.search, ensure_ascii=False)[1:-1]  # arguments and texts are searched as the JSON they are kept in
        at = "positionCaseInsensitive" if asked.search.isascii() else "positionCaseInsensitiveUTF8"
        text = f"{at}(inputs, {{inside:String}}) > 0 OR {at}(ifNull(answer, ''), {{inside:String}}) > 0"
        if inside != asked.search:
            text += f" OR (NOT startsWith(ifNull(answer, ''), '\"') AND {at}(ifNull(answer, ''), {{search:String}}) > 0)"
        found.append((f"({text})", {"inside": inside} | ({"search": asked.search} if inside != asked.search else {})))
    return found


def _as_json(text: str) -> list[str]:
    """What is kept of values that read like this: of a text, and of a number, a boolean, a list or an object."""
    other = text and not text.startswith('"') and text != "null"
    return [to_json(text), text] if other else [to_json(text)]


def order_by(asked: ExampleFilter) -> str:
    """`column direction`, the same rows in the same order every time. Raises UsageError for a column that is not offered."""
    if asked.sort not in get_args(Sort):
        raise UsageError(f"cannot sort by {asked.sort[:40]!r}", hint=f"one of: {', '.join(get_args(Sort))}")
    if asked.order not in get_args(Order):
        raise UsageError(f"no order {asked.order[:40]!r}", hint="asc or desc")
    return f"{asked.sort} {asked.order} NULLS LAST, trace_id"


def after(asked: ExampleFilter) -> Condition:
    """That a row stands behind the cursor's, in the order of `order_by`; "true" without one. Raises UsageError."""
    if asked.cursor is None:
        return Condition("true")
    if asked.offset:
        raise UsageError("a page starts at an offset or after a cursor", hint="give one of the two")
    type_ = _TYPES.get(asked.sort, float)
    value, id_ = cursor.read(asked.cursor, kind(asked), type_)
    if value is None:
        return Condition(f"({asked.sort} IS NULL AND trace_id > {{after_id:String}})", {"after_id": id_})
    return behind(asked.sort, asked.order, "trace_id", value, id_)


def behind(column: str, order: str, id_column: str, value: Any, id_: str) -> Condition:
    """That a row stands behind the one of this value and id; rows without a value are last."""
    name = {datetime: "DateTime64(6, 'UTC')", str: "String"}.get(type(value), "Float64")
    beyond = "<" if order == "desc" else ">"
    given = f"{{after:{name}}}"
    text = f"({column} {beyond} {given} OR ({column} = {given} AND {id_column} > {{after_id:String}}) OR {column} IS NULL)"
    return Condition(text, {"after": value, "after_id": id_})


def kind(asked: ExampleFilter) -> str:
    """What a cursor of this listing says it is of."""
    return f"examples {asked.sort} {asked.order}"


def window(limit: int | None, offset: int = 0) -> str:
    """LIMIT and OFFSET. Raises UsageError where one is negative."""
    if offset < 0 or (limit is not None and limit < 0):
        raise UsageError(f"limit {limit}, offset {offset}: a page cannot be negative", hint="use 0 or more")
    return f"{'' if limit is None else f'LIMIT {min(limit, MOST_ROWS)} '}OFFSET {min(offset, MOST_ROWS)}"
