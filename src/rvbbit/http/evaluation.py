"""`/api/training/evaluate` and `/race`: the proof that a version of a set earns its place, and which way to choose from it is best."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal, get_args

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response, StreamingResponse

from rvbbit.engine.served import Running
from rvbbit.engine.sets import LIMITS, Evaluated, Raced
from rvbbit.errors import Error
from rvbbit.http import formats
from rvbbit.http.conversation import end_of, outcome, result
from rvbbit.http.face import Face
from rvbbit.http.filters import Short
from rvbbit.http.problems import body_of
from rvbbit.http.strict import WHOLE, Answer, Body, StrictRoute
from rvbbit.result import Progress

_HEARTBEAT = 5.0  # seconds between two lines that say it still runs, where nothing else is to be said
_EVERY = 0.25  # seconds between two looks at how far it is


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


Chosen = Literal["recent", "high_confidence", "random", "semantic"]


class RaceRules(Body):
    """What runs against what. `scope` and `candidate` as for `evaluate`; each strategy runs with each number of examples."""

    cascade_id: Short
    scope: dict[str, Any] | None = None
    candidate: Short | None = None
    strategies: list[Chosen] = Field(default_factory=lambda: list(get_args(Chosen)), min_length=1, max_length=8)
    limits: list[Annotated[int, Field(ge=1, le=1_000), WHOLE]] = Field(default_factory=lambda: list(LIMITS), min_length=1, max_length=8)
    rows: Annotated[int, Field(ge=1, le=10_000), WHOLE] = 200
    budget_usd: Annotated[float, Field(gt=0)] | None = None


class Race(Answer):
    """What was found: an arm for each way, and its gains over `none` and over `current`, with simultaneous intervals of 95 %.

    `questions` of `planned` were asked of every arm; fewer where the budget ended. `winner` is `current` where none is shown to be better.
    """

    version: str
    current: str
    winner: str
    questions: int
    planned: int
    groups: int
    examples: int
    arms: dict[str, Any]
    gains: dict[str, Any]


_STREAM: dict[int | str, dict[str, Any]] = {200: {"content": {formats.NDJSON: {}}}}


def routes(face: Face) -> APIRouter:
    """The routes of one server."""
    sets, router = face.db.training.sets, APIRouter(prefix="/api/training", tags=["sets"], route_class=StrictRoute)

    @router.post("/evaluate", response_model=Evaluation, responses=_STREAM)
    async def evaluate(asked: Evaluate, request: Request) -> Response:
        """Ask verified questions again without examples, with the set in use and with a candidate. Asks a model; may take minutes.

        With `Accept: application/x-ndjson` lines say how far it is; the last one is the evaluation or an error. Going away ends it, as does
        `DELETE /api/sql/{query_id}`.
        """
        told: deque[Progress] = deque(maxlen=1)

        def work(_: Any, running: Running) -> Evaluated:
            given: dict[str, Any] = {name: value for name, value in asked if name != "cascade_id"}
            return sets.evaluate(asked.cascade_id, **given, stop=running.stop, listen=told.append)

        return await _answered(face.served.start(work), request, "evaluation", told)

    @router.post("/race", response_model=Race, responses=_STREAM)
    async def race(asked: RaceRules, request: Request) -> Response:
        """Ask verified questions with each strategy and number of examples, as the cell does now, and without any. May take minutes.

        With `Accept: application/x-ndjson` lines say how far it is; the last one is the race or an error. Ended as `evaluate` is.
        """
        told: deque[Progress] = deque(maxlen=1)

        def work(_: Any, running: Running) -> Raced:
            given = {name: value for name, value in asked if name != "cascade_id"}
            return sets.race(asked.cascade_id, **given, stop=running.stop, listen=told.append)

        return await _answered(face.served.start(work), request, "race", told)

    return router


async def _answered(running: Running, request: Request, name: str, told: Sequence[Progress]) -> Response:
    """What was found, or a line now and then with what was `told` last; what fails at once has its own status."""
    if formats.accepted(request.headers.get("accept", "")) != formats.NDJSON:
        return Response(formats.line(_found(await result(running, request))), media_type=formats.JSON)
    done = end_of(running)
    await _news(done, told, None)
    if done.done():
        return Response(formats.line({"event": name, **_found(await outcome(done))}), media_type=formats.NDJSON)
    return StreamingResponse(_waiting(running, done, name, told), media_type=formats.NDJSON)


async def _waiting(running: Running, done: asyncio.Future[Any], name: str, told: Sequence[Progress]) -> AsyncIterator[bytes]:
    try:
        while not done.done():
            last = told[-1] if told else None
            news = {"event": "running"} if last is None else {"event": "progress", **asdict(last)}
            yield formats.line({**news, "query_id": running.id})
            await _news(done, told, last)
        yield formats.line({"event": name, **_found(await outcome(done))})
    except Error as error:
        yield formats.line({"event": "error", "error": body_of(error).model_dump()})
    finally:
        running.cancel()


async def _news(done: asyncio.Future[Any], told: Sequence[Progress], last: Progress | None) -> None:
    """Returns when it is done, when something else than `last` was told, and after a while."""
    until = time.monotonic() + _HEARTBEAT
    while not done.done() and time.monotonic() < until:
        await asyncio.wait({done}, timeout=_EVERY)
        if told and told[-1] is not last:
            return


def _found(tried: Evaluated | Raced) -> dict[str, Any]:
    harm = {"harm": tried.found.harm} if isinstance(tried, Evaluated) else {}
    return {"version": tried.version, **harm, **asdict(tried.found)}
