"""Embeddings from an OpenAI-compatible server: unit rows in order, in batches, or one of our errors."""

from __future__ import annotations

import numpy as np
import pytest

from rvbbit.errors import (
    TerminalError,
    Unavailable,
)
from rvbbit.providers.registry import Registry
from rvbbit.providers.retrying import Patience
from rvbbit.testing import FakeServer
from support.families import Odd, no_sleep


async def embedded(server, texts, **options):
    registry = Registry(env={"OPENAI_BASE_URL": server.base_url}, patience=Patience(sleep=no_sleep, **options))
    try:
        return await registry.embedder("openai:text-embedding-3-small").embed(texts)
    finally:
        await registry.close()


async def test_texts_become_unit_rows_in_order_in_batches_of_256():
    texts = [f"text {i}" for i in range(600)]
    with FakeServer(latency=0.001) as server:
        matrix = await embedded(server, texts)
        again = await embedded(server, texts[400:401])
    assert matrix.shape == (600, 32)
    assert matrix.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(matrix, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(matrix[400], again[0], rtol=1e-5)
    assert sorted(len(body["input"]) for body in server.requests) == [1, 88, 256, 256]


async def test_no_texts_make_no_call():
    with FakeServer() as server:
        assert (await embedded(server, [])).shape == (0, 0)
    assert server.calls == 0


async def test_embedding_is_tried_again_and_fails_as_one_of_our_errors():
    with FakeServer() as server:
        server.fail(503)
        assert len(await embedded(server, ["a"])) == 1
        server.fail(400, message="too long", times=3)
        with pytest.raises(TerminalError, match="too long"):
            await embedded(server, ["a"] * 600)


@pytest.mark.parametrize(
    "data",
    ["[]", '[{"index": 0, "embedding": [0, 0]}]', '[{"index": 0, "embedding": "AAAA"}]', '[{"index": 0, "embedding": [NaN]}]', "[1]"],
)
async def test_embeddings_that_are_none_are_an_error(data):
    with Odd(f'{{"data": {data}}}') as server, pytest.raises(Unavailable):
        await embedded(server, ["a"], attempts=1)
