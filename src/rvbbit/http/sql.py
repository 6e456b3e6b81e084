"""`/api/sql`: run a script, in the format the client accepts; cancel it by its id or by going away. `/api/tables`: what it may name."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Annotated, Any

import pyarrow as pa
from fastapi import APIRouter, Path, Request
from pydantic import Field
from starlette.responses import Response, StreamingResponse

from rvbbit.engine import Session
from rvbbit.engine.query import Options
from rvbbit.engine.served import ID, Running
from rvbbit.errors import Error, NotFound
from rvbbit.http import formats
from rvbbit.http.conversation import Conversation, end_of, result
from rvbbit.http.face import Face
from rvbbit.http.formats import NDJSON, Column
from rvbbit.http.streamed import streamed
from rvbbit.http.strict import WHOLE, Answer, Body, StrictRoute
from rvbbit.result import Explained, QueryUsage, Result

Id = Annotated[str, Field(pattern=ID)]
Model = Annotated[str, Field(pattern=r"^[^:\s]+:\S+$", max_length=200)]


class SQL(Body):
    """A script; the answer is its last statement's. `params`: a list for ?, an object for $name; only for a script of one statement."""

    sql: Annotated[str, Field(min_length=1, max_length=1_000_000)]
    params: list[Any] | dict[str, Any] | None = None
    limit: Annotated[int, Field(ge=0, le=10**12), WHOLE] | None = Field(
        None, description="rows to answer at most; LIMIT in the SQL saves calls too"
    )
    budget_usd: Annotated[float, Field(ge=0)] | None = Field(None, description="what it may cost; null: the settings' own ceiling")
    model: Model | None = None
    session_id: Id | None = Field(None, description="keep temporary tables and the transaction for the next query of this session")
    query_id: Id | None = Field(None, description="the id it is cancelled by and logged under; without it, one is made")
    resume: bool = Field(False, description="only in a session that is kept still: 404 where it was closed meanwhile")
    each: bool = Field(False, description="in a stream of events: the rows and usage of every statement, as each is done")
    explain: bool = Field(False, description="the plan of the one statement, with the calls it expects; no model is asked")


class Usage(Answer):
    """What it took. `cost_usd` is null where a price is not known."""

    calls: int
    cached: int
    tokens_in: int
    tokens_out: int
    tokens_cached: int
    cost_usd: float | None
    seconds: float


class Notice(Answer):
    """Something a person should be told."""

    message: str
    severity: str


class Rows(Answer):
    """A result. A row is a list, in the order of `columns`; `total` counts the rows there were before `limit`.

    `plan` is what EXPLAIN of a semantic statement found, whose rows say the same as text; null for everything else.
    """

    query_id: str
    columns: list[Column]
    rows: list[list[Any]]
    total: int
    usage: Usage
    notices: list[Notice]
    plan: Explained | None


class Stopped(Answer):
    """The query that was cancelled; `done` is whether it has ended already."""

    query_id: str
    done: bool


class Closed(Answer):
    """The session that was closed."""

    session_id: str


class Table(Answer):
    """Something a query may name. `types` are DuckDB's, in the order of `columns`."""

    schema_name: str
    name: str
    columns: list[str]
    types: list[str]


class Tables(Answer):
    """All of them."""

    tables: list[Table]


_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"model": Rows, "description": "The rows, in the format that Accept names.", "content": {kind: {} for kind in formats.OTHERS}}
}


def routes(face: Face) -> APIRouter:
    """The routes of one server."""
    router = APIRouter(prefix="/api", tags=["sql"], route_class=StrictRoute)

    @router.post("/sql", response_model=Rows, responses=_ANSWERS)
    async def sql(asked: SQL, request: Request) -> Response:
        """Run SQL, semantic or plain. Accept chooses the format; `application/x-ndjson` brings progress and rows as they come.

        With `application/x-ndjson; rows=arrow` the rows are an Arrow stream: each `rows` event has a part of it, `arrow`, in base64.
        """
        accept = request.headers.get("accept", "")
        kind = formats.accepted(accept)
        talk = Conversation(asyncio.get_running_loop())
        work = _work(face, asked, talk, arrow=formats.wants_arrow(accept))
        running = face.served.start(work, query_id=asked.query_id, session_id=asked.session_id, resume=asked.resume)
        if kind == NDJSON:
            return await streamed(running, talk, request)
        found = await result(running, request)
        parts = await asyncio.to_thread(formats.stream, kind, found, asked.limit, running.id)
        return StreamingResponse(parts, media_type=kind, headers={"X-Query-Id": running.id})

    @router.delete("/sql/{query_id}")
    async def cancel(query_id: Annotated[str, Path(pattern=ID)]) -> Stopped:
        """Cancel a query that runs or waits; what was answered is kept."""
        running = face.served.cancel(query_id)
        if running is None:
            raise NotFound(f"no query {query_id!r} is running", hint="it has ended, or never began; GET /api/queries lists those that ran")
        await asyncio.wait([end_of(running)], timeout=2.0)
        return Stopped(query_id=query_id, done=running.done.done())

    @router.delete("/sql/sessions/{session_id}")
    def leave(session_id: Annotated[str, Path(pattern=ID)]) -> Closed:
        """Close a kept session: its temporary tables go, its open transaction is rolled back."""
        face.served.leave(session_id)
        return Closed(session_id=session_id)

    @router.get("/tables")
    def tables() -> Tables:
        """Tables and views with their columns, the log's own too."""
        return Tables(
            tables=[Table(schema_name=one.schema, name=one.name, columns=one.columns, types=one.types) for one in face.db.relations()]
        )

    return router


def _work(face: Face, asked: SQL, talk: Conversation, *, arrow: bool) -> Any:
    def work(session: Session, running: Running) -> Result:
        def ended(code: str, usage: QueryUsage | None) -> None:
            face.metrics.query(code, usage)
            face.db.events.publish("query", {"query_id": running.id, "session_id": session.id, "state": code})

        face.db.events.publish("query", {"query_id": running.id, "session_id": session.id, "state": "running"})
        listen = talk.listener(lambda told: face.db.events.publish("progress", {"query_id": running.id, **told}))
        options = Options(budget_usd=asked.budget_usd, model=asked.model, listen=listen, id=running.id, stop=running.stop)
        found = Result(pa.table({}))
        try:
            for found in _results(session, asked, options):
                if asked.each:
                    talk.give(formats.event_lines(found, asked.limit, arrow=arrow))
        except Error as error:
            ended(error.code, None)
            raise
        ended("ok", found.usage)
        if not asked.each:
            talk.give(formats.event_lines(found, asked.limit, arrow=arrow))
        return found

    return work


def _results(session: Session, asked: SQL, options: Options) -> Iterator[Result]:
    if asked.explain:
        yield session.explain(asked.sql, asked.params, model=asked.model)
    else:
        yield from session.script(asked.sql, asked.params, **options)
