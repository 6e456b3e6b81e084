"""The queries that are measured, over `workload`'s rows: W1 to W10, variants of them, and C0. Nothing here measures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
from bench.measure import CONCURRENCY
from bench.workload import CRITERION, LABELS, PRODUCTS, TOPIC, products, questions

from rvbbit import datasets

MEANS = f"text MEANS '{CRITERION}'"
TEN = 10

Kind = Literal["all", "some", "labels", "pairs", "groups", "top", "unjudged"]
"""What the rows of an answer are: every id that meets the criterion, ten of them, ids with labels, pairs of ids, groups with summaries, the
ten most relevant ids, or nothing whose truth is known."""


@dataclass(frozen=True)
class Scenario:
    """One query. `goal` is the calls it may take; `ideal` rounds follow from it. `latency` in seconds; `failing` a share of requests.

    `below` leaves the rows with a smaller id. `again` runs the query once before what is measured, so that every answer is known.
    """

    name: str
    says: str
    sql: str
    kind: Kind
    goal: int
    below: int = 1_000
    latency: float = 0.1
    failing: float = 0.0
    again: bool = False

    @cached_property
    def ideal(self) -> float:
        """Seconds that nobody can beat with so many calls: whole rounds of `CONCURRENCY`. Requests that fail are asked again."""
        return math.ceil(self.goal / (1 - self.failing) / CONCURRENCY) * self.latency

    @cached_property
    def texts(self) -> int:
        """Tokens of the texts asked about, each once: what no prompt can leave out. 0 where it depends on which rows are asked."""
        rows: Sequence[str] = {
            "pairs": [product.title for side in products() for product in side] if self.kind == "pairs" else [],
            "some": [],
            "top": [],
            "unjudged": [],
        }.get(self.kind, [question.text for question in questions()[: self.below]])
        return 0 if self.again else sum(max(1, len(text) // 4) for text in dict.fromkeys(rows))


W1 = f"SELECT id FROM tickets WHERE {MEANS}"
SAME = "SELECT l.id, r.id FROM abt AS l JOIN buy AS r ON l.title ~ r.title"
MOST = f"SELECT id FROM tickets ORDER BY text RELEVANCE TO '{TOPIC}' DESC LIMIT {TEN}"

SCENARIOS = (
    Scenario("W1", "a filter over all rows", W1, "all", 700),
    Scenario("W1 packed", "W1, several rows a prompt", f"-- @@ pack: 50\n{W1}", "all", 100),
    Scenario("W2a", "a cheap predicate AND a filter", f"SELECT id FROM tickets WHERE id < 100 AND {MEANS}", "all", 100, below=100),
    Scenario("W2b", "a filter AND a cheap predicate", f"SELECT id FROM tickets WHERE {MEANS} AND id < 100", "all", 100, below=100),
    Scenario("W3", "a filter LIMIT 10", f"{W1} LIMIT {TEN}", "some", 33),
    Scenario("W3 few", "W3 with rounds for calls", f"-- @ rounds: many\n{W1} LIMIT {TEN}", "some", 20),
    Scenario(
        "W4",
        "ASK after ORDER BY … LIMIT 10",
        f"SELECT id, ASK(text, 'what is it about?') FROM tickets ORDER BY id LIMIT {TEN}",
        "labels",
        TEN,
        below=TEN,
    ),
    Scenario("W5", f"a join of {PRODUCTS} × {PRODUCTS}, {PRODUCTS} matches", SAME, "pairs", 300),
    Scenario("W6", "a summary of each of 20 groups", "SELECT id % 20, SUMMARIZE(text) FROM tickets GROUP BY 1", "groups", 20),
    Scenario("W7", "a label of ten", f"SELECT id, CLASSIFY(text, '{','.join(LABELS)}') FROM tickets", "labels", 700),
    Scenario("W8", "the ten most relevant", MOST, "top", 60),
    Scenario("W9", "W1 a second time", W1, "all", 0, again=True),
    Scenario("W10", "W1, one request of 20 answered 500", W1, "all", 700, failing=0.05),
    Scenario("C0", "7,000 distinct of 10,000 rows, no latency", W1, "unjudged", 7_000, latency=0.0),
)
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


def tables(scenario: Scenario) -> dict[str, pa.Table]:
    """The tables a scenario reads. Raises FileNotFoundError without the data of the products."""
    if scenario.kind == "pairs":
        abt, buy = (pa.Table.from_pylist([{"id": row.id, "title": row.title} for row in side]) for side in products())
        return {"abt": abt, "buy": buy}
    if scenario.name == "C0":
        return {"tickets": many(10_000, 7_000)}
    return {"tickets": pa.Table.from_pylist([{"id": row.id, "text": row.text} for row in questions()])}


def many(rows: int, number: int) -> pa.Table:
    """`id`, `text`: so many distinct texts first, then as many of them again as it takes."""
    places = pa.array([row % number for row in range(rows)])
    return pa.table({"id": pa.array(range(rows)), "text": texts(number).take(places)})


def texts(number: int) -> pa.Array:
    """So many distinct texts, in the data set's order."""
    train, test, _ = datasets.banking77()
    found = pc.unique(pa.concat_tables([train, test])["text"].combine_chunks())
    assert len(found) >= number
    return found[:number]
