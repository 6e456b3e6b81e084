"""The queries that are measured, and the rows they run on. Every text is a customer's question of BANKING77; nothing here measures."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from rvbbit import datasets

CONCURRENCY = 64
MEANS = "text MEANS 'the customer has lost a card'"
LABELS = datasets.banking77()[2]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One query. `distinct` is how many calls it should take: arguments, not rows. `latency` in seconds; `failing` a share of requests.

    `again` runs the query once before what is measured, so that every answer is known. `labels` are bound as `$labels`.
    """

    name: str
    says: str
    sql: str
    rows: int = 1_000
    texts: int = 700
    distinct: int = 700
    latency: float = 0.1
    failing: float = 0.0
    again: bool = False
    labels: bool = False

    @property
    def ideal(self) -> float:
        """Seconds that nobody can beat: whole rounds of `CONCURRENCY` calls. Requests that fail are asked again."""
        return math.ceil(self.distinct / (1 - self.failing) / CONCURRENCY) * self.latency if not self.again else 0.0


SCENARIOS = (
    Scenario("W1", "MEANS over 1,000 rows, 700 distinct", f"SELECT id FROM tickets WHERE {MEANS}"),
    Scenario("W2a", "a cheap predicate, then MEANS", f"SELECT id FROM tickets WHERE id < 200 AND {MEANS}", distinct=200),
    Scenario("W2b", "MEANS, then a cheap predicate", f"SELECT id FROM tickets WHERE {MEANS} AND id < 200", distinct=200),
    Scenario(
        "W4", "ASK after ORDER BY … LIMIT 10", "SELECT id, ASK(text, 'what is wanted?') FROM tickets ORDER BY id LIMIT 10", distinct=10
    ),
    Scenario("W7", "CLASSIFY into 77 labels", "SELECT id, CLASSIFY(text, $labels) FROM tickets", labels=True),
    Scenario("W9", "W1 a second time", f"SELECT id FROM tickets WHERE {MEANS}", distinct=0, again=True),
    Scenario("W10", "W1, every 20th request answered 500", f"SELECT id FROM tickets WHERE {MEANS}", failing=0.05),
    Scenario("C0", "7,000 distinct of 10,000 rows, no latency", f"SELECT id FROM tickets WHERE {MEANS}", 10_000, 7_000, 7_000, latency=0.0),
)
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


def texts(number: int) -> pa.Array:
    """So many distinct texts, in the data set's order."""
    train, test, _ = datasets.banking77()
    found = pc.unique(pa.concat_tables([train, test])["text"].combine_chunks())
    assert len(found) >= number
    return found[:number]


def tickets(scenario: Scenario) -> pa.Table:
    """`id`, `text`: the distinct texts first, then as many of them again as it takes."""
    places = pa.array([row % scenario.texts for row in range(scenario.rows)])
    return pa.table({"id": pa.array(range(scenario.rows)), "text": texts(scenario.texts).take(places)})
