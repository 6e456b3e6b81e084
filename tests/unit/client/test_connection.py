"""A server as its client meets it: errors with their classes, answers that break off, and what listens there that is no server of ours."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from rvbbit.client.connection import Connection
from rvbbit.errors import DatabaseError, Error, NotFound, SettingsError, UsageError

TOKEN = "a-token-that-nobody-guesses"
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"


def whole(status: int, body: bytes, kind: str = "application/json") -> bytes:
    return f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def chunk(text: str) -> bytes:
    return f"{len(text):x}\r\n{text}\r\n".encode()


@contextmanager
def saying(*answers: bytes) -> Iterator[tuple[Connection, list[bytes]]]:
    """A server that gives one answer a connection, whatever is asked; and what it was asked. It hangs up behind each."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            for answer in answers:
                link, _ = listening.accept()
                with link:
                    asked.append(link.recv(65_536))
                    link.sendall(answer)
                    link.shutdown(socket.SHUT_WR)
                    while link.recv(65_536):
                        pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield Connection(f"http://127.0.0.1:{listening.getsockname()[1]}", TOKEN), asked
        thread.join(timeout=30)


def told(code: str, **more: object) -> bytes:
    return json.dumps({"error": {"code": code, "message": "what happened", "hint": "what to do", **more}}).encode()


def family(kind: type[Error]) -> Iterator[type[Error]]:
    yield kind
    for child in kind.__subclasses__():
        yield from family(child)


@pytest.mark.parametrize("kind", sorted({kind("").code: kind for kind in family(Error)}.values(), key=lambda kind: kind.__name__))
def test_every_error_of_ours_is_itself_again(kind: type[Error]) -> None:
    if kind.http_status == 401:
        pytest.skip("a wrong token, which has a test of its own")
    code = kind("").code
    with (
        saying(whole(kind.http_status, told(code, line=3, column=7, problems=["a.yaml:1: x"]))) as (link, _),
        pytest.raises(Error) as raised,
    ):
        link.get("/api/x")
    assert (type(raised.value), raised.value.message, raised.value.hint) == (kind, "what happened", "what to do")
    assert raised.value.code == code
    assert raised.value.line == 3 or hasattr(raised.value, "problems")


@pytest.mark.parametrize(("status", "kind"), [(422, UsageError), (404, UsageError), (503, DatabaseError), (500, DatabaseError)])
def test_an_error_that_only_http_has_is_the_clients_or_the_servers(status: int, kind: type[Error]) -> None:
    with saying(whole(status, told("only_http_has_this"))) as (link, _), pytest.raises(kind, match="what happened"):
        link.post("/api/x", {})


def test_a_wrong_token_is_told_without_it() -> None:
    with saying(whole(401, told("unauthorized"))) as (link, asked), pytest.raises(SettingsError, match="another token") as raised:
        link.get("/api/x")
    assert f"Authorization: Bearer {TOKEN}".encode() in asked[0]
    assert "RVBBIT_TOKEN" in str(raised.value.hint)
    assert TOKEN not in f"{raised.value!r} {raised.value} {raised.value.hint}"


@pytest.mark.parametrize("body", [b"<html>Bad gateway</html>", b"", b"[1]", b'{"error": "text"}', b'{"detail": "x"}', b"\xff\xfe"])
def test_an_error_of_some_other_server_is_told_as_that(body: bytes) -> None:
    with saying(whole(502, body)) as (link, _), pytest.raises(DatabaseError, match="answers 502, not as a server of rvbbit does"):
        link.get("/api/x")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"half": ',
        whole(200, b"<html>a page</html>", "text/html"),
    ],
    ids=["nothing", "no HTTP", "half a head", "half a body", "no JSON"],
)
def test_what_is_no_whole_answer_is_a_server_that_is_gone(answer: bytes) -> None:
    with saying(answer) as (link, _), pytest.raises(DatabaseError, match="is gone") as raised:
        link.get("/api/x")
    assert "nothing logged is lost" in str(raised.value.hint)


def test_nobody_there_is_told_as_that() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(DatabaseError, match="nobody listens there"):
        Connection(f"http://127.0.0.1:{port}").get("/api/x")


def test_lines_come_one_by_one_however_they_are_cut() -> None:
    text = "".join(json.dumps({"event": "rows", "n": n, "text": "é\\n"}) + "\n" for n in range(5))
    pieces = b"".join(chunk(text[start : start + 7]) for start in range(0, len(text), 7))
    with saying(STREAM + pieces + b"0\r\n\r\n") as (link, _):
        assert [event["n"] for event in link.events("/api/x", {})] == list(range(5))


@pytest.mark.parametrize(
    "rest",
    [b"", b"5\r\n{", chunk('{"event": "ro'), chunk("not JSON\n") + b"0\r\n\r\n"],
    ids=["at a line", "in a chunk", "in a line", "rubbish"],
)
def test_a_stream_that_breaks_off_gives_what_came_and_then_raises(rest: bytes) -> None:
    came = []
    with saying(STREAM + chunk('{"n": 1}\n{"n": 2}\n') + rest) as (link, _), pytest.raises(DatabaseError, match="is gone"):
        came.extend(event["n"] for event in link.events("/api/x", {}))
    assert came == [1, 2]


def test_an_export_that_breaks_off_is_no_whole_one() -> None:
    with saying(STREAM + chunk("half of it")) as (link, _), pytest.raises(DatabaseError, match="is gone"):
        b"".join(link.chunks("/api/x", {}))


def test_a_refusal_before_all_of_the_body_was_sent_is_heard() -> None:
    with saying(whole(413, told("too_large"))) as (link, _), pytest.raises(UsageError, match="what happened"):
        link.post("/api/x", {"much": "x" * 20_000_000})


def test_values_go_into_the_address_escaped() -> None:
    ask: Callable[[Connection], object] = lambda link: link.get("/api/x", {"search": "a b&c=é", "trainable": True, "id": ["1", "2"]})  # noqa: E731
    with saying(whole(200, b"{}")) as (link, asked):
        ask(link)
    assert asked[0].startswith(b"GET /api/x?search=a+b%26c%3D%C3%A9&trainable=true&id=1&id=2 HTTP/1.1\r\n")


def test_the_error_of_one_request_does_not_hang_on_the_next() -> None:
    with saying(whole(404, told("not_found")), whole(200, b'{"a": 1}')) as (link, _):
        with pytest.raises(NotFound):
            link.get("/api/x")
        assert link.get("/api/x") == {"a": 1}
