"""Queries of clients that come and go: a bounded number of threads to run them, each with a session of its own or one that is kept.

A query has an id by which anyone may cancel it. A kept session (its temporary tables, its transaction) runs one query at a time and is
closed when nobody used it for a while. It knows nothing of how clients speak.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from rvbbit.engine.session import Session
from rvbbit.errors import Busy, InUse, NotFound

AT_ONCE = 8
"""Queries that run at the same time."""
WAITING = 64
"""Queries that wait for their turn, at most."""
SESSIONS = 64
"""Sessions kept, at most."""
IDLE = 600.0
"""Seconds after which a session that nobody used is closed."""
_AGAIN = 0.05  # seconds between interrupts: one that comes before DuckDB has begun is lost

ID = r"^[A-Za-z0-9._:-]{1,128}$"
"""What an id that a client chooses looks like."""

Work: TypeAlias = "Callable[[Session, Running], Any]"
"""What to do with the session, on a thread of the pool; its statements must be given `id` and `stop` of the Running."""


@dataclass(slots=True, eq=False)
class Running:
    """One query under way, or waiting for its turn."""

    id: str
    session: Session
    stop: threading.Event = field(default_factory=threading.Event)
    done: Future[Any] = field(default_factory=Future)
    """What the work gives back or raises. Cancelled, in the sense of futures, where its turn never came."""
    _turn: threading.Lock = field(default_factory=threading.Lock, init=False)
    _over: bool = field(default=False, init=False)

    def cancel(self) -> None:
        """Stop it, soon: `done` raises Cancelled. Nothing happens where it is done. Any thread; does not wait."""
        if self.stop.is_set() or self.done.done():
            return
        self.stop.set()
        if not self.done.cancel():
            threading.Thread(target=self._interrupt, name="rvbbit-cancel", daemon=True).start()

    def over(self) -> None:
        """It is not interrupted from here on: what runs in its session next is another's."""
        with self._turn:
            self._over = True

    def _interrupt(self) -> None:
        while self._cancels():
            time.sleep(_AGAIN)

    def _cancels(self) -> bool:
        with self._turn:
            if not self._over:
                self.session.cancel()
            return not self._over


@dataclass(slots=True, eq=False)
class _Kept:
    session: Session
    busy: bool
    used: float = 0.0
    left: bool = False


class Served:
    """Runs queries for clients. `open_` gives a new session, of that id where one is named."""

    def __init__(
        self, open_: Callable[[str | None], Session], *, at_once: int = AT_ONCE, sessions: int = SESSIONS, idle: float = IDLE
    ) -> None:
        self._open = open_
        self._most = at_once + WAITING
        self._sessions = sessions
        self._idle = idle
        self._lock = threading.Lock()
        self._running: dict[str, Running] = {}
        self._kept: dict[str, _Kept] = {}
        self._closed = False
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="rvbbit-query")

    @property
    def running(self) -> int:
        """Queries under way or waiting."""
        return len(self._running)

    def start(self, work: Work, *, query_id: str | None = None, session_id: str | None = None, resume: bool = False) -> Running:
        """Run it as soon as there is a thread. Raises Busy where too many wait, InUse where the query's id or the session is in use.

        `resume`: only in a session that is kept still; else NotFound.
        """
        with self._lock:
            if self._closed:
                raise Busy("the server is stopping", hint="try again when it is back")
            if len(self._running) >= self._most:
                raise Busy(f"{len(self._running)} queries run or wait", hint="try again in a moment")
            name = query_id or uuid.uuid4().hex
            if name in self._running:
                raise InUse(f"a query with the id {name!r} is running", hint="choose another query_id, or cancel that one")
            if resume and session_id not in self._kept:
                raise NotFound(
                    f"the session {session_id!r} was closed, and its temporary tables and its open transaction with it",
                    hint="begin again: sessions that nobody uses for a while are closed, and all of them when a server stops",
                )
            running = Running(name, self._session(session_id))
            self._running[name] = running
            running.done = self._pool.submit(self._run, running, work, session_id)
        running.done.add_done_callback(lambda _: self._release(running, session_id))
        return running

    def cancel(self, query_id: str) -> Running | None:
        """Stop a query; None where there is none of that id now."""
        with self._lock:
            running = self._running.get(query_id)
        if running is not None:
            running.cancel()
        return running

    def cancel_all(self) -> None:
        """Stop everything, and take nothing more."""
        with self._lock:
            self._closed = True
            running = tuple(self._running.values())
        for one in running:
            one.cancel()

    def leave(self, session_id: str) -> None:
        """Close a kept session, once what runs in it has ended; its open transaction is rolled back. Raises NotFound."""
        with self._lock:
            kept = self._kept.get(session_id)
            if kept is None:
                raise NotFound(f"no session {session_id!r} is open", hint="it was closed already")
            kept.left = True
            if not kept.busy:
                self._kept.pop(session_id).session.close()

    def sweep(self) -> None:
        """Close sessions that nobody used for a while."""
        with self._lock:
            self._sweep()

    def close(self) -> None:
        """Cancel what runs, wait for it, close every session. Safe to call twice."""
        self.cancel_all()
        self._pool.shutdown(wait=True)
        with self._lock:
            while self._kept:
                self._kept.popitem()[1].session.close()

    def _run(self, running: Running, work: Work, session_id: str | None) -> Any:
        try:
            return work(running.session, running)
        finally:
            running.over()
            self._release(running, session_id)  # before anyone hears that it is done: the session may be used again at once

    def _session(self, session_id: str | None) -> Session:
        if session_id is None:
            return self._open(None)
        self._sweep()
        kept = self._kept.get(session_id)
        if kept is None:
            if len(self._kept) >= self._sessions:
                raise Busy(f"{self._sessions} sessions are open", hint="use one of them, or wait until one is idle")
            kept = self._kept[session_id] = _Kept(self._open(session_id), busy=False)
        if kept.busy:
            raise InUse(f"session {session_id!r} runs another query", hint="wait for it, cancel it, or use another session_id")
        kept.busy = True
        return kept.session

    def _release(self, running: Running, session_id: str | None) -> None:
        with self._lock:
            if self._running.get(running.id) is not running:
                return
            del self._running[running.id]
            if session_id is None:
                running.session.close()
            else:
                kept = self._kept[session_id]
                kept.busy, kept.used = False, time.monotonic()
                if kept.left:
                    self._kept.pop(session_id).session.close()

    def _sweep(self) -> None:
        limit = time.monotonic() - self._idle
        for name in [name for name, kept in self._kept.items() if not kept.busy and kept.used < limit]:
            self._kept.pop(name).session.close()
