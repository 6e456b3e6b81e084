"""How much others have added: counted on the server at most once in so many seconds, and at once after what this process added itself.

It counts and does not look for the newest number: a row may become visible after one that has a higher number, and the count tells.
"""

from __future__ import annotations

import threading
import time

from rvbbit.logs.clickhouse.connection import Connection

FRESH = 1.0  # seconds: how late another server's decision may be noticed, at the price of a small query as often

# Rows are counted without being read.
_COUNTS = """
SELECT
    toInt64((SELECT count() FROM training_annotations) + (SELECT count() FROM scores)) AS decided,
    toInt64((SELECT count() FROM training_sets) + (SELECT count() FROM training_set_events)) AS sets"""


class Noticing:
    """Counts of decisions and scores, and of versions and events of training sets. Any thread may ask. Raises DatabaseError."""

    def __init__(self, connection: Connection, fresh: float = FRESH) -> None:
        self._connection = connection
        self._fresh = fresh
        self._asking = threading.Lock()
        self._asked = float("-inf")
        self._counts = (0, 0)

    def decided(self) -> int:
        """Decisions and scores, everybody's."""
        return self._now()[0]

    def sets(self) -> int:
        """Versions and events of training sets, everybody's."""
        return self._now()[1]

    def again(self) -> None:
        """The next to ask hears what is there now."""
        with self._asking:
            self._asked = float("-inf")

    def _now(self) -> tuple[int, int]:
        with self._asking:
            if time.monotonic() - self._asked >= self._fresh:
                row = self._connection.rows("read decisions", _COUNTS)[0]
                self._counts = (row["decided"], row["sets"])
                self._asked = time.monotonic()
            return self._counts
