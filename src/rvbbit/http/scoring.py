"""`/api/training/assess-confidence`, `scoring`, `unscored` and `score`: scoring in the background and at once, and how it goes."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from rvbbit.engine import Scored, Unscored, WorkerStatus
from rvbbit.engine.served import ID, Running
from rvbbit.http.conversation import Conversation
from rvbbit.http.face import Face
from rvbbit.http.formats import NDJSON, line
from rvbbit.http.streamed import streamed
from rvbbit.http.strict import WHOLE, Answer, Body, StrictRoute
from rvbbit.http.training import Which, Who


class Assess(Which):
    """`force`: also what has a confidence."""

    force: bool = False
    author: Who | None = None


class Queued(Answer):
    """How many executions wait to be scored because of it; the cost in USD is null where the judge's price is not known."""

    queued: int
    estimated_cost: float | None


class Score(Body):
    """At most `limit` executions, for at most `budget_usd` of the judge; `free`: without the judge. `query_id` cancels it."""

    limit: Annotated[int, Field(ge=1, le=10**12), WHOLE] | None = None
    budget_usd: Annotated[float, Field(ge=0)] | None = None
    free: bool = False
    query_id: Annotated[str, Field(pattern=ID)] | None = None


_STREAM: dict[int | str, dict[str, Any]] = {200: {"content": {NDJSON: {}}, "description": "Progress; the last event is `scored`."}}


def routes(face: Face) -> APIRouter:
    """The routes of one server."""
    db, router = face.db, APIRouter(prefix="/api/training", tags=["scoring"], route_class=StrictRoute)

    @router.post("/assess-confidence")
    def assess(asked: Assess) -> Queued:
        """Have executions scored in the background, before all others; it survives a restart."""
        found = db.assess(**asked.reached(), force=asked.force, author=asked.author)
        return Queued(queued=found.queued, estimated_cost=found.estimated_usd)

    @router.get("/scoring")
    def scoring() -> WorkerStatus:
        """How the scoring in the background is: what waits, what it did, what its judge cost today."""
        return db.worker.status()

    @router.get("/unscored")
    def unscored(free: bool = False) -> Unscored:
        """How many executions have no confidence, and what the judge may cost for them; `free`: without the judge."""
        return db.unscored(free=free)

    @router.post("/score", response_class=Response, responses=_STREAM)
    async def score(asked: Score, request: Request) -> Response:
        """Score what is unscored, now. Whoever goes away cancels it, as DELETE /api/sql/{query_id} does; what was scored is kept."""
        talk = Conversation(asyncio.get_running_loop())

        def work(_: Any, running: Running) -> Scored:
            given = {"budget_usd": asked.budget_usd, "free": asked.free, "stop": running.stop}
            done = db.score(asked.limit, **given, listen=talk.listener(lambda _: None))  # type: ignore[arg-type]
            talk.give(iter([line({"event": "scored", **asdict(done)})]))
            return done

        return await streamed(face.served.start(work, query_id=asked.query_id), talk, request)

    return router
