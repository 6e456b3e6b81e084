"""How a store's rows become the values that were kept in them: the way back of `schema`. It knows no database, so every store may share it.

Rows are dictionaries by column name; JSON columns come as text, times with their zone, lists as Python's.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from rvbbit.logs.examples import ExampleRow, Figures
from rvbbit.logs.history import CallRow, Detail
from rvbbit.types import CellKey, Decision, Example, Scorable, Score, Value

_MOST_OTHERS = 32
_DETAIL = [one.name for one in fields(Detail) if one.name not in ("example", "decisions", "scores", "request", "response", "example_ids")]


def parsed(text: str | None) -> Value:
    """JSON's value; None for no text at all."""
    value: Value = None if text is None else json.loads(text)
    return value


def answers(keys: Sequence[str], texts: Sequence[str]) -> dict[str, Value]:
    """JSON's value to each key; one object where it is one text, for of many questions there are few answers."""
    read = {text: json.loads(text) for text in set(texts)}
    return {key: read[text] for key, text in zip(keys, texts, strict=True)}


def utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def example(row: Mapping[str, Any]) -> Example:
    """An approved execution."""
    return Example(
        trace_id=row["trace_id"],
        arguments=json.loads(row["inputs"]),
        answer=parsed(row["answer"]),
        created_at=utc(row["decided_at"]),
        confidence=row["confidence"],
        verified=row["verified"],
        own_confidence=row["own_confidence"],
    )


def decision(row: Mapping[str, Any]) -> Decision:
    """A row of `training_annotations`."""
    tags = row["tags"]
    return Decision(
        trace_id=row["trace_id"],
        author=row["author"],
        timestamp=utc(row["timestamp"]),
        batch=row["batch"],
        fields=tuple(row["fields"]),
        trainable=row["trainable"],
        verified=row["verified"],
        confidence=row["confidence"],
        corrected_output=parsed(row["corrected_output"]),
        notes=row["notes"],
        tags=None if tags is None else tuple(tags),
        reason=row["reason"],
        undoes=row["undoes"],
    )


def example_row(row: Mapping[str, Any]) -> ExampleRow:
    """A row of `training_examples_with_annotations`, with `used`."""
    values = {name: row[name] for name in ExampleRow.__slots__}
    values |= {name: parsed(row[name]) for name in ("inputs", "answer", "corrected_output")}
    return ExampleRow(**{**values, "timestamp": utc(row["timestamp"]), "tags": tuple(row["tags"])})


def call_row(row: Mapping[str, Any]) -> CallRow:
    """A row of `unified_logs`, its `arguments` called `inputs`."""
    values = {name: row[name] for name in CallRow.__slots__}
    values |= {name: parsed(row[name]) for name in ("inputs", "answer")}
    return CallRow(**{**values, "timestamp": utc(row["timestamp"])})


def detail(row: Mapping[str, Any], decisions: tuple[Decision, ...], scores: tuple[Score, ...]) -> Detail:
    """One execution whole: what an ExampleRow needs and the rest of its row of `unified_logs`, with the `sql` it came from."""
    return Detail(
        example=example_row(row),
        request=parsed(row["request"]),
        response=parsed(row["response"]),
        example_ids=tuple(row["example_ids"]),
        decisions=decisions,
        scores=scores,
        **{name: row[name] for name in _DETAIL},
    )


def place(value: datetime | float | int | str | None) -> datetime | float | int | str | None:
    """A sort value as a cursor holds it."""
    return utc(value) if isinstance(value, datetime) else value


def figures(row: Mapping[str, Any]) -> Figures:
    return Figures(**{name: row[name] for name in Figures.__slots__})


def score(row: Mapping[str, Any]) -> Score:
    """A row of `current_scores`."""
    return Score(
        trace_id=row["trace_id"],
        scorer=row["scorer"],
        version=row["scorer_version"],
        value=row["value"],
        reason=row["reason"],
        timestamp=utc(row["timestamp"]),
        calibrated=row["calibrated"],
        cost_usd=row["cost"],
    )


def _numbers(texts: Sequence[str]) -> tuple[float, ...]:
    """JSON's numbers; none at all where one of them is something else: what comes from elsewhere may hold anything."""
    try:
        found = tuple(float(text) for text in texts)
    except ValueError:
        return ()
    return found if all(map(math.isfinite, found)) else ()


def scorables(ids: Sequence[str], given: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]) -> list[Scorable]:
    """Executions in the order of `ids`, from their `rows` and the scores `given` them; one that went meanwhile is left out."""
    known: dict[str, list[Score]] = {}
    for row in given:
        known.setdefault(row["trace_id"], []).append(score(row))
    there = {row["trace_id"]: row for row in rows}
    return [_scorable(there[trace_id], known.get(trace_id, ())) for trace_id in ids if trace_id in there]


def _scorable(row: Mapping[str, Any], scores: Sequence[Score]) -> Scorable:
    """An execution as scorers see it; `others` are rows of `trace_id` and `answer`, the newest first."""
    others = [json.loads(other["answer"]) for other in row["others"] or () if other["trace_id"] != row["trace_id"]]
    return Scorable(
        trace_id=row["trace_id"],
        cell=CellKey(row["cascade_id"], row["cell_name"]),
        arguments=json.loads(row["arguments"]),
        answer=json.loads(row["answer"]),
        probability=row["probability"],
        finish_reason=row["finish_reason"],
        logprobs=_numbers(row["logprobs"] or ()),
        others=tuple(others[:_MOST_OTHERS]),
        held=json.loads(row["held"]),
        right=row["right"],
        scores=tuple(scores),
        again=bool(row["again"]),
    )
