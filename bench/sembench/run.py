"""SemBench's Movie questions as RVBBIT SQL: calls, tokens and quality, beside what its paper published.

    .venv/bin/python -m bench.sembench.run [--only Q1,Q7] [--seeds N] [--docs]

Each question is asked in a project of its own, so that none finds another's answers: with the embedded model, and with an oracle that errs
on 5, 10 and 15 % of the labels. `--docs` puts the table into `docs/sembench.md`.
Reads `sembench_movie` in the folder that `BENCH_DATA` names.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
from bench.page import put
from bench.sembench.grading import MEASURES, quality
from bench.sembench.oracle import Oracle, level
from bench.table import markdown
from bench.workload import DATA

import rvbbit
from rvbbit.testing import FakeServer

HERE = Path(__file__).parent
RESULTS = HERE.parent / "results" / "sembench.json"
MOVIES = DATA / "sembench_movie"
QUERIES = [f"Q{number}" for number in range(1, 11)]
ACCURACIES = (0.95, 0.90, 0.85)
SYSTEMS = {"lotus": "LOTUS", "palimpzest": "Palimpzest", "thalamusdb": "ThalamusDB", "bigquery": "BigQuery"}
PAIRS = ("Q5", "Q6", "Q7")
UNCHECKED = "-- @@ factorize: unchecked\n"
"""The embedded model cannot be asked about a pair without examples, so nothing checks its labels."""
Asked: TypeAlias = dict[str, float]
"""`calls`, `tokens`, `quality` of one question."""


def reviews() -> dict[str, tuple[bool, int]]:
    """Each text's sentiment and level; of equal texts, the first one's."""
    found: dict[str, tuple[bool, int]] = {}
    with (MOVIES / "reviews.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            positive = row["scoreSentiment"] == "POSITIVE"
            found.setdefault(row["reviewText"], (positive, level(row["originalScore"], positive)))
    return found


def gold() -> dict[str, list[tuple[Any, ...]]]:
    """What SemBench's own SQL says, on the labels themselves."""
    with duckdb.connect() as connection:
        for table in ("movies", "reviews"):
            connection.execute(f"CREATE TABLE {table} AS SELECT * FROM '{MOVIES / table}.csv'")
        with (MOVIES / "queries.csv").open(encoding="utf-8", newline="") as file:
            return {row["query_id"]: connection.execute(row["gold_sql"]).fetchall() for row in csv.DictReader(file)}


def ask(name: str, model: str, true: Sequence[tuple[Any, ...]], hints: str = "") -> Asked:
    """One question in a new project. Raises our errors."""
    with tempfile.TemporaryDirectory() as home, rvbbit.connect(home, model=model) as db:
        db.sql(f"CREATE TABLE reviews AS SELECT * FROM '{MOVIES / 'reviews.csv'}'")
        result = db.sql(hints + (HERE / f"{name}.sql").read_text(encoding="utf-8"))
        usage = result.usage
        return {"calls": usage.calls, "tokens": usage.tokens_in + usage.tokens_out, "quality": quality(name, result.fetchall(), true)}


def asked(name: str, seeds: int, true: Sequence[tuple[Any, ...]]) -> dict[str, Asked]:
    """By model: the embedded one, and the oracle at each accuracy, as a mean over seeds."""
    found = {"local": ask(name, "local:minilm", true, UNCHECKED if name in PAIRS else "")}
    known = reviews()
    for accuracy in ACCURACIES:
        runs = []
        for seed in range(seeds):
            with FakeServer(Oracle(known, accuracy, seed)) as server:
                os.environ["OPENAI_BASE_URL"] = server.base_url
                runs.append(ask(name, "openai:fake", true))
        found[f"{accuracy:.2f}"] = {"seeds": seeds, **{figure: statistics.mean(run[figure] for run in runs) for figure in runs[0]}}
    return found


def table(found: Mapping[str, Mapping[str, Asked]]) -> str:
    published = json.loads((HERE / "published.json").read_text(encoding="utf-8"))["systems"]
    head = ["", "measure", "seeds", "calls", "tokens", "minilm", *(f"{accuracy:.0%}" for accuracy in ACCURACIES)]
    head += [f"{system} {figure}" for system in SYSTEMS.values() for figure in ("tokens", "quality")]
    rows = []
    for name, models in found.items():
        best = models[f"{ACCURACIES[0]:.2f}"]
        cells = [
            name,
            MEASURES[name].title,
            f"{best['seeds']:.0f}",
            f"{best['calls']:,.0f}",
            f"{best['tokens']:,.0f}",
            f"{models['local']['quality']:.2f}",
        ]
        cells += [f"{models[f'{accuracy:.2f}']['quality']:.2f}" for accuracy in ACCURACIES]
        for system in SYSTEMS:
            said = published[system].get(name)
            cells += ["–", "–"] if said is None else [f"{said['tokens']:,}" if said["tokens"] else "–", f"{said['quality']:.2f}"]
        rows.append(cells)
    return markdown(head, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="Q1,…", help="these questions alone; the others are kept from before")
    parser.add_argument("--seeds", type=int, default=3, help="of the oracle's errors, to average over")
    parser.add_argument("--docs", action="store_true", help="write the table into docs/sembench.md")
    given = parser.parse_args()
    if not MOVIES.is_dir():
        sys.exit(f"There is no {MOVIES}: set BENCH_DATA to the folder that has sembench_movie")
    os.environ["OPENAI_API_KEY"] = "sk-none"
    found = json.loads(RESULTS.read_text(encoding="utf-8")) if given.only and RESULTS.exists() else {}
    true = gold()
    for name in given.only.split(",") if given.only else QUERIES:
        found[name] = asked(name, given.seeds, true[name])
        print(name, json.dumps(found[name]), file=sys.stderr, flush=True)
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    text = table({name: found[name] for name in QUERIES if name in found})
    print(text)
    if given.docs:
        put("sembench.md", "bench/sembench/run.py", text)


if __name__ == "__main__":
    main()
