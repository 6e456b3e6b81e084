"""What a log store is, whatever keeps it: the promise that `logs.duckdb` and `logs.clickhouse` both make, held by one contract suite.

Calls, decisions and scores only ever come in; what holds now is worked out. Any thread may call everything but the `CallLog` part, and
waits for it. Raises DatabaseError, DiskFull.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

from rvbbit.interfaces import CallLog, ExampleStore, ScoreStore, VectorStore
from rvbbit.logs.examples import ExampleFilter, Page, Stats
from rvbbit.logs.history import (
    CallPage,
    CostFilter,
    Detail,
    Facets,
    QueryFilter,
    QueryPage,
    SessionFilter,
    SessionPage,
    Spend,
)
from rvbbit.logs.schema import QueryRecord
from rvbbit.types import CallRecord, CellKey, Decision, Proof, Score, SetEvent, SetVersion

Kind = Literal["execution", "decision", "score", "query"]


@dataclass(frozen=True, slots=True)
class Change:
    """Something came into the log. `ids` are trace ids (query ids for a query); empty where there are too many to name."""

    kind: Kind
    count: int
    ids: tuple[str, ...] = ()


MOST_NAMED = 200
"""Ids that a Change names at most."""

Changed: TypeAlias = Callable[[Change], None]
"""Told after each commit, on the thread that wrote; must be quick and must not raise."""

Telling: TypeAlias = Callable[[Callable[[], object]], AbstractContextManager[None]]
"""Within it, and never after, the callable is called on any thread whenever what is under way should be broken off."""


class Matching(Protocol):
    """What a filter finds in a store, when asked: never read into memory, however much it is."""

    def cells(self) -> Mapping[CellKey, str]:
        """Each cell it reaches, with the id of one of its executions."""

    def annotate(self, decision: Decision, add_tags: Sequence[str] = (), remove_tags: Sequence[str] = ()) -> int:
        """Append the decision for all of them, all or none; exactly how many there were.

        With tags to add or remove, what it says of `tags` is what each has then; a tag that is both is added.
        """


class Sets(Protocol):
    """Versions of training sets, what people said of them, and their proofs."""

    def revision(self) -> int:
        """How many versions and events there are, whoever added them."""

    def versions(self) -> Sequence[SetVersion]:
        """All, oldest first."""

    def events(self) -> Sequence[SetEvent]:
        """All, oldest first."""

    def proofs(self) -> Sequence[Proof]:
        """All, oldest first."""

    def add(self, row: SetVersion | SetEvent | Proof) -> None:
        """Append one."""


class Store(CallLog, ExampleStore, ScoreStore, Protocol):
    """A whole log."""

    @property
    def sets(self) -> Sets:
        """The tables of training sets, on the same connection."""

    @property
    def vectors(self) -> VectorStore:
        """The tables of embeddings, on the same connection."""

    def aside(self, telling: Telling) -> ScoreStore:
        """Its scores for work that gives way: a read under way when `telling` says stop raises Cancelled. The store itself where its reads
        slow nobody here."""

    def take_back(self, batch: str, decision: Decision) -> int | None:
        """Undo a batch for everything that it still holds something of, all or none; how much that was, None where there is no such batch.

        `decision` has the author, time, batch and reason of the undo.
        """

    def matching(self, asked: ExampleFilter) -> Matching:
        """Everything a filter finds, to be decided on at once. Raises UsageError for a filter that names a page."""

    def page(self, asked: ExampleFilter) -> Page:
        """One page of executions that can teach, with the exact number that match. Raises UsageError for an unusable sort or cursor."""

    def trace_ids(self, asked: ExampleFilter) -> list[str]:
        """The ids alone of a page."""

    def stats(self) -> Stats:
        """Figures of everything that can teach and of each cell, the busiest first."""

    def facets(self, asked: ExampleFilter, most: int = 100) -> Facets:
        """The values that the executions a filter finds have, with their counts."""

    def detail(self, trace_id: str) -> Detail | None:
        """One logged call, whole; None where there is none of that id."""

    def sessions(self, asked: SessionFilter) -> SessionPage:
        """Sessions, the newest first."""

    def calls(self, session_id: str, limit: int = 10_000, cursor: str | None = None) -> CallPage:
        """The calls of one session, oldest first; empty where there is none."""

    def queries(self, asked: QueryFilter) -> QueryPage:
        """Statements, the newest first."""

    def costs(self, asked: CostFilter) -> Sequence[Spend]:
        """What calls cost, by what is asked: days oldest first, all else the dearest first."""

    def take_in(
        self, records: Sequence[CallRecord], decisions: Sequence[Decision] = (), given: Sequence[Score] = ()
    ) -> tuple[int, int, int]:
        """Append what came from elsewhere and is not there yet; how many calls, decisions and scores were new. Safe to repeat."""

    def stream(self, asked: ExampleFilter, rows: int = 1_000) -> Iterator[list[dict[str, Any]]]:
        """Everything a filter finds, `rows` at a time: the log's columns, what holds, `decisions` and `scores`."""

    def record_query(self, record: QueryRecord) -> None:
        """Append a statement to `query_log`."""

    def close(self) -> None:
        """Write what waits and let go. Safe to call twice."""
