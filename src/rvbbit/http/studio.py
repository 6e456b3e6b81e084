"""The Studio's pages: one page whatever the address, with a nonce of its own each time, and files that never change under their names.

The files are built from `studio/` in the repository (`make studio`) and are in every wheel.
"""

from __future__ import annotations

import gzip
import mimetypes
import secrets
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from rvbbit.errors import NotFound
from rvbbit.http.face import Face
from rvbbit.http.pages import html

BUILT = Path(__file__).with_name("built")
"""Where the build puts them."""

PLACES = ("", "training", "review", "sets", "sql", "sessions", "operators", "costs", "import")
"""First parts of the pages' addresses. All of them are one file; the browser knows the rest."""

_DEEP = ("sessions", "operators")  # what has an address for each of its things
_NONCE = "__CSP_NONCE__"  # as in studio/vite.config.ts
_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
_FOREVER = "public, max-age=31536000, immutable"
_MISSING = """
<p>This checkout has not built it. <code>make studio</code> does (it needs Node 20 or newer); then reload this page.</p>
<p>The HTTP API works without it: <a href='/docs'>every route</a>.</p>"""
_SMALL = 1_000  # bytes below which compressing gains nothing


def built() -> bool:
    """Whether there is a Studio to serve."""
    return (BUILT / "index.html").is_file()


def asked_for(path: str) -> bool:
    """Whether a path is the Studio's: it says nothing of the project, and its page asks for the token."""
    return path == "/" or path.startswith(tuple(f"/{place}/" for place in ("assets", *_DEEP))) or path[1:] in PLACES[1:]


def routes(_: Face) -> APIRouter:
    """The routes of one server. Pages take any query: it is the browser's."""
    router = APIRouter(include_in_schema=False)
    for place in PLACES:
        router.add_api_route(f"/{place}", _page, methods=["GET", "HEAD"])
    for place in _DEEP:
        router.add_api_route(f"/{place}/{{part:path}}", _page, methods=["GET", "HEAD"])
    router.add_api_route("/assets/{name}", _asset, methods=["GET", "HEAD"])
    return router


def _page() -> Response:
    """The one page. The grid and the editor add styles while they run; only with this page's nonce are they taken."""
    if not built():
        return html("RVBBIT: no Studio here yet", _MISSING, 404)
    nonce = secrets.token_urlsafe(16)
    text = (BUILT / "index.html").read_text("utf-8").replace(_NONCE, nonce)
    return HTMLResponse(text, headers={"Content-Security-Policy": _POLICY.format(nonce=nonce)})


def _asset(name: str, request: Request) -> Response:
    """A file of the build: its name changes with what is in it."""
    plain, small = _file(name)
    headers = {"Cache-Control": _FOREVER, "Vary": "Accept-Encoding"}
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if small is not None and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(small, media_type=kind, headers={**headers, "Content-Encoding": "gzip"})
    return Response(plain, media_type=kind, headers=headers)


@lru_cache(maxsize=256)
def _file(name: str) -> tuple[bytes, bytes | None]:
    """A file as it is, and compressed where that is smaller. Raises NotFound; a name with a path in it is none."""
    folder = BUILT / "assets"
    path = folder / name
    if name not in {one.name for one in folder.glob("*")}:
        raise NotFound(f"the Studio has no file {name[:100]!r}", hint="reload the page: the server has another version than the page")
    plain = path.read_bytes()
    return plain, gzip.compress(plain, 6) if len(plain) > _SMALL else None
