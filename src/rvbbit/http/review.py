"""`GET /api/training/review`: what people should look at next, and whether looking at more would still help."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from rvbbit.http.face import Face
from rvbbit.http.filters import MOST, Short
from rvbbit.http.shapes import Example
from rvbbit.http.strict import Answer, Parameters, StrictRoute


class Asked(Parameters):
    """Whose executions, and what comes first."""

    cascade_id: Short | None = None
    cell_name: Short | None = None
    order: Literal["value", "random", "newest"] = "value"
    limit: int = Field(20, ge=1, le=MOST)


class Item(Answer):
    """An execution to be looked at; `asked` executions have its arguments, so one decision answers for all of them.

    `priority`, 0-1: which share of all that is open a decision on it bears upon.
    """

    execution: Example
    kind: Literal["contradiction", "value", "random", "newest"]
    why: str
    priority: float
    asked: int


class Outlook(Answer):
    """What the last doubling of decisions brought, in accuracy 0-1, with its interval of 95 %."""

    reviewed: int
    gain: float
    low: float
    high: float


class ReviewQueue(Answer):
    """`left` questions nobody reviewed among the newest `considered` of `total` executions.

    `enough`: looking at more would hardly help; `signal` says why, or what more would bring. `outlook` is null where that cannot be told.
    `corrected` of the `verified` newest reviewed answers were wrong. `until` decisions after the `reviewed` ones the signal is expected to
    say that it is enough: counted while there are too few to say anything, estimated afterwards (gains fall with the root of the number);
    0 where it is enough, null where that cannot be told.
    """

    items: list[Item]
    left: int
    considered: int
    total: int
    enough: bool
    signal: str
    outlook: Outlook | None
    verified: int
    corrected: int
    reviewed: int
    until: int | None


def routes(face: Face) -> APIRouter:
    """The routes of one server."""
    db, router = face.db, APIRouter(prefix="/api/training", tags=["training"], route_class=StrictRoute)

    @router.get("/review")
    def review(asked: Annotated[Asked, Query()]) -> ReviewQueue:
        """What to look at next: contradictions, then what teaches most. The same until something is decided or asked."""
        return ReviewQueue.model_validate(db.training.review(asked.cascade_id, asked.cell_name, asked.order, asked.limit))

    return router
