"""What the layout of prompts is worth: tokens that a provider's prompt cache should know and does know, and the money that saves.

    .venv/bin/python -m bench.prefixes [--data DIR] [--rows N] [--docs]

The product's runner, selector and clients classify rows of BANKING77 over a real socket; the server is the shipped fake with a prompt cache
like OpenAI's (from 1,024 tokens on, in steps of 128, equal from the first character on). *Shuffled* is the same choice of examples in
another order for each call, and for `random` another choice. Prices are genai-prices' of the day. `--docs` puts the tables into
`docs/training.md`.
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
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

from bench.learning import ROOT, Data, drawn, read

from rvbbit.cascades import builtin
from rvbbit.cascades.catalog import Catalog
from rvbbit.cascades.runner import Runner
from rvbbit.interfaces import ExampleSelector
from rvbbit.providers.local.minilm import MiniLM
from rvbbit.providers.prefixes import Prefixes
from rvbbit.providers.prices import Prices
from rvbbit.providers.prompt_caches import PromptCache as Known
from rvbbit.providers.registry import Registry
from rvbbit.testing import FakeServer, PromptCache
from rvbbit.training.selection import Selector
from rvbbit.types import (
    Arguments,
    CallContext,
    CallRecord,
    CellKey,
    Example,
    ExampleSet,
    Format,
    Message,
    Request,
    Strategy,
    TrainingPolicy,
    Usage,
    Value,
)

PAGE = ROOT / "docs" / "training.md"
BEGIN, END = "<!-- measured: bench/prefixes.py -->\n", "<!-- end: bench/prefixes.py -->\n"
STRATEGIES: Sequence[Strategy] = ("recent", "high_confidence", "random", "semantic")
MODEL, MARKED = "openai:gpt-5-mini", "openai:gpt-5.6-luna"
EXAMPLES, LIMIT, CONCURRENCY = 8, 40, 16  # examples a label in the set; examples a prompt; calls at once
LATENCY = 0.02
SLOW, CROWD = 0.5, 64  # seconds an answer takes and calls at once, where warming is measured


class Shelf:
    """An `ExampleStore` of approved rows, newest first."""

    def __init__(self, data: Data) -> None:
        rows = drawn(data.train, EXAMPLES, 0)
        labels: list[Value] = list(data.labels)
        noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
        self.examples = [
            Example(f"{n}", {"text": row.text, "labels": labels}, row.label, noon - timedelta(hours=n), n / len(rows), True)
            for n, row in enumerate(rows)
        ]

    def revision(self) -> int:
        return 1

    def trainable(self, cell: CellKey) -> list[Example]:
        return self.examples


class Shuffled:
    """An `ExampleSelector` whose examples come in another order for each call; `random` draws anew for each."""

    def __init__(self, inner: ExampleSelector, shelf: Shelf) -> None:
        self._inner = inner
        self._shelf = shelf

    async def version(self, cell: CellKey, policy: TrainingPolicy, arguments: Arguments) -> str:
        return await self._inner.version(cell, replace(policy, core=None), arguments)

    async def select(self, cell: CellKey, policy: TrainingPolicy, arguments: Arguments) -> ExampleSet:
        found = await self._inner.select(cell, replace(policy, core=None), arguments)
        dice = random.Random(str(arguments["text"]))
        among = self._shelf.examples if policy.strategy == "random" else found.examples
        return replace(found, examples=tuple(dice.sample(among, len(found.examples))), stable=0)


class Log:
    """A `CallLog` in memory that finds nothing again."""

    def __init__(self) -> None:
        self.records: list[CallRecord] = []

    async def append(self, record: CallRecord, *, last: bool = False) -> None:
        self.records.append(record)

    async def answers(self, keys: Sequence[str]) -> Mapping[str, Value]:
        return {}


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run took: usage of all calls, what was expected of the cache, seconds."""

    usage: Usage
    expected: int
    off: int
    seconds: float


async def ran(
    home: Path, selector: ExampleSelector, asked: Sequence[Arguments], model: str, *, latency: float, concurrency: int, warm: bool = False
) -> Ran:
    """One query's calls against a server that knows nothing yet; with `warm`, the first one alone."""
    log = Log()
    with FakeServer(latency=latency, prompt_cache=PromptCache(marked=model == MARKED)) as server:
        registry = Registry(env={"OPENAI_API_KEY": "a-key-for-nobody", "OPENAI_BASE_URL": server.base_url}, concurrency=concurrency)
        runner = Runner(Catalog(home), registry, log, selector, lambda sql, arguments: [], model, concurrency=concurrency)
        context = CallContext("bench")
        started = time.perf_counter()
        if warm:
            await runner.answer("classify", asked[:1], context)
        await runner.answer("classify", asked[1:] if warm else asked, context)
        seconds = time.perf_counter() - started
        await registry.close()
    usage = sum((record.usage for record in log.records), Usage())
    off = sum(abs(record.tokens_cached_expected - record.usage.tokens_cached) for record in log.records)
    return Ran(usage, sum(record.tokens_cached_expected for record in log.records), off, seconds)


def learning(folder: Path, strategy: Strategy, form: Format) -> Path:
    """A project whose CLASSIFY learns so."""
    source = (Path(builtin.__path__[0]) / "classify.cascade.yaml").read_text("utf-8")
    settings = f"use_training: true\n    training_strategy: {strategy}\n    training_format: {form}\n    training_limit: {LIMIT}"
    place = folder / f"{strategy}-{form}" / "cascades" / "classify.cascade.yaml"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(source.replace("use_training: true", settings), "utf-8")
    return place.parent.parent


def saved(usage: Usage, model: str = MODEL) -> float:
    """Percent of what the tokens would cost if none were cached."""
    full = Prices().cost(model, Usage(usage.tokens_in, usage.tokens_out)) or 1.0
    return 100 * (1 - (usage.cost_usd or 0.0) / full)


async def layouts(folder: Path, shelf: Shelf, selector: Selector, asked: Sequence[Arguments]) -> list[str]:
    lines = ["| strategy | format | tokens a call | shuffled: saved | cached, expected | cached | off a call | of all tokens | saved |"]
    lines += ["|---|---|" + "--:|" * 7]
    for strategy in STRATEGIES:
        for form in get_args(Format):
            home = learning(folder, strategy, form)
            before = await ran(home, Shuffled(selector, shelf), asked, MODEL, latency=LATENCY, concurrency=CONCURRENCY)
            after = await ran(home, selector, asked, MODEL, latency=LATENCY, concurrency=CONCURRENCY)
            usage, calls = after.usage, len(asked)
            lines.append(
                f"| `{strategy}` | `{form}` | {usage.tokens_in / calls:,.0f} | {abs(saved(before.usage)):.0f} % "
                f"| {after.expected:,} | {usage.tokens_cached:,} | {after.off / calls:.0f} "
                f"| {100 * usage.tokens_cached / usage.tokens_in:.0f} % | {saved(usage):.0f} % |"
            )
    return lines


async def warming(home: Path, selector: Selector, asked: Sequence[Arguments]) -> list[str]:
    lines = ["| model | calls | the first alone | seconds | cached | written | USD |", "|---|--:|---|" + "--:|" * 4]
    for model in (MODEL, MARKED):
        for calls in (CROWD, len(asked)):
            for warm in (False, True):
                found = await ran(home, selector, asked[:calls], model, latency=SLOW, concurrency=CROWD, warm=warm)
                usage = found.usage
                lines.append(
                    f"| `{model}` | {calls} | {'yes' if warm else 'no'} | {found.seconds:.1f} | {usage.tokens_cached:,} "
                    f"| {usage.tokens_written:,} | {usage.cost_usd or 0.0:.4f} |"
                )
    return lines


def microseconds() -> str:
    """CPU that expecting takes a call, on prompts like those above."""
    turns = tuple(Message(role, "word " * 12) for _ in range(LIMIT) for role in ("user", "assistant"))
    chats = {"chat": (Message("system", "rule " * 400), *turns), "one block": (Message("system", "rule " * 1400),)}
    said = []
    for name, start in chats.items():
        for kind, cache in (("steps", Known(1024, 128)), ("marks", Known(1024, marked=True))):
            prefixes, took = Prefixes(cache), []
            for number in range(2_000):
                request = Request(MODEL, (*start, Message("user", f"question {number}")), stable=len(start))
                begun = time.perf_counter()
                sent = prefixes.sending(request)
                prefixes.answered(sent)
                prefixes.expected(sent, Usage(1_800))
                took.append(time.perf_counter() - begun)
            said.append(f"{name}, {kind}: {1e6 * statistics.median(took):.0f} µs")
    return f"Expecting costs a call, median of 2,000 ({2 * LIMIT + 2} messages in `chat`): {'; '.join(said)}."


async def report(folder: Path, rows: int) -> str:
    data = read(folder, "banking77")
    shelf, model = Shelf(data), MiniLM()
    labels: list[Value] = list(data.labels)
    chosen = random.Random(0).sample(data.test, min(rows, len(data.test)))
    asked: list[Arguments] = [{"text": row.text, "labels": labels} for row in chosen]
    selector = Selector(shelf, model)  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory() as place:
        lines = await layouts(Path(place), shelf, selector, asked)
        lines += ["", *(await warming(learning(Path(place), "recent", "chat"), selector, asked))]
    await model.close()
    return "\n".join([*lines, "", microseconds()]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="folder of data sets")
    parser.add_argument("--rows", type=int, default=300, help="rows that are classified")
    parser.add_argument("--docs", action="store_true", help="write the tables into docs/training.md")
    arguments = parser.parse_args()
    tables = asyncio.run(report(arguments.data, arguments.rows))
    print(tables)
    if arguments.docs:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        PAGE.write_text(before + BEGIN + tables + END + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    main()
