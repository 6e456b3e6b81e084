"""How good the operators are with the embedded model, before and after examples, on labelled data they were not made for.

    .venv/bin/python -m bench.quality [--only ER] [--rows N] [--docs]

Each line is one operator on one data set: test rows are asked with no example; train rows are asked, and their answers verified or
corrected by the data set's labels, as a person would; the test rows are asked again. `--docs` puts the table into `docs/quality.md`.
Reads the folder that `BENCH_DATA` names; a set that is not there is said. No text of test is in train.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq
from bench.page import put
from bench.sembench.grading import spearman
from bench.table import markdown
from bench.workload import DATA

import rvbbit

if TYPE_CHECKING:
    from rvbbit import Database
    from rvbbit.types import Value

MODEL = "local:minilm"
LOGGED = "SELECT trace_id, arguments, answer FROM rvbbit.unified_logs WHERE query_id = ? AND error IS NULL"
Truth: TypeAlias = "bool | float | str"


@dataclass(frozen=True, slots=True)
class Row:
    """Two texts (`b` "" where the operator takes one) and what is true of them."""

    a: str
    b: str
    truth: Truth


@dataclass(frozen=True, slots=True)
class Task:
    """One operator on one data set. `examples` is how many train rows are verified; 0 where the operator does not learn."""

    data: str
    operator: str
    expression: str
    measure: str
    rows: Callable[[str], Iterator[Row]]
    examples: int = 100


def read(name: str) -> Iterator[dict[str, str]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def products(folder: str, left: str, right: str, keys: tuple[str, str]) -> Callable[[str], Iterator[Row]]:
    """Pairs of titles, of one split."""

    def rows(split: str) -> Iterator[Row]:
        ours, theirs = ({row[key]: row["title"] for row in read(f"{folder}/{side}")} for side, key in ((left, keys[0]), (right, keys[1])))
        for pair in read(f"{folder}/pairs_{split}"):
            yield Row(ours[pair[keys[0]]], theirs[pair[keys[1]]], pair["label"] == "1")

    return rows


def companies(split: str) -> Iterator[Row]:
    """It has no split of its own: every other pair."""
    for place, row in enumerate(read("company_names/pairs")):
        if place % 2 == (split == "test"):
            yield Row(row["name1"], row["name2"], row["label"] == "1")


def inferences(label: str) -> Callable[[str], Iterator[Row]]:
    return lambda split: (Row(row["premise"], row["hypothesis"], row["label"] == label) for row in read(f"sick/{split}"))


def likenesses(split: str) -> Iterator[Row]:
    return (Row(row["sentence1"], row["sentence2"], float(row["score"])) for row in read(f"sts_benchmark/{split}"))


def news(split: str) -> Iterator[Row]:
    return (Row(f"{row['title']}. {row['description']}", "", row["label"]) for row in read(f"ag_news/{split}"))


TASKS = (
    Task("er_abt_buy", "~", "a ~ b", "F1", products("er_abt_buy", "abt", "buy", ("abt_id", "buy_id"))),
    Task("er_amazon_google", "~", "a ~ b", "F1", products("er_amazon_google", "left", "right", ("left_id", "right_id"))),
    Task("company_names", "~", "a ~ b", "F1", companies),
    Task("sick", "IMPLIES", "a IMPLIES b", "F1", inferences("entailment")),
    Task("sick", "CONTRADICTS", "a CONTRADICTS b", "F1", inferences("contradiction")),
    Task("sts_benchmark", "SIMILAR_TO", "a SIMILAR_TO b", "Spearman", likenesses, examples=0),
    Task("ag_news", "CLASSIFY", "CLASSIFY(a, 'Business,Sci/Tech,Sports,World')", "accuracy", news),
)


def drawn(rows: Iterator[Row], number: int) -> list[Row]:
    """So many, each distinct, of a draw that is always the same."""
    every = list(dict.fromkeys(rows))
    return random.Random(0).sample(every, min(number, len(every)))


def load(db: Database, name: str, rows: Sequence[Row]) -> None:
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        pq.write_table(pa.table({"id": range(len(rows)), "a": [row.a for row in rows], "b": [row.b for row in rows]}), file.name)
        db.sql(f"CREATE TABLE {name} AS SELECT * FROM '{file.name}'")


def measured(task: Task, number: int) -> dict[str, float]:
    """Quality before and after, with the calls and rows of either. Raises our errors, FileNotFoundError."""
    test, train = drawn(task.rows("test"), number), drawn(task.rows("train"), task.examples)
    question = f"SELECT id, {task.expression} FROM {{}} ORDER BY id"
    with tempfile.TemporaryDirectory() as home, rvbbit.connect(home, model=MODEL) as db:
        load(db, "test", test)
        first = db.sql(question.format("test"))
        found = {"rows": len(test), "calls": first.usage.calls, "before": score(task, first.fetchall(), test)}
        if task.examples:
            load(db, "train", train)
            verify(db, db.sql(question.format("train")).query_id, {(row.a, row.b): row.truth for row in train})
            found |= {"examples": len(train), "after": score(task, db.sql(question.format("test")).fetchall(), test)}
    return found


def verify(db: Database, query_id: str, truths: Mapping[tuple[str, str], Truth]) -> None:
    """Mark each answer of the query, corrected where the label says otherwise."""
    wrong: dict[Truth, list[str]] = defaultdict(list)
    right: list[str] = []
    for trace, inputs, answer in db.sql(LOGGED, [query_id]).fetchall():
        texts = [text for text in json.loads(inputs).values() if isinstance(text, str)]
        truth = truths.get((texts[0], texts[1] if len(texts) > 1 else ""))
        if truth is None:
            continue
        if json.loads(answer) == truth:
            right.append(trace)
        else:
            wrong[truth].append(trace)
    if right:
        db.training.mark(right, trainable=True, verified=True, author="labels")
    for truth, traces in wrong.items():
        corrected: Value = truth
        db.training.mark(traces, trainable=True, verified=True, corrected_output=corrected, author="labels")


def score(task: Task, answers: Sequence[tuple[Any, ...]], rows: Sequence[Row]) -> float:
    said = [answer for _, answer in answers]
    if task.measure == "Spearman":
        return spearman(list(enumerate(said)), [(place, row.truth) for place, row in enumerate(rows)], None)
    right = sum(answer == row.truth for answer, row in zip(said, rows, strict=True))
    if task.measure == "accuracy":
        return right / len(rows)
    hits = sum(bool(answer) and bool(row.truth) for answer, row in zip(said, rows, strict=True))
    return 2 * hits / max(1, sum(map(bool, said)) + sum(bool(row.truth) for row in rows))


def line(task: Task, found: Mapping[str, Any]) -> list[str]:
    head = [task.data, task.operator, task.measure]
    if "absent" in found:
        return [*head, "–", "–", "–", "–", found["absent"]]
    after = f"{found['after']:.2f}" if "after" in found else "–"
    return [*head, f"{found['rows']:,}", f"{found['calls']:,}", f"{found['before']:.2f}", after, f"{found.get('examples', 0):,}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="NAME", default="", help="data sets or operators whose name has this")
    parser.add_argument("--rows", type=int, default=500, help="test rows a line")
    parser.add_argument("--docs", action="store_true", help="write the table into docs/quality.md")
    given = parser.parse_args()
    for name in [name for name in os.environ if name.startswith("RVBBIT_")]:
        del os.environ[name]
    rows = []
    for task in TASKS:
        if given.only.lower() in f"{task.data} {task.operator}".lower():
            try:
                found: Mapping[str, Any] = measured(task, given.rows)
            except rvbbit.Error as error:
                found = {"absent": str(error).splitlines()[0]}
            except FileNotFoundError as error:
                found = {"absent": f"no data: {Path(str(error.filename))}"}
            rows.append(line(task, found))
            print(*rows[-1], file=sys.stderr, flush=True)
    text = markdown(("data", "operator", "measure", "rows", "calls", "before", "after", "examples"), rows)
    print(text)
    if given.docs:
        put("quality.md", "bench/quality.py", text)


if __name__ == "__main__":
    main()
