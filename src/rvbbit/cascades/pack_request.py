"""One request for several rows: sent when the first of them is waited for, logged as one execution a row, its answers given out by id.

A check row rides along, whose answer is known or asked alone at the same time. Where it is answered otherwise, no answer of the request
counts. A row without exactly one valid answer has none. Who has none is asked alone: that is the cell's affair, not this one's.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import time
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from rvbbit.cascades import pack_layout
from rvbbit.cascades.agreement import agrees
from rvbbit.cascades.asking import Asking
from rvbbit.cascades.flights import Flight
from rvbbit.cascades.rows import NOTHING, Given, Nothing, Row
from rvbbit.cascades.tally import Tally
from rvbbit.errors import CallError, OutputInvalid, ProviderError, Refused, TerminalError
from rvbbit.types import Arguments, CallRecord, Completion, Message, Usage, Value


@dataclass(frozen=True, slots=True)
class Member:
    """One row of a request. `key` names it; `kept` is the cache key of its packed answer (None: it is not kept)."""

    row: Row
    key: str
    arguments: Arguments
    question: str
    kept: str | None


@dataclass(frozen=True, slots=True)
class Check:
    """A row whose answer is known, or will be: NOTHING where asking it alone failed."""

    arguments: Arguments
    question: str
    answer: asyncio.Future[Given]


@dataclass(slots=True)
class Report:
    """What became of a request, for the notice and for what is learned from it. `agreed` None: there was nothing to check by."""

    sent: bool = False
    agreed: bool | None = None
    kept: int = 0
    usage: Usage = field(default_factory=Usage)


@dataclass(slots=True)
class PackRequest:
    """`asking` is what all rows share; `head` the chat up to the rows. `trial` requests teach nothing and are never found again."""

    asking: Asking
    shape: pack_layout.Shape
    head: tuple[Message, ...]
    members: tuple[Member, ...]
    check: Check | None = None
    trial: bool = False
    report: Report = field(default_factory=Report)
    answers: Mapping[str, Given] | None = None

    async def run(self, flight: Flight[Mapping[str, Given]]) -> Mapping[str, Given]:
        """An answer or NOTHING for each member, by key, once all is on disk. Raises CallError, BudgetReached, DatabaseError."""
        if self.answers is None:
            self.answers = await self._sent(flight)
        return self.answers

    async def _sent(self, flight: Flight[Mapping[str, Given]]) -> Mapping[str, Given]:
        questions = [*(member.question for member in self.members), *((self.check.question,) if self.check else ())]
        seed = hashlib.blake2b("".join(member.key for member in self.members).encode(), digest_size=8).hexdigest()
        numbers = pack_layout.ids(questions, seed)
        shown = dict(sorted(zip(numbers, questions, strict=True)))  # by number: the check row stands anywhere
        started, ticks = self.asking.errand.tools.clock(), time.perf_counter()
        try:
            completion = await self._complete(shown)
        except CallError as error:
            self.report.sent = True
            spent = error.usage if isinstance(error, ProviderError) and isinstance(error.usage, Usage) else Usage()
            nothing = Completion(None, self.asking.model, spent)
            await self._log(flight, _Sent(started, time.perf_counter() - ticks, nothing, broken=error))
            if type(error) in (Refused, TerminalError):  # of one row, or of their number: alone, each will get its own answer or error
                return {member.key: NOTHING for member in self.members}
            raise
        self.report.sent, duration = True, time.perf_counter() - ticks
        said = pack_layout.read(completion.text or "", numbers)
        answers = {
            number: await self._fitting(said[number], self._arguments(place)) for place, number in enumerate(numbers) if number in said
        }
        broken = await self._checked(answers.get(numbers[-1])) if self.check else None
        found = {} if broken else {place: answers[number] for place, number in enumerate(numbers) if number in answers}
        await self._log(flight, _Sent(started, duration, completion, found, broken))
        self.report.kept = sum(isinstance(found.get(place), _Answered) for place in range(len(self.members)))
        return {member.key: _value(found.get(place)) for place, member in enumerate(self.members)}

    async def _complete(self, shown: Mapping[str, str]) -> Completion:
        asking = self.asking
        alone = replace(asking, messages=(*self.head, Message("user", self.shape.rows(shown)))).request()
        longest = None if alone.max_tokens is None else alone.max_tokens * len(shown)
        return await asking.provider.complete(
            replace(alone, arguments={}, output_schema=pack_layout.schema(alone.output_schema), max_tokens=longest)
        )

    def _arguments(self, place: int) -> Arguments:
        if place < len(self.members):
            return self.members[place].arguments
        assert self.check is not None
        return self.check.arguments

    async def _fitting(self, value: Any, arguments: Arguments) -> _Answered | OutputInvalid:
        try:
            if not self.asking.cell.wards:
                return _Answered(self.asking.output.fit(value, arguments))
            asking = replace(self.asking, arguments=arguments)
            return _Answered(await asking.checked(Completion(None, asking.model, value=value)))
        except OutputInvalid as error:
            return error

    async def _checked(self, answer: _Answered | OutputInvalid | None) -> OutputInvalid | None:
        """Why no answer of the request counts; None where they do."""
        assert self.check is not None
        known = await asyncio.shield(self.check.answer)
        if isinstance(known, Nothing):
            return OutputInvalid("the row that was to check its request has no answer")
        self.report.agreed = isinstance(answer, _Answered) and agrees(answer.value, known)
        return None if self.report.agreed else OutputInvalid("the row that checks its request was not answered as it is alone")

    async def _log(self, flight: Flight[Mapping[str, Given]], sent: _Sent) -> None:
        """One record a row, the check row's last; what the request took is divided among them, and none of it is lost."""
        count = len(self.members) + (self.check is not None)
        shares, expected = divided(sent.completion.usage, count), parts(sent.completion.tokens_cached_expected, count)
        records: list[CallRecord] = []
        for place, usage in enumerate(shares):  # what was sent stands once in the log: a row that follows says with which
            body = {"packed_with": records[0].trace_id} if records else sent.completion.sent
            said = None if records else sent.completion.received
            records.append(self._record(place, sent, usage=usage, request=body, response=said, tokens_cached_expected=expected[place]))
        self.report.usage = sent.completion.usage
        self._count(shares)
        await flight.safely(_all(self.asking.errand.remember(record) for record in records))

    def _record(self, place: int, sent: _Sent, **shared: Any) -> CallRecord:
        member = self.members[place] if place < len(self.members) and not self.trial else None
        asking = replace(self.asking, arguments=self._arguments(place), tally=member.row.tally if member else Tally())
        record = asking.record(sent.started, sent.duration)
        shared |= {"model": sent.completion.model, "finish_reason": sent.completion.finish_reason}
        shared |= {"source": record.source if member else "test"}
        found = sent.found.get(place)
        if isinstance(found, _Answered):
            return replace(record, answer=found.value, cache_key=member.kept if member else None, **shared)
        error = sent.broken or found or OutputInvalid("its request has not exactly one answer for it")
        return replace(record, error=error.message, error_code=error.code, **shared)

    def _count(self, shares: Sequence[Usage]) -> None:
        """The request is its first row's call; what the check row took is too."""
        if self.trial:
            return
        for place, member in enumerate(self.members):
            member.row.tally.share(shares[place], calls=int(place == 0))
        if self.check is not None:
            self.members[0].row.tally.share(shares[-1], calls=0)


@dataclass(frozen=True, slots=True)
class _Answered:
    value: Value


@dataclass(frozen=True, slots=True)
class _Sent:
    """A request that is over: `found` by place, `broken` why none of it counts."""

    started: datetime
    duration: float
    completion: Completion
    found: Mapping[int, _Answered | OutputInvalid] = field(default_factory=dict)
    broken: CallError | None = None


def _value(found: _Answered | OutputInvalid | None) -> Given:
    return found.value if isinstance(found, _Answered) else NOTHING


async def _all(steps: Iterable[Awaitable[None]]) -> None:
    await asyncio.gather(*steps)


def parts(whole: int, count: int) -> list[int]:
    """A whole number in so many parts that differ by one at most."""
    each, more = divmod(whole, count)
    return [each + (place < more) for place in range(count)]


def divided(usage: Usage, count: int) -> list[Usage]:
    """What was taken in so many parts, which together are the whole, to the token and the cent."""
    columns = [parts(amount, count) for amount in (usage.tokens_in, usage.tokens_out, usage.tokens_cached, usage.tokens_written)]
    costs: list[float | None] = [None if usage.cost_usd is None else usage.cost_usd / count] * count
    if usage.cost_usd is not None:
        costs[-1] = usage.cost_usd - math.fsum([usage.cost_usd / count] * (count - 1))
    rows = zip(*columns, costs, strict=True)
    return [Usage(tokens_in, tokens_out, cached, cost, written) for tokens_in, tokens_out, cached, written, cost in rows]
