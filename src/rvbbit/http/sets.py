"""`/api/training/sets` and what keeps them honest: versions, what the firewall left out, and the proof that a version earns its place."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import Field, StrictBool
from starlette.responses import Response, StreamingResponse

from rvbbit.engine.served import Running
from rvbbit.engine.sets import Evaluated, SetRow
from rvbbit.errors import Error
from rvbbit.http import formats
from rvbbit.http.conversation import outcome, result
from rvbbit.http.face import Face
from rvbbit.http.filters import Short
from rvbbit.http.problems import body_of
from rvbbit.http.strict import Answer, Body, StrictRoute
from rvbbit.http.training import Marked, Who

_HEARTBEAT = 5.0  # seconds between two lines that say an evaluation still runs


class Set(Answer):
    """One version of a set. `scope` are the inputs its examples share; `harm` is what its newest evaluation says, null without one."""

    version: str
    cascade_id: str
    cell_name: str
    scope: dict[str, Any]
    timestamp: datetime
    parent: str | None
    size: int
    added: int
    removed: int
    tags: list[str]
    live: bool
    harm: bool | None
    evaluated: datetime | None
    evaluation: dict[str, Any] | None


class Sets(Answer):
    """Versions, the newest first."""

    sets: list[Set]


class Diff(Answer):
    """Trace ids."""

    added: list[str]
    removed: list[str]
    changed: list[str]


class Blame(Answer):
    """Which version brought an example in, with this answer."""

    trace_id: str
    answer: Any
    version: str
    timestamp: datetime


class Blames(Answer):
    """Those of one version."""

    examples: list[Blame]


class Decide(Body):
    """Who does it, and why."""

    author: Who | None = None
    reason: Annotated[str, Field(max_length=10_000)] | None = None


class Use(Decide):
    """`force`: even where its evaluation shows harm."""

    force: StrictBool = False


class Tag(Body):
    """A name for a version: `-- @ training: NAME` in a query uses it."""

    name: Short
    author: Who | None = None


class Version(Answer):
    """The version that was meant, whole."""

    version: str


class Chosen(Answer):
    """An example of a contradiction."""

    trace_id: str
    arguments: dict[str, Any]
    answer: Any
    verified: bool


class Contradiction(Answer):
    """Examples that answer one question differently; `holds` is the verified one, null while all of them are kept out."""

    examples: list[Chosen]
    holds: str | None


class Contradictions(Answer):
    """What the firewall makes of a cell: how many examples enter, how many say what another says, and which contradict."""

    enter: int
    duplicates: int
    contradictions: list[Contradiction]


class Choose(Body):
    """The example that stays."""

    trace_id: Short
    author: Who | None = None


class Evaluate(Body):
    """What to prove. `scope` gives the inputs a set's examples share; without `candidate` it is what the decisions make now."""

    cascade_id: Short
    scope: dict[str, Any] | None = None
    candidate: Short | None = None
    rows: int = Field(200, ge=1, le=10_000)


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

    @router.get("/sets")
    def versions() -> Sets:
        """Every version that calls were given."""
        return Sets(sets=[_listed(row) for row in sets.versions()])

    @router.get("/sets/{old}/diff/{new}")
    def diff(old: str, new: str) -> Diff:
        """What one version changed of another; either by tag or by the start of its hash."""
        return Diff.model_validate(sets.diff(old, new))

    @router.get("/sets/{version}/blame")
    def blame(version: str) -> Blames:
        """Which version brought each example in."""
        rows = [
            Blame(trace_id=one.trace_id, answer=json.loads(one.answer), version=one.version, timestamp=one.timestamp)
            for one in sets.blame(version)
        ]
        return Blames(examples=rows)

    @router.post("/sets/{version}/tag")
    def tag(version: str, asked: Tag) -> Version:
        """Give a version a name."""
        return Version(version=sets.tag(version, asked.name, author=asked.author).version)

    @router.post("/sets/{version}/use")
    def use(version: str, asked: Use) -> Version:
        """Make a version the one that calls learn from: go live, or roll back."""
        return Version(version=sets.use(version, author=asked.author, reason=asked.reason, force=asked.force).version)

    @router.post("/sets/{version}/follow")
    def follow(version: str, asked: Decide) -> Version:
        """Let calls of this version's set learn from every decision at once again."""
        sets.follow(version, author=asked.author, reason=asked.reason)
        return Version(version=version)

    @router.get("/contradictions")
    def contradictions(
        cascade_id: Annotated[str, Query(max_length=200)], cell_name: Annotated[str, Query(max_length=200)]
    ) -> Contradictions:
        """Examples that answer the same question differently: kept out until one is chosen or verified."""
        found = sets.checked(cascade_id, cell_name)
        pairs = [
            Contradiction(examples=[Chosen.model_validate(one) for one in pair.examples], holds=pair.holds.trace_id if pair.holds else None)
            for pair in found.contradictions
        ]
        return Contradictions(enter=len(found.kept), duplicates=len(found.duplicates), contradictions=pairs)

    @router.post("/choose")
    def choose(asked: Choose) -> Marked:
        """End a contradiction: this example stays, those against it are unmarked."""
        return Marked.model_validate(sets.choose(asked.trace_id, author=asked.author))

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


def _listed(row: SetRow) -> Set:
    version, proof = row.version, row.proof
    return Set(
        version=version.version,
        cascade_id=version.cell.cascade_id,
        cell_name=version.cell.cell_name,
        scope=json.loads(version.scope),
        timestamp=version.timestamp,
        parent=version.parent,
        size=version.size,
        added=len(version.added),
        removed=len(version.removed),
        tags=list(row.tags),
        live=row.live,
        harm=None if proof is None else proof.harm,
        evaluated=None if proof is None else proof.timestamp,
        evaluation=None if proof is None else json.loads(proof.result),
    )
