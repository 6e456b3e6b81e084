"""Sixteen sessions at once on one project: they share calls and the limit on calls in flight, each has a budget of its own, and one that is
cancelled or fails leaves the others alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import rvbbit
from rvbbit.engine.database import Database
from rvbbit.engine.session import Session
from rvbbit.testing import FakeServer
from rvbbit.testing.answers import Body, question

SESSIONS, TEXTS, AT_ONCE = 16, 40, 8
MEANS = f"SELECT i, ('text ' || i % {TEXTS}) MEANS 'so' AS yes FROM range({2 * TEXTS}) r(i) ORDER BY i"


def even(body: Body) -> bool:
    """Whether the number in the text is."""
    return int(question(body).partition("text ")[2].partition("<")[0]) % 2 == 0


RIGHT = [(i, i % TEXTS % 2 == 0) for i in range(2 * TEXTS)]


@pytest.fixture
def model() -> Iterator[FakeServer]:
    with FakeServer(even, latency=0.02) as fake:
        yield fake


@pytest.fixture
def db(model: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("OPENAI_BASE_URL", model.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    with rvbbit.connect(tmp_path, model="openai:gpt-5-mini", concurrency=AT_ONCE) as db:
        yield db


def all_at_once(db: Database, work: Callable[[int, Session], Any]) -> list[Any]:
    """What each session gives back, or the error of ours it raised."""
    start = threading.Barrier(SESSIONS)

    def one(number: int) -> Any:
        session = db.session()
        try:
            start.wait(timeout=30)
            return work(number, session)
        except rvbbit.Error as error:
            return error
        finally:
            session.close()

    with ThreadPoolExecutor(SESSIONS) as pool:
        return list(pool.map(one, range(SESSIONS)))


def test_the_same_questions_are_asked_once_and_never_more_at_once_than_allowed(db: Database, model: FakeServer) -> None:
    answers = all_at_once(db, lambda _, session: session.sql(MEANS).fetchall())
    assert answers == [RIGHT] * SESSIONS
    assert model.calls == TEXTS
    assert model.max_in_flight <= AT_ONCE


def test_different_questions_share_the_limit_and_none_waits_for_ever(db: Database, model: FakeServer) -> None:
    def ask(number: int, session: Session) -> list[tuple[bool]]:
        return session.sql(f"SELECT ('text ' || i) MEANS 'criterion {number}' FROM range(10) r(i) ORDER BY i").fetchall()

    answers = all_at_once(db, ask)
    assert answers == [[(i % 2 == 0,) for i in range(10)]] * SESSIONS
    assert model.calls == 10 * SESSIONS
    assert 1 < model.max_in_flight <= AT_ONCE


def test_a_budget_is_its_querys_own(db: Database, model: FakeServer) -> None:
    """Odd sessions may spend nothing, and ask what nobody else asks."""

    def ask(number: int, session: Session) -> Any:
        text = MEANS if number % 2 == 0 else MEANS.replace("'so'", f"'alone {number}'")
        return session.sql(text, budget_usd=None if number % 2 == 0 else 0.0).fetchall()

    answers = all_at_once(db, ask)
    assert answers[::2] == [RIGHT] * (SESSIONS // 2)
    assert {type(answer).__name__ for answer in answers[1::2]} == {"BudgetReached"}
    assert model.calls == TEXTS


def test_cancelling_one_leaves_the_others_alone(db: Database, model: FakeServer) -> None:
    """The one that is cancelled is the first to ask: others wait for its calls."""
    model.latency = 0.2

    def ask(number: int, session: Session) -> Any:
        if number == 0:
            threading.Thread(target=cancelled, args=(session,)).start()
        else:
            asked()
        return session.sql(MEANS).fetchall()

    def cancelled(session: Session) -> None:
        asked()
        session.cancel()

    def asked() -> None:
        deadline = time.monotonic() + 30
        while not model.calls and time.monotonic() < deadline:
            time.sleep(0.01)

    answers = all_at_once(db, ask)
    assert type(answers[0]).__name__ == "Cancelled"
    assert answers[1:] == [RIGHT] * (SESSIONS - 1)
    assert model.calls <= TEXTS + AT_ONCE


def test_a_failure_is_told_to_all_who_asked_and_cached_for_none(db: Database, model: FakeServer) -> None:
    model.fail(403)
    answers = all_at_once(db, lambda _, session: session.sql(MEANS).fetchall())
    failed = [answer for answer in answers if isinstance(answer, rvbbit.Error)]
    assert failed
    assert all(answer == RIGHT for answer in answers if not isinstance(answer, rvbbit.Error))
    assert db.sql(MEANS).fetchall() == RIGHT
