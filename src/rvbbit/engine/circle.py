"""The learning circle on a labelled data set, step by step and without a word: load, ask, measure, curate, ask again.

Both demos, the command line's and the Studio's, are made of it.
Held-out rows are measured and never curated: only ids of the `history` split are ever looked up to be marked.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import pyarrow as pa
import pyarrow.parquet as pq

from rvbbit import datasets

if TYPE_CHECKING:
    from rvbbit.engine.database import Database
    from rvbbit.engine.query import Options
    from rvbbit.result import QueryUsage

LOAD = "CREATE TABLE tickets AS SELECT * FROM 'data/tickets.parquet'"
MEANS = """\
SELECT text FROM tickets
WHERE text MEANS 'someone stole my card'
ORDER BY text SIMILAR_TO 'someone stole my card' DESC
LIMIT 5"""
CLASSIFY = "SELECT id, text, CLASSIFY(text, $labels) AS intent FROM tickets"
LOGGED = """\
SELECT t.id, e.trace_id, e.assistant_output AS answer
FROM rvbbit.training_examples_mv e JOIN tickets t ON t.text = e.inputs ->> 'text'
WHERE e.cascade_id = 'classify' AND t.split = 'history'"""
AUTHOR = "data set labels"


@dataclass(frozen=True, slots=True)
class Data:
    """The tickets as they are loaded, and what is known of them. `truth` is the data set's label by ticket id; no model ever sees it."""

    tickets: pa.Table
    labels: tuple[str, ...]
    truth: Mapping[str, str]
    held_out: frozenset[str]
    history: frozenset[str]


@dataclass(frozen=True, slots=True)
class Pass:
    """One run of the classifying query: answers by ticket id, and how many of the held-out ones are right (0-1)."""

    answers: Mapping[str, str]
    accuracy: float
    rows: int
    usage: QueryUsage


@dataclass(frozen=True, slots=True)
class Curation:
    """What the stand-in curator did. `marked` includes the `corrected`. Seconds on the wall."""

    marked: int
    corrected: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Change:
    """A held-out ticket that is answered differently now."""

    text: str
    before: str
    after: str
    label: str

    @property
    def verdict(self) -> str:
        """Which of the two answers is right."""
        return "now right" if self.after == self.label else "now wrong" if self.before == self.label else "still wrong"


def read(per_label: int) -> Data:
    """BANKING77: every test row held out, and the first `per_label` train rows of each label as history to learn from."""
    train, test, labels = datasets.banking77()
    history = _first_of_each(train, per_label)
    tickets = pa.concat_tables([_tickets(test, "held-out"), _tickets(history, "history")])
    truth = {ticket: label for part in (test, history) for ticket, label in zip(*_columns(part, "id", "label"), strict=True)}
    return Data(tickets, tuple(labels), truth, frozenset(_columns(test, "id")[0]), frozenset(_columns(history, "id")[0]))


def load(db: Database, data: Data, folder: Path) -> None:
    """Put the tickets, without their labels, into the table `tickets`, by way of a file in that folder."""
    file = folder / "tickets.parquet"
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(data.tickets, file)
    db.sql(LOAD.replace("data/tickets.parquet", str(file).replace("'", "''")))


def ask(db: Database, data: Data, **options: Unpack[Options]) -> Pass:
    """Classify every ticket, and measure the held-out ones."""
    result = db.sql(CLASSIFY, {"labels": list(data.labels)}, **options)
    ids, intents = _columns(result.arrow(), "id", "intent")
    answers = dict(zip(ids, intents, strict=True))
    right = sum(answers[ticket] == data.truth[ticket] for ticket in data.held_out)
    return Pass(answers, right / len(data.held_out), len(data.held_out), result.usage)


def curate(db: Database, data: Data, part: slice = slice(None)) -> Curation:
    """Mark logged answers to history tickets, or a part of them: as they are where they agree with the data set's label, else corrected."""
    started = time.perf_counter()
    right: list[str] = []
    wrong: dict[str, list[str]] = defaultdict(list)
    logged = sorted(zip(*_columns(db.sql(LOGGED).arrow(), "id", "trace_id", "answer"), strict=True))
    for ticket, trace, answer in logged[part]:
        assert ticket in data.history and ticket not in data.held_out, f"{ticket} is held out and must not be learned from"
        if answer == data.truth[ticket]:
            right.append(trace)
        else:
            wrong[data.truth[ticket]].append(trace)
    marked = db.training.mark(right, trainable=True, verified=True, author=AUTHOR).updated if right else 0
    corrected = 0
    for label, traces in wrong.items():
        corrected += db.training.mark(traces, trainable=True, verified=True, corrected_output=label, author=AUTHOR).updated
    return Curation(marked + corrected, corrected, time.perf_counter() - started)


def changes(data: Data, before: Pass, after: Pass) -> list[Change]:
    """Held-out tickets whose answer changed, in the order of the data set."""
    ids, texts = _columns(data.tickets, "id", "text")
    return [
        Change(text, before.answers[ticket], after.answers[ticket], data.truth[ticket])
        for ticket, text in zip(ids, texts, strict=True)
        if ticket in data.held_out and before.answers[ticket] != after.answers[ticket]
    ]


def sample(changed: Sequence[Change], number: int) -> list[Change]:
    """A few changes, each verdict by its share and the rarest at least once: evenly spaced through the verdicts, the commonest first."""
    shares = Counter(change.verdict for change in changed)
    ordered = sorted(changed, key=lambda change: -shares[change.verdict])
    if len(ordered) <= number:
        return ordered
    return [ordered[place * (len(ordered) - 1) // (number - 1)] for place in range(number)]


def _first_of_each(table: pa.Table, number: int) -> pa.Table:
    """The first rows of each label, in the table's order."""
    seen: dict[str, int] = defaultdict(int)
    kept = []
    for label in _columns(table, "label")[0]:
        seen[label] += 1
        kept.append(seen[label] <= number)
    return table.filter(pa.array(kept))


def _tickets(table: pa.Table, split: str) -> pa.Table:
    """id, text and split; the label stays behind."""
    return pa.table({"id": table["id"], "text": table["text"], "split": pa.array([split] * table.num_rows)})


def _columns(table: pa.Table, *names: str) -> Sequence[list[str]]:
    return [table[name].to_pylist() for name in names]
