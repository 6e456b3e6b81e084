"""The fake server's Message Batches API: batches of messages that have ended after a while. It keeps everything until the server ends.

Bodies follow Anthropic's Message Batches reference; nothing here knows sockets.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from rvbbit.testing import messages
from rvbbit.testing.answers import Body

MOST_REQUESTS = 100_000
CUSTOM_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
UNRUN = ("canceled", "expired")


@dataclass(slots=True)
class MessageBatches:
    """`answer` is asked with chat completions bodies and answers so; `delay` in seconds until a batch has ended.

    `fails` gives what becomes of a request that is not answered: `canceled`, `expired` or a type of error. `begun` are the batches in
    order, as they are described to those who ask, `asked` their requests by batch; `lines` counts the requests that were answered;
    `lose_answers` is how many beginnings are not answered, though they begin.
    """

    answer: Callable[[Body], dict[str, Any]]
    delay: float = 0.0
    fails: Callable[[Body], str | None] = lambda body: None
    begun: list[dict[str, Any]] = field(default_factory=list)
    asked: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    lines: int = 0
    lose_answers: int = 0
    _over: dict[str, float] = field(default_factory=dict)
    _results: dict[str, bytes] = field(default_factory=dict)
    _urls: dict[str, str] = field(default_factory=dict)

    def refused(self, body: Body) -> str | None:
        """Why no batch is begun of a body."""
        ids = [str(request.get("custom_id")) for request in body.get("requests") or ()]
        if not 1 <= len(ids) <= MOST_REQUESTS:
            return f"requests: between 1 and {MOST_REQUESTS} are needed"
        if len(set(ids)) < len(ids) or not all(CUSTOM_ID.fullmatch(id_) for id_ in ids):
            return "requests.custom_id: must be unique and fit ^[a-zA-Z0-9_-]{1,64}$"
        return None

    def begin(self, body: Body, base_url: str) -> dict[str, Any]:
        """A batch of a body's requests."""
        id_, now = f"msgbatch_fake_{len(self.begun) + 1}", datetime.now(UTC)
        counts = {"processing": len(body["requests"]), "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}
        batch = {
            "id": id_,
            "type": "message_batch",
            "processing_status": "in_progress",
            "request_counts": counts,
            "created_at": now.isoformat(),
            "expires_at": (now + timedelta(days=1)).isoformat(),
            "ended_at": None,
            "archived_at": None,
            "cancel_initiated_at": None,
            "results_url": None,
        }
        self.begun.append(batch)
        self.asked[id_] = list(body["requests"])
        self._over[id_] = time.monotonic() + self.delay
        self._urls[id_] = f"{base_url}/messages/batches/{id_}/results"
        return batch

    def get(self, id_: str) -> dict[str, Any] | None:
        """A batch as it is now."""
        batch = next((batch for batch in self.begun if batch["id"] == id_), None)
        if batch is not None and batch["processing_status"] == "in_progress" and time.monotonic() >= self._over[id_]:
            self._end(batch)
        return batch

    def listed(self, limit: int, after: str | None) -> dict[str, Any]:
        """A page of them, newest first."""
        newest = [batch for one in reversed(self.begun) if (batch := self.get(one["id"])) is not None]
        start = next((place for place, batch in enumerate(newest, 1) if batch["id"] == after), 0)
        page = newest[start : start + limit]
        ends = {"first_id": page[0]["id"] if page else None, "last_id": page[-1]["id"] if page else None}
        return {"data": page, "has_more": len(newest) > start + limit, **ends}

    def results(self, id_: str) -> bytes | None:
        """The results of a batch that has ended, a line each; None where there are none."""
        self.get(id_)
        return self._results.get(id_)

    def _end(self, batch: dict[str, Any]) -> None:
        lines = []
        counts = dict.fromkeys(batch["request_counts"], 0)
        for request in reversed(self.asked[batch["id"]]):  # in no order that anybody may rely on
            result = self._result(messages.chat(request["params"]))
            counts[result["type"]] += 1
            lines.append(json.dumps({"custom_id": request["custom_id"], "result": result}))
        self.lines += counts["succeeded"]
        self._results[batch["id"]] = "\n".join(lines).encode()
        url = self._urls[batch["id"]]
        batch |= {"processing_status": "ended", "ended_at": datetime.now(UTC).isoformat(), "request_counts": counts, "results_url": url}

    def _result(self, body: Body) -> dict[str, Any]:
        fate = self.fails(body)
        if fate is None:
            return {"type": "succeeded", "message": messages.message(self.answer(body))}
        if fate in UNRUN:
            return {"type": fate}
        return {"type": "errored", "error": messages.error(fate, "a fault the fake server was told to have")}
