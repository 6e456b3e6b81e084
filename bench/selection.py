"""How long choosing examples takes from a large set: every strategy at 1,000 to 100,000 examples, and what a new set costs once.

    .venv/bin/python -m bench.selection [--most N] [--asked N]

Texts are synthetic questions in a thousand clusters with vectors of the embedder's width, handed over as already known: embedding the
question itself is measured apart.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from rvbbit.interfaces import Matrix
from rvbbit.providers.local.minilm import WIDTH, MiniLM
from rvbbit.training.selection import Selector
from rvbbit.types import CellKey, Example, Strategy, TrainingPolicy

CELL = CellKey("classify", "label")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
CLUSTERS = 1_000
LABELS = 77
SPREAD = 0.9  # of a cluster: neighbours at cosine 0.5 to 0.6, as intents have with the real embedder
STRATEGIES: Sequence[Strategy] = ("recent", "high_confidence", "random", "semantic")


class Known:
    """An `Embedder` that knows its texts' vectors; a text is its own row number."""

    def __init__(self, rows: int) -> None:
        draw = np.random.default_rng(0)
        centres = draw.normal(size=(CLUSTERS, WIDTH)).astype(np.float32)
        vectors = centres[draw.integers(CLUSTERS, size=rows)] + SPREAD * draw.normal(size=(rows, WIDTH)).astype(np.float32)
        self.vectors: Matrix = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

    async def embed(self, texts: Sequence[str]) -> Matrix:
        return self.vectors[[int(text.split()[-1]) for text in texts]]


class Shelf:
    def __init__(self, rows: int) -> None:
        self.examples = [
            Example(f"{row}", {"text": f"question number {row}"}, f"label {row % LABELS}", NOW, row % 100 / 100, row % 3 == 0)
            for row in range(rows)
        ]
        self.decided = 1

    def revision(self) -> int:
        return self.decided

    def trainable(self, cell: CellKey) -> list[Example]:
        return self.examples


def milliseconds(seconds: Sequence[float]) -> str:
    p50, p95 = np.percentile(np.array(seconds) * 1000, [50, 95])
    return f"p50 {p50:6.2f} ms, p95 {p95:6.2f} ms"


async def measured(rows: int, asked: int) -> None:
    embedder, shelf = Known(rows + asked), Shelf(rows)
    for strategy in STRATEGIES:
        selector = Selector(shelf, embedder)  # type: ignore[arg-type]
        policy = TrainingPolicy(limit=5, strategy=strategy)
        started = time.perf_counter()
        await selector.version(CELL, policy, {"text": "question number 0"})
        first = time.perf_counter() - started
        took = []
        for row in range(rows, rows + asked):
            started = time.perf_counter()
            found = await selector.select(CELL, policy, {"text": f"question number {row}"})
            took.append(time.perf_counter() - started)
            assert len(found.examples) == policy.limit
        shelf.decided += 1
        started = time.perf_counter()
        await selector.version(CELL, policy, {"text": "question number 0"})
        again = time.perf_counter() - started
        print(f"{rows:>8,} examples, {strategy:<15} {milliseconds(took)}; first set {first:5.1f} s, after a decision {again:5.2f} s")


async def embedding(asked: int) -> None:
    model, took = MiniLM(), []
    for row in range(asked):
        started = time.perf_counter()
        await model.embed([f"why was my card payment number {row} declined at the shop?"])
        took.append(time.perf_counter() - started)
    await model.close()
    print(f"embedding one new question of a dozen words: {milliseconds(took[1:])}")


async def main(most: int, asked: int) -> None:
    for rows in (1_000, 10_000, 100_000):
        if rows <= most:
            await measured(rows, asked)
    await embedding(asked)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=100_000, metavar="N")
    parser.add_argument("--asked", type=int, default=300, metavar="N")
    given = parser.parse_args()
    asyncio.run(main(given.most, given.asked))
