"""How far confidences can be believed, on real answers whose correctness is known. Asks the product's scorers, tunes nothing.

    .venv/bin/python -m bench.calibration [--data DIR] [--docs]

Each set is cut in two halves by question; a calibration is fitted on answers of one half and read off on the other, then the other way
round, so every answer is held out once. Free scorers only: no judge is asked. `--docs` puts the tables into `docs/confidence.md`. Reads
`../shared/data`.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from rvbbit.providers.local.minilm import MiniLM
from rvbbit.scoring import calibration
from rvbbit.scoring.agreement import Agreement
from rvbbit.scoring.calibration import Opinions
from rvbbit.scoring.cell import CellWork, uncalibrated
from rvbbit.scoring.probability import Probability
from rvbbit.scoring.reliability import Reliability, reliability
from rvbbit.scoring.repetition import Repetition
from rvbbit.scoring.rules import Rules
from rvbbit.types import CellKey, Scorable, Value

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "confidence.md"
BEGIN, END = "<!-- measured: bench/calibration.py -->\n", "<!-- end -->\n"
SIZES = (50, 100, 200, 400, 1_000, 10**9)
NEVER = 10**9
DRAWS = 8  # fits of each size, on other answers


@dataclass(frozen=True, slots=True)
class Data:
    """A set: executions with known correctness, and the question each belongs to (answers to one question stay in one half)."""

    name: str
    rows: list[Scorable]
    groups: list[str]


def main() -> None:
    """Measure, print, and with --docs keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--docs", action="store_true", help=f"put the tables into {PAGE.relative_to(ROOT)}")
    given = parser.parse_args()
    if not given.data.exists():
        sys.exit(f"{given.data} is not there: pass --data")
    report = "\n".join(asyncio.run(measured([gsm8k(given.data), halueval(given.data)])))
    print(report)
    if given.docs:
        before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n{report}\n{END}{rest.partition(END)[2]}", "utf-8")


def gsm8k(data: Path) -> Data:
    """Four models' answers to each of 674 school questions: the number they end in, right or not."""
    query = f"SELECT id, question_id, question, response, gold_answer, is_correct FROM '{data}/gsm8k_solutions/data.parquet' ORDER BY id"
    found = duckdb.sql(query).fetchall()
    answers: dict[str, list[tuple[str, Value]]] = {}
    for id_, group, _, response, _, _ in found:
        answers.setdefault(group, []).append((id_, final(response)))
    rows = [
        Scorable(
            id_,
            CellKey("gsm8k", "solve"),
            {"question": question},
            final(response),
            others=tuple(answer for other, answer in answers[group] if other != id_),
            held=gold,
            right=right,
        )
        for id_, group, question, response, gold, right in found
    ]
    return Data("gsm8k_solutions", rows, [group for _, group, *_ in found])


def halueval(data: Path) -> Data:
    """Answers of ChatGPT to what people asked; right where people found no hallucination in it."""
    query = f"SELECT id, prompt, response, hallucination = 'no' FROM '{data}/halueval_general/data.parquet' ORDER BY id"
    found = duckdb.sql(query).fetchall()
    rows = [Scorable(id_, CellKey("halueval", "reply"), {"prompt": p}, answer, held=answer, right=good) for id_, p, answer, good in found]
    return Data("halueval_general", rows, [prompt for _, prompt, _, _ in found])


def final(response: str) -> str:
    """The number behind the last "A:", or the last line where there is none."""
    return (
        response.rpartition("A:")[2].strip().splitlines()[0].strip().rstrip(".") if "A:" in response else response.strip().splitlines()[-1]
    )


async def measured(sets: Sequence[Data]) -> list[str]:
    """The report's lines."""
    embedder = MiniLM()
    lines = [
        f"Measured {datetime.now(UTC):%Y-%m-%d}; {DRAWS} fits for each number of verified answers, each on other answers; means of them.",
        "",
    ]
    for data in sets:
        lines += await tables(data, embedder)
    await embedder.close()
    return lines


async def tables(data: Data, embedder: MiniLM) -> list[str]:
    """One set: each number of verified answers, then the reliability of what the product would show with all of them."""
    share = np.mean([one.right is True for one in data.rows])
    lines = [f"### {data.name}: {len(data.rows):,} answers, {share:.0%} right", ""]
    lines += ["| verified | confidence | ECE | 95 % interval | Brier | AUC |", "|---|---|---|---|---|---|"]
    raw = await held_out(data, embedder, 0, NEVER, 0)
    constant = reliability(np.full(len(data.rows), share), _right(data))
    lines += [_line("-", "the share of right answers, for all alike", [constant]), _line("0", "uncalibrated", [raw])]
    last = raw
    for size in SIZES:
        if size > len(data.rows) // 2 and size != SIZES[-1]:
            continue
        shown = f"half ({len(data.rows) // 2:,})" if size == SIZES[-1] else f"{size:,}"
        for name, many in (("Platt", NEVER), ("Platt, isotonic", 0)):
            found = [await held_out(data, embedder, size, many, seed) for seed in range(DRAWS)]
            lines.append(_line(shown, name, found))
        last = await held_out(data, embedder, size, calibration.MANY, 0)
    lines += ["", f"Reliability with {shown} verified, as the product fits it:", ""]
    lines += ["| confidence | answers | mean confidence | right |", "|---|---|---|---|"]
    lines += [f"| {b.low:.1f}–{b.high:.1f} | {b.number:,} | {b.confidence:.3f} | {b.right:.3f} |" for b in last.bins]
    return [*lines, ""]


async def held_out(data: Data, embedder: MiniLM, size: int, many: int, seed: int) -> Reliability:
    """Confidence of every answer, from a calibration fitted on at most `size` answers of the other half (0: none is fitted)."""
    halves = split(data, seed)
    confidence = np.empty(len(data.rows))
    for ours, other in (halves, halves[::-1]):
        chosen = [data.rows[place] for place in random.Random(seed).sample(other, min(size, len(other)))]
        report = [replace(data.rows[place], right=None) for place in ours]
        work = CellWork(Nowhere(), scorers(embedder, chosen), None, "bench", lambda: datetime.now(UTC))
        said = await opinions(work, report)
        if not size:
            confidence[ours] = [value if (value := uncalibrated(one)) is not None else np.nan for one in said]
            continue
        fitted = calibration.fit(await opinions(work, chosen), [one.right is True for one in chosen], many)
        assert fitted is not None
        confidence[ours] = fitted.confidence(said)
    return reliability(confidence, _right(data))


async def opinions(work: CellWork, rows: Sequence[Scorable]) -> list[Opinions]:
    found = await work.freely(rows)
    return [{name: verdict.value for name, verdict in found[one.trace_id].items()} for one in rows]


def scorers(embedder: MiniLM, verified: Sequence[Scorable]) -> tuple[Any, ...]:
    """The free ones. What cell these answers are of is not known, so no schema can be checked."""
    return (Rules(lambda cell: lambda *_: None), Agreement(embedder, verified), Repetition(), Probability())


def split(data: Data, seed: int) -> tuple[list[int], list[int]]:
    """Places of two halves; answers to one question stay together."""
    groups = sorted(set(data.groups))
    random.Random(seed).shuffle(groups)
    first = set(groups[: len(groups) // 2])
    places = range(len(data.rows))
    return [p for p in places if data.groups[p] in first], [p for p in places if data.groups[p] not in first]


class Nowhere:
    """No store: this keeps nothing."""

    def __getattr__(self, name: str) -> Any:
        raise NotImplementedError(name)


def _right(data: Data) -> Any:
    return np.array([one.right is True for one in data.rows], dtype=np.float64)


def _line(verified: str, name: str, found: Sequence[Reliability]) -> str:
    """Means over the fits, of the interval's ends too."""
    ece, low, high, brier = np.mean([(one.ece, one.low, one.high, one.brier) for one in found], axis=0)
    auc = np.mean([one.auc for one in found if one.auc is not None])
    return f"| {verified} | {name} | {ece:.3f} | {low:.3f}–{high:.3f} | {brier:.3f} | {auc:.3f} |"


if __name__ == "__main__":
    main()
