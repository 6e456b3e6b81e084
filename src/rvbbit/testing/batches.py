"""The fake server's batch API: files up and down, batches that are done after a while. It keeps everything until the server ends.

Bodies follow OpenAI's Batch and Files reference; nothing here knows sockets.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rvbbit.testing.answers import Body

Line = Mapping[str, Any]


@dataclass(slots=True)
class Batches:
    """`delay` in seconds until a batch is done, `status` what it is then. `fails` gives the HTTP status of a request that fails.

    `begun` are the batches in order, as they are described to those who ask; `lines` counts the requests that were answered
    in them; `lose_answers` is how many beginnings are not answered, though they begin.
    """

    answer: Callable[[Body], dict[str, Any]]
    delay: float = 0.0
    status: str = "completed"
    fails: Callable[[Body], int | None] = lambda body: None
    begun: list[dict[str, Any]] = field(default_factory=list)
    lines: int = 0
    lose_answers: int = 0
    _files: dict[str, bytes] = field(default_factory=dict)
    _over: dict[str, float] = field(default_factory=dict)

    def upload(self, content: bytes, purpose: str) -> dict[str, Any]:
        """A file."""
        id_ = self._keep(content)
        return {"id": id_, "object": "file", "bytes": len(content), "filename": "batch.jsonl", "purpose": purpose}

    def content(self, id_: str) -> bytes | None:
        """What a file holds; None where there is none."""
        return self._files.get(id_)

    def begin(self, body: Body) -> dict[str, Any] | None:
        """A batch of a file's requests; None where there is no such file."""
        if body.get("input_file_id") not in self._files:
            return None
        total = len(self._requests(str(body["input_file_id"])))
        batch = {
            "id": f"batch_{len(self.begun) + 1}",
            "object": "batch",
            "endpoint": body.get("endpoint"),
            "input_file_id": body["input_file_id"],
            "completion_window": body.get("completion_window"),
            "status": "in_progress",
            "output_file_id": None,
            "error_file_id": None,
            "metadata": body.get("metadata"),
            "request_counts": {"total": total, "completed": 0, "failed": 0},
        }
        self.begun.append(batch)
        self._over[batch["id"]] = time.monotonic() + self.delay
        return batch

    def get(self, id_: str) -> dict[str, Any] | None:
        """A batch as it is now."""
        batch = next((batch for batch in self.begun if batch["id"] == id_), None)
        if batch is not None and batch["status"] == "in_progress" and time.monotonic() >= self._over[id_]:
            self._finish(batch)
        return batch

    def listed(self) -> dict[str, Any]:
        """All of them, newest first."""
        return {"object": "list", "data": list(reversed(self.begun)), "has_more": False}

    def _finish(self, batch: dict[str, Any]) -> None:
        batch["status"] = self.status
        if self.status == "failed":
            batch["errors"] = {"object": "list", "data": [{"code": "invalid", "message": "the file is not as it should be", "line": 1}]}
            return
        good: list[Line] = []
        bad: list[Line] = []
        for request in reversed(self._requests(batch["input_file_id"])):  # in no order that anybody may rely on
            status = self.fails(request["body"])
            body = self.answer(request["body"]) if status is None else {"error": {"message": "a fault the fake server was told to have"}}
            response = {"status_code": status or 200, "request_id": f"req_{request['custom_id']}", "body": body}
            line = {"id": f"batch_req_{request['custom_id']}", "custom_id": request["custom_id"], "response": response, "error": None}
            (good if status is None else bad).append(line)
        if self.status == "expired":  # half of them were answered in time
            late = [
                {**line, "response": None, "error": {"code": "batch_expired", "message": "too late"}} for line in good[len(good) // 2 :]
            ]
            good, bad = good[: len(good) // 2], [*bad, *late]
        self.lines += len(good)
        batch["request_counts"] |= {"completed": len(good), "failed": len(bad)}
        batch["output_file_id"] = self._keep(_lines(good)) if good else None
        batch["error_file_id"] = self._keep(_lines(bad)) if bad else None

    def _requests(self, file: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._files[file].splitlines() if line]

    def _keep(self, content: bytes) -> str:
        id_ = f"file-{len(self._files) + 1}"
        self._files[id_] = content
        return id_


def _lines(lines: list[Line]) -> bytes:
    return "\n".join(json.dumps(line) for line in lines).encode()
