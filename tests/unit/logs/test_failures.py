"""DuckDB's refusals in our words: real ones, made here."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from rvbbit.errors import DatabaseError, DatabaseLocked, DiskFull
from rvbbit.logs.duckdb import Store
from rvbbit.logs.duckdb.failures import database_error
from rvbbit.logs.schema import QueryRecord

_HOLD = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


def test_a_locked_file_is_named_with_the_process_that_holds_it(tmp_path: Path) -> None:
    place = tmp_path / "store.duckdb"
    with subprocess.Popen([sys.executable, "-c", _HOLD, str(place)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(duckdb.Error) as refused:
            duckdb.connect(str(place))
        error = database_error(refused.value, "open the store")
        holder.communicate("")
    assert isinstance(error, DatabaseLocked)
    assert str(place) in error.message
    assert f"process {holder.pid}" in error.message
    assert error.hint


@pytest.mark.parametrize("reason", ["No space left on device", "File too large", "Disk quota exceeded"])
def test_a_disk_without_room_is_disk_full(reason: str) -> None:
    error = database_error(duckdb.IOException(f'IO Error: Could not write file "x.wal": {reason}'), "write to unified_logs")
    assert isinstance(error, DiskFull)
    assert error.message.startswith("could not write to unified_logs: ")
    assert "run it again" in (error.hint or "")


def test_after_a_failed_checkpoint_only_a_restart_helps() -> None:
    text = (
        'Database "rvbbit" has been invalidated because checkpointing failed. Original error: Could not write file: No space left on device'
    )
    error = database_error(duckdb.IOException(text), "write to unified_logs")
    assert isinstance(error, DiskFull)
    assert "start RVBBIT again" in (error.hint or "")


def test_a_read_only_store_says_so(tmp_path: Path) -> None:
    place = str(tmp_path / "store.duckdb")
    first = duckdb.connect()
    first.execute(f"ATTACH '{place}' AS rvbbit")
    Store(first).close()
    first.close()
    again = duckdb.connect()
    again.execute(f"ATTACH '{place}' AS rvbbit (READ_ONLY)")
    with pytest.raises(DatabaseError, match="read-only") as raised:
        Store(again)
    assert not isinstance(raised.value, DiskFull)
    assert "RVBBIT_STORE" in (raised.value.hint or "")
    again.close()


def test_a_store_without_its_catalog_is_refused_by_name() -> None:
    connection = duckdb.connect()
    with pytest.raises(DatabaseError, match=r"could not open the store: .*rvbbit"):
        Store(connection)
    connection.close()


_FILL_UNTIL_REFUSED = """
import asyncio, os, resource, signal, sys
from datetime import UTC, datetime
import duckdb
from rvbbit.errors import DiskFull
from rvbbit.logs.duckdb import Store
from rvbbit.types import CallRecord

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
connection = duckdb.connect()
connection.execute(f"ATTACH '{sys.argv[1]}' AS rvbbit")
store = Store(connection)

def call(name):
    return CallRecord(name, datetime.now(UTC), "s", "c", "n", "llm", {"text": "x" * 20_000}, "f", "g")

async def main():
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
    for number in range(10_000):
        try:
            await store.append(call(f"before {number}"))
        except DiskFull as error:
            print(number, error.message, flush=True)
            break
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await store.append(call("after"))
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


def test_a_full_disk_refuses_loses_nothing_acknowledged_and_goes_on_once_there_is_room(tmp_path: Path) -> None:
    place = str(tmp_path / "store.duckdb")
    ended = subprocess.run([sys.executable, "-c", _FILL_UNTIL_REFUSED, place], capture_output=True, text=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    acknowledged, _, message = ended.stdout.partition(" ")
    assert message.startswith("could not write to unified_logs")
    connection = duckdb.connect()
    connection.execute(f"ATTACH '{place}' AS rvbbit")
    kept = {trace_id for (trace_id,) in connection.execute("SELECT trace_id FROM rvbbit.unified_logs").fetchall()}
    assert kept == {"after", *(f"before {number}" for number in range(int(acknowledged)))}
    connection.close()


def test_a_closed_store_says_connect_again(tmp_path: Path) -> None:
    connection = duckdb.connect()
    connection.execute("ATTACH ':memory:' AS rvbbit")
    store = Store(connection)
    store.close()
    with pytest.raises(DatabaseError) as raised:
        store.record_query(QueryRecord("q", "s", datetime(2026, 1, 1, tzinfo=UTC), "SELECT 1"))
    assert raised.value.hint == "the store was closed; connect again"
    connection.close()
