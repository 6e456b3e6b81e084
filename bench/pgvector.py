"""The same vectors searched by RVBBIT's SQL and by pgvector's: loading, index, query time and recall@10 against comparing everything.

    python -m bench.pgvector --rows 100000 --postgres 'postgresql://postgres@127.0.0.1:5432/postgres' [--docs]

RVBBIT is given vectors (`bench/vectors.py`) as if it had embedded the texts `item 0`, `item 1`, …; it is timed on everything else that a
search does, from the SQL's text to its rows. Of PostgreSQL it is what psql's `\\timing` says. Without `--postgres`, RVBBIT alone. What is
found goes to `bench/results/pgvector.json` by the number of rows; `--docs` puts all of it into `docs/embeddings.md`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.page import put
from bench.table import markdown
from bench.vectors import DIMS, given, made, nearest

import rvbbit
from rvbbit.interfaces import Matrix

QUERIES, K = 100, 10
EFFORTS = (40, 100, 200, 400, 800)
"""pgvector's `hnsw.ef_search`; 40 is its default."""
HEAD = ("rows", "", "load s", "index s", "first search s", "median ms", "p95 ms", "recall@10")
RESULTS = Path(__file__).parent / "results" / "pgvector.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--postgres", metavar="URL")
    parser.add_argument("--docs", action="store_true", help="write the table into docs/embeddings.md")
    options = parser.parse_args()
    matrix, queries = made(options.rows, QUERIES)
    truth = nearest(matrix, queries, K)
    lines = ours(matrix, queries, truth)
    if options.postgres:
        lines += pgvector(options.postgres, matrix, queries, truth)
    found: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    found[str(options.rows)] = {"lines": lines, "load": os.getloadavg()[2]}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=2) + "\n")
    print(table(found))
    if options.docs:
        put("embeddings.md", "bench/pgvector.py", table(found))


def table(found: Mapping[str, Any]) -> str:
    """All that was found, the smallest first."""
    rows = []
    for size in sorted(found, key=int):
        for place, line in enumerate(found[size]["lines"]):
            rows.append(["" if place else f"{int(size):,}", *line])
    loads = ", ".join(f"{found[size]['load']:.1f} at {int(size):,}" for size in sorted(found, key=int))
    return f"{markdown(HEAD, rows)}\n\n{QUERIES} queries, k = {K}. Load average of the last 15 minutes on {os.cpu_count()} cores: {loads}."


def ours(matrix: Matrix, queries: Matrix, truth: Sequence[set[int]]) -> list[list[str]]:
    with tempfile.TemporaryDirectory() as home:
        with rvbbit.connect(home) as db:
            began = time.monotonic()
            db.sql("CREATE TABLE items (id INTEGER PRIMARY KEY, text VARCHAR)")
            db.sql(f"INSERT INTO items SELECT i, 'item ' || i FROM range({len(matrix)}) r(i)")
            given(db, [f"item {place}" for place in range(len(matrix))], matrix)
            given(db, [f"query {place}" for place in range(len(queries))], queries)
            loaded = time.monotonic() - began
            indexed = _first(db)
            found = [line("RVBBIT `VECTOR_SEARCH`", (f"{loaded:.0f}", f"{indexed:.0f}", "in it"), *_asked(db, truth))]
        with rvbbit.connect(home) as db:
            first = _first(db)
            return [*found, line("the same, project opened again", ("0", "0", f"{first:.1f}"), *_asked(db, truth))]


def _first(db: rvbbit.Database) -> float:
    began = time.monotonic()
    db.sql("SELECT id FROM VECTOR_SEARCH('query 0', 'items.text', 10)")
    return time.monotonic() - began


def _asked(db: rvbbit.Database, truth: Sequence[set[int]]) -> tuple[list[float], float]:
    times, found = [], 0
    for place, wanted in enumerate(truth):
        began = time.monotonic()
        rows = db.sql(f"SELECT id FROM VECTOR_SEARCH('query {place}', 'items.text', {K})").fetchall()
        times.append(1000 * (time.monotonic() - began))
        found += len({row[0] for row in rows} & wanted)
    return times, found / (K * len(truth))


def line(name: str, before: tuple[str, str, str], times: Sequence[float], recall: float) -> list[str]:
    """One engine's figures: what comes before the queries, in seconds, then these, `times` in milliseconds."""
    p95 = sorted(times)[int(0.95 * len(times))]
    return [name, *before, f"{statistics.median(times):.1f}", f"{p95:.1f}", f"{recall:.3f}"]


def pgvector(url: str, matrix: Matrix, queries: Matrix, truth: Sequence[set[int]]) -> list[list[str]]:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "items.txt"
        with data.open("w") as out:
            for place, vector in enumerate(matrix):
                out.write(f"{place}\t[{','.join(map(repr, vector.tolist()))}]\n")
        script = [
            "CREATE EXTENSION IF NOT EXISTS vector; DROP TABLE IF EXISTS items;",
            f"CREATE TABLE items (id INTEGER PRIMARY KEY, embedding vector({DIMS}));",
            # As its documentation says: an index that does not fit in there takes much longer.
            "SET maintenance_work_mem = '4GB'; SET max_parallel_maintenance_workers = 1;\n\\timing on",
            f"\\copy items FROM '{data}'",
            "CREATE INDEX ON items USING hnsw (embedding vector_cosine_ops);",
        ]
        for ef in EFFORTS:
            script.append(f"SET hnsw.ef_search = {ef};")
            for query in queries:
                vector = ",".join(map(repr, query.tolist()))
                script.append(f"SELECT id FROM items ORDER BY embedding <=> '[{vector}]' LIMIT {K};")
        done = subprocess.run(
            ["psql", url, "-qAt", "-v", "ON_ERROR_STOP=1"], input="\n".join(script), capture_output=True, text=True, check=True
        )
    parts = re.split(r"Time: ([\d.,]+) ms[^\n]*\n", done.stdout)
    outputs, times = parts[0::2], [float(one) for one in parts[1::2]]
    load, index, rest = times[0] / 1000, times[1] / 1000, 2
    lines = []
    for ef in EFFORTS:
        some = slice(rest + 1, rest + 1 + len(queries))
        found = [set(map(int, output.split())) for output in outputs[some]]
        recall = sum(len(one & wanted) for one, wanted in zip(found, truth, strict=True)) / (K * len(truth))
        lines.append(line(f"pgvector, `hnsw.ef_search` = {ef}", (f"{load:.0f}", f"{index:.0f}", ""), times[some], recall))
        rest += 1 + len(queries)
    return lines


if __name__ == "__main__":
    main()
