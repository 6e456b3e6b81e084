"""What a ClickHouse server refuses, in our words: its errors become DatabaseError, StoreUnreachable or DiskFull. It decides nothing.

Of an error in sending, only where it was sent is told: the driver's own text holds what was asked.
"""

from __future__ import annotations

import re

import pyarrow as pa
from clickhouse_connect.driver.exceptions import ClickHouseError, Error

from rvbbit.errors import DatabaseError, DiskFull, StoreUnreachable

REFUSALS: tuple[type[Exception], ...] = (ClickHouseError, pa.ArrowException)
"""Everything that the driver and Arrow raise while a statement runs."""

_FULL = {243, 521}  # NOT_ENOUGH_SPACE, and the device's own word for it
_HINTS = {
    60: "a table of the log is missing; connect again, and it is made",
    81: "the database is gone; connect again, and it is made",
    159: "the server gave up; ask for less, or raise its max_execution_time",
    192: "check the user in RVBBIT_STORE",
    193: "check the password in RVBBIT_STORE",
    194: "check the password in RVBBIT_STORE",
    202: "the server has too much to do at once; try again",
    241: "the server's memory is not enough for it; ask for less, or raise its max_memory_usage",
    516: "check user and password in RVBBIT_STORE",
}
_RIGHTS = {164, 497}
_TEXT = re.compile(r"DB::Exception: (?P<text>.*?)(?: \(version [^)]*\)+)?\s*(?:\(for url [^)]*\))?\s*$", re.DOTALL)


def database_error(error: Exception, doing: str, where: str, database: str) -> DatabaseError:
    """The error of ours for one of the driver's; raise it `from` theirs. `doing` reads after "could not": "write the log"."""
    code = error.code if isinstance(error, Error) else None
    if isinstance(error, ClickHouseError) and code is None:
        return StoreUnreachable(
            f"could not {doing}: no answer from ClickHouse at {where}",
            hint="see that the server runs and RVBBIT_STORE names it; what was acknowledged is kept",
        )
    text = _said(error)
    if code in _FULL:
        return DiskFull(f"could not {doing}: {text}", hint="free some space on the server and run it again; what was acknowledged is kept")
    if code in _RIGHTS:
        return DatabaseError(f"could not {doing}: {text}", hint=f"on the server: GRANT ALL ON {database}.* TO the user of RVBBIT_STORE")
    return DatabaseError(f"could not {doing}: {text}", hint=None if code is None else _HINTS.get(code))


def _said(error: Exception) -> str:
    """The server's own words, their first line."""
    text = str(error).strip()
    found = _TEXT.search(text)
    return ((found["text"] if found else text).splitlines() or ["no reason given"])[0]
