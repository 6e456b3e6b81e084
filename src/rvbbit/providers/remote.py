"""The OpenAI-compatible clients of a process: one connection a server, shared by its models. The registry imports this late.

It wraps nothing: `registry` does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from rvbbit.providers.chat import Chat
from rvbbit.providers.connection import Connection
from rvbbit.providers.embeddings import Embeddings
from rvbbit.providers.retrying import Patience
from rvbbit.providers.servers import BY_NAME, address


class Remote:
    """Chat and embedding models by server name, with at most `sockets` sockets each."""

    def __init__(self, env: Mapping[str, str], sockets: int) -> None:
        self._env = env
        self._sockets = sockets
        self._connections: dict[str, Connection] = {}

    def chat(self, server: str, model: str) -> Chat:
        """A chat model. Raises AuthenticationFailed, UsageError."""
        return Chat(self._connection(server), model)

    def embeddings(self, server: str, model: str, places: asyncio.Semaphore, patience: Patience) -> Embeddings:
        """An embedding model. Raises AuthenticationFailed, UsageError."""
        return Embeddings(self._connection(server), model, places, patience)

    async def close(self) -> None:
        """Close every connection."""
        connections, self._connections = self._connections, {}
        for connection in connections.values():
            await connection.close()

    def _connection(self, server: str) -> Connection:
        if server not in self._connections:
            self._connections[server] = Connection(address(BY_NAME[server], self._env), limit=self._sockets)
        return self._connections[server]
