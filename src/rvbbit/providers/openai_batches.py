"""OpenAI's batch API: requests go up as a file, results come down as one or two. A mark in a batch's metadata finds it again.

Source: OpenAI, Batch API guide and reference.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rvbbit.errors import ProviderError, TerminalError, Unavailable
from rvbbit.providers.batch_api import AGAIN, TIMEOUT, BatchAPI, Line, State
from rvbbit.providers.batch_records import BatchRecord
from rvbbit.providers.chat import PATH
from rvbbit.providers.failures import words

ENDPOINT = f"/v1{PATH}"
LISTED = 100
MARK = "rvbbit"
"""The name in a batch's metadata under which our own id of it stands."""
OVER = ("completed", "failed", "expired", "cancelled")


class OpenAIBatches(BatchAPI):
    """Of `openai`, and of what is reached at OPENAI_BASE_URL."""

    most_requests = 50_000
    most_bytes = 100_000_000
    marks = True

    async def begin(self, bodies: Mapping[str, Mapping[str, Any]], mark: str) -> str:
        """Upload the requests and begin a batch of them."""
        lines = [json.dumps({"custom_id": id_, "method": "POST", "url": ENDPOINT, "body": body}) for id_, body in bodies.items()]
        file = "\n".join(lines).encode()
        put = self.connection.upload
        uploaded = await self._tried(lambda: put("/files", file, {"purpose": "batch"}, who=self.who, timeout=TIMEOUT))
        asked = {"input_file_id": uploaded.get("id"), "endpoint": ENDPOINT, "completion_window": "24h", "metadata": {MARK: mark}}
        # Not tried again here: an answer that was lost may have begun one, and `found` tells.
        return self._id(await self.connection.post("/batches", asked, who=self.who, timeout=TIMEOUT))

    async def found(self, record: BatchRecord) -> list[str]:
        """The one with the record's mark, of the newest there are."""
        data = (await self._get(f"/batches?limit={LISTED}")).get("data")
        batches = [batch for batch in data if isinstance(batch, Mapping)] if isinstance(data, list) else []
        return [self._id(batch) for batch in batches if (batch.get("metadata") or {}).get(MARK) == record.mark]

    async def state(self, batch: str) -> State:
        """A batch as it is now."""
        said = await self._get(f"/batches/{batch}")
        counts = said.get("request_counts")
        done = counts.get("completed", 0) + counts.get("failed", 0) if isinstance(counts, Mapping) else 0
        return State(batch, str(said.get("status")), said.get("status") in OVER, done, said)

    async def lines(self, state: State) -> dict[str, Line]:
        """Of the file of answers and that of errors."""
        files = [state.said.get("output_file_id"), state.said.get("error_file_id")]
        found: dict[str, Line] = {}
        for file in files:
            found |= await self._lines(f"/files/{file}/content") if file else {}
        return found

    def body(self, batch: str, line: Line) -> Mapping[str, Any] | None:
        """The chat completion in a line."""
        response = line.get("response")
        if isinstance(response, Mapping) and isinstance(response.get("body"), Mapping):
            status, body = response.get("status_code"), response["body"]
            status = status if isinstance(status, int) else 500
            if status == 200:
                return body  # type: ignore[no-any-return]
            raise self._failure(status, body)
        if isinstance(error := line.get("error"), Mapping):
            raise Unavailable(f"{self.who}: batch {batch}: {error.get('code')}: {error.get('message')}", hint=AGAIN)
        return None

    def reason(self, state: State) -> ProviderError | None:
        """What a batch that was not completed says."""
        if state.status == "completed":
            return None
        errors = state.said.get("errors")
        listed = errors.get("data") if isinstance(errors, Mapping) else None
        said = words(listed[0])[0] if isinstance(listed, list) and listed else None
        message = f"{self.who}: batch {state.batch} {state.status}{f': {said}' if said else ''}"
        if state.status == "failed":
            return TerminalError(message, hint="the provider would not take the batch")
        return Unavailable(message, hint=AGAIN)
