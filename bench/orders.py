"""Orders of the review queue that were tried and not taken, on train rows alone (docs/adr/0017); and what the stop signal says on the way.

    .venv/bin/python -m bench.orders [--data DIR] [--set NAME] [--seeds N] [--vectors DIR] [--signal]

A log of `LOG` train rows, `HELD` others to measure on, another draw a seed; no test row is touched. `coverage × N` is the queue with doubt
counting N times as much as it does; `margin` asks what the student is least sure of, in a random quarter of what is left. `--signal` shows,
for one log of `bench.review` (test rows), decisions by value, accuracy and what `outlook` said, instead.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from bench.learning import ROOT, Data, read
from bench.review import SETS, Log, embedded, part, queue

from rvbbit.providers.local.minilm import MiniLM
from rvbbit.providers.local.student import fit, probabilities
from rvbbit.training import review
from rvbbit.training.review import Question, outlook, worth

LOG, HELD = 4_000, 1_000
LOOKS = (100, 200, 400, 800, 1_200)
DOUBTS = (1.0, 5.7, 40.0)
EACH, PART = 25, 12

Choose = Callable[[Log, Sequence[int], Sequence[Question], int, int], list[int]]
"""(log, decided, questions, how many, seed) → the next places."""


def at_random(log: Log, decided: Sequence[int], questions: Sequence[Question], number: int, seed: int) -> list[int]:
    line: list[int] = np.random.default_rng(seed).permutation(len(log.train)).tolist()
    return line[len(decided) : len(decided) + number]


def by_value(log: Log, decided: Sequence[int], questions: Sequence[Question], number: int, seed: int) -> list[int]:
    return [pick.place for pick in worth(questions, log.train, number)]


def by_margin(log: Log, decided: Sequence[int], questions: Sequence[Question], number: int, seed: int) -> list[int]:
    if len(decided) < 2 * EACH:
        return by_value(log, decided, questions, number, seed)
    head = fit(log.names, log.train[decided].astype(np.float64), log.truth[decided])
    left = np.array([place for place, one in enumerate(questions) if not one.reviewed])
    some = np.random.default_rng(seed + len(decided)).choice(left, len(left) // 4, replace=False)
    sure = np.sort(probabilities(head.scores(log.train[some].astype(np.float64))), axis=1)
    found: list[int] = some[np.argsort(sure[:, -1] - sure[:, -2])[:number]].tolist()
    return found


@contextmanager
def doubting(times: float) -> Iterator[None]:
    """The queue, with doubt counting so many times as much."""
    doubts = review._Reach._doubts

    def more(self: Any, questions: Any) -> Any:
        return doubts(self, questions) * np.float32(times)

    review._Reach._doubts = more  # type: ignore[method-assign]
    try:
        yield
    finally:
        review._Reach._doubts = doubts  # type: ignore[method-assign]


def accuracies(log: Log, choose: Choose, seed: int) -> list[float]:
    questions = [Question(f"{seed} {place}", "", str(answer)) for place, answer in enumerate(log.first)]
    decided: list[int] = []
    found = []
    for look in LOOKS:
        while len(decided) < look:
            new = choose(log, decided, questions, min(max(EACH, len(decided) // PART), look - len(decided)), seed)
            for place in new:
                questions[place] = replace(questions[place], answer=str(log.truth[place]), reviewed=True)
            decided += new
        found.append(100 * log.accuracy(decided))
    return found


def line(name: str, logs: Sequence[Log], choose: Choose) -> str:
    runs = [accuracies(log, choose, seed) for seed, log in enumerate(logs)]
    return f"| {name} | {' | '.join(f'{statistics.mean(column):.1f}' for column in zip(*runs, strict=True))} |"


async def orders(data: Data, seeds: int, vectors: Path | None) -> None:
    model, logs = MiniLM(vectors), []
    for seed in range(seeds):
        rows = random.Random(100 + seed).sample(data.train, len(data.train))
        logs.append(await embedded(model, Data(data.name, rows[HELD : HELD + LOG], rows[:HELD])))
    await model.close()
    print(f"| {data.name} | {' | '.join(f'{look:,}' for look in LOOKS)} |\n|---|{'--:|' * len(LOOKS)}")
    print(line("at random", logs, at_random), flush=True)
    for times in DOUBTS:
        with doubting(times):
            print(line(f"coverage × {times:g}", logs, by_value), flush=True)
    print(line("margin", logs, by_margin), flush=True)


async def signal(data: Data, vectors: Path | None) -> None:
    model = MiniLM(vectors)
    log, due = part(await embedded(model, data), 3_000, 0), 300.0
    await model.close()
    for decided, questions in queue(log, "value", 0):
        if len(decided) >= due:
            due *= 2 if due < LOOKS[-1] else 1.4
            answers = [questions[place].answer for place in decided]
            said = outlook(log.train[decided], answers, [questions[place].key for place in decided], [""] * len(decided))
            print(f"{data.name}: {len(decided):,} decisions, accuracy {100 * log.accuracy(decided):.1f}, said {said}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="folder of data sets")
    parser.add_argument("--set", choices=SETS, default="trec")
    parser.add_argument("--seeds", type=int, default=3, help="draws to average over")
    parser.add_argument("--vectors", type=Path, metavar="DIR", help="folder that keeps vectors between runs")
    parser.add_argument("--signal", action="store_true", help="what the stop signal says on the way, instead")
    given = parser.parse_args()
    data = read(given.data, given.set)
    asyncio.run(signal(data, given.vectors) if given.signal else orders(data, given.seeds, given.vectors))


if __name__ == "__main__":
    main()
