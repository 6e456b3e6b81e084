"""`/api/events`: what happens in the project, as server-sent events. A client that is too slow loses the oldest, and is told so."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query
from starlette.responses import Response, StreamingResponse

from rvbbit.engine.events import Event, Subscription
from rvbbit.errors import Busy
from rvbbit.http.face import Face
from rvbbit.http.strict import StrictRoute

HEARTBEAT = 15.0
"""Seconds of silence after which a comment is sent, so that nobody between takes the connection for dead."""

LISTENERS = 500
"""Clients that listen at the same time, at most."""

_RETRY = 2_000  # milliseconds after which a browser comes back

Kind = Literal["execution", "decision", "score", "query", "progress"]

_SSE = {"200": {"content": {"text/event-stream": {"schema": {"type": "string"}}}, "description": "Events without end"}}


def routes(face: Face) -> APIRouter:
    """The routes of one server."""
    router = APIRouter(prefix="/api", tags=["events"], route_class=StrictRoute)
    hub = face.db.events

    @router.get("/events", response_class=Response, responses=_SSE)  # type: ignore[arg-type]
    async def events(
        kind: Annotated[list[Kind], Query(description="only these; without it, all")] = [],  # noqa: B006  pydantic copies it
        last_event_id: Annotated[str | None, Header(max_length=64)] = None,
    ) -> Response:
        """Executions, scores, decisions, queries and their progress as they happen. With Last-Event-ID, also what happened since."""
        if hub.listeners >= LISTENERS:
            raise Busy(f"{LISTENERS} clients listen already", hint="close some of them")
        loop, news = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the server has stopped: nobody is left to hear of it
                loop.call_soon_threadsafe(news.set)

        kinds = frozenset(kind) if kind else None
        listener = hub.subscribe(wake, after=last_event_id) if kinds is None else hub.subscribe(wake, kinds, last_event_id)
        return StreamingResponse(_stream(face, listener, news), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})

    return router


async def _stream(face: Face, listener: Subscription, news: asyncio.Event) -> AsyncIterator[bytes]:
    hub = face.db.events
    try:
        yield f"retry: {_RETRY}\n\n".encode()
        while True:
            news.clear()
            happened, missed = hub.take(listener)
            if missed:
                yield b"event: missed\ndata: " + json.dumps({"count": missed}).encode() + b"\n\n"
            if happened:
                yield b"".join(map(_written, happened))
            elif listener.ended:
                return
            elif not await _within(news, HEARTBEAT):
                yield b": still here\n\n"
    finally:
        hub.unsubscribe(listener)


async def _within(news: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(news.wait(), seconds)
    except TimeoutError:
        return False
    return True


def _written(event: Event) -> bytes:
    return f"id: {event.id}\nevent: {event.kind}\ndata: {json.dumps(event.data)}\n\n".encode()
