"""What SQL over a log on ClickHouse costs: the first statement that names `rvbbit.unified_logs`, one when nothing changed, one after news.

    .venv/bin/python -m bench.mirror [--rows 27000] [--runs 5]

Medians, in milliseconds, of `SELECT count(*)`, which itself takes DuckDB under one; each run is a new process's session. ClickHouse is chdb
behind the HTTP shim of `tests/support`, on this machine, not clickhouse-server.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from itertools import count
from pathlib import Path

from bench.executions import batches

import rvbbit
from rvbbit.engine import Database

QUERY = "SELECT count(*) FROM rvbbit.unified_logs"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=27_000)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from support.clickhouse import Shim  # of the tests

    with tempfile.TemporaryDirectory() as folder, Shim(Path(folder) / "data") as shim:
        took: dict[str, list[float]] = {"first copy": [], "nothing changed": [], "100 executions more": []}
        news = _filled(shim.url(), Path(folder), asked.rows)
        numbers = count()
        for _ in range(asked.runs):
            with rvbbit.connect(Path(folder), store=shim.url(), database=":memory:") as db:
                took["first copy"].append(_timed(db))
                took["nothing changed"].append(_timed(db))
                db._rooms.store.take_in([replace(record, trace_id=f"news-{next(numbers)}") for record in news])
                took["100 executions more"].append(_timed(db))
        for name, times in took.items():
            print(f"{name:<20} {statistics.median(times):>8.0f} ms   ({min(times):.0f} to {max(times):.0f}, {len(times)} runs)")


def _filled(url: str, home: Path, rows: int) -> list[rvbbit.types.CallRecord]:
    with rvbbit.connect(home, store=url, database=":memory:") as db:
        for batch in batches(rows):
            db._rooms.store.take_in(batch.records, batch.decisions, batch.scores)
            newest = batch.records
        size = db._rooms.server.extents(["unified_logs"]) if db._rooms.server else {}
    print(f"{size['unified_logs'][0]:,} executions")
    return list(newest)[:100]


def _timed(db: Database) -> float:
    began = time.perf_counter()
    db.sql(QUERY).fetchall()
    return (time.perf_counter() - began) * 1_000


if __name__ == "__main__":
    main()
