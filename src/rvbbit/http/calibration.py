"""`GET /api/training/calibration`: how far the confidences of a cell can be believed, and which answers were taken for which."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from rvbbit.http.face import Face
from rvbbit.http.filters import Short
from rvbbit.http.strict import Answer, Parameters, StrictRoute


class Which(Parameters):
    """One cell."""

    cascade_id: Short
    cell_name: Short


class Bin(Answer):
    """Answers with a confidence from `low` up to `high`: how many, their mean confidence, and which share of them is right."""

    low: float
    high: float
    number: int
    confidence: float
    right: float


class Mistaken(Answer):
    """So many executions answered `answer` where `held` holds: equal where it stood, null where nobody said what is right."""

    answer: Any
    held: Any
    number: int


class Calibration(Answer):
    """Of `verified` answers `right` were right, and `measured` have scores to measure by.

    `ece` is the mean distance between confidence and share right, `low` to `high` its interval of 95 %; all figures are null where nothing
    is measured, `auc` also where all answers are right or none is. `confusion` is null where answers are prose or too many to compare.
    """

    cascade_id: str
    cell_name: str
    method: Literal["uncalibrated", "platt", "platt_isotonic"]
    verified: int
    right: int
    measured: int
    ece: float | None
    low: float | None
    high: float | None
    brier: float | None
    auc: float | None
    bins: list[Bin]
    confusion: list[Mistaken] | None


def routes(face: Face) -> APIRouter:
    """The routes of one server."""
    db, router = face.db, APIRouter(prefix="/api/training", tags=["scoring"], route_class=StrictRoute)

    @router.get("/calibration")
    def calibration(asked: Annotated[Which, Query()]) -> Calibration:
        """Reliability of a cell's confidences on what people verified there, at most the newest 5,000."""
        return Calibration.model_validate(db.training.calibration(asked.cascade_id, asked.cell_name))

    return router
