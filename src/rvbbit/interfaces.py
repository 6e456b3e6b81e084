"""The few small promises rooms make to each other; the engine is what introduces them.

At most eight Protocols of at most five methods. Async where a model or a store may be slow; everything here is called on the engine's
one event loop unless a docstring says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from rvbbit.types import (
    Answer,
    Arguments,
    CallContext,
    CallRecord,
    CellKey,
    Completion,
    Decision,
    Example,
    ExampleSet,
    Execution,
    Notice,
    Request,
    Scorable,
    Score,
    TrainingPolicy,
    Value,
    Waiting,
)

Matrix: TypeAlias = npt.NDArray[np.float32]
"""rows × dimensions, each row of length 1."""


class Provider(Protocol):
    """A model, or a wrapper around one."""

    @property
    def reads_messages(self) -> bool:
        """False where arguments and examples are enough and no prompt need be rendered."""

    @property
    def cached_from(self) -> int | None:
        """Tokens that the start of a prompt must have for the provider to cache it; None where it caches none that we know of."""

    async def complete(self, request: Request) -> Completion:
        """One answer. Raises ProviderError subclasses, BudgetReached."""

    async def close(self) -> None:
        """Give back sockets and threads. Safe to call twice."""


class Embedder(Protocol):
    """Text → vectors."""

    async def embed(self, texts: Sequence[str]) -> Matrix:
        """One unit-length row a text, in order. Raises ProviderError."""


class CallLog(Protocol):
    """Where calls are remembered, and where their answers are found again."""

    async def append(self, record: CallRecord, *, last: bool = False) -> None:
        """Returns when the record is on disk; waits when the writer is behind; never drops. Raises DatabaseError.

        `last`: whoever appends is not about to append more, so that this one need not wait for others to share a commit with.
        """

    async def answers(self, keys: Sequence[str]) -> Mapping[str, Value]:
        """The newest good answer to each cache key that has one. Keys without one are absent."""


class ExampleStore(Protocol):
    """Decisions and the executions they are about. Called from any thread."""

    def revision(self) -> int:
        """Grows with every decision; equal revisions mean equal training sets."""

    def trainable(self, cell: CellKey) -> Sequence[Example]:
        """What holds now as trainable for a cell, corrected answers in place, newest first."""

    def annotate(self, decisions: Sequence[Decision]) -> None:
        """Append decisions, all or none; on disk when it returns."""

    def missing(self, trace_ids: Sequence[str]) -> Sequence[str]:
        """Those of the ids that no execution which can teach has (a good model call, not the judge's own)."""

    def executions(self, *, trace_ids: Sequence[str] = (), batch: str | None = None) -> Sequence[Execution]:
        """Those of the ids that exist, or all that a batch decided on, each with its whole history."""


@dataclass(frozen=True, slots=True)
class Due:
    """Which executions of a cell are to be scored: without a confidence of `version`, or not yet seen by `judge` (its version; "": none).

    `share` keeps those of a sample, the same on every server and after every restart: in it is a trace id whose MD5 in hexadecimal begins
    with eight digits that sort before `below`. `asked` True means, instead of all that, those that a person asked to have scored: with a
    score `asked` that is newer than their confidence, or that the judge has not heard. A judge has seen what it spoke of since a person
    last asked to hear it anew.
    """

    version: str
    judge: str = ""
    share: float = 1.0
    asked: bool = False

    @property
    def below(self) -> str:
        """The sample's end: after every digit where everything is in it."""
        return "g" if self.share >= 1 else f"{int(self.share * 16**8):08x}"


class ScoreStore(Protocol):
    """Scores, and the executions they are about. Called from any thread. A cell's executions are those that can teach."""

    def cells(self) -> Mapping[CellKey, int]:
        """Every cell that has executions, the busiest first, with how many of them a person verified."""

    def waiting(self, cell: CellKey, due: Due, most: int) -> Waiting:
        """What is due; unjudged is what of it has no score of the judge's version, at most `most` characters each."""

    def unscored(self, cell: CellKey, due: Due, limit: int) -> Sequence[Scorable]:
        """The newest executions that are due."""

    def verified(self, cell: CellKey, limit: int) -> Sequence[Scorable]:
        """The newest executions that a person verified."""

    def record(self, scores: Sequence[Score]) -> None:
        """Append scores, all or none; on disk when it returns."""


class VectorStore(Protocol):
    """Vectors by model and content, and which content each row of a table was embedded with. Called from any thread.

    A content is named by its hash. Rows are tables of text columns `row_key` and `content_hash`, the latter null where a row is gone.
    """

    def known(self, model: str, hashes: pa.Array) -> pa.Array:
        """Those of the hashes that have a vector of the model."""

    def vectors(self, model: str, hashes: pa.Array) -> pa.Table:
        """Columns `content_hash` and `vector` (a list of float32), once for each of the hashes that has one, in no order."""

    def keep(self, model: str, hashes: Sequence[str], vectors: Matrix) -> None:
        """Remember; what is there already stays as it is. On disk when it returns."""

    def rows(self, table: str, column: str, model: str) -> pa.Table:
        """What holds now for the rows of a column."""

    def place(self, table: str, column: str, model: str, rows: pa.Table) -> None:
        """Say what holds from now on for some rows, all or none; on disk when it returns."""


class ExampleSelector(Protocol):
    """Chooses what a call may learn from."""

    async def version(self, cell: CellKey, policy: TrainingPolicy, arguments: Arguments) -> str:
        """The version of the set that applies to these arguments: part of the cache key. "" when the set is empty."""

    async def select(self, cell: CellKey, policy: TrainingPolicy, arguments: Arguments) -> ExampleSet:
        """The examples for this call, never one with its own arguments (strategy `all`: the whole set, the student excludes)."""


class OperatorCaller(Protocol):
    """Answers operator calls by running their cascades."""

    async def answer(
        self, operator: str, arguments: Sequence[Arguments], context: CallContext, listen: Listener | None = None
    ) -> list[Answer]:
        """One answer for each arguments, in order; arguments are distinct and hold no null.

        Raises the first CallError (unless context.on_error is "null"), BudgetReached, Cancelled by asyncio cancellation.
        Everything answered before is on disk.
        """

    async def known(self, operator: str, arguments: Sequence[Arguments], context: CallContext) -> int:
        """How many of the arguments would be answered without a call."""

    async def requests(self, operator: str, unknown: int, context: CallContext, arguments: Sequence[Arguments] = ()) -> int:
        """How many calls so many of the arguments, those without an answer, would take: fewer than they are where several share one, more
        where a list is asked about in parts."""

    async def recall(self, operator: str, arguments: Sequence[Arguments], context: CallContext) -> list[Answer | None]:
        """The answers that take no call, in order; None for the others, and where that cannot be told before."""


ProviderFor: TypeAlias = Callable[[str], Provider]
"""`provider:model` → its provider, wrapped. Raises ModelNotFound, AuthenticationFailed."""

RunSQL: TypeAlias = Callable[[str, Arguments], list[dict[str, Value]]]
"""Plain SQL with $name parameters → rows, for `sql` cells and wards. Called off the event loop."""

Listener: TypeAlias = Callable[[Answer | Notice, int], None]
"""Told of every answer as it lands, or of so many that are alike, and of every notice. Called on the event loop; must be quick."""
