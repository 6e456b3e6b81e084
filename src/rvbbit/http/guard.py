"""What stands in front of every route: who may ask. Host against DNS rebinding, Origin against other sites, a token where there is one.

Pure ASGI; it reads headers and nothing else. The token is compared in constant time and never leaves here.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rvbbit.errors import UsageError
from rvbbit.http import studio
from rvbbit.http.problems import ErrorBody, answer

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
OPEN = frozenset({"/healthz", "/readyz", "/docs", "/docs.css", "/openapi.json"})
"""What may be asked without a token: it says nothing of the project."""

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
    "Cache-Control": "no-store",
}


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens there."""
    if host.lower() in LOOPBACK:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_bind(host: str, token: str | None) -> None:
    """Raises UsageError where others could reach the server and nothing would ask who they are."""
    if token is None and not is_loopback(host):
        raise UsageError(
            f"{host} can be reached from other machines, and there is no token",
            hint="set RVBBIT_TOKEN, or serve on 127.0.0.1 (the default)",
        )


class Guard:
    """Middleware. `hosts` are the names this server goes by, beside loopback's; None: any, because it listens on every address."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str] | None, token: str | None) -> None:
        self._app = app
        self._hosts = None if hosts is None else LOOPBACK | {host.lower() for host in hosts}
        self._token = None if token is None else token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._host(headers) or self._origin(scope, headers) or self._bearer(scope, headers)

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    own.setdefault(name, value)
            await send(message)

        if refusal is None:
            await self._app(scope, receive, guarded)
        else:
            status, body = refusal
            extra = {"WWW-Authenticate": "Bearer"} if status == 401 else None
            await answer(status, body, extra)(scope, receive, guarded)

    def _host(self, headers: Headers) -> tuple[int, ErrorBody] | None:
        """A page whose name an attacker resolves to this machine sends that name."""
        host = _name(headers.get("host", ""))
        if host is not None and (self._hosts is None or host in self._hosts or is_loopback(host)):
            return None
        return 421, ErrorBody(code="wrong_host", message="this server does not go by the name in Host", hint="use the address it printed")

    def _origin(self, scope: Scope, headers: Headers) -> tuple[int, ErrorBody] | None:
        """A browser says which site a request is made from; only our own pages may."""
        origin = headers.get("origin")
        site = headers.get("sec-fetch-site")
        if origin is None:
            other = site == "cross-site" and scope["method"] not in ("GET", "HEAD")
        else:
            other = urlsplit(origin).netloc.lower() != headers.get("host", "").lower()
        if not other:
            return None
        return 403, ErrorBody(code="cross_site", message="requests from other sites are refused", hint="open the server's own pages")

    def _bearer(self, scope: Scope, headers: Headers) -> tuple[int, ErrorBody] | None:
        if self._token is None or scope["path"] in OPEN or studio.asked_for(scope["path"]):
            return None
        kind, _, given = headers.get("authorization", "").partition(" ")
        right = hmac.compare_digest(given.strip().encode("utf-8", "replace"), self._token)
        if right and kind.lower() == "bearer":
            return None
        return 401, ErrorBody(
            code="unauthorized", message="a token is needed", hint="send `Authorization: Bearer …` with RVBBIT_TOKEN's value"
        )


def _name(host: str) -> str | None:
    """The name in a Host header, without port; None where it is none."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
