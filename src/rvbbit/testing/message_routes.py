"""The fake server's addresses for batches of messages, which want a key and a version as Anthropic's do."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from rvbbit.testing import messages
from rvbbit.testing.batch_routes import lossy
from rvbbit.testing.message_batches import MessageBatches

BATCHES = "/v1/messages/batches"


async def answered(request: web.BaseRequest, batches: MessageBatches, key: str | None) -> web.Response | None:
    """The answer; None where the address is not one of these."""
    if not request.path.startswith(BATCHES):
        return None
    if key is not None and request.headers.get("x-api-key") != key:
        return _error(401, "authentication_error", f"invalid x-api-key {request.headers.get('x-api-key')}")
    if "anthropic-version" not in request.headers:
        return _error(400, "invalid_request_error", "anthropic-version: header is required")
    if request.method == "POST" and request.path == BATCHES:
        return _begun(request, batches, json.loads(await request.read()))
    if request.method == "GET" and request.path == BATCHES:
        return _json(batches.listed(int(request.query.get("limit", 20)), request.query.get("after_id")))
    id_, _, rest = request.path.removeprefix(f"{BATCHES}/").partition("/")
    if request.method == "GET" and rest == "results" and (lines := batches.results(id_)) is not None:
        return web.Response(body=lines, content_type="application/x-jsonl")
    if request.method == "GET" and not rest and (batch := batches.get(id_)) is not None:
        return _json(batch)
    return _error(404, "not_found_error", f"{request.path} is not here")


def _begun(request: web.BaseRequest, batches: MessageBatches, body: Any) -> web.Response:
    if (why := batches.refused(body)) is not None:
        return _error(400, "invalid_request_error", why)
    lossy(request, batches)
    return _json(batches.begin(body, f"http://{request.host}/v1"))


def _json(body: Any, status: int = 200) -> web.Response:
    return web.Response(status=status, body=json.dumps(body).encode(), content_type="application/json")


def _error(status: int, kind: str, said: str) -> web.Response:
    return _json(messages.error(kind, said), status)
