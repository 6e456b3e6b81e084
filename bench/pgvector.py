"""The same vectors searched by RVBBIT's SQL and by pgvector's: loading, index, query time and recall@10 against comparing everything.

    python -m bench.pgvector --rows 100000 --postgres 'postgresql://postgres@127.0.0.1:5432/postgres'

Vectors are made, not embedded: clusters of unequal size and spread in 384 dimensions, of length 1. RVBBIT is given them as if it had
embedded the texts `item 0`, `item 1`, …; it is timed on everything else that a search does, from the SQL's text to its rows. Of PostgreSQL
it is what psql's `\\timing` says. Without `--postgres`, RVBBIT alone.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

import rvbbit
from rvbbit.embeddings.embedding import hashed
from rvbbit.interfaces import Matrix

DIMS, QUERIES, K, STEP = 384, 100, 10, 10_000
MODEL = "local:minilm"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--postgres")
    options = parser.parse_args()
    matrix, queries = made(options.rows)
    truth = [set(np.argpartition(-(matrix @ query), K)[:K].tolist()) for query in queries]
    print("| engine | load s | index s | first search s | median ms | p95 ms | recall@10 |\n|---|---|---|---|---|---|---|")
    ours(matrix, queries, truth)
    if options.postgres:
        for ef, row in pgvector(options.postgres, matrix, queries, truth).items():
            print(f"| pgvector, hnsw.ef_search = {ef} {row}")


def made(rows: int) -> tuple[Matrix, Matrix]:
    random = np.random.default_rng(0)
    centres = random.normal(size=(500, DIMS)).astype(np.float32)
    sizes = random.pareto(1.0, 500) + 0.1
    of = random.choice(500, rows + QUERIES, p=sizes / sizes.sum())
    spread = random.uniform(0.6, 1.4, 500).astype(np.float32)
    points = random.normal(size=(rows + QUERIES, DIMS), scale=1.0).astype(np.float32)
    points *= spread[of][:, None]
    points += centres[of]
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    return points[:rows], points[rows:]


def ours(matrix: Matrix, queries: Matrix, truth: list[set[int]]) -> None:
    with tempfile.TemporaryDirectory() as home:
        with rvbbit.connect(home) as db:
            began = time.monotonic()
            db.sql("CREATE TABLE items (id INTEGER PRIMARY KEY, text VARCHAR)")
            db.sql(f"INSERT INTO items SELECT i, 'item ' || i FROM range({len(matrix)}) r(i)")
            _given(db, [f"item {place}" for place in range(len(matrix))], matrix)
            _given(db, [f"query {place}" for place in range(len(queries))], queries)
            loaded = time.monotonic() - began
            began = time.monotonic()
            db.sql("SELECT id FROM VECTOR_SEARCH('query 0', 'items.text', 10)")
            indexed = time.monotonic() - began
            _line("RVBBIT `VECTOR_SEARCH`", f"{loaded:.0f} | {indexed:.0f} | in it", *_asked(db, truth))
        with rvbbit.connect(home) as db:
            began = time.monotonic()
            db.sql("SELECT id FROM VECTOR_SEARCH('query 0', 'items.text', 10)")
            _line("the same, opened again", f"0 | 0 | {time.monotonic() - began:.1f}", *_asked(db, truth))


def _given(db: rvbbit.Database, texts: list[str], matrix: Matrix) -> None:
    """What embedding them would leave in the store."""
    for start in range(0, len(texts), STEP):
        some = hashed(pa.array(texts[start : start + STEP], pa.string())).to_pylist()
        db._rooms.store.vectors.keep(MODEL, some, matrix[start : start + STEP])


def _asked(db: rvbbit.Database, truth: list[set[int]]) -> tuple[list[float], float]:
    times, found = [], 0
    for place, wanted in enumerate(truth):
        began = time.monotonic()
        rows = db.sql(f"SELECT id FROM VECTOR_SEARCH('query {place}', 'items.text', {K})").fetchall()
        times.append(1000 * (time.monotonic() - began))
        found += len({row[0] for row in rows} & wanted)
    return times, found / (K * len(truth))


def _line(name: str, before: str, times: list[float], recall: float) -> None:
    p95 = sorted(times)[int(0.95 * len(times))]
    print(f"| {name} | {before} | {statistics.median(times):.1f} | {p95:.1f} | {recall:.3f} |", flush=True)


def pgvector(url: str, matrix: Matrix, queries: Matrix, truth: list[set[int]]) -> dict[int, str]:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "items.txt"
        with data.open("w") as out:
            for place, vector in enumerate(matrix):
                out.write(f"{place}\t[{','.join(map(repr, vector.tolist()))}]\n")
        script = [
            "CREATE EXTENSION IF NOT EXISTS vector; DROP TABLE IF EXISTS items;",
            f"CREATE TABLE items (id INTEGER PRIMARY KEY, embedding vector({DIMS}));",
            "SET max_parallel_maintenance_workers = 1;\n\\timing on",
            f"\\copy items FROM '{data}'",
            "CREATE INDEX ON items USING hnsw (embedding vector_cosine_ops);",
        ]
        for ef in (40, 100, 200):
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
    lines = {}
    for ef in (40, 100, 200):
        some = slice(rest + 1, rest + 1 + len(queries))
        found = [set(map(int, output.split())) for output in outputs[some]]
        recall = sum(len(one & wanted) for one, wanted in zip(found, truth, strict=True)) / (K * len(truth))
        took = sorted(times[some])
        lines[ef] = f"| {load:.0f} | {index:.0f} | | {statistics.median(took):.1f} | {took[int(0.95 * len(took))]:.1f} | {recall:.3f} |"
        rest += 1 + len(queries)
    return lines


if __name__ == "__main__":
    main()
