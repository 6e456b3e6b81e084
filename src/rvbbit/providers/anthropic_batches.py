"""Anthropic's Message Batches API: requests go up in one body, results come down as lines once all are over.

A batch there carries no mark of ours. What may be the one whose beginning was not answered is as large and was begun about then; its
results tell, by custom id. Source: Anthropic, Message Batches guide and reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rvbbit.errors import ProviderError, Unavailable
from rvbbit.providers.batch_api import AGAIN, TIMEOUT, BatchAPI, Line, State
from rvbbit.providers.batch_records import BatchRecord
from rvbbit.providers.servers import Server

SERVER = Server(
    "anthropic",
    "https://api.anthropic.com",
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_BASE_URL",
    login=("x-api-key", ""),
    headers=(("anthropic-version", "2023-06-01"),),
)
PATH = "/v1/messages/batches"
LISTED = 100
CLOCKS = 3600.0
"""Seconds that this machine's clock and the server's may be apart."""

# The HTTP status that an error of a single request has by its type. Source: Anthropic, Errors.
STATUS = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}


class AnthropicBatches(BatchAPI):
    """Of `anthropic`, at its own address or ANTHROPIC_BASE_URL."""

    most_requests = 100_000
    most_bytes = 256_000_000
    marks = False

    async def begin(self, bodies: Mapping[str, Mapping[str, Any]], mark: str) -> str:
        """Begin a batch; there is no place for the mark. Not tried again here: an answer that was lost may have begun one."""
        requests = [{"custom_id": id_, "params": body} for id_, body in bodies.items()]
        return self._id(await self.connection.post(PATH, {"requests": requests}, who=self.who, timeout=TIMEOUT))

    async def found(self, record: BatchRecord) -> list[str]:
        """Those of as many requests that were begun about then."""
        found: list[str] = []
        path = f"{PATH}?limit={LISTED}"
        while True:
            page = await self._get(path)
            data = page.get("data")
            batches = [batch for batch in data if isinstance(batch, Mapping)] if isinstance(data, list) else []
            for batch in batches:
                created = self._created(batch)
                if created < record.begun - CLOCKS:
                    return found
                if created <= record.begun + TIMEOUT + CLOCKS and sum(_counts(batch).values()) == len(record.ids):
                    found.append(self._id(batch))
            if not batches or not page.get("has_more"):
                return found
            path = f"{PATH}?limit={LISTED}&after_id={self._id(batches[-1])}"

    async def state(self, batch: str) -> State:
        """A batch as it is now. Before it is over, its server counts nothing as done."""
        said = await self._get(f"{PATH}/{batch}")
        counts = _counts(said)
        status = said.get("processing_status")
        return State(batch, str(status), status == "ended", sum(counts.values()) - counts.get("processing", 0), said)

    async def lines(self, state: State) -> dict[str, Line]:
        """None where the results are no longer kept."""
        if not state.said.get("results_url"):
            return {}
        # The documented address and not `results_url`: the key goes nowhere else than where the batch was begun.
        return await self._lines(f"{PATH}/{state.batch}/results")

    def body(self, batch: str, line: Line) -> Mapping[str, Any] | None:
        """The message in a line."""
        result = line.get("result")
        if not isinstance(result, Mapping):
            return None
        kind, message, error = result.get("type"), result.get("message"), result.get("error")
        if kind == "succeeded" and isinstance(message, Mapping):
            return message
        if kind == "errored" and isinstance(error, Mapping):
            inner = error["error"] if isinstance(error.get("error"), Mapping) else error
            raise self._failure(STATUS.get(str(inner.get("type")), 500), {"error": inner})
        raise Unavailable(f"{self.who}: batch {batch}: this request is {kind}", hint=AGAIN)

    def reason(self, state: State) -> ProviderError | None:
        """Results are kept for 29 days."""
        if state.said.get("results_url"):
            return None
        return Unavailable(f"{self.who}: the results of batch {state.batch} are no longer kept", hint=AGAIN)

    def _created(self, batch: Mapping[str, Any]) -> float:
        try:
            return datetime.fromisoformat(str(batch.get("created_at"))).timestamp()
        except ValueError as error:
            raise Unavailable(f"{self.who}: a batch does not say when it was begun: {str(batch)[:500]}", hint="try again later") from error


def _counts(batch: Mapping[str, Any]) -> dict[str, int]:
    """How many requests of a batch are in which state."""
    counts = batch.get("request_counts")
    return {name: count for name, count in counts.items() if isinstance(count, int)} if isinstance(counts, Mapping) else {}
