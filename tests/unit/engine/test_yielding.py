"""Background work gives way to queries between its pieces, and is never starved by them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from unittest.mock import MagicMock

import numpy as np
import pytest

from rvbbit.engine import activity
from rvbbit.engine.activity import Activity
from rvbbit.engine.yielding import TEXTS, Yielding, YieldingEmbedder, YieldingStore
from rvbbit.errors import Cancelled
from rvbbit.interfaces import Due, Matrix
from support.store import CELL

FOR_EVER = 1_000.0


class Inner:
    """Remembers the pieces it was given."""

    def __init__(self) -> None:
        self.pieces: list[list[str]] = []

    async def embed(self, texts: Sequence[str]) -> Matrix:
        self.pieces.append(list(texts))
        return np.array([[float(text)] for text in texts], np.float32).reshape(len(texts), 1)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity, "PAUSE", 0.0)


async def turns(number: int = 20) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


async def test_nothing_is_embedded_while_a_query_runs_and_all_of_it_afterwards() -> None:
    queries, inner = Activity(), Inner()
    embedder = YieldingEmbedder(inner, Yielding(queries, FOR_EVER))
    texts = [str(number) for number in range(5)]
    with queries.query():
        embedding = asyncio.create_task(embedder.embed(texts))
        await turns()
        assert inner.pieces == []
    vectors = await embedding
    assert vectors.ravel().tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert max(map(len, inner.pieces)) == TEXTS


class Held(Inner):
    """Its first piece is under way until it is cancelled or `gate` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.gate, self.begun, self.cancelled = asyncio.Event(), asyncio.Event(), 0

    async def embed(self, texts: Sequence[str]) -> Matrix:
        self.begun.set()
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return await super().embed(texts)


async def test_a_query_that_comes_in_the_middle_waits_for_nothing_and_nothing_is_lost() -> None:
    queries, inner = Activity(), Held()
    embedding = asyncio.create_task(YieldingEmbedder(inner, Yielding(queries, FOR_EVER)).embed(["1", "2", "3"]))
    await inner.begun.wait()
    with queries.query():
        await turns()
        assert (inner.cancelled, inner.pieces) == (1, [])
        inner.gate.set()
        await turns()
        assert inner.pieces == []
    assert (await embedding).ravel().tolist() == [1.0, 2.0, 3.0]
    assert inner.cancelled == 1


async def test_a_query_from_another_thread_is_noticed_too() -> None:
    queries, inner = Activity(), Held()
    embedding = asyncio.create_task(YieldingEmbedder(inner, Yielding(queries, FOR_EVER)).embed(["1"]))
    await inner.begun.wait()

    def query() -> None:
        with queries.query():
            pass

    await asyncio.to_thread(query)
    inner.gate.set()
    assert (await embedding).ravel().tolist() == [1.0]
    assert inner.cancelled == 1


async def test_work_that_has_waited_long_enough_is_not_broken_off() -> None:
    queries, inner = Activity(), Held()
    with queries.query():
        embedding = asyncio.create_task(YieldingEmbedder(inner, Yielding(queries, 0.05)).embed(["1"]))
        await inner.begun.wait()
        with queries.query():
            await turns()
        inner.gate.set()
        assert (await embedding).ravel().tolist() == [1.0]
    assert inner.cancelled == 0


async def test_given_up_from_outside_it_ends_and_so_does_its_piece() -> None:
    queries, inner = Activity(), Held()
    embedding = asyncio.create_task(YieldingEmbedder(inner, Yielding(queries, FOR_EVER)).embed(["1"]))
    await inner.begun.wait()
    embedding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await embedding
    await turns()
    assert inner.cancelled == 1
    with queries.query():
        pass  # nobody is left to be told


async def test_what_goes_wrong_in_a_piece_is_raised() -> None:
    class Broken(Inner):
        async def embed(self, texts: Sequence[str]) -> Matrix:
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await YieldingEmbedder(Broken(), Yielding(Activity(), FOR_EVER)).embed(["1"])


async def test_work_waits_so_long_a_portion_and_no_longer() -> None:
    queries = Activity()
    yielding = Yielding(queries, 0.05)
    with queries.query():
        await yielding.rest()  # returns, though the query runs on
        await asyncio.wait_for(yielding.rest(), 5)  # nothing is left to wait
        yielding.renew()
        resting = asyncio.create_task(yielding.rest())
        await turns()
        assert not resting.done()
        await resting


async def test_where_no_query_runs_nothing_waits() -> None:
    yielding = Yielding(Activity(), FOR_EVER)
    await asyncio.wait_for(yielding.rest(), 5)
    assert len(await YieldingEmbedder(Inner(), yielding).embed([])) == 0


def test_reading_waits_for_quiet_and_is_begun_again_where_a_query_broke_it_off() -> None:
    queries, begun = Activity(), 0
    yielding = Yielding(queries, FOR_EVER)

    def work() -> str:
        nonlocal begun
        begun += 1
        if begun == 1:
            with queries.query():
                raise Cancelled("a query came")
        return "read"

    assert yielding.in_quiet(work, lambda: "beside") == "read"
    assert begun == 2


def test_reading_that_has_waited_long_enough_goes_on_beside_queries() -> None:
    queries = Activity()
    with queries.query():
        assert Yielding(queries, 0.05).in_quiet(lambda: "quiet", lambda: "beside") == "beside"


def test_all_reads_of_a_portion_wait_as_long_as_one_may() -> None:
    queries = Activity()
    yielding = Yielding(queries, 0.1)
    with queries.query():
        assert [yielding.in_quiet(lambda: "quiet", lambda: "beside") for _ in range(50)] == 50 * ["beside"]
        assert 0.09 < yielding.waited < 2.5
    yielding.renew()
    assert yielding.in_quiet(lambda: "quiet", lambda: "beside") == "quiet"


def test_reading_that_waits_ends_where_the_background_stops() -> None:
    queries, stop = Activity(), threading.Event()
    with queries.query():
        threading.Timer(0.05, lambda: (stop.set(), queries.nudge())).start()
        with pytest.raises(Cancelled):
            Yielding(queries, FOR_EVER, stop).in_quiet(lambda: "quiet", lambda: "beside")


def test_a_store_that_slows_nobody_is_read_while_queries_run() -> None:
    queries, inner = Activity(), MagicMock()
    inner.aside.return_value = inner
    with queries.query():
        assert YieldingStore(inner, Yielding(queries, FOR_EVER)).cells() is inner.cells.return_value


def test_a_query_that_could_not_tell_leaves_nothing_running() -> None:
    queries = Activity()

    def broken() -> None:
        raise RuntimeError("broken")

    with queries.telling(broken), pytest.raises(RuntimeError), queries.query():
        pass
    assert not queries.busy


@pytest.mark.parametrize("read", ["cells", "waiting", "unscored", "verified"])
def test_the_background_reads_through_the_store_that_gives_way_and_writes_to_the_other(read: str) -> None:
    inner = MagicMock()
    store = YieldingStore(inner, Yielding(Activity(), FOR_EVER))
    given = {"cells": (), "waiting": (CELL, Due("1"), 0), "unscored": (CELL, Due("1"), 5), "verified": (CELL, 5)}[read]
    assert getattr(store, read)(*given) is getattr(inner.aside.return_value, read).return_value
    getattr(inner.aside.return_value, read).assert_called_once_with(*given)
    store.record([])
    inner.record.assert_called_once_with([])


def test_a_write_begins_when_no_query_runs_and_is_made_whatever_comes() -> None:
    queries, inner, stop = Activity(), MagicMock(), threading.Event()
    running: list[bool] = []
    inner.record.side_effect = lambda scores: running.append(queries.busy)
    with queries.query():
        waiting = threading.Thread(target=YieldingStore(inner, Yielding(queries, FOR_EVER)).record, args=([],))
        waiting.start()
        waiting.join(0.05)
        assert running == []
    waiting.join(5)
    assert running == [False]
    with queries.query():
        YieldingStore(inner, Yielding(queries, 0.02)).record([])
        stop.set()
        YieldingStore(inner, Yielding(queries, FOR_EVER, stop)).record([])
    assert running == [False, True, True]
