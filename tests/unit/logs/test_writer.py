"""The writer: batches, acknowledges after the commit, fails one batch at a time, never drops."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence

import pytest

from rvbbit.errors import DatabaseError, DiskFull
from rvbbit.logs.schema import Row
from rvbbit.logs.writer import Writer


class Disk:
    """A flush that can be held up and made to fail, and remembers the batches it committed."""

    def __init__(self) -> None:
        self.batches: list[list[Row]] = []
        self.open = threading.Event()
        self.open.set()
        self.reached = threading.Event()
        self.failing: dict[Row, Exception] = {}

    def flush(self, rows: Sequence[Row]) -> None:
        self.reached.set()
        self.open.wait()
        for row in rows:
            if row in self.failing:
                raise self.failing[row]
        self.batches.append(list(rows))

    @property
    def rows(self) -> list[Row]:
        return [row for batch in self.batches for row in batch]


@pytest.fixture
def disk() -> Iterator[Disk]:
    disk = Disk()
    yield disk
    disk.open.set()


async def started(writer: Writer, *rows: Row) -> list[asyncio.Task[None]]:
    """Appends that have handed over their rows and wait."""
    tasks = [asyncio.ensure_future(writer.append(row)) for row in rows]
    await asyncio.sleep(0)
    return tasks


async def held(disk: Disk, writer: Writer, row: Row = ("first",)) -> asyncio.Task[None]:
    """One append whose flush is under way and does not end until `disk.open` is set."""
    disk.open.clear()
    (task,) = await started(writer, row)
    await asyncio.to_thread(disk.reached.wait)
    return task


async def test_an_append_returns_only_after_its_commit(disk: Disk) -> None:
    writer = Writer(disk.flush, linger=0)
    task = await held(disk, writer)
    assert not task.done()
    disk.open.set()
    await task
    assert disk.rows == [("first",)]
    writer.close()


async def test_what_arrives_during_a_commit_shares_the_next_one(disk: Disk) -> None:
    writer = Writer(disk.flush, batch=3, linger=0)
    first = await held(disk, writer)
    others = await started(writer, *((n,) for n in range(7)))
    disk.open.set()
    await asyncio.gather(first, *others)
    assert [len(batch) for batch in disk.batches] == [1, 3, 3, 1]
    assert disk.rows == [("first",), *((n,) for n in range(7))]
    writer.close()


async def test_a_full_batch_does_not_linger(disk: Disk) -> None:
    writer = Writer(disk.flush, batch=2, linger=3_600, quiet=3_600)
    await asyncio.wait_for(asyncio.gather(writer.append((1,)), writer.append((2,))), timeout=30)
    assert disk.batches == [[(1,), (2,)]]
    writer.close()


@pytest.mark.parametrize(("linger", "quiet"), [(0, 3_600), (3_600, 0)])
async def test_a_row_waits_neither_longer_than_it_may_nor_for_company_that_does_not_come(disk: Disk, linger: float, quiet: float) -> None:
    writer = Writer(disk.flush, linger=linger, quiet=quiet)
    await asyncio.wait_for(writer.append((1,)), timeout=30)
    assert disk.batches == [[(1,)]]
    writer.close()


async def test_the_last_row_for_now_waits_for_nobody_but_takes_along_what_came_with_it(disk: Disk) -> None:
    writer = Writer(disk.flush, linger=3_600, quiet=3_600)
    await asyncio.wait_for(asyncio.gather(writer.append((1,), last=True), writer.append((2,)), writer.append((3,))), timeout=30)
    await asyncio.wait_for(writer.append((4,), last=True), timeout=30)
    assert disk.batches == [[(1,), (2,), (3,)], [(4,)]]
    waiting, *_ = await started(writer, (5,))
    await asyncio.sleep(0.05)
    assert not waiting.done(), "a row that came after the last one lingers again"
    writer.close()
    await waiting


async def test_closing_does_not_linger_and_writes_everything(disk: Disk) -> None:
    writer = Writer(disk.flush, batch=2, linger=3_600, quiet=3_600)
    tasks = await started(writer, (1,), (2,), (3,))
    writer.close()
    await asyncio.gather(*tasks)
    assert disk.rows == [(1,), (2,), (3,)]


async def test_while_the_queue_is_full_appends_wait_and_none_is_dropped(disk: Disk) -> None:
    writer = Writer(disk.flush, capacity=4, batch=2, linger=0)
    first = await held(disk, writer)
    others = await started(writer, *((n,) for n in range(20)))
    assert len(writer._queue) == 3  # the fourth place is the row being written
    disk.open.set()
    await asyncio.gather(first, *others)
    assert sorted(disk.rows[1:]) == [(n,) for n in range(20)]
    writer.close()


async def test_a_batch_that_fails_fails_its_own_appends_and_no_other(disk: Disk) -> None:
    writer = Writer(disk.flush, batch=2, linger=0)
    first = await held(disk, writer)
    disk.failing[(2,)] = DiskFull("no room")
    others = await started(writer, (1,), (2,), (3,), (4,))
    disk.open.set()
    outcomes = await asyncio.gather(first, *others, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [type(None), DiskFull, DiskFull, type(None), type(None)]
    assert disk.rows == [("first",), (3,), (4,)]
    writer.close()


async def test_each_append_gets_an_error_of_its_own(disk: Disk) -> None:
    writer = Writer(disk.flush, batch=2, linger=3_600, quiet=3_600)
    disk.failing[(1,)] = DiskFull("no room", hint="make some")
    one, two = await asyncio.gather(writer.append((1,)), writer.append((2,)), return_exceptions=True)
    assert isinstance(one, DiskFull)
    assert isinstance(two, DiskFull)
    assert one is not two
    assert (one.message, one.hint) == ("no room", "make some")
    writer.close()


async def test_a_cancelled_append_is_written_all_the_same(disk: Disk) -> None:
    writer = Writer(disk.flush, capacity=1, linger=0)
    first = await held(disk, writer)
    (waiting_to_get_in,) = await started(writer, (2,))
    waiting_to_get_in.cancel()
    first.cancel()
    await asyncio.gather(first, waiting_to_get_in, return_exceptions=True)
    disk.open.set()
    await writer.append((3,))
    assert disk.rows == [("first",), (2,), (3,)]
    writer.close()


async def test_after_closing_appends_are_refused(disk: Disk) -> None:
    writer = Writer(disk.flush)
    writer.close()
    writer.close()
    with pytest.raises(DatabaseError, match="closed"):
        await writer.append((1,))
    assert disk.batches == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_bug_in_the_flush_leaves_nobody_waiting(disk: Disk) -> None:
    writer = Writer(disk.flush, batch=2, linger=3_600, quiet=3_600)
    disk.failing[(1,)] = ZeroDivisionError()
    failures = await asyncio.gather(writer.append((1,)), writer.append((2,)), return_exceptions=True)
    assert [type(failure) for failure in failures] == [DatabaseError, DatabaseError]
    with pytest.raises(DatabaseError):
        await writer.append((3,))
    writer.close()


def test_a_loop_that_is_gone_does_not_stop_the_writer(disk: Disk) -> None:
    writer = Writer(disk.flush, linger=0)

    async def leave_early() -> None:
        (await held(disk, writer)).cancel()

    asyncio.run(leave_early())
    disk.open.set()

    asyncio.run(writer.append((2,)))
    writer.close()
    assert disk.rows == [("first",), (2,)]


async def test_what_is_put_off_is_done_when_nothing_comes_any_more(disk: Disk) -> None:
    done = threading.Event()
    writer = Writer(disk.flush, lambda: done.set() if disk.rows else None, linger=0, idle=0.01)
    await writer.append((1,))
    assert await asyncio.to_thread(done.wait, 30)
    writer.close()


async def test_what_is_put_off_is_done_once_all_is_written_and_at_the_end(disk: Disk) -> None:
    written: list[int] = []
    writer = Writer(disk.flush, lambda: written.append(len(disk.rows)), batch=2, linger=3_600, quiet=3_600, idle=3_600)
    await asyncio.gather(writer.append((1,)), writer.append((2,)))
    assert written == []
    writer.close()
    assert written == [2]
