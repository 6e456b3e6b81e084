"""Scoring as a user lives it: `kill -9` in the middle of a backfill and of a server's worker; takes that feed agreement."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from rvbbit.engine import Database

ROWS = 700
BATCH = 128  # executions that are judged before their scores are written: what a kill may lose
MARKS = {"clarity": 1.0, "correctness": 0.5, "completeness": 1.0, "format": 1.0, "reason": "r"}
LONG = 120.0

BACKFILL = """
import sys, rvbbit

with rvbbit.connect(sys.argv[1], model="openai:fake") as db:
    db.score()
"""

WORKER = """
import sys, rvbbit

with rvbbit.connect(sys.argv[1], model="openai:fake") as db:
    db.worker.start()
    db.worker.settled(600)
"""

TAKES = """cascade_id: capital
sql_function: {name: capital, operators: ["CAPITAL({{ land }})"], args: [{name: land}], returns: VARCHAR}
cells: [{name: say, instructions: "The capital of {{ input.land }}?", takes: {n: 4}, output_schema: {type: string}}]
"""


def imported(remote: Any, rows: int = ROWS) -> None:
    file: Path = remote.home / "logs.jsonl"
    file.write_text("".join(json.dumps({"id": n, "prompt": f"question {n}", "response": f"answer {n}"}) + "\n" for n in range(rows)))
    (remote.home / "rvbbit.toml").write_text('[prices]\n"openai:fake" = {input = 0.1, output = 0.1}\n')
    with remote.connect() as db:
        db.training.import_(file)


def counts(db: Database) -> dict[str, tuple[int, int]]:
    """scorer → (scores, executions that have one)"""
    rows = db.sql("SELECT scorer, count(*), count(DISTINCT trace_id) FROM rvbbit.scores GROUP BY scorer").fetchall()
    return {scorer: (number, executions) for scorer, number, executions in rows}


@pytest.mark.parametrize("program", [BACKFILL, WORKER], ids=["backfill", "worker"])
def test_kill_9_in_the_middle_of_scoring_is_resumed_nothing_lost_and_nothing_twice(remote: Any, program: str) -> None:
    remote.server.answer = lambda body: MARKS
    imported(remote)
    remote.server.latency = 0.02
    client = subprocess.Popen([sys.executable, "-c", program, remote.home])
    until = time.monotonic() + LONG
    while remote.server.calls < ROWS // 2 and client.poll() is None and time.monotonic() < until:
        time.sleep(0.005)
    os.kill(client.pid, signal.SIGKILL)
    client.wait()
    assert client.returncode == -signal.SIGKILL, "it was killed in the middle, not done"

    asked = remote.server.calls
    remote.server.latency = 0.0
    with remote.connect() as db:
        kept = counts(db)
        assert kept["confidence"] == kept["judge"] == kept["rules"]
        assert asked - BATCH <= kept["judge"][0] < ROWS, "what was judged is on disk, but for one batch"
        left = db.unscored().executions
        assert left == ROWS - kept["confidence"][0]
        assert db.score().executions == left
        assert counts(db) == dict.fromkeys(("confidence", "judge", "rules"), (ROWS, ROWS))
        assert db.unscored().executions == 0
    assert remote.server.calls == asked + left, "what was on disk is not asked again"


def test_a_request_outlives_kill_9(remote: Any) -> None:
    remote.server.answer = lambda body: MARKS
    imported(remote, 3)
    ask = "import os, sys, rvbbit; db = rvbbit.connect(sys.argv[1]); db.assess(filter={}); os.kill(os.getpid(), 9)"
    assert subprocess.run([sys.executable, "-c", ask, remote.home], check=False).returncode == -signal.SIGKILL
    (remote.home / "rvbbit.toml").write_text("scoring = 'off'\n[prices]\n\"openai:fake\" = {input = 0.1, output = 0.1}\n")
    with remote.connect() as db:
        db.worker.start()
        assert db.worker.settled(LONG)
        assert counts(db)["confidence"] == (3, 3)


def test_takes_agree_or_do_not_and_the_confidence_shows_it(remote: Any) -> None:
    remote.cascade("capital", TAKES)
    said = iter(["Bern", "Bern", "Bern", "Zurich"])
    remote.server.answer = lambda body: next(said) if "Switzerland" in str(body) else "Paris"
    with remote.connect() as db:
        db.sql("SELECT CAPITAL(land) FROM (VALUES ('Switzerland'), ('France')) lands(land)").fetchall()
        db.score(free=True)
        reasons = """SELECT log.arguments ->> 'land', answer ->> '$', score.value FROM rvbbit.unified_logs log
            JOIN rvbbit.scores score USING (trace_id) WHERE scorer = 'repetition' ORDER BY ALL"""
        bern, zurich = ("Switzerland", "Bern", pytest.approx(2 / 3)), ("Switzerland", "Zurich", 0.0)
        assert db.sql(reasons).fetchall() == [*[("France", "Paris", 1.0)] * 4, *[bern] * 3, zurich]
        held = {(str(row.inputs["land"]), row.answer): row.confidence for row in db.training.examples().rows}
    assert held[("France", "Paris")] == 1.0 > held[("Switzerland", "Bern")] > held[("Switzerland", "Zurich")] == 0.0  # type: ignore[operator]
