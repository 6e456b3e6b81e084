"""What the embedded model learns, through the product as a user has it: rows asked in SQL, answers approved, test rows asked again.

    .venv/bin/python -m bench.learned [--data DIR] [--seeds N] [--vectors DIR] [--docs]

`WHOLE` is measured whole, every draw of `bench.learning` and every test row, in a project on disk: each draw's rows are logged by a query,
marked with their labels, and `CLASSIFY` is asked anew. The other sets of that table are asked through SQL in part: one draw of `SOME`
examples a label and `ROWS` test rows. Beside each stands how many answers are those of the component that `bench.learning` measures.
`--docs` puts the table into `docs/learning.md`.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.learning import EACH, LABEL, PAGE, ROOT, STUDENT_T, Answered, Data, Row, ask, drawn, example_set, read

import rvbbit
from rvbbit.providers.local.minilm import MiniLM
from rvbbit.providers.local.provider import LocalProvider
from rvbbit.types import NO_EXAMPLES, Value

BEGIN, END = "<!-- measured: bench/learned.py -->\n", "<!-- end of learned -->\n"
WHOLE = "trec"
OTHERS = ("banking77", "clinc150", "sms_spam", "sst2")
SOME, ROWS = 5, 200
QUERY = "SELECT text, CLASSIFY(text, $labels) AS answer FROM (SELECT DISTINCT unnest($texts) AS text)"


class Project:
    """A new project over one data set, on disk. A context manager."""

    def __init__(self, data: Data, home: Path, vectors: Path | None) -> None:
        if vectors is not None:
            shutil.copytree(vectors, home / ".rvbbit" / "vectors")
        self._db = rvbbit.connect(home, model="local:minilm")
        self._labels = list(data.labels)
        self._ids: dict[str, str] = {}

    def __enter__(self) -> Project:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def answers(self, rows: Sequence[Row]) -> Mapping[str, Value]:
        """Text → label."""
        result = self._db.sql(QUERY, {"labels": self._labels, "texts": [row.text for row in rows]})
        return dict(result.fetchall())

    def log(self, rows: Sequence[Row]) -> None:
        """Ask about them once, so that they are executions that may be approved."""
        self.answers(rows)
        self._ids = {str(row.inputs["text"]): row.trace_id for row in self._db.training.examples(limit=None).rows}

    def teach(self, rows: Sequence[Row]) -> None:
        """Approve these with their labels, and nothing else."""
        self._db.training.mark(filter={}, trainable=False)
        by_label = defaultdict(list)
        for row in rows:
            by_label[row.label].append(self._ids[row.text])
        for label, ids in by_label.items():
            self._db.training.mark(ids, trainable=True, verified=True, corrected_output=label)


async def component(provider: LocalProvider, data: Data, shown: Sequence[Row], test: Sequence[Row]) -> list[Value]:
    """What `bench.learning` asks. One example a text, as a training set has it."""
    labels: list[Value] = list(data.labels)
    once = {row.text: row for row in shown}
    made: list[Answered] = [({"text": row.text, "labels": labels}, row.label) for row in once.values()]
    examples = example_set(f"{data.name} {hash(tuple(once))}", made) if made else NO_EXAMPLES
    return await ask(provider, LABEL, [{"text": row.text, "labels": labels} for row in test], examples)


def right(answers: Sequence[Value], test: Sequence[Row]) -> float:
    return 100 * statistics.mean(answer == row.label for answer, row in zip(answers, test, strict=True))


async def compared(provider: LocalProvider, project: Project, data: Data, shown: Sequence[Row], test: Sequence[Row]) -> tuple[float, int]:
    """Accuracy in percent through SQL, and how many answers are the component's."""
    project.teach(shown)
    found = project.answers(test)
    through = [found[row.text] for row in test]
    beside = await component(provider, data, shown, test)
    return right(through, test), sum(one == other for one, other in zip(through, beside, strict=True))


async def whole(provider: LocalProvider, data: Data, seeds: int, vectors: Path | None) -> str:
    cells, equal, asked = [], 0, 0
    with tempfile.TemporaryDirectory() as place, Project(data, Path(place), vectors) as project:
        draws = {(each, seed): drawn(data.train, each, seed) for each in EACH for seed in range(seeds if each else 1)}
        project.log([row for rows in draws.values() for row in rows])
        for each in EACH:
            found = [await compared(provider, project, data, draws[each, seed], data.test) for seed in range(seeds if each else 1)]
            equal, asked = equal + sum(same for _, same in found), asked + len(found) * len(data.test)
            accuracies = [accuracy for accuracy, _ in found]
            spread = STUDENT_T[seeds] * statistics.stdev(accuracies) / seeds**0.5 if each else 0
            cells.append(f"{statistics.mean(accuracies):.1f} ± {spread:.1f}" if each else f"{accuracies[0]:.1f}")
    return f"| {data.name} | all | {' | '.join(cells)} | {equal:,} of {asked:,} |"


async def some(provider: LocalProvider, data: Data, vectors: Path | None) -> str:
    shown, test = drawn(data.train, SOME, 0), random.Random(0).sample(data.test, min(ROWS, len(data.test)))
    with tempfile.TemporaryDirectory() as place, Project(data, Path(place), vectors) as project:
        project.log(shown)
        accuracy, equal = await compared(provider, project, data, shown, test)
    cells = [f"{accuracy:.1f}" if each == SOME else "" for each in EACH]
    return f"| {data.name} | one draw | {' | '.join(cells)} | {equal:,} of {len(test):,} |"


async def report(folder: Path, seeds: int, vectors: Path | None) -> list[str]:
    provider = LocalProvider(MiniLM(vectors))
    lines = [f"| set | through SQL | {' | '.join(map(str, EACH))} | answers equal |", "|---|---|" + "--:|" * (len(EACH) + 1)]
    lines.append(await whole(provider, read(folder, WHOLE), seeds, vectors))
    for name in OTHERS:
        lines.append(await some(provider, read(folder, name), vectors))
        print(lines[-1], file=sys.stderr, flush=True)
    await provider.close()
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="folder of data sets")
    parser.add_argument("--seeds", type=int, default=5, choices=sorted(STUDENT_T), help="draws of examples to average over")
    parser.add_argument("--vectors", type=Path, metavar="DIR", help="folder that keeps vectors between runs")
    parser.add_argument("--docs", action="store_true", help="write the table into docs/learning.md")
    arguments = parser.parse_args()
    table = "\n".join(asyncio.run(report(arguments.data, arguments.seeds, arguments.vectors))) + "\n"
    print(table)
    if arguments.docs:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        PAGE.write_text(before + BEGIN + table + END + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    main()
