"""Do intervals hold what they promise? Simulated on labelled data, through the product's own arithmetic and its own student.

    .venv/bin/python -m bench.intervals [--data DIR] [--runs N] [--vectors DIR] [--docs]

*Verified*: the labels are the truth, the model answers ten in a hundred of them wrongly, and people verified a random so-many of a query's
1,000 rows. *Sampled*: the model (the labels, five in a hundred turned) is asked for a random so-many of 500 rows and a student predicts the
rest. *Holds* is the share of runs whose 95 % interval has the truth in it; *wide* is the mean width beside that of the sample alone.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from bench.guarantee import CONTEXT, Labels, desk
from bench.labelled import DATA, Questions, ag_news_sports, banking77_cards, movies, noisy, sms_spam, sst2

from rvbbit.cascades.student_first import StudentFirst
from rvbbit.execution.prediction_powered import Contributions, Interval, count, mean
from rvbbit.providers.local.minilm import MiniLM
from rvbbit.providers.local.provider import LocalProvider
from rvbbit.targets import Target
from rvbbit.types import Answer, Value

PAGE = Path(__file__).parents[1] / "docs" / "intervals.md"
BEGIN, END = "<!-- measured: bench/intervals.py -->\n", "<!-- end -->\n"
SETS = (sms_spam, banking77_cards, ag_news_sports, sst2, movies)
LEVEL, POOL = 0.95, 2_000
VERIFIED_ROWS, SAMPLED_ROWS = 1_000, 500


def outcome(
    texts: Sequence[str], predicted: Mapping[str, Value], known: Mapping[str, Value], drawn: Sequence[int]
) -> tuple[bool, bool, float, float]:
    """Whether COUNT's and AVG's intervals have the truth, COUNT's width, and that of the drawn ones alone. AVG is of the texts' lengths."""
    lengths = np.array([len(text) for text in texts], np.float64)
    guess, truth = (np.array([said[text] is True for text in texts], np.float64) for said in (predicted, known))
    places = np.array(drawn, np.intp)
    counted = Contributions(guess, places, truth[places])
    summed = Contributions(guess * lengths, places, truth[places] * lengths[places])
    ones = np.ones(len(texts))
    found, alone = count(counted, ones, LEVEL), count(Contributions(0 * guess, places, truth[places]), ones, LEVEL)
    average = mean(summed, counted, LEVEL)
    assert found is not None and alone is not None
    true_mean = float((truth * lengths).sum() / truth.sum())
    return _has(found, float(truth.sum())), _has(average, true_mean), found.high - found.low, alone.high - alone.low


def _has(found: Interval | None, value: float) -> bool:
    return found is not None and found.low <= value <= found.high


def line(name: str, what: str, found: Sequence[tuple[bool, bool, float, float]]) -> str:
    counts, means = (f"{sum(one[place] for one in found) / len(found):.1%}" for place in (0, 1))
    wide = statistics.mean(one[2] for one in found) / statistics.mean(one[3] for one in found)
    return f"| {name} | {what} | {len(found)} | {counts} | {means} | {wide:.2f} |"


def verified(questions: Questions, drawn: int, runs: int) -> str:
    chance, predicted = random.Random(drawn), noisy(questions, 0.1)
    found = []
    for _ in range(runs):
        texts = chance.sample(questions.texts, min(VERIFIED_ROWS, len(questions.texts)))
        found.append(outcome(texts, predicted, questions.truth, chance.sample(range(len(texts)), drawn)))
    return line(questions.name, f"{drawn} of {VERIFIED_ROWS:,} verified", found)


async def sampled(questions: Questions, drawn: int, runs: int, provider: LocalProvider, home: Path) -> str:
    chance, answers = random.Random(drawn), noisy(questions, 0.05)
    pool = random.Random(0).sample(questions.texts, min(POOL, len(questions.texts)))
    student = StudentFirst(Labels(answers), desk(provider, home), Target(accuracy=1.0))
    found = []
    for _ in range(runs):
        texts = chance.sample(pool, SAMPLED_ROWS)
        places = chance.sample(range(len(texts)), drawn)
        known = {place: Answer(answers[texts[place]]) for place in places}
        said = await student.predicted(questions.operator, [questions.arguments(text) for text in texts], known, CONTEXT)
        found.append(outcome(texts, dict(zip(texts, said, strict=True)), answers, places))
    return line(questions.name, f"{drawn} of {SAMPLED_ROWS} sampled", found)


async def report(given: argparse.Namespace) -> list[str]:
    lines = ["| data | known | runs | COUNT holds | AVG holds | wide |", "|---|---|--:|--:|--:|--:|"]
    sets = [made(given.data) for made in SETS]
    for questions in sets:
        lines += [verified(questions, drawn, 5 * given.runs) for drawn in (50, 200)]
        print(*lines[-2:], sep="\n", flush=True)
    provider = LocalProvider(MiniLM(given.vectors))
    with tempfile.TemporaryDirectory() as home:
        for questions in sets:
            lines.append(await sampled(questions, 100, given.runs, provider, Path(home)))
            print(lines[-1], flush=True)
    await provider.close()
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of data sets")
    parser.add_argument("--runs", type=int, default=200, help="of each sampled line; verified ones are run five times as often")
    parser.add_argument("--vectors", type=Path, metavar="DIR", help="folder that keeps vectors between runs")
    parser.add_argument("--docs", action="store_true", help="write the table into docs/intervals.md")
    given = parser.parse_args()
    lines = asyncio.run(report(given))
    if given.docs:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        PAGE.write_text(before + BEGIN + "\n".join(lines) + "\n" + END + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    main()
