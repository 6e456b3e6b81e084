"""`rvbbit.connect()`: one open project as Python sees it, and as every face uses it."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, Unpack

from rvbbit.cascades.loader import Cascade
from rvbbit.cascades.runner import Run
from rvbbit.cascades.testcases import TestOutcome, check
from rvbbit.engine.author import or_login
from rvbbit.engine.cascade_files import CascadeFiles
from rvbbit.engine.doctor import Check, checks
from rvbbit.engine.exchange import Exchange
from rvbbit.engine.history import History
from rvbbit.engine.others import Others
from rvbbit.engine.query import Listen, Options
from rvbbit.engine.review import Review
from rvbbit.engine.rooms import Rooms
from rvbbit.engine.scoring import Queued, Scored, Scoring, Unscored
from rvbbit.engine.session import Session
from rvbbit.engine.sets import TrainingSets
from rvbbit.engine.similar import Likes
from rvbbit.engine.training import Training
from rvbbit.engine.worker import Worker
from rvbbit.errors import UsageError
from rvbbit.execution.database import Parameters, Relation
from rvbbit.result import Result
from rvbbit.settings import Settings, load
from rvbbit.types import Answer, Arguments, CallContext, Notice, Operator


class Database:
    """A project: its tables, operators, log and training sets. A context manager; one process may hold a project at a time."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._rooms = Rooms(settings)
        self._session = Session(self._rooms)
        exchange = Exchange(self._rooms.store, self._rooms.catalog)
        sets, check = TrainingSets(self._rooms), self._rooms.runner.check_output
        likes = Likes(self._rooms, sets)
        self.training = Training(self._rooms.store, self._rooms.curation, exchange, sets, Review(self._rooms, sets), likes, check)
        self.history = History(self._rooms.store, self.training.filters)
        self.events = self._rooms.events
        self.cascade_files = CascadeFiles(settings.home, self._rooms.catalog)
        self._scoring = Scoring(self._rooms)
        self.worker = Worker(self._rooms, self._scoring)
        self.events.watch(self.worker.heard)
        server = self._rooms.server
        self.others = None if server is None else Others(server.others, self.events)
        self._stops: set[threading.Event] = set()
        self._closed = False
        atexit.register(self._leave)

    def sql(self, text: str, params: Parameters = None, **options: Unpack[Options]) -> Result:
        """Run a script, semantic or plain; the result of its last statement. Raises our errors."""
        return self._session.sql(text, params, **options)

    def script(self, text: str, params: Parameters = None, **options: Unpack[Options]) -> Iterator[Result]:
        """Run a script; one result a statement, as each is done."""
        return self._session.script(text, params, **options)

    def explain(self, text: str, params: Parameters = None, *, model: str | None = None) -> Result:
        """The plan of one statement, with the calls it would make, as rows of one text column. Nothing is asked."""
        return self._session.explain(text, params, model=model)

    def session(self, id_: str | None = None) -> Session:
        """A connection of its own, for another thread or another user; close it when done."""
        return Session(self._rooms, id_)

    def cancel(self) -> None:
        """Stop what runs (a query, `run`, `score`), from any thread: it raises Cancelled, and what was answered is kept."""
        self._session.cancel()
        for stop in tuple(self._stops):
            stop.set()

    def run(
        self,
        cascade: str | Cascade,
        inputs: Arguments,
        *,
        session_id: str | None = None,
        model: str | None = None,
        budget_usd: float | None = None,
        listen: Listen | None = None,
        stop: threading.Event | None = None,
    ) -> Run:
        """Run every cell of a cascade, by id, operator name or path, or as read. Raises CascadeNotFound, UsageError, CallError.

        `model` is asked where a cell names none. `stop`, once set, ends it from any thread: Cancelled.
        """
        context = CallContext(session_id or self._session.id, source="run", model=model)
        work = self._rooms.caller(budget_usd).run(cascade, inputs, context, _notices(listen))
        with self._rooms.activity.query(), self._stoppable(stop) as ends:
            return self._rooms.loop.run(work, ends)

    def score(
        self,
        limit: int | None = None,
        *,
        budget_usd: float | None = None,
        free: bool = False,
        listen: Listen | None = None,
        stop: threading.Event | None = None,
    ) -> Scored:
        """Give what is unscored its confidence, the newest of each cell first. `free`: without the judge, whose calls cost.

        `stop`, once set, ends it from any thread. Raises BudgetReached, Cancelled, ProviderError; what was scored is kept, and the next
        call goes on from there.
        """
        with self._stoppable(stop) as ends:
            return self._scoring.score(limit, budget_usd=budget_usd, free=free, listen=listen, stop=ends)

    def unscored(self, *, free: bool = False) -> Unscored:
        """How many executions `score` would score, and what the judge is expected to cost."""
        return self._scoring.unscored(free=free)

    def assess(
        self,
        trace_ids: Sequence[str] | None = None,
        *,
        filter: Mapping[str, Any] | None = None,
        force: bool = False,
        author: str | None = None,
    ) -> Queued:
        """Ask for executions to be scored, as a server's worker or the next `score` will: those named, or everything a filter finds.

        What has a confidence is left alone, unless with `force`. The request survives restarts. Raises TrainingError, UsageError, and then
        nothing was queued.
        """
        if (trace_ids is None) == (filter is None):
            raise UsageError("assess takes trace ids or a filter", hint="give one of the two; the filter {} is everything")
        given = {"trace_ids": trace_ids} if filter is None else filter
        if filter is None and not trace_ids:
            return Queued(0, 0.0)
        queued = self._scoring.assess(self.training.filters.read({"limit": None, **given}), or_login(author), force=force)
        self.worker.asked()
        return queued

    def operators(self) -> Sequence[Operator]:
        """Every operator there is now, by name."""
        return self._rooms.catalog.operators()

    def cascade(self, name: str) -> Cascade:
        """A cascade by id, operator name or path. Raises CascadeNotFound, CascadeInvalid."""
        return self._rooms.catalog.get(name)

    def problems(self) -> tuple[str, ...]:
        """What is wrong with operator files that are left out."""
        return tuple(self._rooms.catalog.problems())

    def test_operators(self, name: str | Cascade | None = None, *, model: str | None = None) -> list[TestOutcome]:
        """Run the test cases inside the YAML of one operator, by name or path or as read, or of all."""
        names = [name] if name else [operator.cascade_id for operator in self.operators()]
        caller = self._rooms.caller(None)  # one for all: together they stay within the settings' budget
        outcomes: list[TestOutcome] = []
        for one in names:
            cascade = self.cascade(one) if isinstance(one, str) else one
            outcomes += self._rooms.loop.run(check(caller, cascade, self._session.id, model=model))
        return outcomes

    def tables(self) -> list[tuple[str, str, list[str]]]:
        """(schema, table, columns) of everything a query may name."""
        return [(one.schema, one.name, one.columns) for one in self.relations()]

    def relations(self) -> list[Relation]:
        """The same with the columns' types."""
        return self._rooms.duck.relations()

    def doctor(self) -> list[Check]:
        """Checks of store, operators, models and versions."""
        return list(checks(self._rooms))

    def close(self) -> None:
        """Write what waits and give the files back. Safe to call twice."""
        if not self._closed:
            self._closed = True
            atexit.unregister(self._leave)
            self.worker.stop()
            if self.others is not None:
                self.others.stop()
            self._session.close()
            self._rooms.close()

    @contextmanager
    def _stoppable(self, stop: threading.Event | None) -> Iterator[threading.Event]:
        """Work that `cancel` stops, and `stop` where there is one."""
        stop = stop or threading.Event()
        self._stops.add(stop)
        try:
            yield stop
        finally:
            self._stops.discard(stop)

    def _leave(self) -> None:
        """For a program that ends without closing: the files are closed; sockets and threads go with the process."""
        self._session.close()
        self._rooms.close_files()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def connect(
    home: str | os.PathLike[str] | None = None,
    *,
    store: str | os.PathLike[str] | None = None,
    database: str | os.PathLike[str] | None = None,
    model: str | None = None,
    concurrency: int | None = None,
    budget_usd: float | None = None,
    settings: Settings | None = None,
) -> Database:
    """Open a project; what is not given comes from `RVBBIT_*`, then `rvbbit.toml`, then the defaults.

    Raises SettingsError, DatabaseLocked, DatabaseError.
    """
    given = {"home": home, "store": store, "database": database, "model": model, "concurrency": concurrency, "budget_usd": budget_usd}
    if settings is not None and any(value is not None for value in given.values()):
        raise UsageError("settings and single values were both given", hint="give one or the other")
    plain = {name: os.fspath(value) if isinstance(value, os.PathLike) else value for name, value in given.items()}
    return Database(settings or load(plain, env=os.environ, cwd=Path.cwd()))


def _notices(listen: Listen | None) -> Callable[[Answer | Notice, int], None] | None:
    if listen is None:
        return None

    def hear(event: Answer | Notice, times: int) -> None:
        if isinstance(event, Notice):
            listen(event)

    return hear
