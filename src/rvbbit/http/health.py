"""Probes and counters: is the process there, can it work, what has it done."""

from __future__ import annotations

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from rvbbit.engine import Check
from rvbbit.errors import Busy
from rvbbit.http.face import Face
from rvbbit.http.strict import Answer, StrictRoute


class Checks(Answer):
    """Every check, with how to mend what is not in order; `ok` where all is."""

    ok: bool
    checks: list[Check]


class Status(Answer):
    """`ok`."""

    status: str


def routes(face: Face) -> APIRouter:
    """The routes of one server."""
    router = APIRouter(tags=["probes"], route_class=StrictRoute)

    @router.get("/healthz")
    async def healthz() -> Status:
        """The process answers."""
        return Status(status="ok")

    @router.get("/readyz")
    def readyz() -> Status:
        """The store answers, and queries are taken: 503 while the server stops."""
        if face.stopping.is_set():
            raise Busy("the server is stopping", hint="ask another one, or again when it is back")
        face.db.history.answers()
        return Status(status="ok")

    @router.post("/api/doctor")
    def doctor() -> Checks:
        """Check store, operators, models and versions. Asks each model for one word, which may cost something: hence POST."""
        found = face.db.doctor()
        return Checks(ok=all(check.ok for check in found), checks=found)

    @router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}, "description": "Prometheus text"}})
    def metrics() -> Response:
        """Counters and gauges, as Prometheus reads them."""
        return Response(face.metrics.text(), media_type=CONTENT_TYPE_LATEST)

    return router
