"""The engine: it introduces the rooms to each other and answers every face. The only part that knows them all."""

from rvbbit.cascades.loader import Cascade
from rvbbit.cascades.runner import Run
from rvbbit.cascades.testcases import TestOutcome
from rvbbit.engine.database import Database, connect
from rvbbit.engine.doctor import Check
from rvbbit.engine.scoring import Queued, Scored, Unscored
from rvbbit.engine.session import Session
from rvbbit.engine.worker import Worker, WorkerStatus
from rvbbit.logs.examples import ExampleRow

__all__ = [
    "Cascade",
    "Check",
    "Database",
    "ExampleRow",
    "Queued",
    "Run",
    "Scored",
    "Session",
    "TestOutcome",
    "Unscored",
    "Worker",
    "WorkerStatus",
    "connect",
]
