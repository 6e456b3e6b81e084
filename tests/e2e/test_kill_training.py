"""`kill -9` of a server in the middle of an import and of marking by filter, and of a free backfill; then the same again, to its end.

On a file, and on ClickHouse (chdb behind a shim), where the server is killed and the database lives on.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

import rvbbit
from support.serving import Serving

ROWS = 12_000
BACKFILL = """
import sys, rvbbit

with rvbbit.connect(sys.argv[1]) as db:
    db.score(free=True, listen=lambda event: print(getattr(event, "done", 0), flush=True))
"""


@pytest.fixture(params=["duckdb", "clickhouse"])
def home(request: pytest.FixtureRequest, rvbbit_command: Any) -> Path:
    """A project whose server scores nothing by itself."""
    settings = "scoring = 'off'\n"
    if request.param == "clickhouse":
        settings += f"store = '{request.getfixturevalue('clickhouse_url')}'\n"
    home: Path = rvbbit_command.home
    (home / "rvbbit.toml").write_text(settings)
    return home


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "logs.jsonl"
    lines = ({"id": n, "prompt": f"question {n} of {'many ' * 20}", "response": f"answer {n}"} for n in range(ROWS))
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


def counted(db: rvbbit.Database, table: str, *columns: str) -> list[tuple[Any, ...]]:
    return db.sql(f"SELECT {', '.join(columns)} FROM rvbbit.{table}").fetchall()


def settled(db: rvbbit.Database) -> tuple[Counter[str], int]:
    """Decisions of each batch, and how many are marked: a server of its own may still be at what it was sent last."""
    while True:
        batches = Counter(batch for (batch,) in counted(db, "training_annotations", "batch"))
        marked = db.training.examples(trainable=True, limit=1).total
        if batches == Counter(batch for (batch,) in counted(db, "training_annotations", "batch")):
            return batches, marked


def test_an_import_over_http_that_was_killed_is_resumed_by_sending_it_again(home: Path, file: Path) -> None:
    with Serving(home) as server:
        events = 0
        with (
            pytest.raises(httpx.TransportError),
            server.http.stream(
                "POST", "/api/training/import", content=file.read_bytes(), headers={"Accept": "application/x-ndjson"}
            ) as sent,
        ):
            for _ in sent.iter_lines():
                events += 1
                if events == 3:
                    os.kill(server.process.pid, signal.SIGKILL)
        assert server.process.wait() == -signal.SIGKILL
    with Serving(home) as server:
        landed = server.http.get("/api/training/stats").json()["total"]["executions"]
        assert 0 < landed < ROWS, "it was killed in the middle, not done"
        again = server.http.post("/api/training/import", content=file.read_bytes()).json()
        assert (again["added"], again["known"], again["rejected"]) == (ROWS - landed, landed, 0)
        assert server.http.post("/api/training/import", content=file.read_bytes()).json()["added"] == 0
    with rvbbit.connect(home) as db:
        assert counted(db, "unified_logs", "count(*)", "count(DISTINCT trace_id)") == [(ROWS, ROWS)]


def test_marks_by_filter_over_http_are_whole_or_absent_after_kill_9(home: Path, file: Path) -> None:
    acknowledged = []
    with rvbbit.connect(home) as db:
        db.training.import_(file)
    with Serving(home) as server:
        while True:
            if len(acknowledged) == 3:  # while the next one is under way
                threading.Timer(0.1, server.process.kill).start()
            try:
                said = server.post("/api/training/mark-trainable", filter={}, trainable=len(acknowledged) % 2 == 0)
            except httpx.TransportError:
                break
            acknowledged.append(said.json()["undo"])
        assert server.process.wait() == -signal.SIGKILL
    with rvbbit.connect(home) as db:
        batches, marked = settled(db)
        assert set(batches.values()) == {ROWS} and set(acknowledged) <= set(batches)
        assert len(batches) <= len(acknowledged) + 1
        assert marked == (ROWS if len(batches) % 2 else 0)
        assert db.training.undo(acknowledged[-1]).updated in (0, ROWS)


def test_a_free_backfill_that_was_killed_goes_on_where_it_was(home: Path, file: Path, rvbbit_command: Any) -> None:
    with rvbbit.connect(home) as db:
        db.training.import_(file)
    with subprocess.Popen([sys.executable, "-c", BACKFILL, home], stdout=subprocess.PIPE, text=True) as backfill:
        assert backfill.stdout is not None
        while int(next(backfill.stdout)) < ROWS // 2:
            pass
        backfill.kill()
    assert backfill.returncode == -signal.SIGKILL
    with rvbbit.connect(home) as db:
        kept = counted(db, "scores", "count(*)", "count(DISTINCT (trace_id, scorer))")[0]
        scored = db.training.examples(scored=True, limit=1).total
        assert kept[0] == kept[1] and 0 < scored < ROWS, "it was killed in the middle"
    rvbbit_command.ok("score", "--backfill", "--free")
    with rvbbit.connect(home) as db:
        scorers = counted(db, "scores", "scorer", "trace_id")
        assert len(scorers) == len(set(scorers)), "nothing is scored twice"
        assert db.training.examples(scored=True, limit=1).total == ROWS
        assert db.unscored(free=True).executions == 0
