"""Tries again what may pass: waits as long as the server asked, else exponentially longer with full jitter. Never retries a terminal error.

Source: AWS Architecture Blog, "Exponential Backoff And Jitter".
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from rvbbit.errors import ProviderError, RateLimited, TransientError, Unreachable
from rvbbit.interfaces import Provider
from rvbbit.providers.wrapper import Wrapper
from rvbbit.types import Completion, Request, Usage

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long to try. `attempts` counts the first, `unreachable` is how many a server gets that nobody hears; `total`,
    `base` and `cap` in seconds.

    The n-th pause is drawn from 0 to `base` × 2ⁿ⁻¹, at most `cap`. No pause is begun that would end after `total`.
    """

    attempts: int = 6
    unreachable: int = 3
    total: float = 300.0
    base: float = 0.5
    cap: float = 30.0
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    draw: Callable[[], float] = random.random
    clock: Callable[[], float] = time.monotonic

    async def run(self, call: Callable[[], Awaitable[T]]) -> T:
        """The first answer of `call`. Raises its terminal error at once, its last transient one when patience ends."""
        started = self.clock()
        attempt = 1
        while True:
            try:
                return await call()
            except TransientError as error:
                wait = self._pause(error, attempt)
                spent = self.clock() - started
                most = min(self.attempts, self.unreachable) if isinstance(error, Unreachable) else self.attempts
                if attempt >= most or spent + wait > self.total:
                    error.hint = f"tried {attempt} times in {spent:.0f} s; {error.hint or 'try again later'}"
                    raise
                log.info("attempt %d failed (%s); trying again in %.1f s", attempt, error.code, wait)
            await self.sleep(wait)
            attempt += 1

    def _pause(self, error: TransientError, attempt: int) -> float:
        if isinstance(error, RateLimited) and error.retry_after is not None:
            return error.retry_after
        return self.draw() * min(self.cap, self.base * 2.0 ** (attempt - 1))


class Retrying(Wrapper):
    """A provider that is asked again while its errors are transient."""

    def __init__(self, inner: Provider, patience: Patience | None = None) -> None:
        super().__init__(inner)
        self._patience = patience or Patience()

    async def complete(self, request: Request) -> Completion:
        """The first answer, its usage with what failed attempts were billed. Raises ProviderError likewise, its hint saying how often it
        was tried."""
        billed: list[Usage] = []

        async def attempt() -> Completion:
            try:
                return await self.inner.complete(request)
            except ProviderError as error:
                if error.usage is not None:
                    billed.append(error.usage)
                raise

        try:
            completion = await self._patience.run(attempt)
        except ProviderError as error:
            if billed:
                error.usage = sum(billed[1:], billed[0])
            raise
        return replace(completion, usage=sum(billed, completion.usage)) if billed else completion
