"""What the tests of scoring share: executions to score and an embedder that knows words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from rvbbit.interfaces import Embedder, Matrix
from rvbbit.types import CellKey, Scorable, Value


class Words:
    """Texts are near when they share words."""

    async def embed(self, texts: Sequence[str]) -> Matrix:
        vectors = np.zeros((len(texts), 512), np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for word in text.split():
                row[sum(map(ord, word)) % 512] += 1
            row /= np.linalg.norm(row) or 1
        return vectors


@pytest.fixture
def words() -> Embedder:
    return Words()


@pytest.fixture
def execution() -> Callable[..., Scorable]:
    """`execution(answer, text=…, …)`, each of an id of its own."""
    made: list[Scorable] = []

    def make(answer: Value, text: str = "a text", **more: object) -> Scorable:
        more.setdefault("held", answer)
        made.append(Scorable(f"trace-{len(made)}", CellKey("classify", "label"), {"text": text}, answer, **more))  # type: ignore[arg-type]
        return made[-1]

    return make
