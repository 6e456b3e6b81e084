"""What happens in a project, told to whoever listens: executions, scores, decisions, statements, progress. It never waits for a listener.

Each listener has a queue of its own with an end: who is too slow loses the oldest events and is told how many. The newest are kept for a
while, so that a listener who comes back says which it heard last and gets the rest.
"""

from __future__ import annotations

import threading
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rvbbit.logs.store import Change, Changed
from rvbbit.types import Value

KEPT = 1_000
"""Events remembered for listeners that come back, and events that wait for one listener, at most."""

KINDS = ("execution", "decision", "score", "query", "progress")


@dataclass(frozen=True, slots=True)
class Event:
    """`id` names it, across restarts too; `data` is JSON-like."""

    id: str
    kind: str
    data: Mapping[str, Value]


@dataclass(slots=True, eq=False)
class Subscription:
    """One listener. `wake` is called, on any thread, when there is something to take."""

    wake: Callable[[], None]
    kinds: frozenset[str]
    waiting: deque[Event] = field(default_factory=lambda: deque(maxlen=KEPT))
    missed: int = 0
    ended: bool = False

    def put(self, event: Event) -> None:
        if event.kind in self.kinds:
            self.missed += len(self.waiting) == KEPT
            self.waiting.append(event)


class Events:
    """Takes events from any thread and hands them to subscriptions."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._boot = uuid.uuid4().hex[:8]
        self._number = 0
        self._past: deque[Event] = deque(maxlen=KEPT)
        self._listeners: set[Subscription] = set()
        self._watchers: tuple[Changed, ...] = ()
        self._closed = False

    @property
    def listeners(self) -> int:
        """How many listen now."""
        return len(self._listeners)

    def changed(self, change: Change) -> None:
        """Something came into the log: what stores call after a commit. Who runs a query tells of it himself, from its beginning on."""
        for watcher in self._watchers:
            watcher(change)
        if change.kind != "query":
            self.publish(change.kind, {"count": change.count, "ids": list(change.ids)})

    def watch(self, watcher: Changed) -> None:
        """Tell this of every change in the log too; it must be quick and must not raise."""
        self._watchers = (*self._watchers, watcher)

    def publish(self, kind: str, data: Mapping[str, Value]) -> None:
        """Tell everyone."""
        with self._lock:
            self._number += 1
            event = Event(f"{self._boot}-{self._number}", kind, data)
            self._past.append(event)
            listeners = tuple(self._listeners)
            for listener in listeners:
                listener.put(event)
        for listener in listeners:
            listener.wake()

    def subscribe(self, wake: Callable[[], None], kinds: frozenset[str] = frozenset(KINDS), after: str | None = None) -> Subscription:
        """Listen from now on, or from the event after the one named: what of that is forgotten counts as missed, at least one."""
        with self._lock:
            listener = Subscription(wake, kinds, ended=self._closed)
            if after is not None:
                self._catch_up(listener, after)
            self._listeners.add(listener)
        return listener

    def take(self, listener: Subscription) -> tuple[list[Event], int]:
        """What waits, and how many were lost before it."""
        with self._lock:
            events, missed = list(listener.waiting), listener.missed
            listener.waiting.clear()
            listener.missed = 0
        return events, missed

    def unsubscribe(self, listener: Subscription) -> None:
        """Listen no more. Safe to call twice."""
        with self._lock:
            self._listeners.discard(listener)

    def close(self) -> None:
        """End every subscription, and those to come."""
        with self._lock:
            self._closed = True
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener.ended = True
            listener.wake()

    def _catch_up(self, listener: Subscription, after: str) -> None:
        boot, _, number = after.rpartition("-")
        heard = int(number) if boot == self._boot and number.isascii() and number.isdigit() and len(number) < 20 else None
        if heard is None or heard > self._number:
            listener.missed = 1  # of an earlier process: how many there were since, nobody knows
            return
        for event in self._past:
            if int(event.id.rpartition("-")[2]) > heard:
                listener.put(event)
        listener.missed += max(0, self._number - len(self._past) - heard)
