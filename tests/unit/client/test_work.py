"""Work that a server does: what is heard of it, and how it is stopped."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from rvbbit.client.work import Work, told
from rvbbit.errors import BudgetReached, DatabaseError, NotFound
from rvbbit.types import Notice


class Link:
    """A `Connection` whose deletes answer as the test says, one after the other."""

    def __init__(self, *answers: Exception | None) -> None:
        self.answers = list(answers)
        self.deleted: list[str] = []
        self.done = threading.Event()

    def delete(self, path: str) -> None:
        self.deleted.append(path)
        answer = self.answers.pop(0)
        if not self.answers:
            self.done.set()
        if answer is not None:
            raise answer


def test_news_is_heard_and_the_rest_comes_through() -> None:
    notices: list[Notice] = []
    heard: list[Any] = []
    events = [
        {"event": "notice", "message": "unpriced", "severity": "warning"},
        {"event": "columns", "columns": []},
        {"event": "usage", "total": 1},
    ]
    assert [event["event"] for event in told(events, heard.append, notices)] == ["columns", "usage"]
    assert [notice.message for notice in notices] == [notice.message for notice in heard] == ["unpriced"]
    assert [event["event"] for event in told(events, None, [])] == ["columns", "usage"], "nobody has to listen"


def test_an_error_in_the_stream_is_raised_as_what_it_was_behind_what_came() -> None:
    came = []
    error = {"code": "budget_reached", "message": "spent", "hint": "raise it"}
    with pytest.raises(BudgetReached, match="spent"):
        came.extend(told([{"event": "columns"}, {"event": "error", "error": error}, {"event": "rows"}], None, []))
    assert came == [{"event": "columns"}]


def test_a_cancel_that_comes_before_the_work_is_tried_until_it_is_there() -> None:
    link = Link(NotFound("not begun"), NotFound("not begun"), None)
    work = Work(link)  # type: ignore[arg-type]
    with work.named() as id_:
        work.cancel()
        assert link.done.wait(30)
    assert link.deleted == [f"/api/sql/{id_}"] * 3


def test_where_the_server_is_gone_a_cancel_gives_up() -> None:
    link = Link(DatabaseError("gone"))
    work = Work(link)  # type: ignore[arg-type]
    with work.named():
        work.cancel()
        assert link.done.wait(30)
    work.cancel()
    assert len(link.deleted) == 1, "and without work there is nothing to cancel"
