"""The app of one project in memory, asked without a socket; its executions came in as a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import rvbbit
from rvbbit.engine import Database
from rvbbit.http.app import app
from rvbbit.http.face import Face

ROWS = 25
BASE = "http://127.0.0.1:5050"


def logged(number: int) -> bytes:
    """So many executions as JSON Lines, a minute apart."""
    rows = (
        {
            "id": n,
            "prompt": f"question {n}",
            "response": f"answer {n % 3}",
            "model": "a:one" if n % 2 else "b:two",
            "created_at": f"2026-01-01T00:{n % 60:02}:00Z",
        }
        for n in range(number)
    )
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Shared by a file's tests."""
    home: Path = tmp_path_factory.mktemp("project")
    (home / "rvbbit.toml").write_text('scoring = "off"\n')
    with rvbbit.connect(home, store=":memory:", database=":memory:") as db:
        yield db


@pytest.fixture(scope="module")
def face(db: Database) -> Iterator[Face]:
    face = Face.of(db)
    yield face
    face.close()


@pytest.fixture(scope="module")
def http(face: Face) -> Iterator[TestClient]:
    """Asks the app as a client on this machine does; a bug is its 500, as a client would see it."""
    with TestClient(app(face), base_url=BASE, raise_server_exceptions=False) as http:
        yield http


@pytest.fixture(scope="module")
def ids(http: TestClient) -> list[str]:
    """The executions there are, oldest first."""
    added = http.post("/api/training/import", content=logged(ROWS), params={"format": "jsonl"})
    assert added.json()["added"] == ROWS, added.text
    rows: list[dict[str, Any]] = http.get("/api/training/examples", params={"order": "asc"}).json()["examples"]
    return [row["trace_id"] for row in rows]
