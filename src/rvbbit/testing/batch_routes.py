"""The fake server's addresses for files and batches."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from rvbbit.testing.batches import Batches
from rvbbit.testing.message_batches import MessageBatches

FILES, BATCHES = "/v1/files", "/v1/batches"


async def answered(request: web.BaseRequest, batches: Batches) -> Any:
    """The answer as JSON, or bytes of a file; None where the address is not one of these."""
    path = request.path
    if request.method == "POST" and path == FILES:
        form = await request.post()
        file = form.get("file")
        content = file.file.read() if isinstance(file, web.FileField) else str(file or "").encode()
        return batches.upload(content, str(form.get("purpose")))
    if request.method == "GET" and path.startswith(FILES) and path.endswith("/content"):
        return batches.content(path.split("/")[3])
    if request.method == "POST" and path == BATCHES:
        body = json.loads(await request.read())
        lossy(request, batches)
        return batches.begin(body)
    if request.method == "GET" and path == BATCHES:
        return batches.listed()
    return batches.get(path.split("/")[3]) if request.method == "GET" and path.startswith(f"{BATCHES}/") else None


def lossy(request: web.BaseRequest, batches: Batches | MessageBatches) -> None:
    """Close the socket before the answer, where the fake was told to lose it on the way."""
    if batches.lose_answers:
        batches.lose_answers -= 1
        if request.transport is not None:
            request.transport.abort()
