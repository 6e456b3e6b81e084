"""Which batches are under way, on disk: a file each, written before the batch is begun and gone once its answers are in the log.

It holds ids and no text of any row. A batch that was begun and never written down is found again at the server by the mark in its metadata.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

DAYS_KEPT = 29
"""Providers forget results after thirty."""


@dataclass(slots=True)
class BatchRecord:
    """One batch. `batch` is the server's id, None until it has said it; `begun` in seconds since 1970."""

    model: str
    address: str
    ids: list[str]
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)
    batch: str | None = None
    begun: float = field(default_factory=time.time)


class BatchRecords:
    """The records in a folder; None: only in memory, and gone with the process."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def read(self, model: str, address: str) -> list[BatchRecord]:
        """Those of a model at an address, oldest first. Too old ones are removed; what is no record is passed over."""
        found = []
        for path in sorted(self._folder.glob("*.json")) if self._folder is not None and self._folder.is_dir() else ():
            record = _record(path)
            if record is None or (record.model, record.address) != (model, address):
                continue
            if time.time() - record.begun > DAYS_KEPT * 86_400:
                self.remove(record)
            else:
                found.append(record)
        return sorted(found, key=lambda record: record.begun)

    def write(self, record: BatchRecord) -> None:
        """On disk when it returns. Raises OSError."""
        if self._folder is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        partial = self._folder / f"{record.mark}.{uuid.uuid4().hex}.partial"
        with partial.open("w", encoding="utf-8") as file:
            json.dump(asdict(record), file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self._folder / f"{record.mark}.json")

    def remove(self, record: BatchRecord) -> None:
        """Forget it. Safe to call twice."""
        if self._folder is not None:
            (self._folder / f"{record.mark}.json").unlink(missing_ok=True)


def _record(path: Path) -> BatchRecord | None:
    try:
        read: Any = json.loads(path.read_text("utf-8"))
        return BatchRecord(**read)
    except (OSError, ValueError, TypeError):
        return None
