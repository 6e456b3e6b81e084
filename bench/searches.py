"""What a search takes: `VECTOR_SEARCH` and `HYBRID_SEARCH` over tables that have not changed, and how many of the ten nearest they find.

    .venv/bin/python -m bench.searches [--docs]

Nothing is embedded while it is measured: the vectors of rows and queries (`bench/vectors.py`) are in the store, as after a first search.
Milliseconds on the wall and of CPU in all threads, medians. `--docs` puts the table into `docs/embeddings.md`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from collections.abc import Sequence
from functools import partial

from bench.measure import measured
from bench.page import put
from bench.table import markdown
from bench.vectors import given, made, nearest

import rvbbit
from rvbbit.cli import process

TABLES = ((1_000, 0), (20_000, 0), (20_000, 700), (100_000, 0))
"""Rows, and characters each has beside its name."""
K, RUNS = 10, 50
HEAD = ("rows", "`VECTOR_SEARCH`, another query each time", "the same again", "a join and a condition", "`HYBRID_SEARCH`", "recall@10")


def searched(rows: int, characters: int) -> list[str]:
    """One line of the table."""
    matrix, queries = made(rows, 2 * RUNS)
    filler = "x" * characters
    with tempfile.TemporaryDirectory() as home, rvbbit.connect(home) as db:
        db.sql("CREATE TABLE items (id INTEGER PRIMARY KEY, text VARCHAR)")
        db.sql(f"INSERT INTO items SELECT i, 'item ' || i || ' {filler}' FROM range({rows}) r(i)")
        db.sql(f"CREATE TABLE stock AS SELECT i AS item, i % 10 AS shelf FROM range({rows}) r(i)")
        given(db, [f"item {place} {filler}" for place in range(rows)], matrix)
        given(db, [f"query {place}" for place in range(len(queries))], queries)
        first, second = range(RUNS), range(RUNS, 2 * RUNS)
        for search in ("VECTOR_SEARCH", "HYBRID_SEARCH"):  # what is made once a table
            db.sql(_search(search, 0))
        process.settle()
        another, found = timed(db, [_search("VECTOR_SEARCH", place) for place in first])
        again, _ = timed(db, [_search("VECTOR_SEARCH", 0)] * RUNS)
        joined, _ = timed(db, [f"{_search('VECTOR_SEARCH', place)} JOIN stock ON item = id WHERE shelf < 5" for place in first])
        hybrid, _ = timed(db, [_search("HYBRID_SEARCH", place) for place in second])
    right = sum(len(some & wanted) for some, wanted in zip(found, nearest(matrix, queries[:RUNS], K), strict=True))
    name = f"{rows:,} of {characters} characters each" if characters else f"{rows:,}"
    return [name, another, again, joined, hybrid, f"{right / (K * RUNS):.3f}"]


def _search(function: str, query: int) -> str:
    return f"SELECT id FROM {function}('query {query}', 'items.text', {K})"


def timed(db: rvbbit.Database, statements: Sequence[str]) -> tuple[str, list[set[int]]]:
    """`wall, CPU` of one in milliseconds, and the ids that each gave."""
    took, found = [], []
    for statement in statements:
        result, figures = measured(partial(db.sql, statement))
        took.append(figures)
        found.append({row[0] for row in result.fetchall()})
    return f"{statistics.median(1000 * one.wall for one in took):.0f}, {statistics.median(1000 * one.cpu for one in took):.0f}", found


def main() -> None:
    process.begin()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--docs", action="store_true", help="write the table into docs/embeddings.md")
    options = parser.parse_args()
    table = markdown(HEAD, [searched(*one) for one in TABLES])
    said = f"{table}\n\nMedians of {RUNS} searches; load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores at the end."
    print(said)
    if options.docs:
        put("embeddings.md", "bench/searches.py", said)


if __name__ == "__main__":
    main()
