"""Queries that share a kept session, one after the other."""

from __future__ import annotations

import time
from typing import Any
from unittest.mock import MagicMock

import pytest

from rvbbit.engine.served import Running, Served
from rvbbit.errors import InUse


def test_cancelling_a_query_does_not_cancel_the_next_one_of_its_session(monkeypatch: pytest.MonkeyPatch) -> None:
    release = Served._release

    def slowly(self: Served, running: Running, session_id: str | None) -> None:
        release(self, running, session_id)
        time.sleep(0.3)  # the session is free, and the query not told to have ended

    def waits(session: Any, running: Running) -> bool:
        return running.stop.wait(10)

    def counts(session: Any, running: Running) -> int:
        session.cancel.reset_mock()
        time.sleep(0.15)
        return int(session.cancel.call_count)

    monkeypatch.setattr(Served, "_release", slowly)
    served = Served(lambda _: MagicMock())
    first = served.start(waits, session_id="kept")
    served.cancel(first.id)
    while True:
        try:
            second = served.start(counts, session_id="kept")
            break
        except InUse:
            time.sleep(0.005)
    assert second.done.result(10) == 0
    assert first.done.result(10) is True
    served.close()
