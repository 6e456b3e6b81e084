"""A project with twenty tickets whose model says yes to everything, for the tests that want no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import rvbbit
from rvbbit.engine import Database
from rvbbit.testing import FakeServer

TICKETS = "CREATE TABLE tickets AS SELECT i AS id, 'ticket ' || (i % 5) AS text, i AS amount FROM range(20) r(i)"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    with FakeServer(answer=lambda body: True) as fake:
        monkeypatch.setenv("OPENAI_BASE_URL", fake.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        yield fake


@pytest.fixture
def db(server: FakeServer, tmp_path: Path) -> Iterator[Database]:
    with rvbbit.connect(tmp_path, store=":memory:", database=":memory:", model="openai:fake") as opened:
        opened.sql(TICKETS)
        yield opened
