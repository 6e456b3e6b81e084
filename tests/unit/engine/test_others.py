"""What other servers add is told to listeners: only while there are some, and again after the store was away."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from rvbbit.engine.events import Events
from rvbbit.engine.others import Others
from rvbbit.errors import StoreUnreachable
from rvbbit.logs.store import Change

LONG = 60.0


class Store:
    """Says what each look finds, in order; then nothing."""

    def __init__(self, *found: Sequence[Change] | StoreUnreachable) -> None:
        self._found = list(found)
        self.looks = 0

    def others(self) -> Sequence[Change]:
        self.looks += 1
        found = self._found.pop(0) if self._found else ()
        if isinstance(found, StoreUnreachable):
            raise found
        return found


def test_changes_are_told_while_somebody_listens_also_after_the_store_was_away(caplog: pytest.LogCaptureFixture) -> None:
    away = StoreUnreachable("away")
    store, events, told = Store((), away, away, [Change("decision", 3)], [Change("score", 1)]), Events(), threading.Semaphore(0)
    others = Others(store.others, events, every=0.001)
    listener = events.subscribe(told.release)
    others.start()
    assert told.acquire(timeout=LONG) and told.acquire(timeout=LONG)
    others.stop()
    found, missed = events.take(listener)
    assert [(event.kind, event.data["count"], event.data["ids"]) for event in found] == [("decision", 3, []), ("score", 1, [])]
    assert missed == 0 and len(caplog.records) == 1, "that it was away is said once"


class Nobody(Events):
    """Nobody listens; says when that was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Semaphore(0)

    @property
    def listeners(self) -> int:
        self.asked.release()
        return 0


def test_the_store_is_left_alone_while_nobody_listens() -> None:
    store, events = Store(), Nobody()
    others = Others(store.others, events, every=0.001)
    others.start()
    for _ in range(3):
        assert events.asked.acquire(timeout=LONG)
    others.stop()
    assert store.looks == 1, "where to count from, and no more"
