"""Rows of the DuckDB store, as dictionaries, into the values that cross rooms."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from rvbbit.logs.examples import ExampleRow, Figures
from rvbbit.logs.history import CallRow, Detail
from rvbbit.types import Decision, Example, Score, Value

_DETAIL = [one.name for one in fields(Detail) if one.name not in ("example", "decisions", "scores", "request", "response", "example_ids")]


def parsed(text: str | None) -> Value:
    """A JSON column; SQL's NULL is None like JSON's null."""
    value: Value = None if text is None else json.loads(text)
    return value


def utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def example(row: Mapping[str, Any]) -> Example:
    return Example(
        trace_id=row["trace_id"],
        arguments=json.loads(row["inputs"]),
        answer=parsed(row["answer"]),
        created_at=utc(row["decided_at"]),
        confidence=row["confidence"],
        verified=row["verified"],
    )


def example_row(row: Mapping[str, Any]) -> ExampleRow:
    values = {name: row[name] for name in ExampleRow.__slots__}
    values |= {name: parsed(row[name]) for name in ("inputs", "answer", "corrected_output")}
    return ExampleRow(**{**values, "timestamp": utc(row["timestamp"]), "tags": tuple(row["tags"])})


def call_row(row: Mapping[str, Any]) -> CallRow:
    values = {name: row[name] for name in CallRow.__slots__}
    values |= {name: parsed(row[name]) for name in ("inputs", "answer")}
    return CallRow(**{**values, "timestamp": utc(row["timestamp"])})


def detail(row: Mapping[str, Any], decisions: tuple[Decision, ...], scores: tuple[Score, ...]) -> Detail:
    return Detail(
        example=example_row(row),
        request=parsed(row["request"]),
        response=parsed(row["response"]),
        example_ids=tuple(row["example_ids"]),
        decisions=decisions,
        scores=scores,
        **{name: row[name] for name in _DETAIL},
    )


def decision(row: Mapping[str, Any]) -> Decision:
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
    )


def figures(row: Mapping[str, Any]) -> Figures:
    return Figures(**{name: row[name] for name in Figures.__slots__})


def place(value: datetime | float | int | str | None) -> datetime | float | int | str | None:
    """A sort value as a cursor holds it."""
    return utc(value) if isinstance(value, datetime) else value
