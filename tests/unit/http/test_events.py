"""Server-sent events: what happened, in order; again after a break; a sign of life in silence; and no memory for who does not read."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from rvbbit.engine import Database
from rvbbit.engine.events import KEPT
from rvbbit.http import events as events_
from rvbbit.http.app import app
from rvbbit.http.face import Face

LONG = 20.0  # seconds that no test waits unless it fails


class Stream:
    """A client of `/api/events`, read a part at a time: ASGI as a server speaks it, so that a test decides when it reads."""

    def __init__(self, face: Face, query: str = "", last: str | None = None) -> None:
        headers = [(b"host", b"127.0.0.1"), *([(b"last-event-id", last.encode())] if last else [])]
        self._scope = {
            "type": "http", "method": "GET", "path": "/api/events", "raw_path": b"/api/events", "root_path": "", "headers": headers,
            "query_string": query.encode(), "http_version": "1.1", "scheme": "http", "server": ("127.0.0.1", 80), "client": None,
        }  # fmt: skip
        self._sent: asyncio.Queue[Any] = asyncio.Queue(maxsize=1)
        self._left = asyncio.Event()
        self._asked = False
        self._text = ""
        self._app = app(face)

    async def __aenter__(self) -> Stream:
        self._task = asyncio.create_task(self._app(self._scope, self._receive, self._sent.put))
        self.start = await asyncio.wait_for(self._sent.get(), LONG)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._left.set()
        while not self._task.done():
            while not self._sent.empty():
                self._sent.get_nowait()
            await asyncio.sleep(0)

    async def next(self) -> dict[str, str]:
        """The next event, comment or field, by its fields."""
        while "\n\n" not in self._text:
            message = await asyncio.wait_for(self._sent.get(), LONG)
            self._text += message.get("body", b"").decode()
        one, _, self._text = self._text.partition("\n\n")
        return dict(line.split(": ", 1) if not line.startswith(":") else ("comment", line) for line in one.split("\n"))

    async def ended(self) -> None:
        """Returns when the server ended it."""
        while not self._task.done():
            await asyncio.wait({self._task, asyncio.ensure_future(self._sent.get())}, timeout=LONG, return_when=asyncio.FIRST_COMPLETED)

    async def _receive(self) -> Any:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}


@pytest.fixture
async def stream(face: Face) -> AsyncIterator[Callable[..., Any]]:
    """`stream(query, last)`: a client that has had its greeting."""
    opened: list[Stream] = []

    async def open_(query: str = "", last: str | None = None) -> Stream:
        one = await Stream(face, query, last).__aenter__()
        opened.append(one)
        assert await one.next() == {"retry": "2000"}
        return one

    yield open_
    for one in opened:
        await one.__aexit__()


async def test_what_happens_is_told_in_order(stream: Any, db: Database) -> None:
    client = await stream()
    for n in range(3):
        db.events.publish("query", {"n": n})
    told = [await client.next() for _ in range(3)]
    assert [json.loads(one["data"])["n"] for one in told] == [0, 1, 2]
    assert {one["event"] for one in told} == {"query"}
    assert len({one["id"] for one in told}) == 3
    headers = dict(client.start["headers"])
    assert headers[b"content-type"].startswith(b"text/event-stream")
    assert headers[b"cache-control"] == b"no-store"


async def test_a_decision_and_an_execution_are_told(stream: Any, db: Database) -> None:
    client = await stream("kind=execution&kind=decision")
    db.training.import_(io.BytesIO(b'{"prompt": "told", "response": "x"}'))
    execution = await client.next()
    (trace_id,) = json.loads(execution["data"])["ids"]
    db.training.mark([trace_id], trainable=True)
    decision = await client.next()
    assert (execution["event"], decision["event"], json.loads(decision["data"])["ids"]) == ("execution", "decision", [trace_id])


async def test_only_the_kinds_asked_for_come(stream: Any, db: Database) -> None:
    client = await stream("kind=score")
    db.events.publish("query", {"n": 1})
    db.events.publish("score", {"n": 2})
    assert (await client.next())["event"] == "score"


async def test_who_comes_back_hears_what_it_missed(stream: Any, db: Database) -> None:
    client = await stream()
    db.events.publish("query", {"n": 1})
    last = (await client.next())["id"]
    db.events.publish("query", {"n": 2})
    db.events.publish("query", {"n": 3})
    again = await stream("", last)
    assert [json.loads((await again.next())["data"])["n"] for _ in range(2)] == [2, 3]


@pytest.mark.parametrize("last", ["another-1", "rubbish", "-", "99999999999999999999999999"])
async def test_who_comes_back_after_a_restart_is_told_that_something_is_missing(stream: Any, db: Database, last: str) -> None:
    client = await stream("", last)
    assert (await client.next())["event"] == "missed"
    db.events.publish("query", {"n": 1})
    assert (await client.next())["event"] == "query"


async def test_who_does_not_read_loses_the_oldest_and_is_told_how_many(stream: Any, db: Database) -> None:
    client = await stream()
    for n in range(KEPT + 500):
        db.events.publish("query", {"n": n})
    seen: list[int] = []
    missed = 0
    while not seen or seen[-1] < KEPT + 499:
        one = await client.next()
        if one["event"] == "missed":
            missed += json.loads(one["data"])["count"]
        else:
            seen.append(json.loads(one["data"])["n"])
    assert missed + len(seen) == KEPT + 500
    assert missed > 0
    assert seen == sorted(seen)


async def test_silence_has_a_sign_of_life(stream: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events_, "HEARTBEAT", 0.01)
    client = await stream()
    assert "comment" in await client.next()


async def test_who_goes_away_is_forgotten(face: Face, db: Database) -> None:
    before = db.events.listeners
    async with Stream(face) as client:
        await client.next()
        assert db.events.listeners == before + 1
    assert db.events.listeners == before


async def test_there_is_an_end_to_how_many_may_listen(stream: Any, face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events_, "LISTENERS", 1)
    await stream()
    async with Stream(face) as second:
        assert second.start["status"] == 503


async def test_a_server_that_stops_ends_every_stream(stream: Any, face: Face) -> None:
    """The last test of this file: the project's events end with it."""
    client = await stream()
    face.drain()
    await client.ended()
