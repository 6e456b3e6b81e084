"""One scenario, once, in this process alone: `python bench/ours.py W1 REQUESTS` prints one JSON object and writes the requests it made.

The model is `openai:fake` at `OPENAI_BASE_URL`. One other question is asked first, so that imports are not what is measured; how long it
took from connecting to that answer is `start`.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
from measure import measured
from scenarios import BY_NAME, CONCURRENCY, LABELS, Scenario, tickets

import rvbbit

if TYPE_CHECKING:
    from rvbbit import Database

REQUESTS = "SELECT request FROM rvbbit.unified_logs WHERE query_id = ? AND error IS NULL"


def run(scenario: Scenario, requests: Path) -> dict[str, object]:
    """Calls, tokens and what the query took; `requests` gets a body a line."""
    with tempfile.TemporaryDirectory() as home:
        started = time.perf_counter()
        with rvbbit.connect(home, model="openai:fake", concurrency=CONCURRENCY) as db:
            db.sql("SELECT 'hello' MEANS 'a greeting'")
            start = time.perf_counter() - started
            _load(db, scenario, Path(home))
            values = {"labels": LABELS} if scenario.labels else None
            if scenario.again:
                db.sql(scenario.sql, values)
            result, took = measured(lambda: db.sql(scenario.sql, values))
            bodies = [row[0] for row in db.sql(REQUESTS, [result.query_id]).fetchall()]
    requests.write_text("\n".join(str(body) for body in bodies))
    usage = result.usage
    counts = {"calls": usage.calls, "cached": usage.cached, "tokens": usage.tokens_in + usage.tokens_out}
    return {**counts, "rows": len(result), "start": start, **asdict(took)}


def _load(db: Database, scenario: Scenario, home: Path) -> None:
    file = home / "tickets.parquet"
    pq.write_table(tickets(scenario), file)
    db.sql(f"CREATE TABLE tickets AS SELECT * FROM '{file}'")


if __name__ == "__main__":
    print(json.dumps(run(BY_NAME[sys.argv[1]], Path(sys.argv[2]))))
