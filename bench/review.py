"""How many decisions each order of the review queue needs until the student is nearly as good as with all of them, by simulation.

    .venv/bin/python -m bench.review [--data DIR] [--seeds N] [--rows N] [--set NAME] [--vectors DIR] [--docs]

`--rows` of a set's train rows, another draw a seed, are the log: each was answered by the student that knows the labels' names alone. A
person decides on them in the order of the queue, always rightly; a student learns from what is decided, and its accuracy is measured on all
test rows. `value` asks `rvbbit.training.review` as the product does, anew after every `EACH` decisions and later every sixth of those made.
`random` is another draw a seed. `newest` takes the rows in the file's order, last first, from a place of its own a seed: BANKING77 and
CLINC150 are sorted by label there, as a log is that comes in waves; TREC is mixed. Full accuracy is that with all of the log decided.
`--docs` puts the tables into `docs/learning.md`.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from bench.learning import PAGE, ROOT, STUDENT_T, Data, read

from rvbbit.interfaces import Matrix
from rvbbit.providers.local.minilm import MiniLM
from rvbbit.providers.local.questions import phrases
from rvbbit.providers.local.student import Names, fit
from rvbbit.training.review import Order, Outlook, Question, outlook, worth

BEGIN, END = "<!-- measured: bench/review.py -->\n", "<!-- end of review -->\n"
SETS = ("banking77", "clinc150", "trec")
ORDERS: Sequence[Order] = ("value", "random", "newest")
SHARES = (0.80, 0.85, 0.90)
EACH = 50  # decisions between two looks at the queue; later one for every `PART` made
PART = 6
STEP = 1.25  # between two measurements
MOST = 1_500  # decisions
LONGEST = 2_500  # decisions until which the stop signal is waited for

Places: TypeAlias = npt.NDArray[np.intp]
Curve: TypeAlias = list[tuple[int, float]]
"""(decisions, accuracy on the test rows)."""


@dataclass(frozen=True, slots=True)
class Log:
    """A data set, embedded. `first` is what the student answered before anything was decided."""

    name: str
    names: Names
    train: Matrix
    test: Matrix
    truth: Places
    wanted: Places
    first: Places
    full: float

    def accuracy(self, decided: Sequence[int]) -> float:
        head = fit(self.names, self.train[decided].astype(np.float64), self.truth[decided])
        return float((head.scores(self.test.astype(np.float64)).argmax(axis=1) == self.wanted).mean())


@dataclass(frozen=True, slots=True)
class Stop:
    """Where the stop signal was first given: decisions, accuracy there, and what the signal said."""

    decisions: int
    accuracy: float
    said: Outlook


async def embedded(model: MiniLM, data: Data) -> Log:
    train, test = [await model.embed([row.text for row in rows]) for rows in (data.train, data.test)]
    words = (await model.embed([phrase for label in data.labels for phrase in phrases(label)])).astype(np.float64)
    both = words.reshape(len(data.labels), 2, -1).sum(axis=1)
    names = Names(both / np.linalg.norm(both, axis=1, keepdims=True))
    place = {label: number for number, label in enumerate(data.labels)}
    truth, wanted = (np.array([place[row.label] for row in rows], np.intp) for rows in (data.train, data.test))
    first = names.similarities(train.astype(np.float64)).argmax(axis=1)
    return Log(data.name, names, train, test, truth, wanted, first, 0.0)


def part(log: Log, rows: int, seed: int) -> Log:
    """So many of its rows, in their order."""
    kept = np.sort(np.random.default_rng(seed).permutation(len(log.train))[:rows])
    some = replace(log, train=log.train[kept], truth=log.truth[kept], first=log.first[kept])
    return replace(some, full=some.accuracy(range(len(kept))))


def queue(log: Log, order: Order, seed: int) -> Iterator[tuple[list[int], list[Question]]]:
    """After each look at the queue: the places decided so far, and the log's questions as they stand."""
    chance = np.random.default_rng(seed)
    shuffled = chance.permutation(len(log.train))
    turned = np.roll(np.arange(len(log.train)), int(chance.integers(len(log.train))))[::-1]
    questions = [Question(f"{seed} {place}", "", str(answer)) for place, answer in enumerate(log.first)]
    decided: list[int] = []
    while len(decided) < (LONGEST if order == "value" else MOST):
        number = max(EACH, len(decided) // PART)
        if order == "value":
            new = [pick.place for pick in worth(questions, log.train, number)]
        else:
            line = shuffled if order == "random" else turned
            new = line[len(decided) : len(decided) + number].tolist()
        for place in new:
            questions[place] = replace(questions[place], answer=str(log.truth[place]), reviewed=True)
        decided += new
        yield decided, questions


def measured(log: Log, order: Order, seed: int) -> tuple[Curve, Stop | None]:
    """Until nine tenths of the full accuracy are passed twice and the stop signal was given, or the decisions end."""
    curve: Curve = [(0, log.accuracy([]))]
    stop, due = None, float(EACH)
    for decided, questions in queue(log, order, seed):
        if len(decided) < due:
            continue
        due = len(decided) * STEP
        curve.append((len(decided), log.accuracy(decided)))
        if stop is None and order == "value":
            keys, answers = [questions[place].key for place in decided], [questions[place].answer for place in decided]
            said = outlook(log.train[decided], answers, keys, [""] * len(keys))
            stop = Stop(*curve[-1], said) if said is not None and said.enough else None
        reached = all(accuracy >= SHARES[-1] * log.full for _, accuracy in curve[-2:])
        if reached and (stop is not None or order != "value"):
            break
    return curve, stop


def needed(curve: Curve, accuracy: float) -> float | None:
    """Decisions at which the curve first reaches an accuracy, between two measurements by a straight line; None where it does not."""
    for (before, low), (after, high) in itertools.pairwise(curve):
        if high >= accuracy:
            return before if low >= accuracy else before + (accuracy - low) / (high - low) * (after - before)
    return None


def cell(found: Sequence[float | None]) -> str:
    reached = [one for one in found if one is not None and one <= MOST]
    if len(reached) < len(found):
        return f"> {MOST:,}" if not reached else f"{min(reached):,.0f} to > {MOST:,}"
    spread = STUDENT_T[len(reached)] * statistics.stdev(reached) / len(reached) ** 0.5
    return f"{statistics.mean(reached):,.0f} ± {spread:,.0f}"


def lines(log: Log, seeds: int, rows: int) -> tuple[list[str], str]:
    """The set's lines of the first table, and its line of the second."""
    table, stops = [], []
    logs = [part(log, rows, seed) for seed in range(seeds)]
    full = statistics.mean(one.full for one in logs)
    for order in ORDERS:
        runs = [measured(one, order, seed) for seed, one in enumerate(logs)]
        shares = [cell([needed(curve, share * one.full) for (curve, _), one in zip(runs, logs, strict=True)]) for share in SHARES]
        table.append(f"| {log.name} | {len(logs[0].train):,} | {100 * full:.1f} | {order} | {' | '.join(shares)} |")
        print(table[-1], file=sys.stderr, flush=True)
        stops += [stop for _, stop in runs] if order == "value" else []
    given = [(stop, one.full) for stop, one in zip(stops, logs, strict=True) if stop is not None]
    if len(given) < 2:
        return table, f"| {log.name} | {len(given)} of {seeds} by {LONGEST:,} | – | – | – |"
    at, reached = [stop.decisions for stop, _ in given], [100 * stop.accuracy / most for stop, most in given]
    said = statistics.mean(100 * stop.said.gain for stop, _ in given)
    told = f"{min(at):,} – {max(at):,} | {min(reached):.0f} – {max(reached):.0f} % | {said:.1f} points"
    return table, f"| {log.name} | {len(given)} of {seeds} | {told} |"


async def report(given: argparse.Namespace) -> list[str]:
    model = MiniLM(given.vectors)
    found = [lines(await embedded(model, read(given.data, name)), given.seeds, given.rows) for name in given.set or SETS]
    await model.close()
    first = [
        f"| set | log | full accuracy | order | {' | '.join(f'{share:.0%}' for share in SHARES)} |",
        "|---|--:|--:|---|" + "--:|" * len(SHARES),
    ]
    second = ["| set | given | after decisions | share of full accuracy there | what the last doubling brought |", "|---|--:|--:|--:|--:|"]
    return [*first, *(line for table, _ in found for line in table), "", *second, *(stop for _, stop in found)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="folder of data sets")
    parser.add_argument("--seeds", type=int, default=5, choices=sorted(STUDENT_T), help="draws to average over")
    parser.add_argument("--rows", type=int, default=3_000, metavar="N", help="executions in a log")
    parser.add_argument("--set", action="append", choices=SETS, help="of these sets alone")
    parser.add_argument("--vectors", type=Path, metavar="DIR", help="folder that keeps vectors between runs")
    parser.add_argument("--docs", action="store_true", help="write the tables into docs/learning.md")
    arguments = parser.parse_args()
    missing = [name for name in SETS if not (arguments.data / name / "test.csv").is_file()]
    if missing:
        sys.exit(f"{arguments.data} has no {', '.join(missing)}: pass --data a folder with <set>/train.csv and <set>/test.csv.")
    tables = "\n".join(asyncio.run(report(arguments))) + "\n"
    print(tables)
    if arguments.docs:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        PAGE.write_text(before + BEGIN + tables + END + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    main()
