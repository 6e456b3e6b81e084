"""Texts → vectors in the store, a batch at a time: each batch is on disk before the next is counted, so that what ends early goes on later.

It never embeds a text that has a vector of the model, wherever that came from, and never says anything of a row that did not change.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rvbbit.errors import Unavailable
from rvbbit.interfaces import Matrix, VectorStore
from rvbbit.types import Usage

BATCH = 256
"""Texts a call: what an interruption may lose."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """Unit-length rows, one a text in order, and what they took."""

    vectors: Matrix
    usage: Usage


@dataclass(frozen=True, slots=True)
class Model:
    """An embedding model by its full name, `at_once` calls of which may be under way. `embed` raises ProviderError, BudgetReached."""

    name: str
    embed: Callable[[Sequence[str]], Awaitable[Embedded]]
    at_once: int = 1


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table, as `rvbbit_embeddings` names them."""

    table: str
    column: str


Landed: TypeAlias = Callable[[int, Usage | None], None]
"""Told of so many texts more: with what their call took, or None where they were known."""


def hashed(texts: pa.Array) -> pa.Array:
    """The content hash of each text, as DuckDB's `md5(text)` has it. Nulls stay null."""
    return pa.array(
        [None if text is None else hashlib.md5(text.encode(), usedforsecurity=False).hexdigest() for text in texts.to_pylist()],
        pa.string(),
    )


def missing(store: VectorStore, model: str, hashes: pa.Array) -> pa.Array:
    """True for each of the hashes that has no vector of the model."""
    known = store.known(model, hashes)
    return pc.invert(pc.is_in(hashes, known)) if len(known) else pa.array([True] * len(hashes), pa.bool_())


async def ensure(store: VectorStore, model: Model, texts: pa.Array, hashes: pa.Array, landed: Landed) -> None:
    """Have every text embedded. Texts are distinct and not null; `hashes` are theirs. Raises ProviderError, BudgetReached, DatabaseError.

    Cancelling it keeps what was embedded.
    """
    new = await asyncio.to_thread(missing, store, model.name, hashes)
    left = pa.table({"text": texts, "hash": hashes}).filter(new)
    if known := len(texts) - left.num_rows:
        landed(known, None)
    if not left.num_rows:
        return
    left = left.take(pc.sort_indices(pc.utf8_length(left["text"])))  # texts of like length are embedded together: little is padded
    places = asyncio.Semaphore(model.at_once)

    async def one(batch: pa.Table) -> None:
        async with places:
            embedded = await model.embed(batch["text"].to_pylist())
            if len(embedded.vectors) != batch.num_rows:
                raise Unavailable(f"{model.name}: {len(embedded.vectors)} vectors for {batch.num_rows} texts", hint="try again")
            await _to_the_end(store.keep, model.name, batch["hash"].to_pylist(), embedded.vectors)
            landed(batch.num_rows, embedded.usage)

    try:
        async with asyncio.TaskGroup() as group:
            for start in range(0, left.num_rows, BATCH):
                group.create_task(one(left.slice(start, BATCH)))
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None


async def _to_the_end(work: Callable[..., None], *arguments: object) -> None:
    """Work in a thread, finished although whoever waits for it is cancelled: what was paid for is kept."""
    running = asyncio.ensure_future(asyncio.to_thread(work, *arguments))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        await running
        raise


def aligned(store: VectorStore, model: str, hashes: pa.Array) -> pa.Array:
    """The vector of each hash, in order, as lists of float32; null for one that has none."""
    found = store.vectors(model, pc.unique(hashes))
    places = pc.index_in(hashes, found["content_hash"].combine_chunks())
    vectors = found["vector"].combine_chunks()
    return vectors.cast(pa.list_(pa.float32())).take(places)


def matrix(vectors: pa.Array) -> Matrix:
    """Vectors as the rows of a matrix, of length 1."""
    flat = vectors.flatten().to_numpy()
    rows = flat.reshape(len(vectors), -1) if len(vectors) else np.empty((0, 0), np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.ascontiguousarray(rows / np.where(lengths > 0, lengths, 1), np.float32)


def place(store: VectorStore, model: str, column: Column, rows: pa.Table, *, whole: bool = False) -> int:
    """Say which content each row has now, where that is new; how many there were. `whole`: rows that are not among these are gone.

    Shape: `rows` has text columns `row_key`, each once, and `content_hash`, null where the row has no text.
    """
    held = store.rows(column.table, column.column, model)
    places = pc.index_in(rows["row_key"], held["row_key"].combine_chunks())
    before = held["content_hash"].combine_chunks().take(places.combine_chunks())
    now = rows["content_hash"].combine_chunks()
    same = pc.or_kleene(pc.fill_null(pc.equal(before, now), False), pc.and_(pc.is_null(before), pc.is_null(now)))
    changed = rows.filter(pc.invert(same)).select(["row_key", "content_hash"])
    if whole and held.num_rows:
        gone = held["row_key"].filter(pc.invert(pc.is_in(held["row_key"], rows["row_key"].combine_chunks())))
        tombs = pa.table({"row_key": gone, "content_hash": pa.nulls(len(gone), pa.string())})
        changed = pa.concat_tables([changed, tombs])
    if changed.num_rows:
        store.place(column.table, column.column, model, changed)
    return int(changed.num_rows)
