"""`kill -9` in the middle of a query: what was acknowledged is in log and cache, and only the rest is asked again."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import Any

from rvbbit.testing import question

ROWS = 1000
CONCURRENCY = 64
QUERY = "SELECT id, text MEANS 'an even number' AS even FROM tickets ORDER BY id"
RIGHT = [(i, i % 2 == 0) for i in range(ROWS)]

CLIENT = f"""
import sys, rvbbit

def listen(event):
    print(getattr(event, "done", 0), flush=True)

with rvbbit.connect(sys.argv[1], model="openai:fake", concurrency={CONCURRENCY}) as db:
    db.sql({QUERY!r}, listen=listen)
"""


def number(body: Any) -> int:
    found = re.search(r"ticket (\d+)<", question(body))
    assert found
    return int(found[1])


def test_kill_9_loses_no_acknowledged_answer_and_asks_none_of_them_again(remote: Any) -> None:
    remote.server.answer = lambda body: number(body) % 2 == 0
    with remote.connect() as db:
        db.sql(f"CREATE TABLE tickets AS SELECT range AS id, 'ticket ' || range AS text FROM range({ROWS})")
    remote.server.latency = 0.1
    client = subprocess.Popen([sys.executable, "-c", CLIENT, remote.home], stdout=subprocess.PIPE, text=True)
    while remote.server.calls < ROWS // 2 + CONCURRENCY and client.poll() is None:
        time.sleep(0.005)
    os.kill(client.pid, signal.SIGKILL)
    said = [int(line) for line in client.communicate()[0].split()]
    assert client.returncode == -signal.SIGKILL, "it was killed in the middle, not done"

    asked = Counter(number(body) for body in remote.server.requests)
    assert ROWS // 2 <= sum(asked.values()) < ROWS
    remote.server.reset()
    with remote.connect(concurrency=CONCURRENCY) as db:
        logged = db.sql("SELECT arguments ->> 'text', answer::BOOLEAN FROM rvbbit.unified_logs WHERE error IS NULL").fetchall()
        kept = {int(text.split()[1]): answer for text, answer in logged}
        assert len(logged) == len(kept), "no answer is logged twice"
        assert max(said) <= len(kept), "whatever it had told of was on disk"
        assert len(kept) >= ROWS // 2 - 2 * CONCURRENCY
        assert kept.items() <= dict(RIGHT).items()
        assert kept.keys() <= asked.keys()

        result = db.sql(QUERY)
        assert result.fetchall() == RIGHT
        assert (result.usage.cached, result.usage.calls) == (len(kept), ROWS - len(kept))
    again = {number(body) for body in remote.server.requests}
    assert remote.server.calls == len(again) == ROWS - len(kept)
    assert again.isdisjoint(kept)
    # Asked twice: at most what was in flight, and what was answered but still on its way to the disk.
    assert sum(asked.values()) + remote.server.calls <= ROWS + 2 * CONCURRENCY
