"""One server, as a client reaches it: requests out, JSON and streams in. It knows no route.

A connection a request: on loopback that costs a fraction of a millisecond, and a thread may cancel what another one waits for.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO
from urllib.parse import quote, urlencode, urlsplit

from rvbbit.client.failures import error_of, gone

NDJSON = "application/x-ndjson"
SOON = 10.0
"""Seconds in which a server takes a connection; how long it then works is its own affair, and Ctrl-C ends it."""

_CHUNK = 1 << 20


class Connection:
    """The API of one server. Raises what the server raised; DatabaseError where it is gone."""

    def __init__(self, url: str, token: str | None = None) -> None:
        parts = urlsplit(url)
        self.url = url
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._token = token

    def get(self, path: str, asked: Mapping[str, Any] | None = None) -> Any:
        """The JSON that a GET answers."""
        with self._asked("GET", path + _query(asked)) as answer:
            return json.load(answer)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """The JSON that a POST of JSON answers."""
        with self._asked("POST", path, _encoded(body), {"Content-Type": "application/json"}) as answer:
            return json.load(answer)

    def delete(self, path: str) -> Any:
        """The JSON that a DELETE answers."""
        with self._asked("DELETE", path) as answer:
            return json.load(answer)

    def events(self, path: str, body: Mapping[str, Any], accept: str = NDJSON) -> Iterator[dict[str, Any]]:
        """What a POST of JSON streams. Leaving it before its end closes the connection, which cancels the work."""
        return self._lines(path, _encoded(body), {"Content-Type": "application/json", "Accept": accept})

    def send(self, path: str, file: BinaryIO, kind: str, asked: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """What a POST of a file's bytes streams; the file is read as it is sent."""
        return self._lines(path + _query(asked), file, {"Content-Type": kind, "Accept": NDJSON})

    def chunks(self, path: str, asked: Mapping[str, Any]) -> Iterator[bytes]:
        """What a GET streams."""
        with self._asked("GET", path + _query(asked)) as answer:
            while chunk := answer.read1(_CHUNK):
                yield chunk

    def _lines(self, path: str, body: bytes | BinaryIO, head: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        with self._asked("POST", path, body, head) as answer:
            rest = b""
            while chunk := answer.read1(_CHUNK):  # iterating over it would take an answer that breaks off for a whole one
                *lines, rest = (rest + chunk).split(b"\n")
                yield from map(json.loads, lines)

    @contextmanager
    def _asked(
        self, method: str, path: str, body: bytes | BinaryIO | None = None, head: Mapping[str, str] | None = None
    ) -> Iterator[http.client.HTTPResponse]:
        link = http.client.HTTPConnection(self._host, self._port, timeout=SOON)
        token = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        try:
            link.connect()
            link.sock.settimeout(None)
            with suppress(BrokenPipeError, ConnectionResetError):  # refused before all of it was sent: the answer says why
                link.request(method, path, body, {**token, **(head or {})})
            answer = link.getresponse()
            if answer.status >= 400:
                raise error_of(answer.status, answer.read(), self.url)
            yield answer
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise gone(self.url, error) from error
        finally:
            link.close()


def path(*parts: str) -> str:
    """`/api/` and the parts, each escaped."""
    return "/api/" + "/".join(quote(part, safe=":") for part in parts)


def _query(asked: Mapping[str, Any] | None) -> str:
    told = {name: str(value).lower() if isinstance(value, bool) else value for name, value in (asked or {}).items()}
    return f"?{urlencode(told, doseq=True)}" if told else ""


def _encoded(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
