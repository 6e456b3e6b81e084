"""How much a request may send, and how long it may take to; and connections that send no HTTP, or nothing."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
import uvicorn
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send
from uvicorn.server import ServerState

from rvbbit.http import wire
from rvbbit.http.limits import LARGEST, Limits
from rvbbit.http.problems import Problem
from rvbbit.http.wire import Wire

MARK = "/api/training/mark-trainable"


def test_a_body_that_says_it_is_too_large_is_not_read(http: TestClient) -> None:
    answered = http.post(MARK, content=b"x" * (LARGEST + 1), headers={"content-type": "application/json"})
    assert answered.status_code == 413
    assert answered.json()["error"]["code"] == "content_too_large"


def test_a_body_that_does_not_say_how_large_it_is_is_counted(http: TestClient) -> None:
    parts = (b" " * 65_536 for _ in range(LARGEST // 65_536 + 1))
    assert http.post(MARK, content=parts, headers={"content-type": "application/json"}).status_code == 413


def test_a_body_just_within_the_limit_is_read(http: TestClient) -> None:
    body = json.dumps({"trace_ids": [], "notes": "x"}).encode()
    answered = http.post(MARK, content=body + b" " * (LARGEST - len(body)), headers={"content-type": "application/json"})
    assert answered.status_code == 200, answered.text


async def read(scope: Scope, receive: Receive, send: Send) -> None:
    """An app that reads its whole body."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body"})


def asked(**more: Any) -> Scope:
    return {"type": "http", "path": "/", "headers": [], **more}


async def test_a_client_that_falls_silent_in_its_body_is_let_go() -> None:
    async def receive() -> Message:
        return await asyncio.Future()

    with pytest.raises(Problem) as raised:
        await Limits(read, slowest=0.01)(asked(), receive, _nowhere)
    assert raised.value.status_code == 408


async def test_silence_after_the_body_is_a_client_that_waits() -> None:
    parts = [{"type": "http.request", "body": b"x", "more_body": False}]

    async def receive() -> Message:
        return parts.pop() if parts else await asyncio.Future()

    async def waits(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(receive(), 0.05)

    await Limits(waits, slowest=0.01)(asked(), receive, _nowhere)


async def test_what_may_be_sent_depends_on_where_to() -> None:
    parts = [{"type": "http.request", "body": b"x" * 11, "more_body": False}]

    async def receive() -> Message:
        return parts[0]

    limits = Limits(read, largest=lambda path: 10 if path == "/" else 20)
    await limits(asked(path="/files"), receive, _nowhere)
    with pytest.raises(Problem):
        await limits(asked(), receive, _nowhere)


async def test_a_client_that_reads_nothing_is_let_go() -> None:
    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def unread(message: Message) -> None:
        await asyncio.Future()

    await Limits(read, unread=0.01)(asked(), receive, unread)


async def _nowhere(message: Message) -> None:
    pass


@pytest.fixture
async def port() -> Any:
    """Where `Wire` listens, in front of an app that says yes."""
    config = uvicorn.Config(read, lifespan="off", http=Wire, log_config=None)
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(lambda: Wire(config, state, {}), "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def said(port: int, data: bytes) -> bytes:
    """What it answers before it hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    await writer.drain()
    answered = await reader.read()
    writer.close()
    return answered


async def test_who_connects_and_says_nothing_is_let_go(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "SILENT", 0.05)
    assert await said(port, b"") == b""
    assert await said(port, b"GET / HTTP/1.1\r\nHost: a") == b""


async def test_who_asks_in_time_is_answered(port: int) -> None:
    assert (await said(port, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("data", [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"HELO\r\n\r\n", b"GET /\x00 HTTP/1.1\r\n\r\n"])
async def test_what_is_no_http_gets_an_error_like_every_other(port: int, data: bytes) -> None:
    head, _, body = (await said(port, data)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400")
    assert json.loads(body)["error"]["code"] == "bad_request"
