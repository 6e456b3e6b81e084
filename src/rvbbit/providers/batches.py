"""Requests of one model gathered into batches: begun once no more requests come, asked after ever more seldom, picked up again by whoever
asks the same after a stop or a crash.

A request's custom id is a hash of its body, so a process that asks the same questions finds them in a batch of the process before. Nothing
here decides what is asked, and nothing knows whose batch API it is.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rvbbit.errors import ModelNotFound, ProviderError, RateLimited, TerminalError, Unavailable, Unreachable, UsageError
from rvbbit.providers.batch_api import AGAIN, BatchAPI, State
from rvbbit.providers.batch_records import BatchRecord, BatchRecords

log = logging.getLogger(__name__)

Say = Callable[[str], None]
"""Told what a person should know of a batch."""

QUIET = 1.0
"""Seconds without a new request after which a batch is begun."""
SOONEST, LATEST, SHARE = 0.5, 60.0, 0.1
"""Seconds between questions after a batch: a tenth of the time it has taken, within these."""
NEVER_BEGUN = (TerminalError, RateLimited, Unreachable)
"""Errors after which a batch was certainly not begun; after others it may have been."""


@dataclass(slots=True)
class _Waiting:
    """A request that somebody waits for."""

    answer: asyncio.Future[Mapping[str, Any]]
    say: Say
    body: Mapping[str, Any]
    size: int
    cost_usd: float | None


@dataclass(slots=True)
class _Batch:
    """A batch under way; `lines` once it is over, `reason` where a request has none. `open` are the ids nobody has taken yet.

    `beginning` until its server has answered; `failed` is what it answered where the batch may have begun nevertheless.
    """

    record: BatchRecord
    open: set[str] = field(default_factory=set)
    lines: dict[str, Mapping[str, Any]] | None = None
    reason: ProviderError | None = None
    beginning: bool = False
    failed: ProviderError | None = None
    watched: asyncio.Task[None] | None = None
    told: int = -1


class Batches:
    """Of one model. All on one event loop."""

    def __init__(self, api: BatchAPI, records: BatchRecords) -> None:
        self._api = api
        self._records = records
        self._batches = [_Batch(record, set(record.ids)) for record in records.read(api.who, api.address)]
        self._waiting: dict[str, _Waiting] = {}
        self._taken: set[str] = set()
        self._new: list[str] = []
        self._timer: asyncio.TimerHandle | None = None
        self._begun: set[asyncio.Task[None]] = set()

    async def answer(self, base: str, body: Mapping[str, Any], size: int, cost_usd: float | None, say: Say) -> Mapping[str, Any]:
        """The body of the answer to a body whose hash is `base`, of `size` bytes. Raises ProviderError, UsageError."""
        id_ = self._free(base)
        future: asyncio.Future[Mapping[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[id_] = _Waiting(future, say, body, size, cost_usd)
        batch = next((batch for batch in self._batches if id_ in batch.open), None)
        if batch is None:
            self._new.append(id_)
            self._wait_for_more()
        else:
            self._watch(batch)
        try:
            return await future
        except asyncio.CancelledError:
            self._put_back(id_)
            raise
        finally:
            self._waiting.pop(id_, None)

    async def close(self) -> None:
        """Stop asking after batches; they go on. Forget those whose answers were all taken: what took them has logged them by now."""
        if self._timer is not None:
            self._timer.cancel()
        tasks = [*self._begun, *(batch.watched for batch in self._batches if batch.watched is not None)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._forget()

    def _free(self, base: str) -> str:
        """The first of the ids of a body that is not taken: the same body may be asked several times."""
        number = 0
        while (id_ := f"{base}-{number}") in self._waiting or id_ in self._taken:
            number += 1
        return id_

    # A batch begins

    def _wait_for_more(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(QUIET, self._begin)

    def _begin(self) -> None:
        self._forget()
        ids, self._new = [id_ for id_ in self._new if id_ in self._waiting], []
        while ids:
            size = 0
            some: list[str] = []
            most, bytes_ = self._api.most_requests, self._api.most_bytes
            while ids and len(some) < most and (not some or size + self._waiting[ids[0]].size <= bytes_):
                size += self._waiting[ids[0]].size
                some.append(ids.pop(0))
            task = asyncio.ensure_future(self._send(some))
            self._begun.add(task)
            task.add_done_callback(self._begun.discard)
            task.add_done_callback(lambda task, some=some: self._broken(task, some))  # type: ignore[misc]

    async def _send(self, ids: list[str]) -> None:
        """One batch, written down before it is begun."""
        waiting = {id_: self._waiting[id_] for id_ in ids}
        batch = _Batch(BatchRecord(self._api.who, self._api.address, ids), set(ids), beginning=True)
        try:
            await asyncio.to_thread(self._records.write, batch.record)
            self._batches.append(batch)
            batch.record.batch = await self._api.begin({id_: one.body for id_, one in waiting.items()}, batch.record.mark)
        except ProviderError as error:
            batch.beginning = False
            self._not_begun(batch, error)
            return
        except OSError as error:
            self._fail(ids, UsageError(f"a batch cannot be written down: {error}", hint="make room, or leave out `-- @ batch`"))
            return
        await self._note(batch)
        batch.beginning = False
        costs = [one.cost_usd for one in waiting.values()]
        about = "" if None in costs else f", about ${sum(cost or 0.0 for cost in costs):.4f} at half price"
        self._tell(ids, f"batch {batch.record.batch}: {len(ids):,} requests to {self._api.who}{about}; it goes on if this query is stopped")
        self._watch(batch)

    def _not_begun(self, batch: _Batch, error: ProviderError) -> None:
        """A batch whose beginning failed: refused, or perhaps only the answer was lost."""
        if isinstance(error, NEVER_BEGUN):
            self._drop(batch)
            self._fail(batch.record.ids, error)
        else:
            batch.failed = error
            self._watch(batch)

    # A batch is waited for

    def _watch(self, batch: _Batch) -> None:
        """Wait for it, where nobody does; one that is beginning is watched once it has begun."""
        if batch.lines is not None:
            self._deliver(batch)
        elif not batch.beginning and (batch.watched is None or batch.watched.done()):
            batch.watched = asyncio.ensure_future(self._watching(batch))
            batch.watched.add_done_callback(lambda task: self._broken(task, batch.record.ids))

    async def _watching(self, batch: _Batch) -> None:
        try:
            id_ = batch.record.batch or await self._looked_for(batch)
            if id_ is None:
                self._not_there(batch)
                return
            state = await self._over(batch, id_)
            batch.lines = await self._api.lines(state)
            batch.reason = self._api.reason(state)
        except ProviderError as error:
            reason, batch.failed = batch.failed or error, None
            self._fail([id_ for id_ in batch.open if id_ in self._waiting], reason)
            return
        self._deliver(batch)

    async def _looked_for(self, batch: _Batch) -> str | None:
        """The id of a batch whose beginning was not answered; None where it is not at the server."""
        record = batch.record
        for id_ in await self._api.found(record):
            if any(one.record.batch == id_ for one in self._batches):
                continue
            if self._api.marks or await self._holds(batch, id_):
                record.batch, batch.failed = id_, None
                await self._note(batch)
                return id_
        return None

    async def _note(self, batch: _Batch) -> None:
        """Write a batch's id down. Where that fails it goes on: the record of its beginning is there, by which another process finds it."""
        try:
            await asyncio.to_thread(self._records.write, batch.record)
        except OSError as error:
            said = (
                f"the id of batch {batch.record.batch} cannot be written down ({error}): make room; if this process ends, it is looked for"
            )
            self._tell(batch.record.ids, said)

    async def _holds(self, batch: _Batch, id_: str) -> bool:
        """Whether a batch that may be ours is, which its results alone can tell: waiting costs time, asking again would cost money."""
        self._tell(batch.record.ids, f"batch {id_} may hold these requests already; it is waited for, so that none is paid twice")
        lines = await self._api.lines(await self._over(batch, id_))
        return not lines.keys().isdisjoint(batch.record.ids)

    async def _over(self, batch: _Batch, id_: str) -> State:
        """The state of a batch at the server, once it is over."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while not (state := await self._state(batch.record, id_)).over:
            self._progress(batch, state)
            await asyncio.sleep(min(LATEST, max(SOONEST, SHARE * (loop.time() - began))))
        return state

    async def _state(self, record: BatchRecord, id_: str) -> State:
        try:
            return await self._api.state(id_)
        except ModelNotFound as error:
            error.hint = f"is this the account it was begun with? If it is lost, remove .rvbbit/batches/{record.mark}.json to ask anew"
            raise

    def _progress(self, batch: _Batch, state: State) -> None:
        quarter = 4 * state.done // max(1, len(batch.record.ids))
        if quarter > batch.told:
            batch.told = quarter
            said = f"batch {state.batch}: {state.status}, {state.done:,} of {len(batch.record.ids):,} answered"
            self._tell([id_ for id_ in batch.record.ids if id_ in self._waiting], said)

    def _deliver(self, batch: _Batch) -> None:
        """What there is, to those that wait for it. Each is given out once."""
        assert batch.lines is not None
        for id_ in [id_ for id_ in batch.open if id_ in self._waiting]:
            answer = self._waiting[id_].answer
            if answer.done():
                continue
            batch.open.discard(id_)
            self._taken.add(id_)
            try:
                answer.set_result(self._body(batch, id_))
            except ProviderError as error:
                answer.set_exception(error)

    def _put_back(self, id_: str) -> None:
        """An answer that was given to somebody who had left meanwhile waits for the next one."""
        self._taken.discard(id_)
        for batch in self._batches:
            if id_ in batch.record.ids:
                batch.open.add(id_)

    def _body(self, batch: _Batch, id_: str) -> Mapping[str, Any]:
        line = (batch.lines or {}).get(id_)
        body = None if line is None else self._api.body(str(batch.record.batch), line)
        if body is None:
            raise batch.reason or Unavailable(f"{self._api.who}: batch {batch.record.batch} has no answer to this request", hint=AGAIN)
        return body

    def _forget(self) -> None:
        """Remove batches that everybody has had their answers of since they were over."""
        for batch in [batch for batch in self._batches if not batch.open]:
            self._drop(batch)

    def _drop(self, batch: _Batch) -> None:
        self._records.remove(batch.record)
        self._taken.difference_update(batch.record.ids)
        self._batches = [one for one in self._batches if one is not batch]

    def _not_there(self, batch: _Batch) -> None:
        """A batch that was never begun, as far as its server tells: its requests that are waited for go into a new one.

        Where its beginning failed a moment ago they fail instead, and its record stays: whoever asks next looks once more.
        """
        ids = [id_ for id_ in batch.record.ids if id_ in self._waiting]
        if batch.failed is not None:
            error, batch.failed = batch.failed, None
            self._fail(ids, error)
            return
        begun = datetime.fromtimestamp(batch.record.begun, UTC)
        was = f"a batch of {len(batch.record.ids):,} requests, written down on {begun:%d %B at %H:%M} UTC"
        self._tell(ids, f"{was}, is not at the provider of {self._api.who}: they go into a new one")
        self._drop(batch)
        self._new.extend(ids)
        self._wait_for_more()

    def _tell(self, ids: list[str], what: str) -> None:
        for say in dict.fromkeys(self._waiting[id_].say for id_ in ids if id_ in self._waiting):
            say(what)

    def _broken(self, task: asyncio.Task[None], ids: list[str]) -> None:
        """Nobody waits for what a task that broke off will not bring."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fail(ids, error)

    def _fail(self, ids: list[str], error: BaseException) -> None:
        for id_ in ids:
            if id_ in self._waiting and not self._waiting[id_].answer.done():
                self._waiting[id_].answer.set_exception(error)
