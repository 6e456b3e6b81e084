"""What scoring in the background costs the queries of the same server: nothing, if this shows a ratio of 1.

    .venv/bin/python -m bench.scoring [--data DIR] [--pairs N] [--docs]

A pair is the same query with the worker off and with it on, each at a random moment; the arms take turns, five queries at a time. *What
comes in*: the worker has what the queries bring. *A backlog*: the project holds the 27,365 executions of `llm_logs`, and the worker has
work all the time, as after an import. 300 executions are verified. The model is the shipped fake in a process of its own, 20 ms an
answer. Cores that rested are slower than cores that worked, so before the query of either arm other processes keep them at work.
A pair's ratio is on / off; the interval is a bootstrap of the median ratio. `--docs` puts the table into `docs/confidence.md`.
"""

from __future__ import annotations

import argparse
import atexit
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import rvbbit
from rvbbit.cli import process
from rvbbit.testing import FakeProcess

if TYPE_CHECKING:
    from rvbbit.engine import Database

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "confidence.md"
BEGIN, END = "<!-- measured: bench/scoring.py -->\n", "<!-- end: bench/scoring.py -->\n"
CALLS = 200
LATENCY = 0.02  # seconds
VERIFIED = 300
LOW = 8_000  # executions that wait, under which all are asked for again
PAUSE = 4.0  # seconds: with a backlog, the query comes at a random moment within them
THINKING = 3.0  # likewise, without one
WARMING = 0.3  # seconds before the query
BLOCK = 5  # queries of one arm, before the other's turn
DRAWS = 2_000
TOML = 'scoring_budget_usd = "none"\n[prices]\n"openai:fake" = {input = 0.1, output = 0.4}\n'


@dataclass(frozen=True, slots=True)
class Pair:
    """Seconds of one query with the worker off and on."""

    off: float
    on: float


def main() -> None:
    """Measure, print, and with --docs keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--pairs", type=int, default=60, help="of each line")
    parser.add_argument("--docs", action="store_true", help=f"put the table into {PAGE.relative_to(ROOT)}")
    given = parser.parse_args()
    if not given.data.exists():
        sys.exit(f"{given.data} is not there: pass --data")
    process.begin()  # as `rvbbit serve` does
    report = "\n".join(measured(given.data, given.pairs))
    print(report)
    if given.docs:
        before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}{report}\n{END}{rest.partition(END)[2]}", "utf-8")


def measured(data: Path, pairs: int) -> Iterator[str]:
    """The table's lines."""
    yield f"Measured {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {pairs} pairs a line."
    yield ""
    yield "| to score | by | query | p50 off, ms | p50 on, ms | p95 off, ms | p95 on, ms | on / off | 95 % interval | scored |"
    yield "|---|---|---|--:|--:|--:|--:|--:|---|--:|"
    for backlog in (None, data):
        for name, judge in (("free scorers", "local:minilm"), ("free scorers and a judge", "openai:fake")):
            with project(backlog, judge) as db:
                for kind, query in ((f"{CALLS} calls", asking), ("plain SQL", counting)):
                    before = db.worker.status().scored
                    found = pairs_of(db, query, pairs, full=backlog is not None)
                    where = "what comes in" if backlog is None else "a backlog"
                    yield line(f"{where} | {name}", kind, found, db.worker.status().scored - before)


@contextmanager
def project(data: Path | None, judge: str) -> Iterator[Database]:
    """An open project full of executions, some verified, with a table to ask about."""
    with FakeProcess("--latency", str(LATENCY)) as server, tempfile.TemporaryDirectory() as home:
        os.environ |= {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": "none", "RVBBIT_JUDGE_MODEL": judge}
        (Path(home) / "rvbbit.toml").write_text(TOML, "utf-8")
        with rvbbit.connect(home, model="openai:fake") as db:
            if data is not None:
                db.training.import_(data / "llm_logs")
            db.sql("CREATE TABLE tickets AS SELECT 'ticket ' || i AS text FROM range($n) r(i)", {"n": CALLS})
            db.sql("CREATE TABLE numbers AS SELECT i, i % 1000 AS part FROM range(2_000_000) r(i)")
            for query in (asking, counting, asking):
                query(db)
            db.training.mark([row.trace_id for row in db.training.examples(order="asc", limit=VERIFIED).rows], verified=True)
            yield db


def asking(db: Database) -> None:
    """As many calls as there are tickets: nobody asked this before."""
    db.sql(f"SELECT count(*) FROM tickets WHERE text MEANS 'number {random.random()}'").fetchall()


def counting(db: Database) -> None:
    """Plain SQL that keeps DuckDB at work for some hundredths of a second."""
    db.sql("SELECT part, count(DISTINCT i) FROM numbers GROUP BY part ORDER BY ALL LIMIT 3").fetchall()


def pairs_of(db: Database, query: Callable[[Database], None], number: int, *, full: bool) -> list[Pair]:
    """So many pairs, a block of each arm after the other, in random order: a worker that is turned on for one query has just begun."""
    found: list[Pair] = []
    while len(found) < number:
        block = min(BLOCK, number - len(found))
        seconds: dict[bool, list[float]] = {}
        for on in random.sample((False, True), 2):
            seconds[on] = [*arm(db, query, block, on=on, full=full)]
        found += map(Pair, seconds[False], seconds[True])
    return found


def arm(db: Database, query: Callable[[Database], None], number: int, *, on: bool, full: bool) -> Iterator[float]:
    """Seconds of so many queries, each at a random moment."""
    if on:
        db.worker.start()
        if full:
            busy(db)
    else:
        db.worker.stop()
    for _ in range(number):
        time.sleep(random.random() * (PAUSE if full else THINKING))
        warm()
        began = time.perf_counter()
        query(db)
        yield time.perf_counter() - began


def warm() -> None:
    """Keep all cores at work for a moment, by processes that stand still from then on."""
    for burner in _burners():
        burner.send_signal(signal.SIGCONT)
    time.sleep(WARMING)
    for burner in _burners():
        burner.send_signal(signal.SIGSTOP)


@cache
def _burners() -> list[subprocess.Popen[bytes]]:
    made = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
    for burner in made:
        atexit.register(burner.kill)
    return made


def busy(db: Database) -> None:
    """The worker is at work, and has enough left to be so for a while."""
    if db.worker.status().queued < LOW:
        db.assess(filter={"source": "import"}, force=True)
    scored = db.worker.status().scored
    while db.worker.status().scored == scored:
        time.sleep(0.002)


def line(name: str, kind: str, pairs: Sequence[Pair], scored: int) -> str:
    """One row: medians, tails, and the ratio with its interval."""
    off, on = [one.off for one in pairs], [one.on for one in pairs]
    ratios = [one.on / one.off for one in pairs]
    draws = sorted(statistics.median(random.choices(ratios, k=len(ratios))) for _ in range(DRAWS))
    shown = " | ".join(f"{1000 * part(values):.0f}" for part in (statistics.median, tail) for values in (off, on))
    interval = f"{draws[DRAWS // 40]:.2f}–{draws[-DRAWS // 40]:.2f}"
    return f"| {name} | {kind} | {shown} | {statistics.median(ratios):.2f} | {interval} | {scored:,} |"


def tail(values: Sequence[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(values, n=20)[-1]


if __name__ == "__main__":
    main()
