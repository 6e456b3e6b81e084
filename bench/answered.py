"""What a query takes when every answer is known: a million rows with 10,000 distinct texts, beside DuckDB alone.

`python -m bench.answered` prints one JSON object: median seconds on the wall and of CPU. The model is `openai:fake` at `OPENAI_BASE_URL`.
"""

from __future__ import annotations

import json
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
from bench.measure import Took, measured
from bench.scenarios import MEANS, texts

import rvbbit

if TYPE_CHECKING:
    from rvbbit import Database

ROWS, TEXTS, RUNS = 1_000_000, 10_000, 5
QUERIES = {
    "count, RVBBIT": f"SELECT count(*) FROM big WHERE {MEANS}",
    "count, a column": "SELECT count(*) FROM answered WHERE yes",
    "count, a join": "SELECT count(*) FROM big JOIN answers USING (text) WHERE yes",
    "rows, RVBBIT": f"SELECT id, text FROM big WHERE {MEANS}",
    "rows, a column": "SELECT id, text FROM answered WHERE yes",
    "rows, a join": "SELECT id, text FROM big JOIN answers USING (text) WHERE yes",
}


def prepare(db: Database, home: Path) -> None:
    """`texts`; `big`, a hundred rows for each; `answers` by text; `answered`, which is `big` with its answer in a column."""
    file = home / "texts.parquet"
    pq.write_table(pa.table({"place": pa.array(range(TEXTS)), "text": texts(TEXTS)}), file)
    db.sql(f"CREATE TABLE texts AS SELECT * FROM '{file}'")
    db.sql(f"CREATE TABLE big AS SELECT range AS id, text FROM range({ROWS}) JOIN texts ON place = range % {TEXTS} ORDER BY id")
    db.sql(f"CREATE TABLE answers AS SELECT text, {MEANS} AS yes FROM texts")
    db.sql("CREATE TABLE answered AS SELECT id, text, yes FROM big JOIN answers USING (text) ORDER BY id")


def run() -> dict[str, dict[str, float]]:
    """Median `wall` and `cpu` of each query, all of them taking turns."""
    found: dict[str, list[Took]] = {name: [] for name in QUERIES}
    with tempfile.TemporaryDirectory() as home, rvbbit.connect(home, model="openai:fake") as db:
        prepare(db, Path(home))
        for _ in range(RUNS):
            for name, sql in QUERIES.items():
                result, took = measured(lambda sql=sql: db.sql(sql))
                assert result.usage.calls == 0
                found[name].append(took)
    return {name: _median(each) for name, each in found.items()}


def _median(each: Sequence[Took]) -> dict[str, float]:
    wall, cpu = statistics.median(took.wall for took in each), statistics.median(took.cpu for took in each)
    return {"wall": wall, "cpu": cpu, "rss": each[-1].rss}


if __name__ == "__main__":
    print(json.dumps(run()))
