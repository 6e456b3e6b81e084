"""One server's sockets: a JSON body out, a JSON body in, everything that goes wrong as one of our errors.

One aiohttp session a server, shared by all its models and made at the first call on the loop that makes it. It knows no chat and no
retries, and no key leaves it but in the header that logs in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import aiohttp
from yarl import URL

from rvbbit import jsontext
from rvbbit.errors import ProviderError, ProviderTimeout, TerminalError, Unavailable, Unreachable
from rvbbit.providers.failures import failure, words
from rvbbit.providers.servers import SHORTEST_SECRET, Address

CONNECT_SECONDS = 15.0
KEEPALIVE_SECONDS = 60.0
JSON = {"Content-Type": "application/json"}
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Connection:
    """Calls to one server, at most `limit` sockets at once."""

    def __init__(self, address: Address, *, limit: int = 64) -> None:
        self.address = address
        self._limit = limit
        self._session: aiohttp.ClientSession | None = None
        self._urls: dict[str, URL] = {}
        self._key = address.key.encode() if address.key and len(address.key) >= SHORTEST_SECRET else None

    async def post(self, path: str, body: Mapping[str, Any], *, who: str, timeout: float) -> dict[str, Any]:
        """The JSON object the server answers. `who` names the model in errors; `timeout` in seconds. Raises ProviderError."""
        return await self._json("POST", path, _encoded(body), who, timeout)

    async def get(self, path: str, *, who: str, timeout: float) -> dict[str, Any]:
        """The JSON object at a path, which may end in `?name=value`. Raises ProviderError."""
        return await self._json("GET", path, None, who, timeout)

    async def upload(self, path: str, file: bytes, fields: Mapping[str, str], *, who: str, timeout: float) -> dict[str, Any]:
        """Send a file as a form with fields; the JSON object answered. Raises ProviderError."""
        form = aiohttp.FormData(dict(fields))
        form.add_field("file", file, filename="batch.jsonl", content_type="application/jsonl")
        return await self._json("POST", path, form, who, timeout)

    async def download(self, path: str, *, who: str, timeout: float) -> bytes:
        """The bytes at a path, without the key in them. Raises ProviderError."""
        raw, response = await self._send("GET", path, None, who, timeout)
        if response.status >= 300:
            self._read(raw, response.status, response.headers, who)
        return raw.replace(self._key, b"[key]") if self._key else raw

    async def _json(self, method: str, path: str, data: bytes | aiohttp.FormData | None, who: str, timeout: float) -> dict[str, Any]:
        raw, response = await self._send(method, path, data, who, timeout)
        return self._read(raw, response.status, response.headers, who)

    async def _send(
        self, method: str, path: str, data: bytes | aiohttp.FormData | None, who: str, timeout: float
    ) -> tuple[bytes, aiohttp.ClientResponse]:
        session = self._session or self._open()
        # A form names its own type, with the boundary of its parts.
        headers = JSON if isinstance(data, bytes) else None
        try:
            async with session.request(
                method, self._url(path), data=data, headers=headers, timeout=_timeout(timeout), allow_redirects=False
            ) as response:
                return await response.read(), response
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise self._trouble(error, who, timeout) from error

    def _read(self, raw: bytes, status: int, headers: Mapping[str, str], who: str) -> dict[str, Any]:
        if self._key and self._key in raw:
            raw = raw.replace(self._key, b"[key]")
        try:
            body = jsontext.read(raw)
        except ValueError as error:
            body = raw.decode("utf-8", "replace")
            if status < 300:
                raise _unreadable(body, status, who) from error
        if status >= 300:
            raise failure(who, status, headers, body, key_env=self.address.server.key_env, now=datetime.now(UTC))
        if not isinstance(body, dict):
            raise _unreadable(body, status, who)
        if body.get("error"):
            raise failure(who, _inner_status(body), headers, body, key_env=self.address.server.key_env, now=datetime.now(UTC))
        return body

    def _trouble(self, error: Exception, who: str, timeout: float) -> ProviderError:
        where = self.address.shown
        if isinstance(error, TimeoutError) and not isinstance(error, aiohttp.ConnectionTimeoutError):
            return ProviderTimeout(
                f"{who}: no answer from {where} in {timeout:g} s", hint="try again, or raise the cell's `rules: {timeout: …}`"
            )
        said = self._hide(str(error)) or type(error).__name__
        if isinstance(error, aiohttp.ClientSSLError):
            return TerminalError(f"{who}: no safe connection to {where}: {said}", hint="check the address and this machine's certificates")
        kind = Unreachable if isinstance(error, aiohttp.ClientConnectorError) else Unavailable
        return kind(
            f"{who}: cannot reach {where}: {said}", hint=f"check that the server runs and that {self.address.server.base_env} is right"
        )

    def _open(self) -> aiohttp.ClientSession:
        address = self.address
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._limit, keepalive_timeout=KEEPALIVE_SECONDS, ttl_dns_cache=300),
            headers={"User-Agent": "rvbbit", **address.headers},
            cookie_jar=aiohttp.DummyCookieJar(),
            # HTTPS_PROXY and NO_PROXY, as every other client on the machine; a server on this machine is never behind a proxy.
            trust_env=address.url.host not in LOOPBACK,
        )
        return self._session

    def _url(self, path: str) -> URL:
        if path not in self._urls:
            base = self.address.url
            place, _, query = path.partition("?")
            self._urls[path] = base.with_path(f"{base.path.rstrip('/')}{place}", keep_query=True).update_query(query)
        return self._urls[path]

    def _hide(self, text: str) -> str:
        password = self.address.url.password
        return text.replace(password, "[password]") if password else text

    async def close(self) -> None:
        """Close the sockets. Safe to call twice."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def __repr__(self) -> str:
        return f"Connection({self.address.shown})"


_timeouts: dict[float, aiohttp.ClientTimeout] = {}


def _timeout(seconds: float) -> aiohttp.ClientTimeout:
    if seconds not in _timeouts:
        _timeouts[seconds] = aiohttp.ClientTimeout(total=seconds, sock_connect=min(seconds, CONNECT_SECONDS))
    return _timeouts[seconds]


def _encoded(body: Mapping[str, Any]) -> bytes:
    try:
        return jsontext.to_json(body).encode()
    except UnicodeEncodeError:  # half a surrogate pair can be sent as ASCII only
        return json.dumps(body).encode()


def _inner_status(body: Mapping[str, Any]) -> int:
    """The status inside a 200 that holds an error; 502 where it says none."""
    code = body["error"].get("code") if isinstance(body["error"], Mapping) else None
    return code if isinstance(code, int) and 400 <= code < 600 else 502


def _unreadable(body: Any, status: int, who: str) -> Unavailable:
    came = words(body)[0] or "nothing"
    return Unavailable(f"{who}: the answer is not a JSON object; this came: {came}", hint="try again; check the base URL", status=status)
