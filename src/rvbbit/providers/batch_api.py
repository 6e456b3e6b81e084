"""OpenAI's batch API as five calls: a file up, a batch begun, its state, all batches, a file down. Each is tried again where that may help.

Knows no files of ours and waits for no batch. Source: OpenAI, Batch API guide and reference.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from rvbbit.errors import Unavailable
from rvbbit.providers.chat import PATH
from rvbbit.providers.connection import Connection
from rvbbit.providers.retrying import Patience

ENDPOINT = f"/v1{PATH}"
TIMEOUT = 300.0
LISTED = 100
MARK = "rvbbit"
"""The name in a batch's metadata under which our own id of it stands."""

T = TypeVar("T")


class BatchAPI:
    """Of one server; `who` names the model in errors."""

    def __init__(self, connection: Connection, who: str, patience: Patience) -> None:
        self.address = connection.address.shown
        self.connection = connection
        self.who = who
        self._patience = patience

    async def begin(self, bodies: Mapping[str, Mapping[str, Any]], mark: str) -> str:
        """Upload requests by custom id and begin a batch of them; its id. Raises ProviderError."""
        lines = [json.dumps({"custom_id": id_, "method": "POST", "url": ENDPOINT, "body": body}) for id_, body in bodies.items()]
        file = "\n".join(lines).encode()
        put = self.connection.upload
        uploaded = await self._tried(lambda: put("/files", file, {"purpose": "batch"}, who=self.who, timeout=TIMEOUT))
        asked = {"input_file_id": uploaded.get("id"), "endpoint": ENDPOINT, "completion_window": "24h", "metadata": {MARK: mark}}
        # Not tried again here: an answer that was lost may have begun one, and `found` tells.
        begun = await self.connection.post("/batches", asked, who=self.who, timeout=TIMEOUT)
        return self._id(begun)

    async def found(self, mark: str) -> str | None:
        """The id of the batch begun under a mark, of the newest there are; None where there is none. Raises ProviderError."""
        listed = await self._tried(lambda: self.connection.get("/batches", who=self.who, timeout=TIMEOUT))
        data = listed.get("data")
        for batch in data if isinstance(data, list) else ():
            if isinstance(batch, Mapping) and (batch.get("metadata") or {}).get(MARK) == mark:
                return self._id(batch)
        return None

    async def state(self, batch: str) -> dict[str, Any]:
        """A batch as the server describes it. Raises ProviderError."""
        return await self._tried(lambda: self.connection.get(f"/batches/{batch}", who=self.who, timeout=TIMEOUT))

    async def lines(self, files: Sequence[str | None]) -> dict[str, Mapping[str, Any]]:
        """The result lines of files by custom id; what is no such line is left out. Raises ProviderError."""
        found: dict[str, Mapping[str, Any]] = {}
        for file in files:
            if not file:
                continue
            path = f"/files/{file}/content"
            raw = await self._tried(lambda path=path: self.connection.download(path, who=self.who, timeout=TIMEOUT))  # type: ignore[misc]
            for line in raw.decode("utf-8", "replace").splitlines():
                result = _parsed(line)
                if isinstance(result, Mapping) and isinstance(result.get("custom_id"), str):
                    found[result["custom_id"]] = result
        return found

    async def _tried(self, call: Callable[[], Awaitable[T]]) -> T:
        return await self._patience.run(call)

    def _id(self, batch: Mapping[str, Any]) -> str:
        if not isinstance(batch.get("id"), str) or not batch["id"]:
            raise Unavailable(f"{self.who}: the answer is no batch: {str(batch)[:500]}", hint="does this server have OpenAI's batch API?")
        return str(batch["id"])


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None
