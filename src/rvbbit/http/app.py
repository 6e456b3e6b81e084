"""The app: every route, and what stands in front of them."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import FastAPI

import rvbbit
from rvbbit.http import (
    calibration,
    cascades,
    demo,
    evaluation,
    events,
    exchange,
    health,
    log,
    pages,
    problems,
    review,
    run,
    scoring,
    sets,
    sql,
    studio,
    training,
)
from rvbbit.http.face import Face
from rvbbit.http.guard import Guard
from rvbbit.http.limits import Limits
from rvbbit.http.metrics import Counting

_ROUTERS = (
    *(health, training, scoring, calibration, review, exchange, sets, evaluation, sql, cascades, run),
    *(log, events, demo, pages, studio),
)


def app(face: Face, hosts: Iterable[str] | None = ()) -> FastAPI:
    """The app of one server. `hosts`: names it goes by beside loopback's; None: any."""
    made = FastAPI(
        title="RVBBIT",
        version=rvbbit.__version__,
        description='Semantic SQL that learns. Every error is `{"error": {"code", "message", "hint"}}`.',
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses=problems.RESPONSES,
    )
    made.state.routes = []
    for module in _ROUTERS:
        router = module.routes(face)
        made.include_router(router)
        made.state.routes += router.routes
    problems.handle(made)
    made.add_middleware(problems.Bugs)
    made.add_middleware(Limits)
    made.add_middleware(Guard, hosts=hosts, token=face.db.settings.token)
    made.add_middleware(Counting, metrics=face.metrics)
    return made
