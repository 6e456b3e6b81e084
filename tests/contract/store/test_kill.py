"""`kill -9` where there is a file to come back to: everything acknowledged is there, once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from rvbbit.logs.duckdb import Store
from support.store import columns, connect

TESTS = Path(__file__).parents[2]
_APPEND_UNTIL_KILLED = """
import asyncio, sys
sys.path.insert(0, sys.argv[1])
from rvbbit.logs.duckdb import Store
from support.store import call, connect

async def main():
    store = Store(connect(sys.argv[2]))
    async def one(number):
        await store.append(call(f"t{number}", cache_key=f"k{number}", answer=number))
        print(number, flush=True)
    for start in range(0, 1_000_000, 200):
        await asyncio.gather(*(one(number) for number in range(start, start + 200)))

asyncio.run(main())
"""


async def test_everything_acknowledged_is_there_once_after_kill_9(tmp_path: Path) -> None:
    place = tmp_path / "store.duckdb"
    command = [sys.executable, "-c", _APPEND_UNTIL_KILLED, str(TESTS), str(place)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        acknowledged = [int(next(writer.stdout)) for _ in range(1_050)]
        os.kill(writer.pid, signal.SIGKILL)
        acknowledged += [int(line) for line in writer.stdout if line.endswith("\n")]
    assert writer.returncode == -signal.SIGKILL

    connection = connect(str(place))
    store = Store(connection)
    answers = await store.answers([f"k{number}" for number in acknowledged])
    assert answers == {f"k{number}": number for number in acknowledged}
    (row,) = columns(connection, "SELECT count(*) AS n, count(DISTINCT trace_id) AS ids FROM rvbbit.unified_logs")
    assert row["n"] == row["ids"]
    store.close()
    connection.close()
