"""The server as bytes on a socket: what no HTTP client would send, more connections than it takes, and how soon an answer leaves."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from starlette.responses import PlainTextResponse
from uvicorn.server import ServerState

from rvbbit.http.server import listen
from rvbbit.http.wire import Wire
from support.serving import Serving

TOKEN = "a-token-that-nobody-guesses"
SECRETS = ("/metrics", "/api/training/examples", "/api/sessions", "/api/tables")
ODD = (
    "/{path}", "//{path}", "/./{path}", "/%2e/{path}", "/healthz/../{path}", "/healthz/%2e%2e/{path}", "/docs/..//{path}",
    "/healthz%2f..%2f{path}", "/{path}/", "/{path}/.", "/{path}%00", "/{path};/healthz", "/{path}?/healthz", "/{path}#/healthz",
    "http://127.0.0.1/{path}", "/%2f{path}", "/\\{path}", "/sessions/../{path}", "/assets/../{path}", "/assets/%2e%2e/{path}",
    "/operators/..%2f{path}", "*",
)  # fmt: skip


def raw(url: str, text: str) -> tuple[int, bytes]:
    """Status and body of what answers these bytes."""
    place = urlsplit(url)
    with socket.create_connection((str(place.hostname), int(place.port or 0)), timeout=30) as sending:
        sending.sendall(text.encode("latin-1"))
        said = b"".join(iter(lambda: sending.recv(65_536), b""))
    head, _, body = said.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


def test_no_spelling_of_an_address_gets_past_the_token(tmp_path: Path) -> None:
    (tmp_path / "rvbbit.toml").write_text("")
    with Serving(tmp_path, more={"RVBBIT_TOKEN": TOKEN}) as server:
        host = urlsplit(server.url).netloc
        ask = "GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{}\r\n"
        for secret in SECRETS:
            status, wanted = raw(server.url, ask.format(secret, host, f"Authorization: Bearer {TOKEN}\r\n"))
            assert (status, len(wanted) > 10) == (200, True), "with the token it is there"
            for odd in ODD:
                path = odd.format(path=secret[1:])
                status, said = raw(server.url, ask.format(path, host, ""))
                if said.lower().startswith(b"<!doctype html>"):  # the Studio's page, which is the same for every address of its own
                    assert status in (200, 404), path
                else:
                    assert json.loads(said)["error"]["code"] in ("unauthorized", "bad_request", "not_found"), path
                assert b"rvbbit_queries" not in said, path
                assert b'"total"' not in said, path


def test_a_server_that_says_much_is_not_held_up(tmp_path: Path) -> None:
    """Its pipes are read while it runs: a line for each of the requests below is more than a pipe holds."""
    (tmp_path / "rvbbit.toml").write_text("")
    noisy = {"PYTHONWARNINGS": "always", "PYTHONVERBOSE": "1"}
    with Serving(tmp_path, more=noisy) as server:
        assert server.http.get("/healthz").status_code == 200
        assert server.stop() == 0
    assert len(server.errors) > 1 << 16


@asynccontextmanager
async def connections(most: int | None) -> AsyncIterator[tuple[tuple[str, int], list[Any]]]:
    """A server of at most so many connections: its address, and the transports it accepted."""
    accepted: list[Any] = []

    class Watched(Wire):
        def connection_made(self, transport: Any) -> None:
            accepted.append(transport)
            super().connection_made(transport)

    config = uvicorn.Config(PlainTextResponse("here"), lifespan="off", limit_concurrency=most)
    config.load()
    state = ServerState()
    listening = listen("127.0.0.1", 0)
    server = await asyncio.get_running_loop().create_server(lambda: Watched(config, state, {}), sock=listening)
    async with server:
        yield listening.getsockname(), accepted


async def asked(address: tuple[str, int]) -> bytes:
    """Everything a request on a connection of its own is answered."""
    reader, writer = await asyncio.open_connection(*address)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    said = await reader.read()
    writer.close()
    return said


async def come_true(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while not await true():
            await asyncio.sleep(0)


async def test_one_connection_too_many_is_refused_as_everything_is() -> None:
    async with connections(3) as (address, accepted):
        idle = [await asyncio.open_connection(*address) for _ in range(2)]

        async def both() -> bool:
            return len(accepted) == 2

        await come_true(both)
        head, _, body = (await asked(address)).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503 ")
        assert b"\r\nretry-after: 1" in head.lower()
        error = json.loads(body)["error"]
        assert (error["code"], sorted(error)) == ("server_busy", ["code", "hint", "message"])
        for _, writer in idle:
            writer.close()

        async def room() -> bool:
            return (await asked(address)).endswith(b"here")

        await come_true(room)


async def test_an_answer_does_not_wait_for_more_to_send() -> None:
    """Nagle's algorithm is off where clients are accepted: with it, an answer in two packets takes 40 ms more."""
    async with connections(None) as (address, accepted):
        assert (await asked(address)).endswith(b"here")
        reader, writer = await asyncio.open_connection(*address)
        while len(accepted) < 2:
            await asyncio.sleep(0)
        assert accepted[-1].get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        writer.close()
        reader.feed_eof()
