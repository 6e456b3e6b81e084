"""`/api/training/evaluate`: the proof that a version of a set earns its place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response, StreamingResponse

from rvbbit.engine.served import Running
from rvbbit.engine.sets import Evaluated
from rvbbit.errors import Error
from rvbbit.http import formats
from rvbbit.http.conversation import outcome, result
from rvbbit.http.face import Face
from rvbbit.http.filters import Short
from rvbbit.http.problems import body_of
from rvbbit.http.strict import WHOLE, Answer, Body, StrictRoute

_HEARTBEAT = 5.0  # seconds between two lines that say an evaluation still runs


class Evaluate(Body):
    """What to prove. `scope` gives the inputs a set's examples share; without `candidate` it is what the decisions make now."""

    cascade_id: Short
    scope: dict[str, Any] | None = None
    candidate: Short | None = None
    rows: Annotated[int, Field(ge=1, le=10_000), WHOLE] = 200


class Evaluation(Answer):
    """What was found: arms (none, current, candidate) with accuracy, tokens and cost, and gains with an interval of 95 %."""

    version: str
    harm: bool
    questions: int
    groups: int
    arms: dict[str, Any]
    gains: dict[str, Any]


_STREAM: dict[int | str, dict[str, Any]] = {200: {"content": {formats.NDJSON: {}}}}


def routes(face: Face) -> APIRouter:
    """The routes of one server."""
    sets, router = face.db.training.sets, APIRouter(prefix="/api/training", tags=["sets"], route_class=StrictRoute)

    @router.post("/evaluate", response_model=Evaluation, responses=_STREAM)
    async def evaluate(asked: Evaluate, request: Request) -> Response:
        """Ask verified questions again without examples, with the set in use and with a candidate. Asks a model; may take minutes.

        With `Accept: application/x-ndjson` a line comes every few seconds while it runs, and the last one is the evaluation or an error.
        """

        def work(_: Any, running: Running) -> Evaluated:
            given = {"scope": asked.scope, "candidate": asked.candidate, "rows": asked.rows}
            return sets.evaluate(asked.cascade_id, **given, stop=running.stop)  # type: ignore[arg-type]

        running = face.served.start(work)
        if formats.accepted(request.headers.get("accept", "")) == formats.NDJSON:
            return await _told(running)
        return Response(formats.line(_found(await result(running, request))), media_type=formats.JSON)

    return router


async def _told(running: Running) -> Response:
    """A line now and then; what fails at once has its own status."""
    done = asyncio.ensure_future(asyncio.wrap_future(running.done))
    await asyncio.wait({done}, timeout=_HEARTBEAT)
    if done.done():
        return Response(formats.line({"event": "evaluation", **_found(await outcome(done))}), media_type=formats.NDJSON)
    return StreamingResponse(_waiting(running, done), media_type=formats.NDJSON)


async def _waiting(running: Running, done: asyncio.Future[Evaluated]) -> AsyncIterator[bytes]:
    try:
        while not done.done():
            yield formats.line({"event": "running", "query_id": running.id})
            await asyncio.wait({done}, timeout=_HEARTBEAT)
        yield formats.line({"event": "evaluation", **_found(await outcome(done))})
    except Error as error:
        yield formats.line({"event": "error", "error": body_of(error).model_dump()})
    finally:
        running.cancel()


def _found(evaluated: Evaluated) -> dict[str, Any]:
    return {"version": evaluated.version, "harm": evaluated.found.harm, **asdict(evaluated.found)}
