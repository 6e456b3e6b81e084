"""`POST /api/demo`: the demo's data for a project that has nothing yet."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from rvbbit.engine.demo import Brought, Step, bring
from rvbbit.engine.served import Running
from rvbbit.http.conversation import Conversation
from rvbbit.http.face import Face
from rvbbit.http.formats import NDJSON, line
from rvbbit.http.streamed import streamed
from rvbbit.http.strict import StrictRoute
from rvbbit.result import Progress
from rvbbit.types import Notice

_ID = "demo"
_STREAM: dict[int | str, dict[str, Any]] = {200: {"content": {NDJSON: {}}, "description": "Steps and progress; the last event is `demo`."}}


def routes(face: Face) -> APIRouter:
    """The route of one server."""
    router = APIRouter(prefix="/api", tags=["demo"], route_class=StrictRoute)

    @router.post("/demo", response_class=Response, responses=_STREAM)
    async def demo(request: Request) -> Response:
        """Load questions of bank customers, ask the local model about them, curate some of the answers and prove that it helps: as
        `rvbbit demo` does, without a key or a network. Whoever goes away cancels it; loaded again, it goes on from there."""
        talk = Conversation(asyncio.get_running_loop())
        listen = talk.listener(lambda _: None)

        def tell(said: Step | Progress | Notice) -> None:
            if isinstance(said, Step):
                talk.give(iter([line({"event": "step", **asdict(said)})]))
            else:
                listen(said)

        def work(_: Any, running: Running) -> Brought:
            done = bring(face.db, tell, running.stop)
            talk.give(iter([line({"event": "demo", **asdict(done)})]))
            return done

        return await streamed(face.served.start(work, query_id=_ID), talk, request)

    return router
