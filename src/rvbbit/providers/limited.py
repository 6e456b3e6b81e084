"""Keeps calls within what a server will take: fewer in flight after a 429, more again as answers come; so many a minute.

First come, first served. Additive increase, multiplicative decrease (Chiu and Jain, 1989): one halving for each burst of 429s, one more
place for each full round of answers. It never retries; it only lets calls start later.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from rvbbit.errors import RateLimited
from rvbbit.interfaces import Provider
from rvbbit.providers.prices import estimate
from rvbbit.providers.wrapper import Wrapper
from rvbbit.types import Completion, Request, Usage

log = logging.getLogger(__name__)

LONGEST_PAUSE = 60.0


@dataclass(frozen=True, slots=True)
class Rate:
    """What an account may do in a minute; None is no limit."""

    requests: float | None = None
    tokens: float | None = None


class Bucket:
    """A minute's worth of something, filled again at an even pace. Taking more than there is leaves a debt to wait for."""

    def __init__(self, per_minute: float | None, clock: Callable[[], float]) -> None:
        self._rate = None if per_minute is None else per_minute / 60
        self._size = per_minute or 0.0
        self._level = self._size
        self._clock = clock
        self._seen = clock()

    def take(self, amount: float) -> None:
        """Take `amount` (negative gives back), now."""
        if self._rate is not None:
            now = self._clock()
            self._level = min(self._size, self._level + (now - self._seen) * self._rate) - amount
            self._seen = now

    def wait(self, amount: float) -> float:
        """Seconds until `amount` is there; more than a whole bucket needs a full one."""
        if self._rate is None:
            return 0.0
        level = self._level + (self._clock() - self._seen) * self._rate
        return max(0.0, (min(amount, self._size) - level) / self._rate)


class Allowance:
    """What is left of a rate, for all models that share it."""

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self.requests, self.tokens = Bucket(rate.requests, clock), Bucket(rate.tokens, clock)
        self.counts_tokens = rate.tokens is not None


@dataclass(eq=False, slots=True)
class _Turn:
    """A call in line; it is told how many seconds to rest, and 0 when it is let in."""

    tokens: float
    told: asyncio.Future[float] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Limited(Wrapper):
    """A provider with at most `ceiling` calls in flight, fewer while its server answers 429, within `rate`."""

    def __init__(
        self,
        inner: Provider,
        ceiling: int = 64,
        rate: Rate | Allowance | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        super().__init__(inner)
        self.limit = float(ceiling)
        self.in_flight = 0
        self._ceiling = ceiling
        self._clock = clock
        self._sleep = sleep
        self.allowance = rate if isinstance(rate, Allowance) else Allowance(rate or Rate(), clock)
        self._paused_until = 0.0
        self._round = 0
        self._line: deque[_Turn] = deque()

    async def complete(self, request: Request) -> Completion:
        """Waits for its turn, then asks."""
        expected = estimate(request) if self.allowance.counts_tokens else Usage()
        tokens = expected.tokens_in + expected.tokens_out
        if self._line or not self._free(tokens):
            await self._turn(tokens)
        else:
            self._start(tokens)
        started_in = self._round
        try:
            completion = await self.inner.complete(request)
            self._grow(completion.usage, expected)
        except RateLimited as error:
            self._back_off(error, started_in)
            raise
        finally:
            self._leave()
        return completion

    def _free(self, tokens: float) -> bool:
        return self.in_flight < int(self.limit) and self._pause(tokens) <= 0

    async def _turn(self, tokens: float) -> None:
        """Waits in line until it is let in. Whoever is first sits out a pause, and those behind keep their order."""
        turn = _Turn(tokens)
        self._line.append(turn)
        self._admit()
        try:
            while (pause := await turn.told) > 0:
                await self._sleep(pause)
                turn.told = asyncio.get_running_loop().create_future()
                self._admit()
        except asyncio.CancelledError:
            if turn in self._line:
                self._line.remove(turn)
                self._admit()
            else:  # let in, and gone before it knew
                self.allowance.requests.take(-1)
                self.allowance.tokens.take(-tokens)
                self._leave()
            raise

    def _admit(self) -> None:
        """Let in those first in line, as many as may start; the next one is told to rest where only time is wanting."""
        while self._line and not (first := self._line[0]).told.done() and self.in_flight < int(self.limit):
            pause = max(0.0, self._pause(first.tokens))
            if pause == 0:
                self._line.popleft()
                self._start(first.tokens)
            first.told.set_result(pause)

    def _leave(self) -> None:
        """Give a place back. Who gets it is said after all answers that came at the same time are seen: one may be a 429."""
        self.in_flight -= 1
        if self._line:
            asyncio.get_running_loop().call_soon(self._admit)

    def _pause(self, tokens: float) -> float:
        return max(self._paused_until - self._clock(), self.allowance.requests.wait(1), self.allowance.tokens.wait(tokens))

    def _start(self, tokens: float) -> None:
        self.allowance.requests.take(1)
        self.allowance.tokens.take(tokens)
        self.in_flight += 1

    def _back_off(self, error: RateLimited, started_in: int) -> None:
        if error.retry_after is not None:
            self._paused_until = max(self._paused_until, self._clock() + min(error.retry_after, LONGEST_PAUSE))
        if started_in == self._round:
            self._round += 1
            self.limit = max(1.0, self.limit / 2)
            log.info("rate limited: at most %d calls in flight now", int(self.limit))

    def _grow(self, actual: Usage, expected: Usage) -> None:
        self.limit = min(float(self._ceiling), self.limit + 1 / self.limit)
        if self.allowance.counts_tokens and actual.tokens_in:
            self.allowance.tokens.take(actual.tokens_in + actual.tokens_out - expected.tokens_in - expected.tokens_out)
