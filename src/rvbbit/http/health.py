"""Probes and counters: is the process there, can it work, what has it done."""

from __future__ import annotations

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from rvbbit.errors import Busy
from rvbbit.http.face import Face
from rvbbit.http.strict import Answer, StrictRoute


class Checked(Answer):
    """One check of the project; `hint` says how to mend it, and is empty where nothing is broken."""

    name: str
    ok: bool
    detail: str
    hint: str


class Checks(Answer):
    """All of them."""

    checks: list[Checked]


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
        """Check store, operators, models and versions. Asks each model for one word."""
        return Checks(checks=[Checked.model_validate(check) for check in face.db.doctor()])

    @router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}, "description": "Prometheus text"}})
    def metrics() -> Response:
        """Counters and gauges, as Prometheus reads them."""
        return Response(face.metrics.text(), media_type=CONTENT_TYPE_LATEST)

    return router
