"""The clients of a process that are ours: one connection a server, shared by its models, and all that have batches. The registry imports
this late.

It wraps nothing: `registry` does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rvbbit.providers import anthropic_batches
from rvbbit.providers.anthropic_batches import AnthropicBatches
from rvbbit.providers.batch_api import BatchAPI
from rvbbit.providers.batch_records import BatchRecords
from rvbbit.providers.batched import Batched
from rvbbit.providers.batches import Batches, Say
from rvbbit.providers.chat import Chat
from rvbbit.providers.connection import Connection
from rvbbit.providers.embeddings import Embeddings
from rvbbit.providers.foreign import FAMILIES, foreign
from rvbbit.providers.openai_batches import OpenAIBatches
from rvbbit.providers.prices import Prices
from rvbbit.providers.retrying import Patience
from rvbbit.providers.servers import BY_NAME, address

if TYPE_CHECKING:
    from rvbbit.providers.direct import Direct


class Remote:
    """Chat and embedding models by server name, with at most `sockets` sockets each."""

    def __init__(self, env: Mapping[str, str], sockets: int) -> None:
        self._env = env
        self._sockets = sockets
        self._connections: dict[str, Connection] = {}
        self._batches: dict[str, tuple[Chat | Direct, Batches]] = {}

    def chat(self, server: str, model: str) -> Chat:
        """A chat model. Raises AuthenticationFailed, UsageError."""
        return Chat(self._connection(server), model)

    def batched(  # noqa: PLR0917 - what a batch needs, from the one place that has it
        self, server: str, model: str, records: BatchRecords, patience: Patience, prices: Prices, say: Say
    ) -> Batched:
        """A model through its server's batch API, for one query. Raises AuthenticationFailed, UsageError, ModelNotFound, Unsupported."""
        name = f"{server}:{model}"
        if name not in self._batches:
            spoken: Chat | Direct = foreign(name, self._env) if server in FAMILIES else Chat(self._connection(server), model)
            kind: type[BatchAPI] = AnthropicBatches if server in FAMILIES else OpenAIBatches
            self._batches[name] = spoken, Batches(kind(self._connection(server), name, patience), records)
        return Batched(*self._batches[name], prices, say)

    def embeddings(self, server: str, model: str, places: asyncio.Semaphore, patience: Patience) -> Embeddings:
        """An embedding model. Raises AuthenticationFailed, UsageError."""
        return Embeddings(self._connection(server), model, places, patience)

    async def close(self) -> None:
        """Close every connection. Batches go on without us."""
        batches, self._batches = self._batches, {}
        for spoken, begun in batches.values():
            await begun.close()
            await spoken.close()
        connections, self._connections = self._connections, {}
        for connection in connections.values():
            await connection.close()

    def _connection(self, server: str) -> Connection:
        if server not in self._connections:
            known = anthropic_batches.SERVER if server == anthropic_batches.SERVER.name else BY_NAME[server]
            self._connections[server] = Connection(address(known, self._env), limit=self._sockets)
        return self._connections[server]
