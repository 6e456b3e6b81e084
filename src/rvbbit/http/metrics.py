"""What Prometheus reads at `/metrics`. A registry of its own for each server; it counts, and asks the engine nothing but cheap things."""

from __future__ import annotations

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rvbbit.result import QueryUsage

_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Metrics:
    """The counters of one server."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = self._counter("http_requests", "Requests by route and status.", ("method", "route", "status"))
        self._seconds = Histogram(
            "rvbbit_http_request_seconds",
            "Seconds from a request to the end of its answer.",
            ("route",),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._queries = self._counter("queries", "Queries by how they ended.", ("outcome",))
        self._calls = self._counter("model_calls", "Calls that queries made to models.")
        self._cached = self._counter("cached_answers", "Answers that queries did not have to ask a model for.")
        self._tokens = self._counter("tokens", "Tokens that queries took.", ("direction",))
        self._cost = self._counter("cost_usd", "What queries cost in USD, where the price is known.")

    def gauge(self, name: str, help_: str, value: Callable[[], float]) -> None:
        """A number that is asked for when it is read."""
        Gauge(f"rvbbit_{name}", help_, registry=self.registry).set_function(value)

    def query(self, outcome: str, usage: QueryUsage | None) -> None:
        """Count a query that ended: `ok` or its error's code."""
        self._queries.labels(outcome).inc()
        if usage is not None:
            self._calls.inc(usage.calls)
            self._cached.inc(usage.cached)
            self._tokens.labels("in").inc(usage.tokens_in)
            self._tokens.labels("out").inc(usage.tokens_out)
            self._cost.inc(usage.cost_usd or 0.0)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return generate_latest(self.registry)

    def _counter(self, name: str, help_: str, labels: tuple[str, ...] = ()) -> Counter:
        return Counter(f"rvbbit_{name}", help_, labels, registry=self.registry)


class Counting:
    """Middleware that counts requests by the route that matched: never by the path, which a client can make up without end."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def heard(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, heard)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            method = scope["method"] if scope["method"] in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH") else "other"
            self._metrics.request(method, route, status, time.perf_counter() - began)
