"""The server under the app: sockets, and a stop that lets requests end, then cancels what is left, and loses nothing."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from types import FrameType

import uvicorn
from fastapi import FastAPI

from rvbbit.errors import UsageError
from rvbbit.http.face import Face
from rvbbit.http.wire import LONGEST_HEAD, Wire

log = logging.getLogger(__name__)

DRAIN = 10.0
"""Seconds that queries may go on after the server was told to stop; then they are cancelled, and what was answered is kept."""

_AFTER = 5.0  # seconds that connections get on top of that
_SWEEP = 30.0  # seconds between looks for idle sessions
_CONNECTIONS = 1_000


class Server(uvicorn.Server):
    """Serves an app until SIGTERM or SIGINT; the second one does not wait. `note` is told what a person should know."""

    def __init__(self, face: Face, routes: FastAPI, drain: float = DRAIN, note: Callable[[str], None] = log.info) -> None:
        config = uvicorn.Config(
            routes,
            http=Wire,
            h11_max_incomplete_event_size=LONGEST_HEAD,
            ws="none",
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=_CONNECTIONS,
            timeout_graceful_shutdown=round(drain + _AFTER),
        )
        super().__init__(config)
        self._face = face
        self._drain = drain
        self._note = note

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal says stop, the second: now."""
        self.force_exit = self.should_exit
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn's own raises the signals again at the end, which would end the process before its files are closed."""
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def main_loop(self) -> None:
        """Until it is told to stop."""
        sweeping = asyncio.create_task(self._sweep())
        try:
            await super().main_loop()
        finally:
            sweeping.cancel()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take nothing more; let what runs end, and after a while cancel it."""
        self._face.drain()
        if running := self._face.served.running:
            queries = f"{running} queries" if running > 1 else "1 query"
            self._note(f"stopping: {queries} may go on for {self._drain:g} s; the same once more ends it now")
        cancelling = asyncio.get_running_loop().call_later(self._drain, self._face.served.cancel_all)
        try:
            await super().shutdown(sockets)
        finally:
            cancelling.cancel()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP)
            await asyncio.to_thread(self._face.served.sweep)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one. Raises UsageError where it cannot."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.create_server((host, port), family=family, backlog=2048)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # asyncio does not, for a socket made so: 40 ms an answer
        return listening
    except OSError as error:
        why = "the port is in use" if error.errno == 98 or "in use" in str(error) else error.strerror or str(error)
        raise UsageError(
            f"cannot listen on {host}:{port}: {why}", hint="name another with --port or --studio-port; 0 takes a free one"
        ) from error


def url(listening: socket.socket) -> str:
    """What a person on this machine opens."""
    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(
    face: Face, routes: FastAPI, sockets: Sequence[socket.socket], drain: float = DRAIN, note: Callable[[str], None] = log.info
) -> None:
    """Serve until told to stop; when it returns, no query runs any more."""
    try:
        Server(face, routes, drain, note).run(sockets=list(sockets))
    finally:
        face.close()
