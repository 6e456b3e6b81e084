"""One scenario, once, in this process alone: `python -m bench.ours W1 REQUESTS` prints one JSON object and writes the requests it made.

The model is `openai:fake` at `OPENAI_BASE_URL`. One other question is asked first, so that imports are not what is measured; how long it
took from connecting to that answer is `start`. A query that is refused is `absent`, with the reason. Cycles are collected, and
memory is kept, as in `rvbbit serve`.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
from bench.measure import CONCURRENCY, forget, measured
from bench.scenarios import BY_NAME, Scenario, tables

import rvbbit
from rvbbit.cli import process

if TYPE_CHECKING:
    from rvbbit import Database

REQUESTS = """\
SELECT request FROM rvbbit.unified_logs
WHERE query_id = ? AND error IS NULL AND request IS NOT NULL AND request ->> 'packed_with' IS NULL"""


def run(scenario: Scenario, requests: Path) -> dict[str, Any]:
    """The rows and what the query took; `requests` gets a body a line."""
    process.begin()
    with tempfile.TemporaryDirectory() as home:
        started = time.perf_counter()
        with rvbbit.connect(home, model="openai:fake", concurrency=CONCURRENCY) as db:
            db.sql("SELECT 'hello' MEANS 'a greeting'")
            start = time.perf_counter() - started
            _load(db, scenario, Path(home))
            process.settle()
            try:
                if scenario.again:
                    db.sql(scenario.sql)
                forget()
                result, took = measured(lambda: db.sql(scenario.sql))
            except rvbbit.Error as error:
                return {"absent": str(error).splitlines()[0]}
            bodies = [row[0] for row in db.sql(REQUESTS, [result.query_id]).fetchall()]
    requests.write_text("\n".join(str(body) for body in bodies))
    return {"rows": [list(row) for row in result.fetchall()], "calls": result.usage.calls, "start": start, **asdict(took)}


def _load(db: Database, scenario: Scenario, home: Path) -> None:
    for name, rows in tables(scenario).items():
        file = home / f"{name}.parquet"
        pq.write_table(rows, file)
        db.sql(f"CREATE TABLE {name} AS SELECT * FROM '{file}'")


if __name__ == "__main__":
    print(json.dumps(run(BY_NAME[sys.argv[1]], Path(sys.argv[2]))))
