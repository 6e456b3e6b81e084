"""What other servers of the same store add, told to whoever listens here: it looks every second while somebody does, and names nothing.

What was added while nobody listened is told in one event to the first who does. The scoring worker is not told: each server scores its own
first (`worker`).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from rvbbit.engine.events import Events
from rvbbit.errors import Error
from rvbbit.logs.store import Change

log = logging.getLogger(__name__)

EVERY = 1.0  # seconds


class Others:
    """`start()` and `stop()` from any thread, any number of times. `look` says what others added since it was last asked."""

    def __init__(self, look: Callable[[], Sequence[Change]], events: Events, every: float = EVERY) -> None:
        self._look = look
        self._events = events
        self._every = every
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look, on a thread of its own."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(target=self._run, name="rvbbit-others", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End after the look under way."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._stopping.set()
            thread.join()

    def _run(self) -> None:
        well = self._tell(True)
        while not self._stopping.wait(self._every):
            if self._events.listeners:
                well = self._tell(well)

    def _tell(self, well: bool) -> bool:
        """Whether the store answered. That it does not is said once, until it does again."""
        try:
            changes = self._look()
        except Error as error:
            if well:
                log.warning("what other servers add is not seen (%s); it is tried again", error.code)
            return False
        for change in changes:
            self._events.publish(change.kind, {"count": change.count, "ids": list(change.ids)})
        return True
