"""Who scores now: one at a time in a process, because two at once would show the judge the same executions, and each would pay.

Whoever a person waits for goes before the background, which begins afresh when someone has scored in between.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rvbbit.errors import Cancelled

_LOOK = 0.1  # seconds between two looks at `stop`, which tells nobody


class Turn:
    """`number` grows with every turn that was not the background's."""

    def __init__(self) -> None:
        self.number = 0
        self._given_back = threading.Condition()
        self._held = False
        self._waiting = 0

    @contextmanager
    def first(self, stop: threading.Event) -> Iterator[None]:
        """For someone who waits. Raises Cancelled where `stop` is set before the turn comes."""
        with self._given_back:
            self._waiting += 1
            try:
                self._take(stop, lambda: not self._held)
            finally:
                self._waiting -= 1
                self._given_back.notify_all()
            self.number += 1
        with self._holding():
            yield

    @contextmanager
    def last(self, stop: threading.Event) -> Iterator[None]:
        """For the background: when nobody else has it or waits for it. Raises as `first` does."""
        with self._given_back:
            self._take(stop, lambda: not self._held and not self._waiting)
        with self._holding():
            yield

    def _take(self, stop: threading.Event, free: Callable[[], bool]) -> None:
        while not free():
            if stop.is_set():
                raise Cancelled("cancelled while something else was scored", hint="run it again")
            self._given_back.wait(_LOOK)
        self._held = True

    @contextmanager
    def _holding(self) -> Iterator[None]:
        try:
            yield
        finally:
            with self._given_back:
                self._held = False
                self._given_back.notify_all()
