"""The embedder: what its vectors are worth, what it computes only once, and what it makes of odd texts."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rvbbit.errors import ModelNotFound
from rvbbit.providers.local import minilm
from rvbbit.providers.local.minilm import MiniLM


@pytest.fixture
async def embedder() -> AsyncIterator[MiniLM]:
    embedder = MiniLM()
    yield embedder
    await embedder.close()


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
    """(texts, thread) of each run of the model."""
    seen: list[tuple[int, str]] = []
    run = minilm.Model.run

    def spied(model: minilm.Model, batch: list[list[int]], given_up: Any) -> minilm.Matrix:
        seen.append((len(batch), threading.current_thread().name))
        return run(model, batch, given_up)

    monkeypatch.setattr(minilm.Model, "run", spied)
    return seen


async def test_texts_of_one_meaning_are_nearer_than_texts_that_share_words(embedder: MiniLM) -> None:
    asked, same, words = await embedder.embed(
        ["my card never arrived", "the parcel with my debit card is lost", "he never played a card game"]
    )
    assert asked @ same > asked @ words + 0.1


async def test_every_row_is_of_length_one_and_float32(embedder: MiniLM) -> None:
    rows = await embedder.embed(["a", "a longer text than that", "🙂", "カード", "x" * 3000])
    assert rows.shape == (5, 384) and rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


async def test_a_text_has_the_same_vector_alone_and_in_any_company(embedder: MiniLM) -> None:
    other = MiniLM()
    alone = await embedder.embed(["Where is my card?"])
    company = await other.embed(["Where is my card?", "!", "a much longer text about something else entirely, " * 9])
    await other.close()
    assert np.allclose(alone[0], company[0], atol=1e-5)


async def test_cancelled_the_run_under_way_is_broken_off_and_the_next_is_right(embedder: MiniLM, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "TOKENS_A_RUN", 10**9)  # all in one run, which takes seconds
    began, ended, run = threading.Event(), list[str](), minilm.Model.run

    def spied(model: minilm.Model, batch: list[list[int]], given_up: Any) -> minilm.Matrix:
        began.set()
        try:
            vectors = run(model, batch, given_up)
        except Exception:
            ended.append("broken off")
            raise
        ended.append("whole")
        return vectors

    monkeypatch.setattr(minilm.Model, "run", spied)
    expected = await embedder.embed(["a card"])
    began.clear()
    embedding = asyncio.create_task(embedder.embed([f"{number} {'word ' * 300}" for number in range(300)]))
    await asyncio.to_thread(began.wait)
    embedding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await embedding
    assert np.allclose(await embedder.embed(["a card once more", "a card"]), await embedder.embed(["a card once more", "a card"]))
    assert np.array_equal((await embedder.embed(["a card"])), expected)
    assert ended == ["whole", "broken off", "whole"]


async def test_no_texts_give_no_rows(embedder: MiniLM) -> None:
    assert (await embedder.embed([])).shape == (0, 384)


async def test_rows_come_in_the_order_of_the_texts_whatever_their_length(embedder: MiniLM) -> None:
    texts = ["a text of a good many words, so that it is sorted last", "short", "of middling length, this one"]
    forth, back = await embedder.embed(texts), await embedder.embed(texts[::-1])
    assert np.array_equal(forth, back[::-1]) and not np.allclose(forth[0], forth[1], atol=0.1)


async def test_equal_texts_are_computed_once_and_off_the_loops_thread(embedder: MiniLM, runs: list[tuple[int, str]]) -> None:
    await embedder.embed(["one", "two", "one", "one"])
    await embedder.embed(["two", "three"])
    assert sum(texts for texts, _ in runs) == 3
    assert all(thread.startswith("rvbbit-minilm") for _, thread in runs)


async def test_a_second_embedder_on_the_same_directory_computes_nothing_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = MiniLM(tmp_path)
    computed = await first.encode(["one", "two"])
    await first.close()
    monkeypatch.setattr(minilm, "FOLDER", tmp_path / "no weights here")
    second = MiniLM(tmp_path)
    remembered = await second.encode(["two", "one"])
    assert np.array_equal(remembered.vectors, computed.vectors[::-1]) and list(remembered.tokens) == list(computed.tokens[::-1])
    with pytest.raises(ModelNotFound, match="missing"):
        await second.embed(["three"])
    await second.close()


async def test_long_texts_are_read_for_256_tokens_and_batches_stay_small(embedder: MiniLM, runs: list[tuple[int, str]]) -> None:
    encoded = await embedder.encode([f"{number} " + "word " * 100_000 for number in range(9)])
    assert set(encoded.tokens) == {256} and max(texts for texts, _ in runs) * 256 <= minilm.TOKENS_A_RUN


@pytest.mark.parametrize("text", ["", "   \n", "\x00", "half a pair: \ud83d", "👩‍👩‍👧‍👦 e\u0301 ﷽", "x" * 1_000_000])
async def test_any_string_has_a_vector(embedder: MiniLM, text: str) -> None:
    assert np.isfinite(await embedder.embed([text])).all()


async def test_closing_twice_is_safe(tmp_path: Path) -> None:
    embedder = MiniLM(tmp_path)
    await embedder.embed(["one"])
    await embedder.close()
    await embedder.close()
