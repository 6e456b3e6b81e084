"""HTTP/1.1 as uvicorn speaks it, with two differences: its own refusals are errors of our shape, and who connects must say something."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from rvbbit.http.problems import ErrorBody, answer

SILENT = 20.0
"""Seconds that a connection may take to send the whole head of its first request."""

LONGEST_HEAD = 64 << 10
"""Bytes of a request's line and headers."""

_NO_HTTP = ErrorBody(
    code="bad_request",
    message=f"this is no HTTP request, or its address and headers have more than {LONGEST_HEAD:,} bytes",
    hint="long lists go into the body of a POST",
)
_FULL = answer(
    503,
    ErrorBody(code="server_busy", message="this server has as many connections as it takes", hint="close some, or try again in a moment"),
    {"Connection": "close", "Retry-After": "1", "X-Content-Type-Options": "nosniff"},
)

log = logging.getLogger(__name__)


class Wire(H11Protocol):
    """One connection. `limit_concurrency` of the configuration is how many there are at most, and how many requests at work."""

    _silence: asyncio.TimerHandle | None = None

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._served = self.app
        self._most, self.limit_concurrency = self.limit_concurrency, None  # uvicorn's own refusal is plain text

    def connection_made(self, transport: Any) -> None:
        """Someone is there."""
        super().connection_made(transport)
        self._silence = self.loop.call_later(SILENT, self._hang_up)

    def handle_events(self) -> None:
        """Something came."""
        full = self._most is not None and max(len(self.connections), len(self.tasks)) >= self._most
        self.app = _FULL if full else self._served
        super().handle_events()
        if self.cycle is not None:
            self._at_ease()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is there any more."""
        self._at_ease()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """What came is no HTTP: say so, and end."""
        if self.cycle is None or self.cycle.response_complete:
            response = answer(400, _NO_HTTP, {"Connection": "close", "X-Content-Type-Options": "nosniff"})
            head = b"".join(name + b": " + value + b"\r\n" for name, value in response.raw_headers)
            self.transport.write(b"HTTP/1.1 400 Bad Request\r\n" + head + b"\r\n" + bytes(response.body))
        self.transport.close()

    def _at_ease(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None

    def _hang_up(self) -> None:
        if self.cycle is None:
            self.transport.close()
