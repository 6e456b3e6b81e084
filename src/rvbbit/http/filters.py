"""Filters as clients write them: of executions, sessions, statements, costs. The names are those of the engine's filters."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema

from rvbbit.http.strict import Parameters

MOST = 1_000
"""Rows of one page."""

FARTHEST = 10**12


def _in_utc(moment: datetime) -> datetime:
    """A time without a zone is UTC."""
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is before or after all time") from error


def _iso(value: Any) -> Any:
    """Numbers are not times: whoever means seconds or milliseconds should not have to guess which we read."""
    if isinstance(value, int | float) or (isinstance(value, str) and _number(value)):
        raise ValueError("is not a time: write it like 2026-11-23T10:00:00Z")
    return value


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


_SHORT = {"minLength": 1, "maxLength": 1_000}

Moment = Annotated[datetime, Field(strict=False), BeforeValidator(_iso), AfterValidator(_in_utc)]
Short = Annotated[str, StringConstraints(min_length=1, max_length=1_000)]
Names = Annotated[list[Short], BeforeValidator(_listed), Field(max_length=1_000)]
OneOrMore = Annotated[
    Names, WithJsonSchema({"anyOf": [{"type": "string", **_SHORT}, {"type": "array", "items": {"type": "string", **_SHORT}}]})
]
"""In JSON one may stand for itself."""


def _only_true(value: bool) -> bool:
    if not value:
        raise ValueError("can only be true: leave it out for everything")
    return value


OnlyTrue = Annotated[bool, AfterValidator(_only_true), WithJsonSchema({"type": "boolean", "const": True})]
Fraction = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=0)]


class Executions(Parameters):
    """Which executions; conditions are joined by AND, repeated values by OR."""

    trace_id: Names = Field([])
    cascade_id: Names = Field([])
    cell_name: Names = Field([])
    session_id: Short | None = None
    caller_id: Short | None = None
    model: Short | None = None
    trainable: bool | None = None
    verified: bool | None = None
    scored: bool | None = None
    min_confidence: Fraction | None = None
    max_confidence: Fraction | None = None
    label: str | None = Field(None, description="the answer that holds, as text")
    tag: Short | None = None
    criterion: str | None = Field(None, description="the argument `criterion`, as text")
    source: Short | None = Field(None, description="query, run, test or import")
    query_id: Short | None = None
    used: bool | None = Field(None, description="whether an answer was given it as an example")
    contradiction: OnlyTrue | None = Field(
        None, description="examples that the firewall keeps out: approved answers to one question that differ, the newest of each answer"
    )
    min_cost: Amount | None = None
    max_cost: Amount | None = None
    search: str | None = Field(None, max_length=10_000, description="found in arguments or answer, in any case")
    since: Moment | None = Field(None, description="inclusive; without a zone it is UTC")
    until: Moment | None = Field(None, description="exclusive")

    def given(self) -> dict[str, Any]:
        """What was said, as the engine takes it."""
        said = {name: getattr(self, name) for name in self.model_fields_set if getattr(self, name) not in (None, [])}
        return {"trace_ids" if name == "trace_id" else name: value for name, value in said.items()}


class Filter(Executions):
    """The same in a body of JSON, where a number is a number."""

    model_config = ConfigDict(strict=True)

    trace_id: OneOrMore = Field([])
    cascade_id: OneOrMore = Field([])
    cell_name: OneOrMore = Field([])


class SortedExecutions(Executions):
    """Executions in an order."""

    sort: Literal["timestamp", "confidence", "cost", "duration_ms", "tokens_in", "tokens_out", "cascade_id", "cell_name", "model"] = (
        "timestamp"
    )
    order: Literal["asc", "desc"] = "desc"


class PageOfExecutions(SortedExecutions):
    """A page of them: from `offset`, or behind the `next` of the page before."""

    limit: int = Field(100, ge=1, le=MOST)
    offset: int = Field(0, ge=0, le=FARTHEST)
    cursor: Short | None = Field(None, description="the `next` of the page before, with the same filter, sort and order")


class ExportedExecutions(SortedExecutions):
    """Everything that the filter finds, or the first so many."""

    format: Literal["jsonl", "csv", "parquet", "openai"] = "jsonl"
    limit: int | None = Field(None, ge=1, le=FARTHEST)


class _Window(Parameters):
    search: str | None = Field(None, max_length=10_000)
    since: Moment | None = None
    until: Moment | None = None
    limit: int = Field(100, ge=1, le=MOST)
    cursor: Short | None = None


class Sessions(_Window):
    """Which sessions, the newest first; `search` is found in their ids."""

    cascade_id: Names = Field([])
    source: Short | None = None


class Calls(Parameters):
    """Which page of a session's calls."""

    limit: int = Field(10_000, ge=1, le=10_000)
    cursor: Short | None = None


class Queries(_Window):
    """Which statements, the newest first; `search` is found in their text."""

    session_id: Short | None = None
    query_id: Short | None = None
    failed: bool | None = None


class Costs(Parameters):
    """Which calls' costs, and by what they are added up; days are UTC."""

    by: Literal["day", "model", "cascade", "source", "query"] = "day"
    since: Moment | None = None
    until: Moment | None = None
    cascade_id: Names = Field([])
    model: Short | None = None
    limit: int = Field(1_000, ge=1, le=10_000)
