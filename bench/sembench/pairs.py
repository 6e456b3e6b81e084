"""SemBench's questions about pairs (Q5–Q7), asked pair by pair and by labels: what either takes, and how good it is.

    .venv/bin/python -m bench.sembench.pairs [--accuracy 0.95] [--docs]

The oracle errs in one of two ways: on reviews (a pair is judged by what either review is taken for), so that labels and pairs agree, or
on pairs, each by itself, so that they agree less and labels may be refused. Each is asked in a project of its own.
"""

from __future__ import annotations

import argparse
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from typing import Any

from bench.page import put
from bench.sembench.grading import quality
from bench.sembench.oracle import Oracle
from bench.sembench.run import HERE, MOVIES, PAIRS, gold, reviews
from bench.table import markdown

import rvbbit
from rvbbit.testing import FakeServer

WAYS = {"each pair": "-- @@ factorize: off\n", "labels, checked": "", "labels, unchecked": "-- @@ factorize: unchecked\n"}


def asked(name: str, hints: str, oracle: Oracle, true: Sequence[tuple[Any, ...]]) -> list[str]:
    """How many of the sample agreed, calls, tokens, seconds, quality."""
    with FakeServer(oracle) as server, tempfile.TemporaryDirectory() as home:
        os.environ["OPENAI_BASE_URL"] = server.base_url
        with rvbbit.connect(home, model="openai:fake") as db:
            db.sql(f"CREATE TABLE reviews AS SELECT * FROM '{MOVIES / 'reviews.csv'}'")
            result = db.sql(hints + (HERE / f"{name}.sql").read_text(encoding="utf-8"))
    told = " ".join(notice.message for notice in result.notices)
    agreed = re.search(r"(\d+ of \d+) sampled pairs agree", told)
    by = "" if "answered by labels" in told or not agreed else ", so each pair"
    usage = result.usage
    tokens = usage.tokens_in + usage.tokens_out
    good = quality(name, result.fetchall(), true)
    return [f"{agreed[1]}{by}" if agreed else "–", f"{usage.calls:,}", f"{tokens:,}", f"{usage.seconds:.1f}", f"{good:.2f}"]


def rows(names: Sequence[str], accuracy: float) -> Iterator[list[str]]:
    """A line a question, a way to err and a way to ask."""
    known, true = reviews(), gold()
    for name in names:
        for by_pairs in (False, True):
            for way, hints in WAYS.items():
                oracle = Oracle(known, accuracy, 0, by_pairs=by_pairs)
                yield [name, "pairs" if by_pairs else "reviews", way, *asked(name, hints, oracle, true[name])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accuracy", type=float, default=0.95, help="share of reviews, or of pairs, that the oracle is right about")
    parser.add_argument("--only", metavar="Q5,…", default=",".join(PAIRS), help="these questions alone")
    parser.add_argument("--docs", action="store_true", help="write the table into docs/sembench.md")
    given = parser.parse_args()
    os.environ["OPENAI_API_KEY"] = "sk-none"
    found = []
    for row in rows(given.only.split(","), given.accuracy):
        found.append(row)
        print(" | ".join(row), flush=True)
    text = markdown(["", "errs on", "asked by", "sample", "calls", "tokens", "seconds", "F1"], found)
    if given.docs:
        put("sembench.md", "bench/sembench/pairs.py", text)


if __name__ == "__main__":
    main()
