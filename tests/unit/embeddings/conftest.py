"""A store of vectors in memory, and a model that counts what it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pytest

from rvbbit.embeddings.embedding import Embedded, Model
from rvbbit.interfaces import Matrix
from rvbbit.types import Usage


class MemoryStore:
    """`VectorStore` in dictionaries. `writes` are the sizes of what was kept, in order."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], np.ndarray] = {}
        self.facts: dict[tuple[str, str, str], dict[str, str | None]] = {}
        self.writes: list[int] = []

    def known(self, model: str, hashes: pa.Array) -> pa.Array:
        return pa.array([one for one in set(hashes.to_pylist()) if (model, one) in self.held], pa.string())

    def vectors(self, model: str, hashes: pa.Array) -> pa.Table:
        there = [one for one in sorted(set(hashes.to_pylist())) if (model, one) in self.held]
        vectors = pa.array([self.held[model, one] for one in there], pa.list_(pa.float32()))
        return pa.table({"content_hash": pa.array(there, pa.string()), "vector": vectors})

    def keep(self, model: str, hashes: Sequence[str], vectors: Matrix) -> None:
        self.writes.append(len(hashes))
        for one, vector in zip(hashes, vectors, strict=True):
            self.held.setdefault((model, one), vector)

    def rows(self, table: str, column: str, model: str) -> pa.Table:
        there = {key: one for key, one in self.facts.get((table, column, model), {}).items() if one is not None}
        return pa.table({"row_key": pa.array(there, pa.string()), "content_hash": pa.array(there.values(), pa.string())})

    def place(self, table: str, column: str, model: str, rows: pa.Table) -> None:
        facts = self.facts.setdefault((table, column, model), {})
        facts.update({row["row_key"]: row["content_hash"] for row in rows.to_pylist()})


@dataclass
class Counting:
    """A model of two dimensions; `fails_at` is the call that raises."""

    calls: list[list[str]] = field(default_factory=list)
    fails_at: int | None = None
    error: Exception | None = None

    def model(self, at_once: int = 1) -> Model:
        return Model("local:minilm", self.embed, at_once)

    async def embed(self, texts: Sequence[str]) -> Embedded:
        if self.fails_at == len(self.calls):
            assert self.error is not None
            raise self.error
        self.calls.append(list(texts))
        angles = np.array([len(text) for text in texts], np.float32)
        return Embedded(np.stack([np.cos(angles), np.sin(angles)], axis=1), Usage(tokens_in=len(texts)))


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def counting() -> Counting:
    return Counting()
