"""The demo's tickets for a project that has nothing yet: loaded, asked about, curated in part and proven, by the local model alone.

It needs no key and no network. Cut short, it may be run again: what was answered is known then.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rvbbit.engine import circle
from rvbbit.engine.rooms import LOCAL
from rvbbit.errors import Cancelled, UsageError
from rvbbit.result import Progress
from rvbbit.types import Notice

if TYPE_CHECKING:
    from rvbbit.engine.database import Database
    from rvbbit.engine.query import Options

PER_LABEL = 10
FIRST = 150
"""Answers curated before the first version is proven; all others that are, before the second."""
ROWS = 300
"""Questions an evaluation asks."""
TABLE = ["id", "text", "split"]
NOTHING = circle.Curation(0, 0, 0.0)


@dataclass(frozen=True, slots=True)
class Step:
    """What happens next, as one sentence; `number` of `steps`, from 1."""

    number: int
    steps: int
    name: str


@dataclass(frozen=True, slots=True)
class Brought:
    """What there is now; `marked` are those of this time. Accuracy (0-1) on held-out tickets: without examples, with all of them."""

    tickets: int
    executions: int
    marked: int
    corrected: int
    before: float
    after: float


def bring(db: Database, tell: Callable[[Step | Progress | Notice], None], stop: threading.Event | None = None) -> Brought:
    """All of it, told as it goes. Raises UsageError where another table has the name, Cancelled, DatabaseError."""
    stop = stop or threading.Event()
    data = circle.read(PER_LABEL)
    labels: dict[str, object] = {"labels": list(data.labels)}
    asking: Options = {"model": LOCAL, "listen": tell, "stop": stop}
    steps = iter(_STEPS)

    def begin() -> None:
        if stop.is_set():
            raise Cancelled("the demo was cancelled; what was answered is kept", hint="load it again: it goes on from there")
        number, name = next(steps)
        tell(Step(number, len(_STEPS), name))

    there = _there(db)
    begin()
    if not there:
        _load(db, data)
    begin()
    db.sql(circle.MEANS, **asking)
    begin()
    before = circle.ask(db, data, **asking)
    begin()
    known = _marked(db)
    first = NOTHING if known else circle.curate(db, data, slice(FIRST))
    begin()
    db.training.sets.evaluate("classify", scope=labels, rows=ROWS, model=LOCAL, stop=stop, listen=tell)  # type: ignore[arg-type]
    begin()
    rest = NOTHING if known > FIRST else circle.curate(db, data, slice(FIRST, None))
    begin()
    after = circle.ask(db, data, **asking)
    begin()
    db.training.sets.evaluate("classify", scope=labels, rows=ROWS, model=LOCAL, stop=stop, listen=tell)  # type: ignore[arg-type]
    marked, corrected = first.marked + rest.marked, first.corrected + rest.corrected
    executions = db.training.stats().total.executions
    return Brought(data.tickets.num_rows, executions, marked, corrected, before.accuracy, after.accuracy)


_STEPS = tuple(
    enumerate(
        (
            "Load questions of bank customers into the table tickets",
            "Find those whose card was stolen, by meaning",
            "Classify all of them by what they want",
            "Mark the first answers as examples",
            "Prove that the examples help",
            "Mark all others that are to be learned from",
            "Classify once more, with the examples",
            "Prove the new version of the set",
        ),
        start=1,
    )
)


def _there(db: Database) -> bool:
    """Whether the tickets are there already. Raises UsageError where it is another table that is called so."""
    found = db.sql(
        "SELECT column_name FROM duckdb_columns() WHERE table_name = 'tickets' AND NOT internal ORDER BY column_index"
    ).fetchall()
    columns = [name for (name,) in found]
    if columns and columns != TABLE:
        raise UsageError(
            "there is a table named tickets already", hint="the demo would make one: rename yours, or load it in a new project"
        )
    return bool(columns)


def _marked(db: Database) -> int:
    """How many answers were marked when it was loaded before: they are not marked anew, for that would make another version."""
    return db.training.examples(cascade_id="classify", trainable=True, limit=1).total


def _load(db: Database, data: circle.Data) -> None:
    with tempfile.TemporaryDirectory(prefix="rvbbit-demo-") as folder:
        circle.load(db, data, Path(folder))
