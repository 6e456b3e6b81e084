"""What batches need of a provider's batch API: one begun, one found again, its state, its result lines, what a line says.

Knows no files of ours and waits for no batch. Each provider's own is a file beside this one. Calls are tried again where that may help.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, TypeVar

from rvbbit.errors import ProviderError, Unavailable
from rvbbit.providers.batch_records import BatchRecord
from rvbbit.providers.connection import Connection
from rvbbit.providers.failures import failure
from rvbbit.providers.retrying import Patience

TIMEOUT = 300.0
AGAIN = "run the query again: what was answered is kept, the rest goes into a new batch"

T = TypeVar("T")
Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class State:
    """A batch as its server describes it in `said`. `done` requests have an answer or an error, as far as the server tells."""

    batch: str
    status: str
    over: bool
    done: int
    said: Mapping[str, Any]


class BatchAPI(ABC):
    """Of one server; `who` names the model in errors.

    `most_requests` and `most_bytes` are what one batch may hold. `marks`: whether the server keeps our own id of a batch, so that what
    `found` gives is that batch; else it may be another of the same size, which its lines tell.
    """

    most_requests: ClassVar[int]
    most_bytes: ClassVar[int]
    marks: ClassVar[bool]

    def __init__(self, connection: Connection, who: str, patience: Patience) -> None:
        self.address = connection.address.shown
        self.connection = connection
        self.who = who
        self._patience = patience

    @abstractmethod
    async def begin(self, bodies: Mapping[str, Mapping[str, Any]], mark: str) -> str:
        """Begin a batch of requests by custom id; its id. An answer that is lost may have begun one. Raises ProviderError."""

    @abstractmethod
    async def found(self, record: BatchRecord) -> list[str]:
        """The ids of batches at the server that may be the one of a record, newest first. Raises ProviderError."""

    @abstractmethod
    async def state(self, batch: str) -> State:
        """A batch as it is now. Raises ProviderError."""

    @abstractmethod
    async def lines(self, state: State) -> dict[str, Line]:
        """The result lines of a batch that is over by custom id; what is no such line is left out. Raises ProviderError."""

    @abstractmethod
    def body(self, batch: str, line: Line) -> Mapping[str, Any] | None:
        """The body of the answer in a result line, None where it holds none. Raises ProviderError for an error in it."""

    @abstractmethod
    def reason(self, state: State) -> ProviderError | None:
        """Why requests of a batch that is over may have no answer."""

    async def _tried(self, call: Callable[[], Awaitable[T]]) -> T:
        return await self._patience.run(call)

    async def _get(self, path: str) -> dict[str, Any]:
        return await self._tried(lambda: self.connection.get(path, who=self.who, timeout=TIMEOUT))

    async def _lines(self, path: str) -> dict[str, Line]:
        raw = await self._tried(lambda: self.connection.download(path, who=self.who, timeout=TIMEOUT))
        lines = (_parsed(line) for line in raw.decode("utf-8", "replace").splitlines())
        return {line["custom_id"]: line for line in lines if isinstance(line, Mapping) and isinstance(line.get("custom_id"), str)}

    def _id(self, batch: Mapping[str, Any]) -> str:
        if not isinstance(batch.get("id"), str) or not batch["id"]:
            raise Unavailable(f"{self.who}: the answer is no batch: {str(batch)[:500]}", hint="does this server have such a batch API?")
        return str(batch["id"])

    def _failure(self, status: int, body: Mapping[str, Any]) -> ProviderError:
        key = self.connection.address.server.key_env
        return failure(self.who, status, {}, body, key_env=key, now=datetime.now(UTC))


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None
