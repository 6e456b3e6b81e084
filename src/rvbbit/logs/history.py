"""What is asked of the log beyond examples, and what comes back: one execution whole, runs, statements, spend. Values only.

Pages are keyset pages: `next` is where the following page starts, to be given back as `cursor`; None where there is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from rvbbit.logs.examples import ExampleRow
from rvbbit.types import Decision, Score, Value

Facet = Mapping[str, int]
"""value → how many executions have it, the most frequent first."""

Group = Literal["day", "model", "cascade", "source", "query"]


@dataclass(frozen=True, slots=True)
class Detail:
    """One execution, whole: any logged call, also one that failed or that no set can hold.

    `example` is how lists show it. `request` and `response` are the bodies as they went over the wire. `sql` is the statement it came from,
    None where there is none. `scores` has the newest of each scorer.
    """

    example: ExampleRow
    query_id: str | None
    sql: str | None
    kind: str
    source: str
    cascade_fingerprint: str
    cell_fingerprint: str
    request: Value
    response: Value
    probability: float | None
    finish_reason: str | None
    attempt: int
    take: int
    tokens_cached: int
    tokens_cached_expected: int
    cached: bool
    set_version: str
    example_ids: tuple[str, ...]
    error: str | None
    error_code: str | None
    decisions: tuple[Decision, ...]
    scores: tuple[Score, ...]


@dataclass(frozen=True, slots=True)
class Facets:
    """The values a filter can take, each with how many executions have it: at most so many a facet, the most frequent ones."""

    cascade_id: Facet
    cell_name: Facet
    model: Facet
    session_id: Facet
    label: Facet
    tag: Facet
    source: Facet
    criterion: Facet


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """Which sessions, the newest first. `search` is found in the session's id, in any case."""

    cascade_id: tuple[str, ...] = ()
    source: str | None = None
    search: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 100
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One session: everything of one id. `cost` in USD, None where a price is not known; `cascades` by name."""

    session_id: str
    started: datetime
    ended: datetime
    cascades: tuple[str, ...]
    sources: tuple[str, ...]
    queries: int
    calls: int
    errors: int
    tokens_in: int
    tokens_out: int
    cost: float | None


class SessionPage(NamedTuple):
    total: int
    rows: tuple[SessionRow, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class CallRow:
    """One call of a session, as its timeline shows it: without request and response."""

    trace_id: str
    query_id: str | None
    run_id: str | None
    caller_id: str | None
    timestamp: datetime
    source: str
    cascade_id: str
    cell_name: str
    kind: str
    model: str
    inputs: Mapping[str, Value]
    answer: Value
    attempt: int
    take: int
    tokens_in: int
    tokens_out: int
    tokens_cached: int
    cost: float | None
    duration_ms: float
    cached: bool
    error: str | None
    error_code: str | None


class CallPage(NamedTuple):
    total: int
    rows: tuple[CallRow, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class QueryFilter:
    """Which statements of `query_log`, the newest first. `failed` True: only those with an error. `search` is found in their text."""

    session_id: str | None = None
    query_id: str | None = None
    failed: bool | None = None
    search: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 100
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class QueryRow:
    """One statement. `rows` None where it failed; `cost` in USD, None where a price is not known."""

    query_id: str
    session_id: str
    timestamp: datetime
    sql: str
    rows: int | None
    calls: int
    cached: int
    tokens_in: int
    tokens_out: int
    tokens_cached: int
    cost: float | None
    duration_ms: float
    error: str | None
    error_code: str | None


class QueryPage(NamedTuple):
    total: int
    rows: tuple[QueryRow, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class CostFilter:
    """Which calls' costs, and by what they are added up. Days are UTC."""

    by: Group = "day"
    since: datetime | None = None
    until: datetime | None = None
    cascade_id: tuple[str, ...] = ()
    model: str | None = None
    limit: int = 1_000


@dataclass(frozen=True, slots=True)
class Spend:
    """What calls with one `key` (a day as 2026-11-23, a model, …) took.

    `cost` in USD counts what is priced, `unpriced` the calls that are not; `scoring` is the judge's part of `cost`. `cached` counts answers
    that no call was made for, as `query_log` has them: for days and queries only, 0 elsewhere. `sql`: a query's statement.
    """

    key: str
    calls: int
    errors: int
    cached: int
    tokens_in: int
    tokens_out: int
    tokens_cached: int
    cost: float
    unpriced: int
    scoring: float
    sql: str | None = None
