"""How fast the log is at 27,000 and at 1,000,000 executions, on DuckDB and on ClickHouse: p50 and p95 of what people and queries ask of it.

    .venv/bin/python -m bench.store [--stores duckdb clickhouse] [--sizes 27000 1000000] [--runs N] [--folder DIR] [--reads] [--docs]

A store is filled once and kept in `--folder`; each measurement is of a copy, in a new process, through `rvbbit.connect`. ClickHouse is
chdb behind the HTTP shim of `tests/support`, not clickhouse-server. `--docs` puts the tables into `docs/performance.md`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from bench.executions import MODELS, START, batches, trace_id

import rvbbit
from rvbbit.engine import Database
from rvbbit.errors import TrainingError
from rvbbit.logs.clickhouse import Store as ClickHouse
from rvbbit.logs.examples import ExampleFilter
from rvbbit.logs.store import Store

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- measured: bench/store.py -->\n", "<!-- end: bench/store.py -->\n"
NAMES = {"duckdb": "DuckDB", "clickhouse": "ClickHouse (chdb)"}
MOST = 500_000  # executions read of a stream to tell its speed
INGESTED = 30_000


@dataclass(frozen=True, slots=True)
class Place:
    """A store of one kind and size in a folder: its files, and the server where it has one."""

    kind: str
    folder: Path

    @contextmanager
    def opened(self) -> Iterator[tuple[Database, Callable[[], int]]]:
        """The project, and how many MB of memory it and its server hold."""
        home = self.folder / "home"
        home.mkdir(parents=True, exist_ok=True)
        if self.kind == "duckdb":
            with rvbbit.connect(home, store=str(self.folder / "data" / "store.duckdb")) as db:
                yield db, lambda: _resident("self")
            return
        with _server(self.folder / "data") as (url, pid), rvbbit.connect(home, store=url) as db:
            yield db, lambda: _resident("self") + _resident(str(pid))

    def size(self) -> int:
        """MB on disk."""
        return sum(file.stat().st_size for file in (self.folder / "data").rglob("*") if file.is_file()) // 1_000_000


@contextmanager
def _server(folder: Path) -> Iterator[tuple[str, int]]:
    """chdb behind its shim: (URL, process)."""
    sys.path.insert(0, str(ROOT / "tests"))
    from support.clickhouse import Shim  # of the tests, which this script alone of all benches needs

    with Shim(folder) as shim:
        yield shim.url(), shim.pid


def _resident(process: str) -> int:
    (line,) = (line for line in Path(f"/proc/{process}/status").read_text("utf-8").splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) // 1_000


def build(place: Place, rows: int) -> None:
    """Fill it, unless it was filled before."""
    done = place.folder / "filled.json"
    if done.exists():
        return
    shutil.rmtree(place.folder, ignore_errors=True)
    (place.folder / "data").mkdir(parents=True)
    began, last = time.perf_counter(), 0.0
    with place.opened() as (db, _):
        store = _store(db)
        for number, batch in enumerate(batches(rows)):
            before = time.perf_counter()
            store.take_in(batch.records, batch.decisions, batch.scores)
            last = time.perf_counter() - before
            print(f"{place.kind} {rows:,}: batch {number}, {len(batch.records) / last:,.0f} a second", file=sys.stderr)
    done.write_text(json.dumps({"seconds": time.perf_counter() - began, "last": 10_000 / last}))


def _store(db: Database) -> Store:
    return db._rooms.store  # what appends calls is no part of the public surface


Ask = Callable[[Database, int], object]
"""Given the number of the run, so that no answer is one that was kept from the run before."""

COMMON = ("card", "account", "money", "time", "help", "please", "people", "write", "question", "change", "day", "order")


def page(**filters: object) -> Ask:
    """A page of executions; a filter's value may depend on the run."""
    return lambda db, run: db.training.examples(**{name: value(run) if callable(value) else value for name, value in filters.items()})


def reads(rows: int) -> list[tuple[str, Ask]]:
    """What lists, filters and figures ask, by the name it has in the table."""
    march = START.replace(month=3)
    return [
        ("list: first page", page()),
        ("list: a deep page, by cursor", lambda db, _: db.training.examples(cursor=_deep(db, rows))),
        ("list: page of 1,000", page(limit=1_000)),
        ("filter: cascade", page(cascade_id=("means",))),
        ("filter: model", page(model=MODELS[-1])),
        ("filter: confidence ≥ 0.8", page(min_confidence=lambda run: 0.8 + run / 1e4)),
        ("filter: confidence 0.2–0.3", page(min_confidence=lambda run: 0.2 + run / 1e4, max_confidence=0.3)),
        ("filter: trainable", page(trainable=True)),
        ("filter: verified", page(verified=True)),
        ("filter: tag", page(tag="gold")),
        ("filter: label", page(label="card_arrival")),
        ("filter: a day", page(since=march, until=march.replace(day=2))),
        ("filter: used as an example", page(used=True)),
        ("filter: criterion", page(criterion="is urgent")),
        ("filter: session", page(session_id=lambda run: f"session-{run + 10}")),
        ("filter: unscored", page(scored=False)),
        (
            "filter: four at once",
            page(cascade_id=("means",), model="local:minilm", min_confidence=lambda run: 0.8 + run / 1e4, since=march),
        ),
        ("sort: confidence", page(sort="confidence")),
        ("sort: cost, upwards", page(sort="cost", order="asc")),
        ("sort: model, filtered", page(sort="model", min_confidence=lambda run: 0.9 + run / 1e4)),
        ("one execution, whole", lambda db, run: db.history.detail(trace_id(rows // 2 + run))),
        ("search: frequent word", page(search=lambda run: COMMON[run % len(COMMON)])),
        ("search: rare word", page(search=lambda run: f"ticket {rows // 3 + run})")),
        ("search: absent word", page(search=lambda run: f"xylophonist {run}")),
        ("search: in a cascade", page(search=lambda run: f"{COMMON[run % len(COMMON)]}s", cascade_id=("chat",))),
        ("stats", lambda db, _: db.training.stats()),
        ("filter options", lambda db, _: db.history.facets()),
        ("filter options of a filter", lambda db, _: db.history.facets(cascade_id=("means",))),
    ]


_cursors: dict[int, str] = {}


def _deep(db: Database, rows: int) -> str:
    """Where a page in the middle starts: made once, as a person who scrolls has it already."""
    if rows not in _cursors:
        _cursors[rows] = db.training.examples(offset=rows // 2, limit=1).next or ""
    return _cursors[rows]


def measured(kind: str, folder: Path, rows: int, runs: int, *, reads_alone: bool) -> dict[str, Any]:
    """Everything of one store, on a copy of it; or its reads alone, which takes a quarter of the time."""
    with tempfile.TemporaryDirectory(dir=folder) as copy:
        place = Place(kind, Path(copy))
        shutil.copytree(folder / f"{kind}-{rows}" / "data", place.folder / "data", symlinks=True)
        with place.opened() as (db, memory):
            _settled(db)
            took = {name: _times(lambda run, asked=asked: asked(db, run), runs) for name, asked in reads(rows)}  # type: ignore[misc]
            after_reading = memory()
            if reads_alone:
                return {"took": took}
            took |= _marking(db, rows, runs)
            streamed = _streamed(db)
            ingested = _ingested(db, rows)
            held = {"memory": after_reading, "memory_after": memory(), "disk": place.size()}
            return {"took": took, "stream": streamed, "ingest": ingested, **held}


def _settled(db: Database) -> None:
    """As a server that has run for a while: where lists have something made for the next ones, it is made."""
    db.training.examples()
    if isinstance(store := _store(db), ClickHouse):
        store._editions.settled()


def _times(work: Callable[[int], object], runs: int) -> list[float]:
    """Milliseconds of each run but the first."""
    took = []
    for run in range(runs + 1):
        began = time.perf_counter()
        work(run)
        took.append(1_000 * (time.perf_counter() - began))
    return took[1:]


def _marking(db: Database, rows: int, runs: int) -> dict[str, list[float]]:
    ids = iter(range(0, rows, 97))

    def one(run: int) -> None:
        try:
            db.training.mark([trace_id(next(ids))], trainable=True, author="ann")
        except TrainingError:  # one that failed and cannot teach
            one(run)

    took = {"mark one": _times(one, runs)}
    for name, which in (("a filter's, a tenth", {"cascade_id": ("about",)}), ("everything", {})):
        marks, undos = [], []
        for _ in range(max(3, runs // 6)):
            began = time.perf_counter()
            marked = db.training.mark(filter=which, tags=("bulk",), author="ann")
            middle = time.perf_counter()
            undone = db.training.undo(str(marked.undo), author="ann")
            if undone.updated != marked.updated or marked.updated < rows // 20:
                raise SystemExit(f"marked {marked.updated}, undone {undone.updated}")
            marks.append(1_000 * (middle - began))
            undos.append(1_000 * (time.perf_counter() - middle))
        took |= {f"mark {name}": marks, f"undo {name}": undos}
    return took


def _streamed(db: Database) -> float:
    """Executions a second that leave the store as rows."""
    seen, began = 0, time.perf_counter()
    for part in _store(db).stream(ExampleFilter(limit=None)):
        seen += len(part)
        if seen >= MOST:
            break
    return seen / (time.perf_counter() - began)


def _ingested(db: Database, rows: int) -> dict[str, float]:
    """Executions a second that come in: a thousand calls at once, as an engine's, and an import's batches."""
    store = _store(db)
    made = [record for batch in batches(2 * INGESTED) for record in batch.records]
    fresh = [replace(record, trace_id=f"new {number} of {rows}") for number, record in enumerate(made)]

    async def append() -> None:
        for start in range(0, INGESTED, 1_000):
            await asyncio.gather(*(store.append(record) for record in fresh[start : start + 1_000]))

    began = time.perf_counter()
    asyncio.run(append())
    middle = time.perf_counter()
    for start in range(INGESTED, 2 * INGESTED, 2_000):
        store.take_in(fresh[start : start + 2_000])
    return {"append": INGESTED / (middle - began), "take_in": INGESTED / (time.perf_counter() - middle)}


def tables(found: dict[tuple[str, int], Any]) -> str:
    """Two tables in Markdown: milliseconds, and everything else."""
    heads = [f"{NAMES[kind]}, {rows:,}" for kind, rows in found]
    lines = ["| p50 / p95 ms | " + " | ".join(heads) + " |", "|---|" + "--:|" * len(found)]
    for name in next(iter(found.values()))["took"]:
        cells = (np.percentile(one["took"][name], [50, 95]) for one in found.values())
        lines.append(f"| {name} | " + " | ".join(f"{p50:,.0f} / {p95:,.0f}" for p50, p95 in cells) + " |")
    if any("stream" not in one for one in found.values()):
        return "\n".join(lines) + "\n"
    lines += ["", "| | " + " | ".join(heads) + " |", "|---|" + "--:|" * len(found)]
    others = {
        "calls logged a second, 1,000 at once": lambda one: one["ingest"]["append"],
        "executions imported a second, 2,000 a batch": lambda one: one["ingest"]["take_in"],
        "executions streamed out a second": lambda one: one["stream"],
        "memory after all reads, MB": lambda one: one["memory"],
        "memory after bulk marks, stream and ingest, MB": lambda one: one["memory_after"],
        "on disk, MB": lambda one: one["disk"],
    }
    lines += [f"| {name} | " + " | ".join(f"{of(one):,.0f}" for one in found.values()) + " |" for name, of in others.items()]
    return "\n".join(lines) + "\n"


def merged(there: str, measured: str) -> str:
    """The tables that are there, with what was measured in their columns of the same name."""
    fresh = {name: cells for name, cells, _ in _rows(measured)}
    lines = {
        line: f"| {' | '.join([name, *(fresh.get(name, {}).get(head, cell) for head, cell in cells.items())])} |"
        for name, cells, line in _rows(there)
    }
    return "\n".join(lines.get(line, line) for line in there.splitlines()) + "\n"


def _rows(tables: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """Name, cells by their heads, and the line, of each row of tables in Markdown."""
    heads: list[str] | None = None
    for line in tables.splitlines():
        name, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        if not line.startswith("|"):
            heads = None
        elif heads is None:
            heads = cells
        elif not line.startswith("|-"):
            yield name, dict(zip(heads, cells, strict=True)), line


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stores", nargs="+", choices=NAMES, default=list(NAMES))
    parser.add_argument("--sizes", nargs="+", type=int, default=[27_000, 1_000_000], metavar="N")
    parser.add_argument("--runs", type=int, default=30, metavar="N")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "rvbbit-bench-store")
    parser.add_argument("--docs", action="store_true", help="put what was measured into the tables of docs/performance.md")
    parser.add_argument("--reads", action="store_true", help="reads alone: no marks, no stream, no ingest")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measured(given.stores[0], given.folder, given.sizes[0], given.runs, reads_alone=given.reads)))
        return
    found = {}
    for kind in given.stores:
        for rows in given.sizes:
            build(Place(kind, given.folder / f"{kind}-{rows}"), rows)
            command = [sys.executable, "-m", "bench.store", "--one", "--stores", kind, "--sizes", str(rows)]
            command += ["--runs", str(given.runs), "--folder", str(given.folder), *(["--reads"] if given.reads else [])]
            found[kind, rows] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=ROOT).stdout)
            print(tables({(kind, rows): found[kind, rows]}))
    print(tables(found))
    if given.docs:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        there, _, after = rest.partition(END)
        PAGE.write_text(before + BEGIN + merged(there, "\n" + tables(found) + "\n") + END + after, encoding="utf-8")


if __name__ == "__main__":
    main()
