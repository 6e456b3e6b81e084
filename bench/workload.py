"""The rows that are measured on, and what is true of them: customers' questions of BANKING77, which ships, and products of Abt and Buy.

Nothing here measures or asks. `truth.py` answers by it, `run.py` grades by it. `BENCH_DATA` names the folder that has `er_abt_buy`.
"""

from __future__ import annotations

import csv
import os
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rvbbit import datasets

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("BENCH_DATA", ROOT.parent / "shared" / "data"))

CARDS = ("activate my card", "card about to expire", "card arrival", "card swallowed", "lost or stolen card")
OTHERS = ("age limit", "exchange rate", "failed transfer", "receiving money", "verify source of funds")
LABELS = tuple(sorted(CARDS + OTHERS))
CRITERION = "a question about a bank card"
TOPIC = "a lost or stolen card"
RELEVANT = "lost or stolen card"
ROWS, TEXTS, GROUPS, PRODUCTS = 1_000, 700, 20, 100
# What no prompt escapes or breaks, so that a text is found again in whatever prompt it was put.
PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .,?!'()/:-]{14,}")


@dataclass(frozen=True, slots=True)
class Question:
    """A row of `tickets`. `part` is one of the groups."""

    id: int
    text: str
    label: str

    @property
    def part(self) -> int:
        return self.id % GROUPS

    @property
    def about_cards(self) -> bool:
        return self.label in CARDS


@dataclass(frozen=True, slots=True)
class Product:
    """A row of `abt` or `buy`; the two of one pair have the same id."""

    id: int
    title: str


@cache
def questions() -> tuple[Question, ...]:
    """1,000 rows of 700 distinct texts, as many of each label, in an order that was shuffled once."""
    by_label: dict[str, list[str]] = {label: [] for label in LABELS}
    train, test, _ = datasets.banking77()
    for table in (train, test):
        for text, label in zip(table["text"].to_pylist(), table["label"].to_pylist(), strict=True):
            by_label.get(label.replace("_", " "), []).append(text)
    kept = [(text, label) for label, texts in by_label.items() for text in distinct(texts)[: TEXTS // len(LABELS)]]
    dice = random.Random(7)
    rows = [*kept, *dice.sample(kept, ROWS - TEXTS)]
    dice.shuffle(rows)
    return tuple(Question(place, text, label) for place, (text, label) in enumerate(rows))


def distinct(texts: Sequence[str]) -> list[str]:
    """Plain texts, each once, none of them a part of another."""
    plain = list(dict.fromkeys(text for text in texts if PLAIN.fullmatch(text)))
    return [text for text in plain if not any(text in other for other in plain if other != text)]


@cache
def products() -> tuple[tuple[Product, ...], tuple[Product, ...]]:
    """100 products of Abt, and the same ones of Buy in another order. Raises FileNotFoundError without the data."""
    abt, buy = _titles("abt"), _titles("buy")
    pairs = [(abt[row["abt_id"]], buy[row["buy_id"]]) for row in _rows("matches")]
    plain = [pair for pair in pairs if all(PLAIN.fullmatch(title) for title in pair)]
    lone = set(distinct([title for pair in plain for title in pair]))
    kept = [pair for pair in plain if lone.issuperset(pair)][:PRODUCTS]
    left, right = ([Product(place, pair[side]) for place, pair in enumerate(kept)] for side in (0, 1))
    random.Random(7).shuffle(right)
    return tuple(left), tuple(right)


def _titles(side: str) -> Mapping[str, str]:
    return {row[f"{side}_id"]: row["title"] for row in _rows(side)}


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (DATA / "er_abt_buy" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def relevance(question: Question) -> float:
    """From 0 to 1, how much a question is about `TOPIC`: high for those that are, and no two texts quite alike."""
    jitter = random.Random(question.text).random() / 10
    return round((0.9 if question.label == RELEVANT else 0.1) + jitter, 4)


def summary(labels: set[str]) -> str:
    """What a faithful summary of questions says: what they are about."""
    return f"Customers ask about: {'; '.join(sorted(labels))}."
