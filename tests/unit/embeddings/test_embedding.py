"""What is missing is embedded and nothing else; what was embedded is kept, however it ends; rows are spoken of where they changed."""

from __future__ import annotations

import asyncio
import hashlib

import pyarrow as pa
import pytest

from rvbbit.embeddings import embedding
from rvbbit.embeddings.embedding import BATCH, Column
from rvbbit.errors import Unavailable
from rvbbit.types import Usage

MODEL = "local:minilm"
COLUMN = Column("products", "text")


async def ensure(store, counting, *texts: str, at_once: int = 1) -> list[tuple[int, Usage | None]]:
    told: list[tuple[int, Usage | None]] = []
    given = pa.array(texts, pa.string())
    await embedding.ensure(store, counting.model(at_once), given, embedding.hashed(given), lambda count, usage: told.append((count, usage)))
    return told


def rows(**texts: str | None) -> pa.Table:
    return pa.table({"row_key": pa.array(texts, pa.string()), "content_hash": embedding.hashed(pa.array(texts.values(), pa.string()))})


def test_a_hash_is_what_duckdb_calls_md5() -> None:
    assert embedding.hashed(pa.array(["a", None, "🐇"])).to_pylist() == [
        hashlib.md5(b"a").hexdigest(),
        None,
        hashlib.md5("🐇".encode()).hexdigest(),
    ]


async def test_only_what_is_missing_is_embedded(store, counting) -> None:
    assert await ensure(store, counting, "one", "three") == [(2, Usage(tokens_in=2))]
    assert await ensure(store, counting, "three", "seventeen") == [(1, None), (1, Usage(tokens_in=1))]
    assert await ensure(store, counting, "one", "three", "seventeen") == [(3, None)]
    assert counting.calls == [["one", "three"], ["seventeen"]]


async def test_nothing_at_all_asks_nobody(store, counting) -> None:
    assert await ensure(store, counting) == []
    assert counting.calls == []


@pytest.mark.parametrize("at_once", [1, 8])
async def test_batches_before_a_failure_are_kept_and_the_rest_goes_on_from_there(store, counting, at_once: int) -> None:
    texts = [f"text {number:04}" for number in range(3 * BATCH)]
    counting.fails_at, counting.error = 2, Unavailable("gone")
    with pytest.raises(Unavailable, match="gone"):
        await ensure(store, counting, *texts, at_once=at_once)
    kept = sum(store.writes)
    if at_once == 1:
        assert kept == 2 * BATCH
    counting.fails_at = None
    told = await ensure(store, counting, *texts)
    assert (told[0] == (kept, None)) if kept else told[0][1] is not None
    assert sum(store.writes) == len(texts)


async def test_cancelling_keeps_the_batch_that_is_being_written(store, counting) -> None:
    async def slow(texts):
        done = await counting.embed(texts)
        if len(counting.calls) == 2:
            await asyncio.sleep(60)
        return done

    given = pa.array([f"text {number:04}" for number in range(2 * BATCH)], pa.string())
    model = embedding.Model(MODEL, slow)
    work = asyncio.create_task(embedding.ensure(store, model, given, embedding.hashed(given), lambda *_: None))
    while len(counting.calls) < 2:
        await asyncio.sleep(0)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert store.writes == [BATCH]


async def test_a_model_that_gives_too_few_vectors_is_refused(store, counting) -> None:
    async def short(texts):
        done = await counting.embed(texts)
        return embedding.Embedded(done.vectors[1:], done.usage)

    given = pa.array(["one", "two"], pa.string())
    with pytest.raises(Unavailable, match="1 vectors for 2 texts"):
        await embedding.ensure(store, embedding.Model(MODEL, short), given, embedding.hashed(given), lambda *_: None)
    assert store.writes == []


async def test_vectors_come_in_the_order_asked_and_null_where_there_is_none(store, counting) -> None:
    await ensure(store, counting, "a", "bb")
    wanted = embedding.hashed(pa.array(["bb", "unknown", "a", "bb"], pa.string()))
    found = embedding.aligned(store, MODEL, wanted).to_pylist()
    assert found[0] == found[3] != found[2]
    assert found[1] is None


def test_only_rows_that_changed_are_placed(store) -> None:
    assert embedding.place(store, MODEL, COLUMN, rows(one="a", two="b", three=None)) == 2
    assert embedding.place(store, MODEL, COLUMN, rows(one="a", two="b")) == 0
    assert embedding.place(store, MODEL, COLUMN, rows(two="c")) == 1
    assert embedding.place(store, MODEL, COLUMN, rows(one=None)) == 1
    assert store.rows("products", "text", MODEL)["row_key"].to_pylist() == ["two"]


def test_rows_that_are_gone_are_said_only_where_all_rows_were_looked_at(store) -> None:
    embedding.place(store, MODEL, COLUMN, rows(one="a", two="b", three="c"))
    embedding.place(store, MODEL, COLUMN, rows(one="a"))
    assert store.rows("products", "text", MODEL).num_rows == 3
    assert embedding.place(store, MODEL, COLUMN, rows(one="a", three="d"), whole=True) == 2
    assert store.rows("products", "text", MODEL)["row_key"].to_pylist() == ["one", "three"]
