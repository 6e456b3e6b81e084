"""What others did to the log: counted on the server at most once in so many seconds, and at once after what this process wrote itself.

It counts and does not look for the newest number: a row may become visible after one that has a higher number, and the count tells. Rows
that were deleted by hand show as a mutation of the table's parts, or as a count that fell.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from rvbbit.logs.clickhouse.connection import Connection
from rvbbit.logs.clickhouse.extents import Extent, extents
from rvbbit.logs.store import Change, Kind

FRESH = 1.0  # seconds: how late another server's decision may be noticed, at the price of a small query as often

_TOLD: Mapping[str, Kind] = {"unified_logs": "execution", "training_annotations": "decision", "scores": "score"}
_SETS = ("training_sets", "training_set_events")


class Noticing:
    """What is there by now of decisions, scores and sets, and what of it others added. Any thread may ask. Raises DatabaseError."""

    def __init__(self, connection: Connection, fresh: float = FRESH) -> None:
        self._connection = connection
        self._fresh = fresh
        self._asking = threading.Lock()
        self._asked = float("-inf")
        self._there: Mapping[str, Extent] = {}
        self._gone = 0
        self._counting = threading.Lock()
        self._begun: Counter[str] = Counter()
        self._ended: Counter[str] = Counter()
        self._written: Counter[str] = Counter()
        self._others: dict[str, int] = {}

    def decided(self) -> int:
        """How many decisions and scores there are, everybody's, and how often something was seen to be gone."""
        there = self._look()
        return there["training_annotations"].rows + there["scores"].rows + self._gone

    def sets(self) -> int:
        """How many versions and events of training sets there are, everybody's."""
        there = self._look()
        return sum(there[table].rows for table in _SETS)

    @contextmanager
    def writing(self, table: str) -> Iterator[Callable[[int], None]]:
        """While this process adds to a table; what it yields is told how many rows that were. The next to ask hears of them."""
        with self._counting:
            self._begun[table] += 1
        try:
            yield lambda rows: self._written.update({table: rows})
        finally:
            with self._counting:
                self._ended[table] += 1
            if table != "unified_logs":  # what calls add changes no example
                self._again()

    def others(self) -> list[Change]:
        """What others added since the last time somebody asked, unnamed; nothing the first time.

        A table that this process writes to at the moment is left for the next time: whose rows they are cannot be told by counting.
        """
        with self._counting:
            begun, ended, written = self._begun.copy(), self._ended.copy(), self._written.copy()
        there = extents(self._connection, tuple(_TOLD))
        changes = []
        with self._counting:
            for table, kind in _TOLD.items():
                if begun[table] == ended[table] == self._begun[table]:
                    theirs = there[table].rows - written[table]
                    if (more := theirs - self._others.get(table, theirs)) > 0:
                        changes.append(Change(kind, more))
                    self._others[table] = theirs
        if changes:
            self._again()
        return changes

    def _again(self) -> None:
        with self._asking:
            self._asked = float("-inf")

    def _look(self) -> Mapping[str, Extent]:
        with self._asking:
            if time.monotonic() - self._asked >= self._fresh:
                there = extents(self._connection, (*_TOLD, *_SETS))
                pairs = [(self._there[table], there[table]) for table in _TOLD if self._there]
                fewer = sum(max(0, was.rows - now.rows) for was, now in pairs)
                self._gone += fewer + any(now.altered != was.altered for was, now in pairs)
                self._there, self._asked = there, time.monotonic()
            return self._there
