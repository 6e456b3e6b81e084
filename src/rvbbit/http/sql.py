"""`/api/sql`: run a script, in the format the client accepts; cancel it by its id or by going away. `/api/tables`: what it may name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import Field
from starlette.responses import Response, StreamingResponse

from rvbbit.engine import Session
from rvbbit.engine.served import ID, Running
from rvbbit.errors import Error, NotFound
from rvbbit.http import formats
from rvbbit.http.conversation import Conversation, gone, outcome, result
from rvbbit.http.face import Face
from rvbbit.http.formats import NDJSON, Column
from rvbbit.http.problems import body_of
from rvbbit.http.strict import Answer, Body, StrictRoute
from rvbbit.result import QueryUsage, Result

PATIENCE = 5.0
"""Seconds before a stream of events starts although nothing has happened yet; what fails earlier has its own status."""

Id = Annotated[str, Field(pattern=ID)]


class SQL(Body):
    """A script; the answer is its last statement's. `params`: a list for ?, an object for $name; only for a script of one statement."""

    sql: Annotated[str, Field(min_length=1, max_length=1_000_000)]
    params: list[Any] | dict[str, Any] | None = None
    limit: Annotated[int, Field(ge=0, le=10**12)] | None = Field(
        None, description="rows to answer at most; LIMIT in the SQL saves calls too"
    )
    budget_usd: Annotated[float, Field(ge=0)] | None = Field(None, description="what it may cost; null: the settings' own ceiling")
    model: Annotated[str, Field(pattern=r"^[^:\s]+:\S+$", max_length=200)] | None = None
    session_id: Id | None = Field(None, description="keep temporary tables and the transaction for the next query of this session")
    query_id: Id | None = Field(None, description="the id it is cancelled by and logged under; without it, one is made")


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
    """A result. A row is a list, in the order of `columns`; `total` counts the rows there were before `limit`."""

    query_id: str
    columns: list[Column]
    rows: list[list[Any]]
    total: int
    usage: Usage
    notices: list[Notice]


class Stopped(Answer):
    """The query that was cancelled; `done` is whether it has ended already."""

    query_id: str
    done: bool


class Table(Answer):
    """Something a query may name."""

    schema_name: str
    name: str
    columns: list[str]


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
        """Run SQL, semantic or plain. Accept chooses the format; `application/x-ndjson` brings progress and rows as they come."""
        kind = formats.accepted(request.headers.get("accept", ""))
        talk = Conversation(asyncio.get_running_loop())
        running = face.served.start(_work(face, asked, talk), query_id=asked.query_id, session_id=asked.session_id)
        if kind == NDJSON:
            return await _events(running, talk, request)
        found = await result(running, request)
        parts = await asyncio.to_thread(formats.stream, kind, found, asked.limit, running.id)
        return StreamingResponse(parts, media_type=kind, headers={"X-Query-Id": running.id})

    @router.delete("/sql/{query_id}")
    async def cancel(query_id: Annotated[str, Path(pattern=ID)]) -> Stopped:
        """Cancel a query that runs or waits; what was answered is kept."""
        running = face.served.cancel(query_id)
        if running is None:
            raise NotFound(f"no query {query_id!r} is running", hint="it has ended, or never began; GET /api/queries lists those that ran")
        await asyncio.wait([asyncio.wrap_future(running.done)], timeout=2.0)
        return Stopped(query_id=query_id, done=running.done.done())

    @router.get("/tables")
    def tables() -> Tables:
        """Tables and views with their columns, the log's own too."""
        return Tables(tables=[Table(schema_name=schema, name=name, columns=columns) for schema, name, columns in face.db.tables()])

    return router


def _work(face: Face, asked: SQL, talk: Conversation) -> Any:
    def work(session: Session, running: Running) -> Result:
        def ended(code: str, usage: QueryUsage | None) -> None:
            face.metrics.query(code, usage)
            face.db.events.publish("query", {"query_id": running.id, "session_id": session.id, "state": code})

        face.db.events.publish("query", {"query_id": running.id, "session_id": session.id, "state": "running"})
        listen = talk.listener(lambda told: face.db.events.publish("progress", {"query_id": running.id, **told}))
        try:
            found = session.sql(
                asked.sql,
                asked.params,
                budget_usd=asked.budget_usd,
                model=asked.model,
                listen=listen,
                id=running.id,
                stop=running.stop,
            )
        except Error as error:
            ended(error.code, None)
            raise
        ended("ok", found.usage)
        return found

    return work


async def _events(running: Running, talk: Conversation, request: Request) -> Response:
    """Events as they come, once there is one: what fails before has the status it would have anyway."""
    done = asyncio.ensure_future(asyncio.wrap_future(running.done))
    done.add_done_callback(lambda _: talk.end())
    left = asyncio.ensure_future(gone(request))
    started = asyncio.ensure_future(talk.started())
    try:
        await asyncio.wait({started, left}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if left.done() and not done.done():
            running.cancel()
        if done.done() and not talk.anything:
            await outcome(done)
    finally:
        left.cancel()
        started.cancel()
    return StreamingResponse(_told(running, talk, done), media_type=NDJSON, headers={"X-Query-Id": running.id})


async def _told(running: Running, talk: Conversation, done: asyncio.Future[Result]) -> AsyncIterator[bytes]:
    try:
        yield formats.line({"event": "query", "query_id": running.id})
        async for event in talk.events():
            yield formats.line(event)
        try:
            found = await outcome(done)
        except Error as error:
            yield formats.line({"event": "error", "error": body_of(error).model_dump()})
            return
        parts = formats.event_lines(found)
        while (part := await asyncio.to_thread(next, parts, None)) is not None:
            yield part
    finally:
        if not done.done():
            running.cancel()
