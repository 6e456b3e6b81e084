"""What the log remembers beyond examples: sessions, statements, spend."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query

from rvbbit.engine.history import CostFilter, QueryFilter, QueryRow, SessionFilter, SessionRow, Spend
from rvbbit.errors import NotFound
from rvbbit.http.face import Face
from rvbbit.http.filters import Calls, Costs, Queries, Sessions
from rvbbit.http.strict import Answer, StrictRoute


class SessionList(Answer):
    """A page, the newest first; `next` is the cursor of the one behind it."""

    count: int
    total: int
    sessions: list[SessionRow]
    next: str | None


class Call(Answer):
    """One call of a session, without request and response: those are at /api/training/examples/{trace_id}.

    Cells, takes and tries of one cascade's run on one set of inputs have a `run_id` in common; null in logs from elsewhere.
    """

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
    inputs: dict[str, Any]
    answer: Any
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


class SessionWhole(Answer):
    """One session: of its `total` calls a page, oldest first (`next`: the cursor of the one behind), and its statements, newest first (at
    most 1,000)."""

    session_id: str
    total: int
    calls: list[Call]
    next: str | None
    queries: list[QueryRow]


class QueryList(Answer):
    """A page, the newest first."""

    count: int
    total: int
    queries: list[QueryRow]
    next: str | None


class CostList(Answer):
    """Spend by what was asked: days oldest first, all else the dearest first. `cost` in USD counts what is priced; `sql` by query only."""

    by: str
    costs: list[Spend]


def routes(face: Face) -> APIRouter:
    """The routes of one server."""
    db, router = face.db, APIRouter(prefix="/api", tags=["log"], route_class=StrictRoute)

    @router.get("/sessions")
    def sessions(asked: Annotated[Sessions, Query()]) -> SessionList:
        """Sessions with their cascades, calls and costs."""
        total, rows, next_ = db.history.sessions(SessionFilter(**_given(asked)))
        return SessionList(count=len(rows), total=total, sessions=list(rows), next=next_)

    @router.get("/sessions/{session_id:path}")
    def session(session_id: str, asked: Annotated[Calls, Query()]) -> SessionWhole:
        """One session: its cells and calls."""
        total, rows, next_ = db.history.calls(session_id, asked.limit, asked.cursor)
        calls = [Call.model_validate(row) for row in rows]
        queries = db.history.queries(QueryFilter(session_id=session_id, limit=1_000)).rows
        if not total and not queries:
            raise NotFound(f"no session has the id {session_id[:128]!r}", hint="GET /api/sessions lists them")
        return SessionWhole(session_id=session_id, total=total, calls=calls, next=next_, queries=list(queries))

    @router.get("/queries")
    def queries(asked: Annotated[Queries, Query()]) -> QueryList:
        """The statements that asked a model, or its memory."""
        total, rows, next_ = db.history.queries(QueryFilter(**_given(asked)))
        return QueryList(count=len(rows), total=total, queries=list(rows), next=next_)

    @router.get("/costs")
    def costs(asked: Annotated[Costs, Query()]) -> CostList:
        """What calls cost, by day, model, cascade, source or query; the judge's part apart."""
        return CostList(by=asked.by, costs=list(db.history.costs(CostFilter(**_given(asked)))))

    return router


def _given(asked: Sessions | Queries | Costs) -> dict[str, Any]:
    given = {name: getattr(asked, name) for name in asked.model_fields_set}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
