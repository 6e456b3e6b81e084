"""Labelled data as questions with known answers, for what is simulated on it: the labels play the model, or the person who verifies.

Reads `../shared/data`, elsewhere a folder of the same shape. It asks nothing.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rvbbit.types import Arguments, Value

DATA = Path(__file__).parents[1].parent / "shared" / "data"


@dataclass(frozen=True, slots=True)
class Questions:
    """One operator asked of a data set's texts. `truth` by text."""

    name: str
    operator: str
    shared: Arguments
    texts: Sequence[str]
    truth: dict[str, Value]

    def arguments(self, text: str) -> Arguments:
        return {"text": text, **self.shared}


def banking77(folder: Path) -> Questions:
    rows = list(_rows(folder / "banking77", "text"))
    return _labels("banking77, 77 intents", rows)


def banking77_cards(folder: Path) -> Questions:
    return _means("banking77, 'a card'", "about a payment card", _rows(folder / "banking77", "text"), lambda label: "card" in label)


def sst2(folder: Path) -> Questions:
    return _means("sst2, 'positive'", "a positive review", _rows(folder / "sst2", "text"), lambda label: label in {"positive", "1"})


def sms_spam(folder: Path) -> Questions:
    return _means("sms_spam, 'spam'", "spam", _rows(folder / "sms_spam", "text"), lambda label: label == "spam")


def ag_news(folder: Path) -> Questions:
    return _labels("ag_news, 4 topics", list(_rows(folder / "ag_news", "title", "description")))


def ag_news_sports(folder: Path) -> Questions:
    rows = _rows(folder / "ag_news", "title", "description")
    return _means("ag_news, 'sports'", "about sports", rows, lambda label: label.lower().startswith("sport"))


def movies(folder: Path) -> Questions:
    with (folder / "sembench_movie" / "reviews.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["reviewText"], row["scoreSentiment"]) for row in csv.DictReader(file) if row["reviewText"].strip()]
    return _means("sembench_movie, 'positive'", "a positive review", rows, lambda label: label == "POSITIVE")


ALL: Sequence[Callable[[Path], Questions]] = (sms_spam, banking77_cards, ag_news_sports, sst2, movies, ag_news, banking77)


def share(text: str, salt: str) -> float:
    """A number from 0 to 1 that depends on the text alone: what decides whether a noisy answer is wrong."""
    return int.from_bytes(hashlib.blake2b(f"{salt} {text}".encode(), digest_size=6).digest()) / 2**48


def noisy(questions: Questions, wrong: float) -> dict[str, Value]:
    """The truth with so large a share of it answered otherwise, the same every time."""
    others = sorted({str(one) for one in questions.truth.values()})
    return {
        text: _another(value, others, share(text, "which")) if share(text, "whether") < wrong else value
        for text, value in questions.truth.items()
    }


def _another(value: Value, others: Sequence[str], number: float) -> Value:
    if isinstance(value, bool):
        return not value
    rest = [one for one in others if one != value]
    return rest[int(number * len(rest))]


def _rows(folder: Path, *columns: str) -> Iterator[tuple[str, str]]:
    for split in ("train", "test"):
        with (folder / f"{split}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if text := " ".join(row[column] for column in columns).strip():
                    yield text, row["label"]


def _labels(name: str, rows: Sequence[tuple[str, str]]) -> Questions:
    truth: dict[str, Value] = dict(rows)
    return Questions(name, "classify", {"labels": sorted({label for _, label in rows})}, list(truth), truth)


def _means(
    name: str, criterion: str, rows: Iterator[tuple[str, str]] | Sequence[tuple[str, str]], holds: Callable[[str], bool]
) -> Questions:
    truth: dict[str, Value] = {text: holds(label) for text, label in rows}
    return Questions(name, "means", {"criterion": criterion}, list(truth), truth)
