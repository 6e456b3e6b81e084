"""The engine: it introduces the rooms to each other and answers every face. The only part that knows them all."""

from rvbbit.cascades.loader import Cascade
from rvbbit.cascades.runner import Run
from rvbbit.cascades.testcases import TestOutcome
from rvbbit.engine.database import Database, connect
from rvbbit.engine.doctor import Check
from rvbbit.engine.review import ReviewItem, ReviewQueue
from rvbbit.engine.scoring import Queued, Scored, Unscored
from rvbbit.engine.session import Session
from rvbbit.engine.sets import Evaluated, Raced, SetRow
from rvbbit.engine.similar import Neighbours, Similar
from rvbbit.engine.worker import Worker, WorkerStatus
from rvbbit.logs.examples import ExampleRow, Figures, Page, Stats
from rvbbit.scoring.reliability import Bin
from rvbbit.scoring.report import CellCalibration, Mistaken
from rvbbit.training.curation import Changed, Marked
from rvbbit.training.evaluation import Arm, Evaluation, Gain
from rvbbit.training.exchange.lines import Problem
from rvbbit.training.race import Race
from rvbbit.training.review import Outlook
from rvbbit.training.sets import Blame, Diff

__all__ = [
    "Arm",
    "Bin",
    "Blame",
    "Cascade",
    "CellCalibration",
    "Changed",
    "Check",
    "Database",
    "Diff",
    "Evaluated",
    "Evaluation",
    "ExampleRow",
    "Figures",
    "Gain",
    "Marked",
    "Mistaken",
    "Neighbours",
    "Outlook",
    "Page",
    "Problem",
    "Queued",
    "Race",
    "Raced",
    "ReviewItem",
    "ReviewQueue",
    "Run",
    "Scored",
    "Session",
    "SetRow",
    "Similar",
    "Stats",
    "TestOutcome",
    "Unscored",
    "Worker",
    "WorkerStatus",
    "connect",
]
