"""Imports into memory: what a file's bytes become, without a store."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from rvbbit.training.exchange.importing import Import, Imported
from rvbbit.training.exchange.place import Cell, Place
from rvbbit.types import CallRecord, Decision, Score

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Shelf:
    """Takes what is imported, each id once, as a store does."""

    records: dict[str, CallRecord] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)

    def take(self, records: Sequence[CallRecord], decisions: Sequence[Decision], scores: Sequence[Score]) -> tuple[int, int, int]:
        before = len(self.records)
        self.records = {record.trace_id: record for record in records} | self.records
        self.decisions += decisions
        self.batches.append(len(records))
        return len(self.records) - before, len(decisions), len(scores)

    @property
    def only(self) -> CallRecord:
        (record,) = self.records.values()
        return record


@dataclass(frozen=True)
class Done:
    report: Imported
    shelf: Shelf

    @property
    def reasons(self) -> list[tuple[int, str]]:
        return [(problem.number, problem.reason) for _, problem in self.report.problems]


@pytest.fixture
def imported() -> Callable[..., Done]:
    """Import bytes (or text) under a file name."""

    def run(
        content: bytes | str, name: str = "logs.jsonl", *, cell: Cell | None = None, shelf: Shelf | None = None, **options: Any
    ) -> Done:
        place = {key: options.pop(key) for key in ("cascade_id", "cell_name", "constants") if key in options}
        shelf = shelf or Shelf()
        run = Import(Place(lambda *_: cell, "ann", NOW, **place), shelf.take, **options)
        run.file(io.BytesIO(content.encode() if isinstance(content, str) else content), name)
        return Done(run.report, shelf)

    return run
