"""Does a student keep its promise, and what does it save? Simulated queries on labelled data, through the product's own `StudentFirst`.

    .venv/bin/python -m bench.guarantee [--data DIR] [--runs N] [--rows N] [--target T] [--set NAME] [--vectors DIR] [--docs]
                                        [--against verified] [--verified N]

Each run is a query over other rows of a data set, on an empty log: nothing is curated, so what teaches is asked in the run itself. The
labels, two in a hundred of them turned into another answer, play the model. *Below* is the share of runs whose result misses the target;
the promise is at most `delta`, 5 %. `--docs` puts the table into `docs/student.md`.

`--against verified`: the target is held against verified answers, as many as `--verified` says, drawn from the rows that are not asked
about. The labels play the person who verifies; some models err more; a run that is refused asks nothing and misses nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from bench.labelled import ALL, DATA, Questions, noisy

from rvbbit.cascades.catalog import Catalog
from rvbbit.cascades.student_first import Desk, StudentFirst
from rvbbit.cascades.verified import Verified
from rvbbit.errors import UsageError
from rvbbit.interfaces import ExampleSelector, Listener, Provider
from rvbbit.providers.local.minilm import MiniLM
from rvbbit.providers.local.provider import LocalProvider
from rvbbit.targets import Target
from rvbbit.types import NO_EXAMPLES, Answer, Arguments, CallContext, CallRecord, CellKey, ExampleSet, TrainingPolicy, Value

PAGE = Path(__file__).parents[1] / "docs" / "student.md"
BEGIN, END = {"model": "<!-- measured: bench/guarantee.py -->\n", "verified": "<!-- measured: against verified -->\n"}, "<!-- end -->\n"
NOISE = 0.02
MORE_NOISE = 0.06  # of a second model, where answers are held against verified ones
POOL = 2_000  # texts of a data set that runs are drawn from
CONTEXT = CallContext("bench", model="bench:labels")


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels as a model: answers what it is asked, and counts."""

    answers: Mapping[str, Value]

    async def answer(
        self, operator: str, arguments: Sequence[Arguments], context: CallContext, listen: Listener | None = None
    ) -> list[Answer]:
        return [Answer(self.answers[str(one["text"])], calls=1) for one in arguments]

    async def known(self, operator: str, arguments: Sequence[Arguments], context: CallContext) -> int:
        return 0

    async def recall(self, operator: str, arguments: Sequence[Arguments], context: CallContext) -> list[Answer | None]:
        return [None] * len(arguments)

    async def requests(self, operator: str, unknown: int, context: CallContext) -> int:
        return unknown


class Nothing:
    """A log that forgets, and no examples: each run begins anew."""

    async def append(self, record: CallRecord, *, last: bool = False) -> None:
        pass

    async def answers(self, keys: Sequence[str]) -> Mapping[str, Value]:
        return {}

    async def version(self, cell: CellKey, policy: TrainingPolicy, arguments: Arguments) -> str:
        return ""

    async def select(self, cell: CellKey, policy: TrainingPolicy, arguments: Arguments) -> ExampleSet:
        return NO_EXAMPLES


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run: the model asked for a share of the rows, what came of it, and whether that misses the target. None: it was refused."""

    asked: float | None
    reached: float | None
    missed: bool


@dataclass(frozen=True, slots=True)
class Draw:
    """What a run asks about, and what was verified before: other texts of the same pool."""

    asked: Sequence[str]
    verified: Sequence[str]

    @classmethod
    def of(cls, pool: Sequence[str], rows: int, verified: int, chance: random.Random) -> Draw:
        drawn = chance.sample(pool, min(rows + verified, len(pool)))
        return cls(drawn[verified:], drawn[:verified])


def desk(provider: Provider, home: Path) -> Desk:
    nothing = Nothing()
    selector: ExampleSelector = nothing
    return Desk(Catalog(home).find, lambda model: provider, nothing, selector, lambda cell, model: (), "bench:labels")


async def run(questions: Questions, answers: Mapping[str, Value], draw: Draw, given: Desk, target: Target) -> Outcome:
    verified = [Verified(questions.arguments(text), questions.truth[text], answers[text]) for text in draw.verified]
    student = StudentFirst(Labels(answers), replace(given, verified=lambda cell, model: verified), target)
    texts, right = draw.asked, answers if target.against == "model" else questions.truth
    try:
        found = await student.answer(questions.operator, [questions.arguments(text) for text in texts], CONTEXT)
    except UsageError:
        return Outcome(None, None, missed=False)
    pairs = [(one.value, right[text]) for one, text in zip(found, texts, strict=True)]
    shares = list(reached(pairs, target))
    calls = sum(one.calls for one in found) / len(texts)
    return Outcome(calls, min(share for share, _ in shares), any(share < wanted - 1e-9 for share, wanted in shares))


def reached(pairs: Sequence[tuple[Value, Value]], target: Target) -> list[tuple[float, float]]:
    """Each share that was promised, as it came out, and what was promised. Nothing out of nothing is all."""
    both = sum(ours is True and theirs is True for ours, theirs in pairs)
    ours, theirs = (sum(pair[side] is True for pair in pairs) for side in (0, 1))
    right = sum(one == other for one, other in pairs) / len(pairs)
    found = ((right, target.accuracy), (both / ours if ours else 1.0, target.precision), (both / theirs if theirs else 1.0, target.recall))
    return [(share, wanted) for share, wanted in found if wanted is not None]


def targets(questions: Questions, wanted: float, against: Literal["model", "verified"]) -> Sequence[Target]:
    accuracy = Target(accuracy=wanted, against=against)
    if questions.operator == "classify" or "positive" in questions.name:  # whether something is liked, the student hardly tells
        return (accuracy,)
    if against == "verified":  # where few are true, two hundred verified answers hold too few of them to show more
        return (accuracy, Target(precision=wanted - 0.1, recall=wanted - 0.1, against=against)) if "card" in questions.name else (accuracy,)
    return accuracy, Target(recall=wanted), Target(precision=wanted, recall=wanted)


async def report(asked: argparse.Namespace) -> list[str]:
    """The lines of the table, told as they come."""
    provider = LocalProvider(MiniLM(asked.vectors))
    held = asked.against == "verified"
    more = ("the model errs | ", "refused | ", "--:|", "--:|") if held else ("", "", "", "")
    lines = ["| data | {}target | runs | {}below | worst | the model is asked for |".format(*more[:2])]
    lines.append("|---|{}---|--:|{}--:|--:|--:|".format(*more[2:]))
    with tempfile.TemporaryDirectory() as home:
        given = desk(provider, Path(home))
        for questions in (made(asked.data) for made in ALL):
            for target in targets(questions, asked.target, asked.against) if asked.set in questions.name else ():
                for noise in (NOISE, MORE_NOISE) if held and len(targets(questions, asked.target, "model")) > 1 else (NOISE,):
                    lines.append(await line(questions, target, asked, noise, given))
                    print(lines[-1], flush=True)
    await provider.close()
    return lines


async def line(questions: Questions, target: Target, asked: argparse.Namespace, noise: float, given: Desk) -> str:
    answers, chance, started = noisy(questions, noise), random.Random(str(target)), time.perf_counter()
    pool = random.Random(0).sample(questions.texts, min(POOL, len(questions.texts)))
    held = asked.verified if target.against == "verified" else 0
    found = [await run(questions, answers, Draw.of(pool, asked.rows, held, chance), given, target) for _ in range(asked.runs)]
    below, served = sum(one.missed for one in found) / asked.runs, [one for one in found if one.asked is not None]
    worst = min((one.reached for one in served if one.reached is not None), default=None)
    calls = statistics.mean(one.asked for one in served if one.asked is not None) if served else None
    print(f"{time.perf_counter() - started:.0f} s", flush=True)
    cells = [questions.name, *([f"{noise:.0%}"] if held else []), str(target), str(asked.runs)]
    cells += [f"{1 - len(served) / asked.runs:.0%}"] if held else []
    cells += [f"{below:.1%}", "" if worst is None else f"{worst:.1%}", "" if calls is None else f"{calls:.0%} of {asked.rows:,}"]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of data sets")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--rows", type=int, default=500, help="rows a query asks about")
    parser.add_argument("--against", choices=["model", "verified"], default="model")
    parser.add_argument("--verified", type=int, default=200, help="answers that were verified before a run")
    parser.add_argument("--target", type=float, default=0.9)
    parser.add_argument("--set", default="", help="only data sets with this in their name")
    parser.add_argument("--vectors", type=Path, metavar="DIR", help="folder that keeps vectors between runs")
    parser.add_argument("--docs", action="store_true", help="write the table into docs/student.md")
    given = parser.parse_args()
    lines = asyncio.run(report(given))
    if given.docs:
        begin = BEGIN[given.against]
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(begin)
        PAGE.write_text(before + begin + "\n".join(lines) + "\n" + END + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    main()
