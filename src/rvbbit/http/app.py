"""The app: every route, and what stands in front of them."""

from __future__ import annotations

import prometheus_client
from fastapi import FastAPI, Response

import rvbbit


def app() -> FastAPI:
    """The routes of one server."""
    routes = FastAPI(title="RVBBIT", version=rvbbit.__version__)

    @routes.get("/healthz")
    def healthz() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @routes.get("/metrics")
    def metrics() -> Response:
        """Counters and gauges, as Prometheus reads them."""
        return Response(prometheus_client.generate_latest(), media_type=prometheus_client.CONTENT_TYPE_LATEST)

    return routes
