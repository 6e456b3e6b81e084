"""How well the embedded model groups and deduplicates, on labelled data sets: `python bench/grouping.py DATA_FOLDER`.

Topics: normalised mutual information and purity of `GROUP BY TOPICS(text, classes)` with the classes people gave. Duplicates: precision,
recall and F1 over pairs of rows that `DEDUPE` puts together, for thresholds around its own. It asserts nothing.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from math import log
from pathlib import Path

import numpy as np

import rvbbit
from rvbbit.providers.local import alike
from rvbbit.providers.local.minilm import MiniLM

TOPICS = {
    "ag_news": ("ag_news/test.csv", "d.title || '. ' || d.description", "d.label", 4),
    "bbc_news": ("bbc_news/test.parquet", "d.body", "d.label", 5),
}
DUPLICATES = {"company_names": "company_names/names.csv", "dedupe_sites": "dedupe_sites"}
THRESHOLDS = (0.5, 0.6, 0.65, 0.7, 0.8)


def information(given: Sequence[object], found: Sequence[object]) -> tuple[float, float]:
    """Normalised mutual information (arithmetic mean) and purity."""
    total = len(given)
    both, one, other = Counter(zip(given, found, strict=True)), Counter(given), Counter(found)
    shared = sum(n / total * log(n * total / (one[a] * other[b])) for (a, b), n in both.items())
    entropies = [-sum(n / total * log(n / total) for n in counts.values()) for counts in (one, other)]
    best = Counter({b: max(n for (_, c), n in both.items() if c == b) for b in other})
    return 2 * shared / max(sum(entropies), 1e-9), sum(best.values()) / total


def topics(folder: Path) -> None:
    for name, (file, text, label, count) in TOPICS.items():
        if not (folder / file).exists():
            print(f"{name}: not there")
            continue
        with tempfile.TemporaryDirectory() as home, rvbbit.connect(home, store=":memory:", model="local:minilm") as db:
            db.sql(f"CREATE TABLE t AS SELECT {text} AS text, {label} AS label FROM '{folder / file}' AS d")
            for asked, groups in (("classes", str(count)), ("none", "NULL")):
                started = time.monotonic()
                rows = db.sql(f"SELECT label, MEANING(text, {groups}) AS topic FROM t").fetchall()
                nmi, purity = information([row[0] for row in rows], [row[1] for row in rows])
                names = Counter(row[1] for row in rows)
                seconds = time.monotonic() - started
                print(f"{name}, n = {asked}: {len(rows):,} rows, {len(names)} topics, NMI {nmi:.2f}, purity {purity:.2f}, {seconds:.0f} s")
                print("   " + "; ".join(f"{topic} ({n})" for topic, n in names.most_common()))


def duplicates(folder: Path) -> None:
    for name in DUPLICATES:
        texts, truth = records(name, folder)
        vectors = np.asarray(embedded(texts), np.float64)
        for threshold in THRESHOLDS:
            stands = alike.leaders(texts, vectors, np.ones(len(texts)), threshold)
            precision, recall = paired(truth, stands.tolist())
            f1 = 2 * precision * recall / max(precision + recall, 1e-9)
            kept = len(set(stands.tolist()))
            print(f"{name}, {threshold}: {len(texts):,} → {kept:,}, precision {precision:.2f}, recall {recall:.2f}, F1 {f1:.2f}")


def records(name: str, folder: Path) -> tuple[list[str], list[str]]:
    """Distinct texts in order, and what each is of."""
    import duckdb

    if name == "company_names":
        query = f"SELECT name, any_value(company_id) FROM '{folder}/company_names/names.csv' GROUP BY 1 ORDER BY 1"
    else:
        columns = "concat_ws(', ', site_name, address, zip, phone)"
        query = f"""SELECT {columns} AS text, any_value(entity_id)
            FROM read_csv('{folder}/dedupe_sites/records.csv', all_varchar = true) JOIN
                 read_csv('{folder}/dedupe_sites/truth.csv', all_varchar = true) USING (record_id) GROUP BY 1 ORDER BY 1"""
    rows = duckdb.sql(query).fetchall()
    return [str(row[0]) for row in rows], [str(row[1]) for row in rows]


def embedded(texts: list[str]) -> object:
    import asyncio

    async def work() -> object:
        model = MiniLM()
        vectors = await model.embed(texts)
        await model.close()
        return vectors

    return asyncio.run(work())


def paired(truth: Sequence[str], found: Sequence[int]) -> tuple[float, float]:
    def pairs(counts: Counter[object]) -> int:
        return sum(n * (n - 1) // 2 for n in counts.values())

    right = pairs(Counter(zip(truth, found, strict=True)))
    return right / max(1, pairs(Counter(found))), right / max(1, pairs(Counter(truth)))


if __name__ == "__main__":
    topics(Path(sys.argv[1]))
    duplicates(Path(sys.argv[1]))
