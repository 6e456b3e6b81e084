"""What every route is handed: the project, its running queries, its counters. One server has one, and nothing of it is global."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from rvbbit.engine import Database
from rvbbit.engine.served import Served
from rvbbit.errors import DatabaseError
from rvbbit.http.metrics import Metrics

CHUNK = 64 << 10
"""Bytes a stream collects before it hands them on: each hand-over is a trip between threads."""


@dataclass(slots=True)
class Face:
    """One server's. `stopping` is set when it takes no more queries."""

    db: Database
    served: Served
    metrics: Metrics = field(default_factory=Metrics)
    stopping: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def of(cls, db: Database) -> Face:
        """For a project that is open."""
        face = cls(db, Served(db.session))
        face.metrics.gauge("queries_running", "Queries that run or wait.", lambda: face.served.running)
        face.metrics.gauge("event_listeners", "Clients that listen for events.", lambda: db.events.listeners)
        face.metrics.gauge("scoring_queue", "Executions that wait to be scored in the background.", lambda: _queued(db))
        return face

    def drain(self) -> None:
        """Say that it is stopping, and end the streams that have no end of their own. What runs goes on."""
        self.stopping.set()
        self.db.events.close()

    def close(self) -> None:
        """End what still runs. Safe to call twice."""
        self.drain()
        self.served.close()


def _queued(db: Database) -> float:
    try:
        return db.worker.status().queued
    except DatabaseError:
        return math.nan


def chunked(parts: Iterator[bytes], size: int = CHUNK) -> Iterator[bytes]:
    """The same bytes in parts of at least that size, but for the last."""
    waiting, held = [], 0
    for part in parts:
        waiting.append(part)
        held += len(part)
        if held >= size:
            yield b"".join(waiting)
            waiting, held = [], 0
    if waiting:
        yield b"".join(waiting)


def begun(parts: Iterator[bytes]) -> Iterator[bytes]:
    """The same stream with its first part made already: what is wrong from the start is an error, not a stream cut short."""
    first = next(parts, b"")

    def rest() -> Iterator[bytes]:
        yield first
        yield from parts

    return rest()
