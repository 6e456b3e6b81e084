"""How much a request may send, how long it may take to, and how long it may leave its answer unread. Pure ASGI.

Bytes are counted as they come, whatever Content-Length says. An answer waits for its reader, so that nothing piles up; a reader that takes
nothing for a while is let go, and what was kept for it with it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rvbbit.http.problems import Problem, Unread

LARGEST = 4 << 20
"""Bytes of a request's body."""

LARGEST_FILE = 4 << 30
"""Bytes of a file to import."""

LARGEST_TRACES = 64 << 20
"""Bytes of one export of traces."""

SLOWEST = 30.0
"""Seconds a client may be silent in the middle of its body."""

UNREAD = 60.0
"""Seconds a client may read nothing of an answer that waits for it."""

_LARGER = {"/api/training/import": LARGEST_FILE, "/v1/traces": LARGEST_TRACES}


class Limits:
    """Middleware. `largest` gives the bytes that a path's body may have; `slowest` is in seconds."""

    def __init__(
        self,
        app: ASGIApp,
        largest: Callable[[str], int] = lambda path: _LARGER.get(path, LARGEST),
        slowest: float = SLOWEST,
        unread: float = UNREAD,
    ) -> None:
        self._app = app
        self._unread = unread
        self._largest = largest
        self._slowest = slowest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        largest = self._largest(scope["path"])
        declared = Headers(scope=scope).get("content-length", "0")
        too_large = declared.isascii() and declared.isdigit() and int(declared[:20]) > largest
        received, ended = 0, False

        async def counted() -> Message:
            nonlocal received, ended
            if too_large:
                raise _too_large(largest)
            if ended:
                return await receive()  # a client that goes away
            try:
                message = await asyncio.wait_for(receive(), self._slowest)
            except TimeoutError as error:
                raise Problem(408, "request_timeout", f"nothing came for {self._slowest:g} s", "send the whole body") from error
            received += len(message.get("body", b""))
            ended = not message.get("more_body", False)
            if received > largest:
                raise _too_large(largest)
            return message

        async def patient(message: Message) -> None:
            try:
                await asyncio.wait_for(send(message), self._unread)
            except TimeoutError as error:
                raise Unread from error

        with contextlib.suppress(Unread):  # what is not ended ends with the connection
            await self._app(scope, counted, patient)


def _too_large(largest: int) -> Problem:
    return Problem(413, "content_too_large", f"the body has more than {largest:,} bytes", "send less at a time")
