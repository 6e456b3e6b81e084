"""What DuckDB refuses, in our words: its errors become DatabaseError, DatabaseLocked or DiskFull. It never decides what happens next."""

from __future__ import annotations

import re

import duckdb
import pyarrow as pa

from rvbbit.errors import DatabaseError, DatabaseLocked, DiskFull

REFUSALS: tuple[type[Exception], ...] = (duckdb.Error, pa.ArrowException)
"""Everything that DuckDB and Arrow raise while a statement runs."""

_LOCKED = re.compile(r'Could not set lock on file "(?P<file>[^"]+)"(?:.*?\(PID (?P<pid>\d+)\))?', re.DOTALL)
_FULL = re.compile(r"No space left on device|File too large|Disk quota exceeded|max_temp_directory_size", re.IGNORECASE)
_INVALID = re.compile(r"has been invalidated", re.IGNORECASE)  # DuckDB serves nothing more of a file whose checkpoint failed
_READ_ONLY = re.compile(r"read-only", re.IGNORECASE)
_CLOSED = re.compile(r"Connection (already closed|has already been closed|Error)", re.IGNORECASE)


def database_error(error: Exception, doing: str) -> DatabaseError:
    """The error of ours for one of DuckDB's; raise it `from` theirs. `doing` reads after "could not": "write the log"."""
    text = str(error).strip()
    if locked := _LOCKED.search(text):
        holder = f" by process {locked['pid']}" if locked["pid"] else ""
        return DatabaseLocked(
            f"could not {doing}: {locked['file']} is held{holder}",
            hint="stop that process, or send your statements to it if it is `rvbbit serve`",
        )
    if _FULL.search(text):
        then = "start RVBBIT again" if _INVALID.search(text) else "run it again"
        return DiskFull(f"could not {doing}: {_first_line(text)}", hint=f"free some space and {then}; what was acknowledged is kept")
    return DatabaseError(f"could not {doing}: {_first_line(text)}", hint=_hint(text))


def _hint(text: str) -> str | None:
    if _READ_ONLY.search(text):
        return "the store is open read-only; give RVBBIT_STORE a file that may be written"
    if _CLOSED.search(text):
        return "the store was closed; connect again"
    return None


def _first_line(text: str) -> str:
    return text.splitlines()[0] if text else "no reason given"
