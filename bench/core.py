"""What a fixed core of examples would cost in quality where `semantic` sends only neighbours: the same number of examples, fewer near ones.

    .venv/bin/python -m bench.core [--data DIR] [--rows N] [--docs]

No language model is asked. Two proxies stand for one: how often the right answer is among the examples shown, and how often the embedded
student, fitted on just these examples and the labels' names, is right. `--docs` puts the table into `docs/training.md`.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import random
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.learning import LABEL, ROOT, Data, Row, ask, drawn, example_set, read

from rvbbit.interfaces import Matrix
from rvbbit.providers.local.minilm import MiniLM
from rvbbit.providers.local.provider import LocalProvider
from rvbbit.training.core import typical
from rvbbit.training.nearest import Space
from rvbbit.types import Value

PAGE = ROOT / "docs" / "training.md"
BEGIN, END = "<!-- measured: bench/core.py -->\n", "<!-- end: bench/core.py -->\n"
SETS = {"banking77": 20, "clinc150": 20, "bitext_support": 20, "trec": 60, "sms_spam": 200}
LIMITS = (5, 10, 20)
SHARES = (0.0, 0.2, 0.5, 1.0)


def shown(space: Space, core: Sequence[int], asked: Matrix, limit: int) -> list[int]:
    """The core, then as many neighbours as there is room for, the nearest last."""
    near = (place for place in space.near(asked, limit) if place not in core)
    return [*core, *reversed(list(itertools.islice(near, limit - len(core))))]


async def measured(provider: LocalProvider, model: MiniLM, data: Data, each: int, rows: int) -> Iterator[str]:
    pool = drawn(data.train, each, 0)
    test = random.Random(0).sample(data.test, min(rows, len(data.test)))
    vectors, asked = await model.embed([row.text for row in pool]), await model.embed([row.text for row in test])
    space, ordered = Space.of(vectors, [row.label for row in pool]), typical(vectors, [row.label for row in pool])
    lines = []
    for limit in LIMITS:
        cells = []
        for share in SHARES:
            core = ordered[: round(share * limit)]
            chosen = [[pool[place] for place in shown(space, core, vector, limit)] for vector in asked]
            right = 100 * statistics.mean(row.label in {one.label for one in some} for row, some in zip(test, chosen, strict=True))
            cells.append(f"{right:.1f} / {100 * await student(provider, data.labels, test, chosen):.1f}")
        lines.append(f"| {data.name} | {len(data.labels)} | {limit} | {' | '.join(cells)} |")
    return iter(lines)


async def student(provider: LocalProvider, labels: Sequence[Value], test: Sequence[Row], chosen: Sequence[Sequence[Row]]) -> float:
    """How often it is right, each row with its own examples."""
    answers = []
    for number, (row, some) in enumerate(zip(test, chosen, strict=True)):
        made = [({"text": one.text, "labels": list(labels)}, one.label) for one in some]
        version = f"{number} {hash(tuple(one.text for one in some))}"
        answers += await ask(provider, LABEL, [{"text": row.text, "labels": list(labels)}], example_set(version, made))
    return statistics.mean(answer == row.label for answer, row in zip(answers, test, strict=True))


async def report(folder: Path, rows: int) -> str:
    model = MiniLM()
    provider = LocalProvider(model)
    lines = [f"| set | labels | examples | {' | '.join(f'{share:.0%} core' for share in SHARES)} |", "|---|--:|--:|" + "--:|" * len(SHARES)]
    for name, each in SETS.items():
        lines += await measured(provider, model, read(folder, name), each, rows)
    await provider.close()
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="folder of data sets")
    parser.add_argument("--rows", type=int, default=300, help="test rows a set")
    parser.add_argument("--docs", action="store_true", help="write the table into docs/training.md")
    arguments = parser.parse_args()
    table = asyncio.run(report(arguments.data, arguments.rows))
    print(table)
    if arguments.docs:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        PAGE.write_text(before + BEGIN + table + END + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    main()
