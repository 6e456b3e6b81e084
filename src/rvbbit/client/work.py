"""Work that a server does for a client: what is said while it lasts, and how it is stopped."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rvbbit.client.connection import Connection, path
from rvbbit.client.failures import revived
from rvbbit.client.reading import heard
from rvbbit.engine.query import Listen
from rvbbit.errors import Error, NotFound
from rvbbit.types import Notice

_AGAIN = 0.05  # seconds until a cancel that came before the work did is tried again


class Work:
    """One at a time: the client's own. Each has an id, by which another thread cancels it."""

    def __init__(self, link: Connection) -> None:
        self._link = link
        self._id: str | None = None

    @contextmanager
    def named(self) -> Iterator[str]:
        """The id of work that begins; it is over when the context ends."""
        self._id = uuid.uuid4().hex
        try:
            yield self._id
        finally:
            self._id = None

    def cancel(self) -> None:
        """Stop it, soon, from any thread: it raises Cancelled. Does not wait."""
        if (id_ := self._id) is not None:
            threading.Thread(target=self._stop, args=(id_,), name="rvbbit-cancel", daemon=True).start()

    def _stop(self, id_: str) -> None:
        while self._id == id_:
            try:
                self._link.delete(path("sql", id_))
            except NotFound:  # not begun yet
                time.sleep(_AGAIN)
            except Error:  # whoever waits for the work hears of it
                return
            else:
                return


def told(events: Iterable[Mapping[str, Any]], listen: Listen | None, notices: list[Notice]) -> Iterator[Mapping[str, Any]]:
    """What is neither progress, which `listen` hears of, nor a notice, which `notices` takes too. Raises the error that is told of."""
    for event in events:
        if event["event"] == "error":
            raise revived(event["error"])
        news = heard(event)
        if isinstance(news, Notice):
            notices.append(news)
        if news is None:
            yield event
        elif listen is not None:
            listen(news)
