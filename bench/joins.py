"""Joins by meaning on labelled data: how many questions they take and how many of the true pairs they find. Asserts nothing.

    .venv/bin/python -m bench.joins [--data DIR] [--only NAME] [--wrong 0.02]

Every question goes over HTTP to the fake server, which answers by the data's own labels (an oracle), so what is missed was missed by the
choice of pairs alone. `--wrong` makes it answer a share of all questions wrongly. Whole tables, and ten draws of 100 rows by 100 rows
with 100 matches (W5 of `bench/scenarios.py`). Prints the table of `docs/joins.md`. Reads `../shared/data`; `--data` names another folder.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import re
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rvbbit
from rvbbit.testing import FakeServer, question

ROOT = Path(__file__).parents[1]
DRAWS = 10
SAME = """
cascade_id: bench_same
sql_function:
  name: bench_same
  operators: ["{{ a }} BENCH_SAME {{ b }}"]
  args: [{name: a}, {name: b}]
  returns: BOOLEAN
  symmetric: true
  reflexive: true
  blocking: embedding
cells:
  - name: judge
    instructions: "<a>{{ input.a }}</a><b>{{ input.b }}</b>"
    output_schema: {type: boolean}
"""


@dataclass(frozen=True)
class Data:
    """Two lists of texts and the pairs of them that are true."""

    name: str
    left: list[str]
    right: list[str]
    true: frozenset[tuple[str, str]]

    def drawn(self, count: int, seed: int) -> Data:
        """So many of either side, each with one match in the other."""
        chosen = random.Random(seed)
        pairs: dict[str, str] = {}
        for left, right in chosen.sample(sorted(self.true), len(self.true)):
            if len(pairs) < count and left not in pairs and right not in pairs.values():
                pairs[left] = right
        right = chosen.sample(list(pairs.values()), len(pairs))
        true = frozenset(pair for pair in self.true if pair[0] in pairs and pair[1] in set(right))
        return Data(self.name, list(pairs), right, true)


def rows(path: Path) -> list[dict[str, str]]:
    """A CSV file."""
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def two(name: str, left: dict[str, str], right: dict[str, str], pairs: list[tuple[str, str]]) -> Data:
    """From texts by id and pairs of ids."""
    true = frozenset((left[a], right[b]) for a, b in pairs)
    return Data(name, list(dict.fromkeys(left.values())), list(dict.fromkeys(right.values())), true)


def labelled(folder: Path, name: str, text: Callable[[dict[str, str]], str]) -> Data:
    """A data set with its labels in three files."""
    left, right = ({row[f"{side}_id"]: text(row) for row in rows(folder / f"{side}.csv")} for side in ("left", "right"))
    found = [row for part in ("train", "valid", "test") for row in rows(folder / f"pairs_{part}.csv") if row["label"] == "1"]
    return two(name, left, right, [(row["left_id"], row["right_id"]) for row in found])


def datasets(data: Path) -> Iterator[Data]:
    """Those with all of their matches."""

    def bare(text: str) -> str:
        return text.strip(" `'")

    yield labelled(data / "er_fodors_zagats", "Fodors-Zagats, name", lambda row: bare(row["name"]))
    yield labelled(
        data / "er_fodors_zagats",
        "Fodors-Zagats, name and address",
        lambda row: ", ".join(bare(row[key]) for key in ("name", "addr", "city")),
    )
    abt, buy = ({row[f"{side}_id"]: row["title"] for row in rows(data / "er_abt_buy" / f"{side}.csv")} for side in ("abt", "buy"))
    matches = [(row["abt_id"], row["buy_id"]) for row in rows(data / "er_abt_buy" / "matches.csv")]
    yield two("Abt-Buy, title", abt, buy, matches)
    yield labelled(data / "er_dblp_acm", "DBLP-ACM, title", lambda row: row["title"])
    companies: dict[str, set[str]] = {}
    for row in rows(data / "company_names" / "names.csv"):
        companies.setdefault(row["name"], set()).add(row["company_id"])
    names = sorted(companies)[::4]
    yield Data(
        "company names (every fourth), with itself",
        names,
        names,
        frozenset((a, b) for a in names for b in names if companies[a] & companies[b]),
    )


def joined(server: FakeServer, data: Data, wrong: float) -> tuple[int, float, float]:
    """Calls, recall and seconds of one join in a project of its own."""

    def answer(body: dict[str, Any]) -> bool:
        asked = question(body)
        found = re.fullmatch(r"<a>(.*)</a><b>(.*)</b>", asked, re.DOTALL)
        assert found
        pair = found.groups()
        flipped = zlib.crc32(asked.encode()) / 2**32 < wrong
        return (pair in data.true or pair[::-1] in data.true) != flipped

    server.answer = answer  # type: ignore[assignment]  # any JSON value is an answer
    server.reset()
    with tempfile.TemporaryDirectory() as home:
        (Path(home) / "cascades").mkdir()
        (Path(home) / "cascades" / "bench_same.cascade.yaml").write_text(SAME)
        with rvbbit.connect(home, model="openai:fake") as db:
            for name, texts in (("l", data.left), ("r", data.right)):
                db.sql(f"CREATE TABLE {name} (x VARCHAR)")
                db.sql(f"INSERT INTO {name} SELECT unnest($texts::VARCHAR[])", {"texts": texts})
            started = time.monotonic()
            found = set(db.sql("SELECT l.x, r.x FROM l JOIN r ON l.x BENCH_SAME r.x").fetchall())
            seconds = time.monotonic() - started
    return server.calls, len(data.true & found) / len(data.true), seconds


def main() -> None:
    """A line a data set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--only", default="", help="data sets with this in their name")
    parser.add_argument("--wrong", type=float, default=0.0, help="share of questions that are answered wrongly")
    given = parser.parse_args()
    os.environ["OPENAI_API_KEY"] = "sk-fake"
    print("| data | pairs | true | calls | recall | seconds | 100 × 100: calls | recall |\n|---|---|---|---|---|---|---|---|")
    with FakeServer() as server:
        os.environ["OPENAI_BASE_URL"] = server.base_url
        for data in datasets(given.data):
            if given.only not in data.name:
                continue
            calls, recall, seconds = joined(server, data, given.wrong)
            draws = [joined(server, data.drawn(100, seed), given.wrong) for seed in range(DRAWS if "itself" not in data.name else 0)]
            small = f"{min(d[0] for d in draws)}–{max(d[0] for d in draws)} | {min(d[1] for d in draws):.3f}" if draws else "– | –"
            sizes = f"{len(data.left):,} × {len(data.right):,} | {len(data.true):,}"
            print(f"| {data.name} | {sizes} | {calls:,} | {recall:.4f} | {seconds:.1f} | {small} |", flush=True)


if __name__ == "__main__":
    main()
