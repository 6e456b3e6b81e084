"""`kill -9` of the process that writes: everything acknowledged is there, once, and what was not is whole or absent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rvbbit.logs.examples import ExampleFilter
from rvbbit.logs.store import Store
from support.store import Backend, ClickHouseBackend, DuckDBBackend, call, decision, score

TESTS = Path(__file__).parents[2]
ROWS = 3_000
BATCH = 200

_OPEN = f"""
import asyncio, sys
sys.path.insert(0, {str(TESTS)!r})
from rvbbit.logs import clickhouse, duckdb
from rvbbit.logs.examples import ExampleFilter
from support.store import call, connect, decision, score
from contract.store.test_kill import some

place = sys.argv[1]
store = clickhouse.Store(place) if "://" in place else duckdb.Store(connect(place))
def done(number):
    print(number, flush=True)
"""
_APPEND = """
async def one(number):
    await store.append(call(f"t{number}", cache_key=f"k{number}", answer=number))
    done(number)

async def main():
    for start in range(0, 1_000_000, 200):
        await asyncio.gather(*(one(number) for number in range(start, start + 200)))

asyncio.run(main())
"""
_IMPORT = """
for number in range(1_000_000):
    store.take_in(*some(number))
    done(number)
"""
_MARK = """
for number in range(1_000_000):
    store.matching(ExampleFilter()).annotate(decision("", f"b{number}", trainable=number % 2 == 0))
    done(number)
"""
_UNDO = """
for number in range(1_000_000):
    store.take_back(f"b{number - 1}" if number else "first", decision("", f"b{number}"))
    done(number)
"""
_SCORE = """
for start in range(0, 1_000_000, 100):
    store.record([score(f"t{number % 3_000}", number / 1e9, version=f"v{start}") for number in range(start, start + 100)])
    done(start)
"""


def some(number: int) -> tuple[list[Any], list[Any], list[Any]]:
    """Calls, decisions and scores of one batch of an import."""
    ids = [f"t{number}-{place}" for place in range(BATCH)]
    return [call(name) for name in ids], [decision(name, trainable=True) for name in ids], [score(name, 0.5) for name in ids]


@pytest.fixture(params=["duckdb", "clickhouse"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a process opens a store: a file, or a server that lives on."""
    return str(tmp_path / "store.duckdb") if request.param == "duckdb" else str(request.getfixturevalue("clickhouse_url"))


@pytest.fixture
def backend(place: str, tmp_path: Path) -> Iterator[Backend]:
    """Opened when first asked for: while the other process lives, the file is its own."""
    backend = Later(place, tmp_path)
    yield backend
    backend.close()


class Later:
    """The backend, once the process that writes is gone."""

    def __init__(self, place: str, folder: Path) -> None:
        self._place, self._folder = place, folder
        self._backend: Backend | None = None

    def _known(self) -> Backend:
        if self._backend is None:
            self._backend = ClickHouseBackend(self._place) if "://" in self._place else DuckDBBackend(self._folder)
        return self._backend

    def open(self, changed: Any = None) -> Store:
        return self._known().open(changed)

    def rows(self, table: str, *names: str) -> list[dict[str, Any]]:
        return self._known().rows(table, *names)

    def delete(self, trace_id: str) -> None:
        self._known().delete(trace_id)

    def close(self) -> None:
        backend, self._backend = self._backend, None
        if backend is not None:
            backend.close()


def killed(program: str, place: str, after: int) -> list[int]:
    """Run it until it has acknowledged so many, kill it, and give back all that it acknowledged."""
    with subprocess.Popen([sys.executable, "-c", _OPEN + program, place], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        acknowledged = [int(next(writer.stdout)) for _ in range(after)]
        os.kill(writer.pid, signal.SIGKILL)
        acknowledged += [int(line) for line in writer.stdout if line.endswith("\n")]
    assert writer.returncode == -signal.SIGKILL
    return acknowledged


def filled(backend: Later, place: str) -> None:
    """Executions to decide on, and a first batch."""
    store = backend.open()
    for start in range(0, ROWS, 1_000):
        store.take_in([call(f"t{number}") for number in range(start, start + 1_000)])
    store.matching(ExampleFilter()).annotate(decision("", "first", verified=True))
    store.close()
    if "://" not in place:
        backend.close()


async def test_everything_acknowledged_is_there_once(place: str, backend: Later) -> None:
    acknowledged = killed(_APPEND, place, 1_050)
    store = backend.open()
    answers = await store.answers([f"k{number}" for number in acknowledged])
    assert answers == {f"k{number}": number for number in acknowledged}
    ids = [row["trace_id"] for row in backend.rows("unified_logs", "trace_id")]
    assert len(ids) == len(set(ids))
    store.close()


def test_an_import_is_resumed_and_nothing_is_lost_or_twice(place: str, backend: Later) -> None:
    acknowledged = killed(_IMPORT, place, 4)
    store = backend.open()
    batches = acknowledged[-1] + 2  # the one it was at, too
    kept = Counter(row["trace_id"].split("-")[0] for row in backend.rows("unified_logs", "trace_id"))
    assert {kept[f"t{number}"] for number in acknowledged} == {BATCH} and set(kept.values()) == {BATCH}
    for number in range(batches):
        calls, decisions, scores = some(number)
        new = store.take_in(calls, decisions, scores)
        assert number not in acknowledged or new == (0, 0, 0)
    for table in ("unified_logs", "training_annotations", "scores"):
        ids = [row["trace_id"] for row in backend.rows(table, "trace_id")]
        assert len(ids) == len(set(ids)) == batches * BATCH, table
    assert store.page(ExampleFilter(trainable=True, min_confidence=0.5)).total == batches * BATCH
    store.close()


@pytest.mark.parametrize("program", [_MARK, _UNDO], ids=["mark", "undo"])
def test_a_decision_by_filter_is_all_there_or_not_at_all(place: str, backend: Later, program: str) -> None:
    filled(backend, place)
    acknowledged = killed(program, place, 5)
    store = backend.open()
    batches = Counter(row["batch"] for row in backend.rows("training_annotations", "batch"))
    assert set(batches.values()) == {ROWS}, "whole, each of them"
    assert {f"b{number}" for number in acknowledged} <= set(batches)
    last = max(int(batch[1:]) for batch in batches if batch != "first")
    assert last <= acknowledged[-1] + 1
    holds = ExampleFilter(trainable=True) if program is _MARK else ExampleFilter(verified=True)
    assert store.page(holds).total == (ROWS if (last % 2 == 0) == (program is _MARK) else 0)
    assert store.take_back(f"b{last}", decision("", "again")) == ROWS
    store.close()


def test_scores_are_kept_by_the_batch(place: str, backend: Later) -> None:
    filled(backend, place)
    acknowledged = killed(_SCORE, place, 20)
    store = backend.open()
    versions = Counter(row["scorer_version"] for row in backend.rows("scores", "scorer_version"))
    assert set(versions.values()) == {100}
    assert {f"v{start}" for start in acknowledged} <= set(versions)
    assert store.page(ExampleFilter(scored=True)).total == min(ROWS, 100 * len(versions))
    store.close()
