"""Work under way, told as JSON lines as it happens: a line an event, and the last one is what came of it, or an error."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from rvbbit.engine.served import Running
from rvbbit.errors import Error
from rvbbit.http.conversation import Conversation, end_of, gone, outcome
from rvbbit.http.formats import NDJSON, line
from rvbbit.http.problems import body_of

PATIENCE = 5.0
"""Seconds before a stream of events starts although nothing has happened yet; what fails earlier has its own status."""


async def streamed(running: Running, talk: Conversation, request: Request) -> Response:
    """Events as they come, once there is one: what fails before has the status it would have anyway. Whoever goes away cancels it."""
    done = end_of(running)
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


async def _told(running: Running, talk: Conversation, done: asyncio.Future[Any]) -> AsyncIterator[bytes]:
    try:
        yield line({"event": "query", "query_id": running.id})
        async for parts in talk.events():
            while (part := await asyncio.to_thread(next, parts, None)) is not None:
                yield part
        try:
            await outcome(done)
        except Error as error:
            yield line({"event": "error", "error": body_of(error).model_dump()})
    finally:
        if not done.done():
            running.cancel()
