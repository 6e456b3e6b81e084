"""Ranking on Cranfield: nDCG@10 and MAP of VECTOR_SEARCH, of BM25 alone and of HYBRID_SEARCH, as SQL gives them.

    python -m bench.cranfield /path/to/cranfield

Every measure is over the whole ranking (k is the number of documents), gain is binary: what a judge called relevant. The weights in the
fusion are not fitted to it. Beside them TF-IDF, worked out here the plain way: words in lower case, no stop words, no stems.
"""

from __future__ import annotations

import csv
import math
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

import rvbbit
from rvbbit.embeddings.words import Words

Relevant = Mapping[str, set[str]]
CUT = 10


def main() -> None:
    folder = Path(sys.argv[1])
    documents = [row["doc_id"] for row in _rows(folder / "docs.csv")]
    texts = [row["text"] for row in _rows(folder / "docs.csv")]
    queries = {row["query_id"]: row["query"] for row in _rows(folder / "queries.csv")}
    relevant: dict[str, set[str]] = {}
    for row in _rows(folder / "qrels.csv"):
        if row["relevant"] == "1":
            relevant.setdefault(row["query_id"], set()).add(row["doc_id"])
    words, weighed = Words(texts), _tf_idf(texts)
    with tempfile.TemporaryDirectory() as home, rvbbit.connect(home) as db:
        db.sql("CREATE TABLE docs AS SELECT doc_id, text FROM read_csv($file, all_varchar = true)", {"file": str(folder / "docs.csv")})
        db.sql("CREATE TABLE named (doc_id VARCHAR PRIMARY KEY, text VARCHAR); INSERT INTO named FROM docs")
        began = time.monotonic()
        db.sql("SELECT count(*) FROM VECTOR_SEARCH('anything', 'named.text', 1)")
        embedding = time.monotonic() - began

        def search(function: str) -> Callable[[str], list[str]]:
            asked = f"SELECT id FROM {function}($query, 'named.text', {len(documents)})"
            return lambda query: [row[0] for row in db.sql(asked, {"query": query}).fetchall()]

        print(f"{len(documents):,} documents embedded in {embedding:.1f} s, {len(relevant)} queries")
        print(f"| ranking | nDCG@{CUT} | MAP | ms a query |\n|---|---|---|---|")
        for name, rank in (
            ("TF-IDF, words as written", lambda query: _ordered(documents, weighed(query))),
            ("BM25, stems", lambda query: _ordered(documents, words.scores(query))),
            ("`VECTOR_SEARCH`", search("VECTOR_SEARCH")),
            ("`HYBRID_SEARCH`", search("HYBRID_SEARCH")),
        ):
            print(_line(name, rank, queries, relevant))


def _line(name: str, rank: Callable[[str], list[str]], queries: Mapping[str, str], relevant: Relevant) -> str:
    gains, precisions, seconds = [], [], 0.0
    for query_id, wanted in relevant.items():
        began = time.monotonic()
        ranking = rank(queries[query_id])
        seconds += time.monotonic() - began
        gains.append(ndcg(ranking, wanted))
        precisions.append(average_precision(ranking, wanted))
    return f"| {name} | {np.mean(gains):.3f} | {np.mean(precisions):.3f} | {1000 * seconds / len(gains):.0f} |"


def average_precision(ranking: Sequence[str], wanted: set[str]) -> float:
    """The mean of the precision at each relevant document; one that is not in the ranking counts as 0."""
    hits, total = 0, 0.0
    for place, one in enumerate(ranking, start=1):
        if one in wanted:
            hits += 1
            total += hits / place
    return total / len(wanted)


def ndcg(ranking: Sequence[str], wanted: set[str]) -> float:
    """Discounted gain of the first ten, beside the best there could be."""
    found = sum(1 / math.log2(place + 2) for place, one in enumerate(ranking[:CUT]) if one in wanted)
    return found / sum(1 / math.log2(place + 2) for place in range(min(CUT, len(wanted))))


def _tf_idf(texts: Sequence[str]) -> Callable[[str], np.ndarray]:
    """Cosine of term frequency × log inverse document frequency."""
    counted = [Counter(re.findall(r"\w+", text.lower())) for text in texts]
    among = Counter(word for one in counted for word in one)
    idf = {word: math.log((1 + len(texts)) / (1 + count)) + 1 for word, count in among.items()}
    lengths = [math.sqrt(sum((count * idf[word]) ** 2 for word, count in one.items())) or 1.0 for one in counted]

    def scores(query: str) -> np.ndarray:
        asked = Counter(word for word in re.findall(r"\w+", query.lower()) if word in idf)
        return np.array(
            [
                sum(count * idf[word] * one[word] * idf[word] for word, count in asked.items()) / length
                for one, length in zip(counted, lengths, strict=True)
            ]
        )

    return scores


def _ordered(documents: Sequence[str], scores: np.ndarray) -> list[str]:
    return [documents[place] for place in np.argsort(-scores, kind="stable")]


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


if __name__ == "__main__":
    main()
