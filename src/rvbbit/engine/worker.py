"""The background worker of a server: what comes into the log is scored, a portion at a time, between queries. It never raises into one.

Its queue is the log itself (`scoring.assessor`), so restarts and `kill -9` lose nothing. Before each portion, and within one before each
small piece (`yielding`), it waits until no query runs, each time at most `LONGEST` seconds, so that it is never starved. While queries come
it works in bursts and rests between them, so that most queries find it at rest.

Several servers may work on one store: each begins with its own log's newest in an order of its own and reads anew after seconds; at worst
a portion is scored twice, and the newer score holds.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from rvbbit.engine.judging import JudgeState, Judging
from rvbbit.engine.rooms import Rooms
from rvbbit.engine.scoring import Scoring
from rvbbit.engine.yielding import Yielding
from rvbbit.errors import Cancelled, Error
from rvbbit.logs.store import Change
from rvbbit.scoring.assessor import Assessor, Step
from rvbbit.scoring.judge import Judge

log = logging.getLogger(__name__)

POLL = 60.0  # seconds: another server's executions, and tomorrow's budget, are found without being told of
LONGEST = 5.0  # seconds a portion waits for queries to end
LINGER = 0.5  # seconds after news: the rest of the same query is on its way
PASS = 60.0  # seconds until budget, requests and what waits are looked at afresh
RARELY = 10  # times as long as a look that found nothing, it rests before the next
PORTION = 64  # executions scored at a time by free scorers: some hundredths of a second on the event loop that queries share
RESTS = 3  # times as long as it kept a core at work it rests, while queries come: most of them find it at rest
REST = 2.0  # seconds at least: what a rest is for is a machine that has forgotten the work before it
IN_FLIGHT = 8  # of all calls that may be in flight, the judge takes one in so many

State = Literal["off", "idle", "working", "failing"]


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """How the worker is. `queued` executions waited at its last look, less what it scored since; `scored` counts from its start.

    `per_minute` is of the last minute. `cost_today` in USD is what judges cost since midnight UTC, on every server of the store, of
    `budget_usd` (None: no ceiling). `last_error` is None where all is well.
    """

    state: State
    queued: int
    scored: int
    per_minute: int
    cost_today: float
    budget_usd: float | None
    judge: JudgeState
    last_error: str | None


@dataclass(slots=True)
class _Work:
    """A piece of work: its seconds, and those among them in which this process used a core, at most."""

    seconds: float = 0.0
    cpu: float = 0.0


class Worker:
    """`start()` and `stop()` from any thread, any number of times."""

    def __init__(self, rooms: Rooms, scoring: Scoring) -> None:
        self._rooms = rooms
        self._scoring = scoring
        self._judging = Judging(rooms, lambda caller: scoring.judge(caller, self._yielding))
        self._assessors: dict[str, Assessor] = {}
        self._shuffle = random.Random()
        self._thread: threading.Thread | None = None
        self._woken, self._requested, self._stopping, self._given_up = (threading.Event() for _ in range(4))
        self._yielding = Yielding(rooms.activity, LONGEST, self._stopping)
        self._looked = threading.Condition()
        self._finished = -1.0  # when the last pass began that left nothing
        self._state: State = "off"
        self._error: str | None = None
        self._failures = 0
        self._owed = 0.0
        self._queued = 0
        self._scored = 0
        self._done: deque[tuple[float, int]] = deque()

    def start(self) -> None:
        """Begin to score, on a thread of its own."""
        if self._thread is None:
            for event in (self._stopping, self._given_up):
                event.clear()
            self._thread = threading.Thread(target=self._run, name="rvbbit-scoring", daemon=True)
            self._thread.start()

    def stop(self, seconds: float = 10.0) -> None:
        """End after the portion under way; what it has not finished in `seconds` is given up, and waits for the next start."""
        thread, self._thread = self._thread, None
        if thread is not None:
            for event in (self._stopping, self._woken, self._requested):
                event.set()
            self._rooms.activity.nudge()
            thread.join(seconds)
            self._given_up.set()
            thread.join()

    def heard(self, change: Change) -> None:
        """Something came into the log. Costs nothing."""
        if change.kind in ("execution", "decision"):
            self._woken.set()

    def asked(self) -> None:
        """A person asked for scores: they come first, and a judge that stopped is tried again."""
        self._judging.again()
        self._requested.set()
        self._woken.set()

    def settled(self, seconds: float) -> bool:
        """Wait until everything logged or asked for by now is scored, as far as it can be; whether it was within so many seconds."""
        now = time.monotonic()
        self._woken.set()
        with self._looked:
            return self._looked.wait_for(lambda: self._finished >= now, seconds)

    def status(self) -> WorkerStatus:
        """How it is now. Raises DatabaseError."""
        minute = time.monotonic() - 60
        return WorkerStatus(
            state=self._state,
            queued=self._queued,
            scored=self._scored,
            per_minute=sum(number for moment, number in list(self._done) if moment >= minute),
            cost_today=self._judging.spent(),
            budget_usd=self._rooms.settings.scoring_budget_usd,
            judge=self._judging.state,
            last_error=self._error or self._judging.error,
        )

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._woken.clear()
                self._woken.wait(self._try())
                self._stopping.wait(LINGER)
        finally:
            self._state = "off"

    def _try(self) -> float:
        """One pass; how many seconds to rest where nothing new comes."""
        try:
            rest = self._pass()
        except Cancelled:
            return 0.0
        except Error as error:
            self._failures += 1
            self._state, self._error = "failing", error.message
            log.warning("scoring in the background fails (%s); it is tried again", error.code)
            self._stopping.wait(min(POLL, 2.0 ** min(self._failures, 10)))
            return 0.0
        self._failures, self._error = 0, None
        self._state = "idle"
        return rest

    def _pass(self) -> float:
        self._requested.clear()
        self._rooms.activity.quiet(LONGEST, self._stopping)
        self._yielding.renew()
        judge, began, scored = self._judging.now(), time.monotonic(), self._scored
        assessor = self._assessor(judge)
        with self._timed() as look:
            self._queued = assessor.queued()
        self._rest(look)
        for step in self._steps(assessor):
            self._count(step)
            if step.stopped is not None:
                self._judging.failed(step.stopped)
                return 0.0
            if judge is not None:
                self._judging.worked()
            self._pace(step)
            if self._requested.is_set() or time.monotonic() - began > PASS:
                return 0.0
        self._through(began)
        if scored == self._scored:
            self._requested.wait(min(POLL, RARELY * look.seconds))  # what is dear to find out is found out seldom
        back = self._judging.back_in
        return POLL if back is None else min(POLL, back)

    def _steps(self, assessor: Assessor) -> Iterator[Step]:
        """A portion at a time, each when no query runs. What people asked for waits while the judge does: they asked for all scorers."""
        steps, turn = assessor.run(asked=self._judging.state != "waiting"), self._scoring.turn
        before = turn.number
        try:
            while not self._stopping.is_set():
                self._rooms.activity.quiet(LONGEST, self._stopping)
                self._yielding.renew()
                with turn.last(self._stopping), self._timed() as portion:
                    if turn.number != before:  # what was read is scored by now
                        raise Cancelled("someone else has scored", hint="look again")
                    step = self._rooms.loop.run(_next(steps), self._given_up)
                if step is None:
                    return
                self._state = "working"
                yield step
                self._rest(portion)
        finally:
            self._rooms.loop.run(steps.aclose())

    def _assessor(self, judge: Judge | None) -> Assessor:
        """One for each judge there was, so that fits are kept; only the newest with a judge."""
        key = "" if judge is None else judge.version
        if key not in self._assessors:
            self._assessors = {old: one for old, one in self._assessors.items() if not old}
            settings = self._rooms.settings
            portion = PORTION if judge is None else max(1, settings.concurrency // IN_FLIGHT)
            most = portion if settings.scoring_rate is None else max(1, int(settings.scoring_rate))
            self._assessors[key] = self._scoring.assessor(judge, self._yielding, settings.scoring, min(portion, most), self._shuffle)
        return self._assessors[key]

    def _count(self, step: Step) -> None:
        now = time.monotonic()
        self._scored += step.executions
        self._queued = max(0, self._queued - step.executions)
        self._done.append((now, step.executions))
        while self._done and self._done[0][0] < now - 60:
            self._done.popleft()

    @contextmanager
    def _timed(self) -> Iterator[_Work]:
        """How long what happens in it takes, without what it waits for queries."""
        work, began, waited = _Work(), time.monotonic(), self._yielding.waited
        cpu = time.process_time()
        yield work
        work.seconds = time.monotonic() - began - (self._yielding.waited - waited)
        work.cpu = min(work.seconds, time.process_time() - cpu)

    def _rest(self, work: _Work) -> None:
        """While queries come, what is owed, once it is worth a rest."""
        self._owed += RESTS * work.cpu
        if not self._rooms.activity.lately:
            self._owed = 0.0
        elif self._owed >= REST and not self._stopping.is_set():
            self._requested.wait(min(self._owed, POLL))
            self._owed = 0.0

    def _through(self, began: float) -> None:
        with self._looked:
            self._finished = began
            self._looked.notify_all()

    def _pace(self, step: Step) -> None:
        """Rest for as long as so many executions take at the rate of the settings."""
        if (rate := self._rooms.settings.scoring_rate) is not None:
            self._stopping.wait(60 / rate * step.executions)


async def _next(steps: AsyncGenerator[Step, None]) -> Step | None:
    return await anext(steps, None)
