"""What the embedded model learns from 0 to 20 examples a label, on labelled data sets it was not made for. Asks the product, tunes nothing.

    .venv/bin/python -m bench.learning [--data DIR] [--seeds N] [--vectors DIR] [--docs]

Examples are drawn from a set's train rows, accuracy is measured on all of its test rows; `--docs` puts the tables into `docs/learning.md`.
Reads `../shared/data`; without it, pass `--data` a folder with `<set>/train.csv` and `<set>/test.csv` (columns `text`, `label`).
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import random
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from rvbbit.providers.local.minilm import MiniLM
from rvbbit.providers.local.provider import LocalProvider
from rvbbit.types import NO_EXAMPLES, Example, ExampleSet, LocalTask, Request, Value

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "learning.md"
BEGIN, END = "<!-- measured: bench/learning.py -->\n", "<!-- end -->\n"
EACH = (0, 1, 3, 5, 10, 20)
SETS = ("banking77", "clinc150", "clinc150 + oos", "trec", "bitext_support", "sms_spam", "sst2")
THRESHOLDS = (0.2, 0.3, 0.4, 0.5)
SHIPPED = 0.4  # what means.cascade.yaml says
CRITERIA = 10  # label names a set that stand as criteria
ROWS = 50  # rows that meet a criterion and as many that do not, at most
BOTH = 10  # examples of either answer
STUDENT_T = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78, 10: 2.26}  # 95 %, by the number of seeds

Answered: TypeAlias = tuple[dict[str, Value], Value]
"""Arguments and the answer a person vouches for."""

LABEL = LocalTask("label", text="text", labels="labels")


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled text."""

    text: str
    label: str


@dataclass(frozen=True, slots=True)
class Data:
    """A set: what may be learned from, what is measured on."""

    name: str
    train: list[Row]
    test: list[Row]

    @property
    def labels(self) -> list[str]:
        return sorted({row.label for row in self.train})


def read(folder: Path, name: str) -> Data:
    """`clinc150 + oos` is clinc150 with its rows that belong to none of the labels, under the label `out of scope`."""
    base, _, scope = name.partition(" + ")

    def rows(split: str) -> Iterator[Row]:
        with (folder / base / f"{split}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["label"] != "oos":
                    yield Row(row["text"], row["label"])
                elif scope:
                    yield Row(row["text"], "out of scope")

    return Data(name, list(rows("train")), list(rows("test")))


def drawn(rows: Sequence[Row], each: int, seed: int) -> list[Row]:
    """So many of each label."""
    shuffled = random.Random(seed).sample(list(rows), len(rows))
    seen: dict[str, int] = defaultdict(int)
    kept = []
    for row in shuffled:
        seen[row.label] += 1
        if seen[row.label] <= each:
            kept.append(row)
    return kept


def example_set(name: str, made: Sequence[Answered]) -> ExampleSet:
    when = datetime(2026, 1, 1, tzinfo=UTC)
    return ExampleSet(name, tuple(Example(f"{n}", arguments, answer, when) for n, (arguments, answer) in enumerate(made)), "all")


async def ask(provider: LocalProvider, task: LocalTask, asked: Sequence[dict[str, Value]], examples: ExampleSet) -> list[Value]:
    requests = (Request("local:minilm", arguments=one, examples=examples, local=task) for one in asked)
    return [answer.value for answer in await asyncio.gather(*map(provider.complete, requests))]


async def accuracy(provider: LocalProvider, data: Data, each: int, seed: int) -> float:
    """On all test rows, in percent."""
    labels: list[Value] = list(data.labels)
    made: list[Answered] = [({"text": row.text, "labels": labels}, row.label) for row in drawn(data.train, each, seed)]
    examples = example_set(f"{data.name} {each} {seed}", made) if made else NO_EXAMPLES
    answers = await ask(provider, LABEL, [{"text": row.text, "labels": labels} for row in data.test], examples)
    return 100 * statistics.mean(answer == row.label for answer, row in zip(answers, data.test, strict=True))


async def learned(provider: LocalProvider, data: Data, seeds: int) -> str:
    """A line of the first table."""
    cells = [f"{await accuracy(provider, data, 0, 0):.1f}"]
    for each in EACH[1:]:
        measured = [await accuracy(provider, data, each, seed) for seed in range(seeds)]
        spread = STUDENT_T[seeds] * statistics.stdev(measured) / seeds**0.5
        cells.append(f"{statistics.mean(measured):.1f} ± {spread:.1f}")
    return f"| {data.name} | {len(data.labels)} | {len(data.test)} | {' | '.join(cells)} |"


async def matched(provider: LocalProvider, data: Data) -> str:
    """A line of the second table: balanced accuracy of `text MEANS '<label name>'`, over labels as criteria."""
    chance = random.Random(0)
    columns: list[list[float]] = [[] for _ in range(len(THRESHOLDS) + 1)]
    for label in chance.sample(data.labels, min(CRITERIA, len(data.labels))):
        criterion = label.replace("_", " ")
        yes, no = ([row for row in data.test if (row.label == label) is wanted] for wanted in (True, False))
        asked = [chance.sample(rows, min(ROWS, len(rows))) for rows in (yes, no)]
        arguments: list[dict[str, Value]] = [{"text": row.text, "criterion": criterion} for rows in asked for row in rows]
        truth = [row.label == label for rows in asked for row in rows]
        for column, threshold in zip(columns, THRESHOLDS, strict=False):
            column.append(balanced(await ask(provider, matches(threshold), arguments, NO_EXAMPLES), truth))
        shown = [row for wanted in (True, False) for row in chance.sample([r for r in data.train if (r.label == label) is wanted], BOTH)]
        made: list[Answered] = [({"text": row.text, "criterion": criterion}, row.label == label) for row in shown]
        columns[-1].append(balanced(await ask(provider, matches(SHIPPED), arguments, example_set(data.name, made)), truth))
    return f"| {data.name} | {' | '.join(f'{statistics.mean(column):.1f}' for column in columns)} |"


def matches(threshold: float) -> LocalTask:
    return LocalTask("matches", text="text", against="criterion", threshold=threshold)


def balanced(answers: Sequence[Value], truth: Sequence[bool]) -> float:
    """The mean of the share of right answers among those that are true and among those that are not, in percent."""
    shares = [statistics.mean(a == t for a, t in zip(answers, truth, strict=True) if t is wanted) for wanted in (True, False)]
    return 100 * statistics.mean(shares)


async def speed(texts: Sequence[str]) -> str:
    model = MiniLM()
    started = time.perf_counter()
    await model.embed(["loads the model"])
    loaded, busy = time.perf_counter(), time.process_time()
    await model.embed(texts)
    seconds, cpu = time.perf_counter() - loaded, time.process_time() - busy
    await model.close()
    each = f"{len(texts) / seconds:,.0f} a second, {1000 * cpu / len(texts):.1f} ms of CPU time a text"
    return f"Loading the model took {loaded - started:.2f} s; embedding the texts of BANKING77's test rows, {each}."


async def report(folder: Path, seeds: int, vectors: Path | None) -> list[str]:
    provider = LocalProvider(MiniLM(vectors))
    sets = [read(folder, name) for name in SETS]
    lines = [await speed([row.text for row in sets[0].test]), ""]
    lines += [f"| set | labels | test rows | {' | '.join(map(str, EACH))} |", "|---|--:|--:|" + "--:|" * len(EACH)]
    lines += [await learned(provider, data, seeds) for data in sets]
    lines += ["", f"| set | {' | '.join(map(str, THRESHOLDS))} | {SHIPPED}, {BOTH} + {BOTH} examples |"]
    lines += ["|---|" + "--:|" * (len(THRESHOLDS) + 1)]
    lines += [await matched(provider, data) for data in sets if "+" not in data.name]
    await provider.close()
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="folder of data sets")
    parser.add_argument("--seeds", type=int, default=5, choices=sorted(STUDENT_T), help="draws of examples to average over")
    parser.add_argument("--vectors", type=Path, metavar="DIR", help="folder that keeps vectors between runs")
    parser.add_argument("--docs", action="store_true", help="write the tables into docs/learning.md")
    arguments = parser.parse_args()
    missing = [name for name in SETS if not (arguments.data / name.partition(" + ")[0] / "test.csv").is_file()]
    if missing:
        sys.exit(f"{arguments.data} has no {', '.join(missing)}: pass --data a folder with <set>/train.csv and <set>/test.csv.")
    tables = "\n".join(asyncio.run(report(arguments.data, arguments.seeds, arguments.vectors))) + "\n"
    print(tables)
    if arguments.docs:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        PAGE.write_text(before + BEGIN + tables + END + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    main()
