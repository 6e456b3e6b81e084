"""Whether queries run, for work that can wait until none does. It starts and stops nothing; any thread may ask."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PAUSE = 0.25
"""Seconds after a query in which the next one is likely to come."""
LATELY = 60.0
"""Seconds after a query in which others are likely to come."""


class Activity:
    """Counts the queries that run."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running = 0
        self._ended = -math.inf
        self._told: list[Callable[[], object]] = []

    @contextmanager
    def query(self) -> Iterator[None]:
        """One query, from its first to its last moment."""
        try:
            with self._changed:
                self._running += 1
                for tell in self._told:
                    tell()
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._ended = time.monotonic()
                self._changed.notify_all()

    @contextmanager
    def telling(self, tell: Callable[[], object]) -> Iterator[None]:
        """Within it, each query that begins calls `tell` on its own thread, and so does one that runs already. `tell` must not wait."""
        with self._changed:
            self._told.append(tell)
            if self._running:
                tell()
        try:
            yield
        finally:
            with self._changed:
                self._told.remove(tell)

    def quiet(self, longest: float, stop: threading.Event) -> bool:
        """Wait until no query runs and none has just ended, at most `longest` seconds or until `stop`; whether it is quiet."""
        until = time.monotonic() + longest
        with self._changed:
            while (wait := self._wait()) > 0 and not stop.is_set() and (left := until - time.monotonic()) > 0:
                self._changed.wait(min(wait, left))
            return wait <= 0

    @property
    def busy(self) -> bool:
        """Whether a query runs, or one has just ended."""
        return self._wait() > 0

    @property
    def lately(self) -> bool:
        """Whether queries come these days: one runs, or ended less than `LATELY` seconds ago."""
        return self._running > 0 or time.monotonic() - self._ended < LATELY

    def nudge(self) -> None:
        """Let whoever waits look at its `stop`."""
        with self._changed:
            self._changed.notify_all()

    def _wait(self) -> float:
        """Seconds to wait before looking again; 0 or less when it is quiet."""
        return threading.TIMEOUT_MAX if self._running else self._ended + PAUSE - time.monotonic()
