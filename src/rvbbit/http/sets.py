"""`/api/training/sets`: versions, what people say of them, and what the firewall left out."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from rvbbit.engine.sets import SetRow
from rvbbit.http.face import Face
from rvbbit.http.filters import Short
from rvbbit.http.strict import Answer, Body, StrictRoute
from rvbbit.http.training import Marked, Who


class Set(Answer):
    """One version of a set. `scope` are the inputs its examples share; `harm` is what its newest evaluation says, null without one.

    `race` is what its newest race of strategies found, null without one.
    """

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
    raced: datetime | None
    race: dict[str, Any] | None


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

    force: bool = False


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

    return router


def _listed(row: SetRow) -> Set:
    proof = row.proof
    return Set(
        version=row.version,
        cascade_id=row.cell.cascade_id,
        cell_name=row.cell.cell_name,
        scope=json.loads(row.scope),
        timestamp=row.timestamp,
        parent=row.parent,
        size=row.size,
        added=row.added,
        removed=row.removed,
        tags=list(row.tags),
        live=row.live,
        harm=None if proof is None else proof.harm,
        evaluated=None if proof is None else proof.timestamp,
        evaluation=None if proof is None else json.loads(proof.result),
        raced=None if row.race is None else row.race.timestamp,
        race=None if row.race is None else json.loads(row.race.result),
    )
