"""How long choosing examples takes from a large set: every strategy at 1,000 to 100,000 examples, and what a new set costs once.

    .venv/bin/python -m bench.selection [--most N] [--asked N] [--runs N] [--docs]

Each line is of several runs in new selectors, CPU time of all threads beside the wall; `--docs` puts the table into `docs/training.md`.
Texts are synthetic questions in a thousand clusters with vectors of the embedder's width, handed over as already known: embedding the
question itself is measured apart.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from rvbbit.interfaces import Matrix
from rvbbit.providers.local.minilm import WIDTH, MiniLM
from rvbbit.training.selection import Selector
from rvbbit.types import CellKey, Example, Strategy, TrainingPolicy

PAGE = Path(__file__).parents[1] / "docs" / "training.md"
BEGIN, END = "<!-- measured: bench/selection.py -->\n", "<!-- end -->\n"
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
    return f"{p50:.2f} | {p95:.2f}"


def between(seconds: Sequence[float]) -> str:
    return f"{min(seconds):.1f} – {max(seconds):.1f}"


class Clock:
    """Seconds on the wall and of CPU since the last look."""

    def __init__(self) -> None:
        self._last = time.perf_counter(), time.process_time()

    def look(self) -> tuple[float, float]:
        now, last = (time.perf_counter(), time.process_time()), self._last
        self._last = now
        return now[0] - last[0], now[1] - last[1]


async def measured(rows: int, asked: int, strategy: Strategy, runs: int) -> str:
    """A line of the table."""
    embedder, shelf = Known(rows + asked), Shelf(rows)
    policy = TrainingPolicy(limit=5, strategy=strategy)
    took: list[tuple[float, float]] = []
    first, again = [], []
    for _ in range(runs):
        selector, clock = Selector(shelf, embedder), Clock()  # type: ignore[arg-type]
        await selector.version(CELL, policy, {"text": "question number 0"})
        first.append(clock.look()[0])
        for row in range(rows, rows + asked):
            clock.look()
            found = await selector.select(CELL, policy, {"text": f"question number {row}"})
            took.append(clock.look())
            if len(found.examples) != policy.limit:
                raise SystemExit(f"{strategy} gave {len(found.examples)} examples of {rows}")
        shelf.decided += 1
        clock.look()
        await selector.version(CELL, policy, {"text": "question number 0"})
        again.append(clock.look()[0])
    wall, cpu = (milliseconds(seconds) for seconds in zip(*took, strict=True))
    return f"| {rows:,} | `{strategy}` | {wall} | {cpu} | {between(first)} | {between(again)} |"


async def embedding(asked: int) -> str:
    model, took = MiniLM(), []
    for row in range(asked):
        started = time.perf_counter()
        await model.embed([f"why was my card payment number {row} declined at the shop?"])
        took.append(time.perf_counter() - started)
    await model.close()
    p50, p95 = np.percentile(np.array(took[1:]) * 1000, [50, 95])
    return f"Embedding one new question of a dozen words: p50 {p50:.1f} ms, p95 {p95:.1f} ms."


async def report(most: int, asked: int, runs: int) -> list[str]:
    lines = ["| examples | strategy | p50 ms | p95 ms | CPU p50 ms | CPU p95 ms | first set s | after a decision s |"]
    lines += ["|--:|---|" + "--:|" * 6]
    for rows in (1_000, 10_000, 100_000):
        if rows <= most:
            lines += [await measured(rows, asked, strategy, runs) for strategy in STRATEGIES]
    return [*lines, "", await embedding(asked)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=100_000, metavar="N")
    parser.add_argument("--asked", type=int, default=300, metavar="N")
    parser.add_argument("--runs", type=int, default=3, metavar="N")
    parser.add_argument("--docs", action="store_true", help="write the table into docs/training.md")
    given = parser.parse_args()
    table = "\n".join(asyncio.run(report(given.most, given.asked, given.runs))) + "\n"
    print(table)
    if given.docs:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        PAGE.write_text(before + BEGIN + table + END + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    main()
