"""A filter as ClickHouse SQL over the narrow rows of `executions`. Values travel as parameters, never in the text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, get_args

from rvbbit.errors import UsageError
from rvbbit.jsontext import to_json
from rvbbit.logs import cursor
from rvbbit.logs.examples import ExampleFilter, Order, Sort

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

USED = "trace_id IN (SELECT arrayJoin(example_ids) FROM unified_logs WHERE error IS NULL)"


@dataclass(frozen=True, slots=True)
class Condition:
    """A filter as SQL, to be joined by AND. `ids` are what the text calls table `given`; None where it names none.

    `text` asks what calls say, `held` what was decided and scored, `inside` the texts of `training_examples_mv`; "" where nothing is asked.
    """

    text: str
    values: dict[str, Any] = field(default_factory=dict)
    ids: Sequence[str] | None = None
    held: str = ""
    inside: str = ""


def as_text(json_: str) -> str:
    """A JSON column or expression as a person reads it: text without its quotes, SQL's NULL for a null."""
    return f"if({json_} = 'null', NULL, if(startsWith({json_}, '\"'), JSONExtractString({json_}), {json_}))"


def brief(json_: str) -> str:
    """The same JSON where it is short, else its start and its hash: to be compared and counted, not shown."""
    return f"if(length({json_}) <= {BRIEF}, {json_}, concat(leftUTF8({json_}, 64), hex(sipHash128({json_}))))"


BRIEF = 80  # bytes: a start of 64 characters with its hash has more

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
    if asked.criterion is not None:
        parts.append("criterion = {criterion:String}")
        values["criterion"] = asked.criterion
    held, inside = _held(asked, values), _inside(asked, values)
    for name, value in values.items():
        if sum(map(len, value)) > _MOST if isinstance(value, list) else len(str(value)) > _MOST:
            asked_for = "search" if name == "inside" else name
            raise UsageError(f"{asked_for}: a value of more than {_MOST:,} characters cannot be looked for", hint="look for a part of it")
    return Condition(" AND ".join(parts) or "true", values, asked.trace_ids or None, held, inside)


def _held(asked: ExampleFilter, values: dict[str, Any]) -> str:
    """What was decided and scored; adds to `values`. An execution without a confidence passes no bound on it."""
    parts = [f"{'' if wanted else 'NOT '}{name}" for name in ("trainable", "verified") if (wanted := getattr(asked, name)) is not None]
    if asked.scored is not None:
        parts.append(f"confidence IS {'NOT ' if asked.scored else ''}NULL")
    for name, sign in (("min_confidence", ">="), ("max_confidence", "<=")):
        if (bound := getattr(asked, name)) is not None:
            parts.append(f"confidence {sign} {{{name}:Float64}}")
            values[name] = bound
    if asked.tag is not None:
        parts.append("has(tags, {tag:String})")
        values["tag"] = asked.tag
    if asked.label is not None:
        parts.append(f"label IN (SELECT {brief('form')} FROM (SELECT arrayJoin({{label:Array(String)}}) AS form))")
        values["label"] = _as_json(asked.label)
    return " AND ".join(parts)


def _inside(asked: ExampleFilter, values: dict[str, Any]) -> str:
    """That the texts hold what is searched for; adds to `values`. Arguments and texts are searched as the JSON they are kept in."""
    if not asked.search:
        return ""
    inside = values["inside"] = json.dumps(asked.search, ensure_ascii=False)[1:-1]
    at = "positionCaseInsensitive" if asked.search.isascii() else "positionCaseInsensitiveUTF8"
    text = f"{at}(inputs, {{inside:String}}) > 0 OR {at}(ifNull(answer, ''), {{inside:String}}) > 0"
    if inside != asked.search:
        values["search"] = asked.search
        text += f" OR (NOT startsWith(ifNull(answer, ''), '\"') AND {at}(ifNull(answer, ''), {{search:String}}) > 0)"
    return f"({text})"


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
    if isinstance(value, datetime):  # as tables are ordered: what stands before it need not be read
        text = f"{column} {beyond}= {given} AND {text}"
    return Condition(text, {"after": value, "after_id": id_})


def kind(asked: ExampleFilter) -> str:
    """What a cursor of this listing says it is of."""
    return f"examples {asked.sort} {asked.order}"


def window(limit: int | None, offset: int = 0) -> str:
    """LIMIT and OFFSET. Raises UsageError where one is negative."""
    if offset < 0 or (limit is not None and limit < 0):
        raise UsageError(f"limit {limit}, offset {offset}: a page cannot be negative", hint="use 0 or more")
    return f"{'' if limit is None else f'LIMIT {min(limit, MOST_ROWS)} '}OFFSET {min(offset, MOST_ROWS)}"
