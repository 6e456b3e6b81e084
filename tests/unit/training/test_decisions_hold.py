"""Whatever is marked, scored, undone, corrected and deleted in whatever order: no person's decision is lost, and no example that nobody
approves now gets into a prompt, by any strategy, also from a version that was made live."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from rvbbit.interfaces import Matrix
from rvbbit.logs.examples import ExampleFilter
from rvbbit.training.curation import Curation
from rvbbit.training.selection import Selector
from rvbbit.training.sets import Sets
from rvbbit.types import CallRecord, CellKey, Score, TrainingPolicy, Value
from support.clickhouse import Shim
from support.store import Backend, ClickHouseBackend, DuckDBBackend

CELL = CellKey("means", "judge")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
IDS = [f"t{number}" for number in range(6)]
ids = st.lists(st.sampled_from(IDS), min_size=1, max_size=4, unique=True)
flags = st.sampled_from([True, False, None])
DECIDED = ("trainable", "verified", "corrected_output", "confidence", "notes", "tags")
POLICIES = [TrainingPolicy(limit=9, strategy=strategy) for strategy in ("recent", "high_confidence", "random", "semantic", "all")]
CORRECTED: list[Value] = ["fixed", "mended", None]


class Letters:
    """An `Embedder` that counts letters."""

    async def embed(self, texts: Sequence[str]) -> Matrix:
        rows = np.array([[text.casefold().count(letter) for letter in "abcdefghijklmnopqrstuvwxyz012345"] for text in texts], np.float32)
        vectors: Matrix = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return vectors


def call(trace_id: str) -> CallRecord:
    """Two of the texts are one question to a reader."""
    text = {"t0": "Same.", "t1": "same"}.get(trace_id, f"text of {trace_id}")
    return CallRecord(
        trace_id, NOON, "session", CELL.cascade_id, CELL.cell_name, "llm", {"text": text}, "print", "print", answer=f"answer {trace_id}"
    )


class Decisions(RuleBasedStateMachine):
    """The model: what holds for each field of each execution, as a stack of (batch, value); an undo puts the value below back on top."""

    def __init__(self, backend: Backend) -> None:
        super().__init__()
        self.backend = backend
        self.store = backend.open()
        self.sets = Sets(self.store.sets)
        self.curation = Curation(self.store)
        self.selector = Selector(self.store, Letters(), self.sets)
        self.held: dict[tuple[str, str], list[tuple[str, Any]]] = {}
        self.batches: list[str] = []
        self.decided = 0
        self.deleted: set[str] = set()
        for trace_id in IDS:
            asyncio.run(self.store.append(call(trace_id)))

    def there(self, trace_ids: list[str]) -> list[str]:
        return [trace_id for trace_id in trace_ids if trace_id not in self.deleted]

    def now(self, trace_id: str, field: str) -> Any:
        history = self.held.get((trace_id, field))
        return history[-1][1] if history else None

    def expect(self, trace_ids: list[str], undo: str | None, **values: Any) -> None:
        assert (undo is None) == (not trace_ids)
        if undo is not None:
            self.batches.append(undo)
        for trace_id in trace_ids:
            self.decided += 1
            for field, value in values.items():
                self.held.setdefault((trace_id, field), []).append((undo or "", value))

    @rule(some=ids, trainable=flags, verified=flags)
    def mark(self, some: list[str], trainable: bool | None, verified: bool | None) -> None:
        some = self.there(some)
        marked = self.curation.mark(some, author="ann", trainable=trainable, verified=verified)
        self.expect(some, marked.undo, trainable=trainable, verified=verified)

    @rule(some=ids)
    def note(self, some: list[str]) -> None:
        some = self.there(some)
        self.expect(some, self.curation.mark(some, author="bob", notes="seen", tags=["x"]).undo, notes="seen", tags=("x",))

    @rule(verified=st.booleans(), trainable=st.booleans())
    def mark_what_a_filter_finds(self, verified: bool, trainable: bool) -> None:
        reached = [one for one in self.there(IDS) if bool(self.now(one, "verified")) == verified]
        marked = self.curation.mark_matching(self.store.matching(ExampleFilter(verified=verified)), author="cy", trainable=trainable)
        assert marked.updated == len(reached)
        self.expect(reached, marked.undo, trainable=trainable)

    @rule(some=ids, value=st.sampled_from(CORRECTED))
    def correct(self, some: list[str], value: Value) -> None:
        some = self.there(some)
        self.expect(some, self.curation.mark(some, author="ann", corrected_output=value).undo, corrected_output=value)

    @rule(some=ids, value=st.floats(0, 1))
    def score(self, some: list[str], value: float) -> None:
        self.store.record([Score(one, "confidence", "1", value, "because", NOON) for one in some])

    @rule(one=st.sampled_from(IDS), value=st.floats(0, 1))
    def say_a_confidence(self, one: str, value: float) -> None:
        some = self.there([one])
        self.expect(some, self.curation.mark(some, author="ann", confidence=value).undo, confidence=value)

    @precondition(lambda self: self.batches)
    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        batch = data.draw(st.sampled_from(self.batches))
        touched = {place[0] for place, history in self.held.items() if any(made == batch for made, _ in history)}
        if not self.there(sorted(touched)):
            return
        undone = self.curation.undo(batch, author="dee")
        reached = set()
        for (trace_id, _), history in self.held.items():
            if trace_id in self.deleted or history[-1][0] != batch:
                continue
            reached.add(trace_id)
            before = [value for made, value in history if made != batch]
            history.append((undone.undo or "", before[-1] if before else None))
        assert undone.updated == len(reached)
        self.decided += len(reached)
        if undone.undo is not None:
            self.batches.append(undone.undo)

    @rule(one=st.sampled_from(IDS))
    def delete(self, one: str) -> None:
        """An execution goes; decisions about it stay on record."""
        if len(self.deleted) < 3 and one not in self.deleted:
            self.backend.delete(one)
            self.deleted.add(one)
            self.selector = Selector(self.store, Letters(), self.sets)

    @precondition(lambda self: self.sets.versions())
    @rule(data=st.data(), live=st.booleans())
    def make_live(self, data: st.DataObject, live: bool) -> None:
        version = data.draw(st.sampled_from(sorted(row.version for row in self.sets.versions())))
        if live:
            self.sets.use(version, author="ann")
        else:
            self.sets.follow(version, author="ann")

    @invariant()
    def no_decision_is_lost(self) -> None:
        assert len(self.backend.rows("training_annotations", "trace_id")) == self.decided
        for row in self.store.page(ExampleFilter(limit=None)).rows:
            assert row.trainable == bool(self.now(row.trace_id, "trainable"))
            assert row.verified == bool(self.now(row.trace_id, "verified"))
            assert row.corrected_output == self.now(row.trace_id, "corrected_output")
            assert (row.notes, row.tags) == (self.now(row.trace_id, "notes"), self.now(row.trace_id, "tags") or ())
            if (said := self.now(row.trace_id, "confidence")) is not None:
                assert row.confidence == said, "a score never overrules a person"

    @invariant()
    def only_what_is_approved_gets_into_a_prompt(self) -> None:
        for policy in POLICIES:
            for asked in ("something new", " SAME! "):
                for example in asyncio.run(self._selected(policy, asked)).examples:
                    assert example.trace_id not in self.deleted
                    assert self.now(example.trace_id, "trainable") is True
                    assert example.answer == (self.now(example.trace_id, "corrected_output") or f"answer {example.trace_id}")
                    assert policy.strategy == "all" or asked == "something new" or example.trace_id not in {"t0", "t1"}

    async def _selected(self, policy: TrainingPolicy, asked: str) -> Any:
        return await self.selector.select(CELL, policy, {"text": asked})

    def teardown(self) -> None:
        self.store.close()
        self.backend.close()


def test_decisions_hold_on_duckdb() -> None:
    run_state_machine_as_test(
        lambda: Decisions(DuckDBBackend(None)), settings=settings(max_examples=12, stateful_step_count=15, deadline=None)
    )


def test_decisions_hold_on_clickhouse(clickhouse: Shim) -> None:
    """Fewer steps: each is some dozens of requests over HTTP."""
    run = settings(max_examples=3, stateful_step_count=10, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(lambda: Decisions(ClickHouseBackend(clickhouse.url(f"t{uuid.uuid4().hex}"))), settings=run)
