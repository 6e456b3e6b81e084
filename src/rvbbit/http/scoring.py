"""`/api/training/assess-confidence` and `/api/training/scoring`: what is scored in the background, and how it goes."""

from __future__ import annotations

from fastapi import APIRouter

from rvbbit.engine import WorkerStatus
from rvbbit.http.face import Face
from rvbbit.http.strict import Answer, StrictRoute
from rvbbit.http.training import Which, Who


class Assess(Which):
    """`force`: also what has a confidence."""

    force: bool = False
    author: Who | None = None


class Queued(Answer):
    """How many executions wait to be scored because of it; the cost in USD is null where the judge's price is not known."""

    queued: int
    estimated_cost: float | None


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

    return router
