"""An embedding model behind an OpenAI-compatible `/embeddings`: texts in, unit-length rows out. It stores nothing.

Source: OpenAI, Embeddings reference.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from rvbbit.errors import Unavailable
from rvbbit.interfaces import Matrix
from rvbbit.providers.connection import Connection
from rvbbit.providers.retrying import Patience

PATH = "/embeddings"
BATCH = 256
TIMEOUT = 120.0


class Embeddings:
    """One embedding model of one server. Its requests each hold one of `places` and are tried again with `patience`."""

    def __init__(self, connection: Connection, model: str, places: asyncio.Semaphore, patience: Patience | None = None) -> None:
        self.name = f"{connection.address.server.name}:{model}"
        self._connection = connection
        self._model = model
        self._places = places
        self._patience = patience or Patience()

    async def embed(self, texts: Sequence[str]) -> Matrix:
        """One unit-length row a text, in order; (0, 0) for no texts. Raises ProviderError."""
        return (await self.counted(texts))[0]

    async def counted(self, texts: Sequence[str]) -> tuple[Matrix, int]:
        """The same with the tokens that the server says it read; 0 where it says nothing."""
        batches = [list(texts[i : i + BATCH]) for i in range(0, len(texts), BATCH)]
        if not batches:
            return np.zeros((0, 0), dtype=np.float32), 0
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._patience.run(partial(self._batch, batch))) for batch in batches]
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        answers = [task.result() for task in tasks]
        return np.concatenate([rows for rows, _ in answers]), sum(tokens for _, tokens in answers)

    async def _batch(self, texts: list[str]) -> tuple[Matrix, int]:
        body = {"model": self._model, "input": texts, "encoding_format": "float"}
        async with self._places:
            answer = await self._connection.post(PATH, body, who=self.name, timeout=TIMEOUT)
        return self._rows(answer, len(texts)), _tokens(answer)

    def _rows(self, answer: dict[str, Any], count: int) -> Matrix:
        try:
            rows = sorted(answer["data"], key=lambda row: row["index"])
            matrix = np.asarray([row["embedding"] for row in rows], dtype=np.float32)
        except (KeyError, TypeError, ValueError) as error:
            raise self._wrong(f"no embeddings: {str(answer)[:200]}") from error
        if matrix.ndim != 2 or len(matrix) != count:
            raise self._wrong(f"{len(matrix)} embeddings for {count} texts")
        lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
        if not np.all(np.isfinite(lengths) & (lengths > 0)):
            raise self._wrong("an embedding without a direction (zero or not a number)")
        unit: Matrix = matrix / lengths
        return unit

    def _wrong(self, what: str) -> Unavailable:
        return Unavailable(f"{self.name}: the answer holds {what}", hint="try again; check that the model is one for embeddings")


def _tokens(answer: dict[str, Any]) -> int:
    usage = answer.get("usage")
    count = usage.get("prompt_tokens") if isinstance(usage, dict) else None
    return count if isinstance(count, int) and count > 0 else 0
