"""How good the operators are with the embedded model, before and after examples, on labelled data they were not made for.

    .venv/bin/python -m bench.quality [--only ER] [--rows N] [--docs]

Each line is one operator on one data set: test rows are asked in a new project; train rows with their labels are imported as verified
examples; the test rows are asked again. `--docs` puts the table into `docs/quality.md`. Reads the folder that `BENCH_DATA` names; a set
that is not there is said. No text of test is in train.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
LABELS = ["Business", "Sci/Tech", "Sports", "World"]
Truth: TypeAlias = "bool | float | str"


@dataclass(frozen=True, slots=True)
class Row:
    """Two texts (`b` "" where the operator takes one) and what is true of them."""

    a: str
    b: str
    truth: Truth


@dataclass(frozen=True, slots=True)
class Task:
    """One operator on one data set. `cascade` and `inputs`, its arguments' names, say what examples are of; "" where it does not learn.

    `constants` are inputs that all rows share.
    """

    data: str
    operator: str
    sql: str
    measure: str
    rows: Callable[[str], Iterator[Row]]
    cascade: str = ""
    inputs: tuple[str, ...] = ()
    constants: Mapping[str, Value] = field(default_factory=dict)


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


def each(expression: str) -> str:
    return f"SELECT id, {expression} FROM test ORDER BY id"


TOPICS = """
SELECT unnest(ids) AS id, topic FROM (SELECT TOPICS(a, 4) AS topic, list(id) AS ids FROM test GROUP BY TOPICS(a, 4)) ORDER BY id
"""
SAME = {"cascade": "same_entity", "inputs": ("text", "other")}
TASKS = (
    Task("er_abt_buy", "~", each("a ~ b"), "F1", products("er_abt_buy", "abt", "buy", ("abt_id", "buy_id")), **SAME),
    Task("er_amazon_google", "~", each("a ~ b"), "F1", products("er_amazon_google", "left", "right", ("left_id", "right_id")), **SAME),
    Task("company_names", "~", each("a ~ b"), "F1", companies, **SAME),
    Task("sick", "IMPLIES", each("a IMPLIES b"), "F1", inferences("entailment"), "implies", ("premise", "conclusion")),
    Task("sick", "CONTRADICTS", each("a CONTRADICTS b"), "F1", inferences("contradiction"), "contradicts", ("text", "other")),
    Task("sts_benchmark", "SIMILAR_TO", each("a SIMILAR_TO b"), "Spearman", likenesses),
    Task("ag_news", "CLASSIFY", each(f"CLASSIFY(a, {LABELS})"), "accuracy", news, "classify", ("text",), {"labels": LABELS}),
    Task("ag_news", "GROUP BY TOPICS", TOPICS, "purity", news),
)


def drawn(rows: Iterator[Row], number: int) -> list[Row]:
    """So many, each distinct, of a draw that is always the same."""
    every = list(dict.fromkeys(rows))
    return random.Random(0).sample(every, min(number, len(every)))


def load(db: Database, name: str, rows: Sequence[Row]) -> None:
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        pq.write_table(pa.table({"id": range(len(rows)), "a": [row.a for row in rows], "b": [row.b for row in rows]}), file.name)
        db.sql(f"CREATE TABLE {name} AS SELECT * FROM '{file.name}'")


def measured(task: Task, number: int, examples: int) -> dict[str, Any]:
    """Quality before and after, and the calls for the test rows. What cannot be answered without examples has a reason for `before`.

    Raises our errors, FileNotFoundError.
    """
    test = drawn(task.rows("test"), number)
    with tempfile.TemporaryDirectory() as home, rvbbit.connect(home, model=MODEL) as db:
        load(db, "test", test)
        before, calls = asked(db, task, test)
        if not task.cascade:
            return {"rows": len(test), "calls": calls, "before": before}
        train = drawn(task.rows("train"), examples)
        teach(db, task, train, Path(home))
        after, again = asked(db, task, test)
        return {"rows": len(test), "calls": calls or again, "before": before, "after": after, "examples": len(train)}


def asked(db: Database, task: Task, test: Sequence[Row]) -> tuple[float | None, int]:
    """How good the answers are, None where the model wants examples first; and the calls they took."""
    try:
        result = db.sql(task.sql)
    except rvbbit.Error as error:
        if "from examples alone" in str(error):
            return None, 0
        raise
    return score(task, result.fetchall(), test), result.usage.calls


def teach(db: Database, task: Task, train: Sequence[Row], home: Path) -> None:
    """Import the rows with their labels, as decisions that a person stands for."""
    file = home / "train.jsonl"
    decided = {"trainable": True, "verified": True}
    lines = [{"inputs": dict(zip(task.inputs, (row.a, row.b), strict=False)), "answer": row.truth, **decided} for row in train]
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    taken = db.training.import_(
        file, cascade_id=task.cascade, constants=dict(task.constants), map={name: name for name in decided}, author="labels"
    )
    if taken.added != len(train):
        raise rvbbit.UsageError(f"{taken.added} of {len(train)} examples were taken: {taken.problems[:1]}")


def score(task: Task, answers: Sequence[tuple[Any, ...]], rows: Sequence[Row]) -> float:
    said = [answer for _, answer in answers]
    if task.measure == "purity":
        return purity(said, rows)
    if task.measure == "Spearman":
        return spearman(list(enumerate(said)), [(place, row.truth) for place, row in enumerate(rows)], None)
    right = sum(answer == row.truth for answer, row in zip(said, rows, strict=True))
    if task.measure == "accuracy":
        return right / len(rows)
    hits = sum(bool(answer) and bool(row.truth) for answer, row in zip(said, rows, strict=True))
    return 2 * hits / max(1, sum(map(bool, said)) + sum(bool(row.truth) for row in rows))


def purity(groups: Sequence[Any], rows: Sequence[Row]) -> float:
    """The share of rows that have the most frequent label of their group."""
    labels: dict[Any, Counter[Truth]] = defaultdict(Counter)
    for group, row in zip(groups, rows, strict=True):
        labels[group][row.truth] += 1
    return sum(max(counts.values()) for counts in labels.values()) / len(rows)


def line(task: Task, found: Mapping[str, Any]) -> list[str]:
    head = [task.data, task.operator, task.measure]
    if "absent" in found:
        return [*head, "–", "–", "–", "–", found["absent"]]
    before = "refused" if found["before"] is None else f"{found['before']:.2f}"
    after = f"{found['after']:.2f}" if "after" in found else "–"
    return [*head, f"{found['rows']:,}", f"{found['calls']:,}", before, after, f"{found.get('examples', 0):,}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="NAME", default="", help="data sets or operators whose name has this")
    parser.add_argument("--rows", type=int, default=500, help="test rows a line")
    parser.add_argument("--examples", type=int, default=200, help="train rows a line")
    parser.add_argument("--docs", action="store_true", help="write the table into docs/quality.md")
    given = parser.parse_args()
    for name in [name for name in os.environ if name.startswith("RVBBIT_")]:
        del os.environ[name]
    rows = []
    for task in TASKS:
        if given.only.lower() in f"{task.data} {task.operator}".lower():
            try:
                found: Mapping[str, Any] = measured(task, given.rows, given.examples)
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
