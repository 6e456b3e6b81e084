"""Vectors remembered by the content they stand for: a bounded memory, and a file that outlives the process if asked for; never embeds.

A cache, so nothing depends on it: a file that cannot be used is reported once and done without. SQLite keeps the file whole across
`kill -9` and lets two processes share it. Used from one thread, the embedder's.
"""

from __future__ import annotations

import logging
import sqlite3
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

logger = logging.getLogger(__name__)

MEMORY_BYTES = 256_000_000
FILE_BYTES = 1_000_000_000
BUSY_SECONDS = 2.0
ASKED_AT_ONCE = 500  # well under the number of `?` that any SQLite takes
SCHEMA = "CREATE TABLE IF NOT EXISTS vectors (place INTEGER PRIMARY KEY, key BLOB UNIQUE NOT NULL, tokens INTEGER, vector BLOB NOT NULL)"


class Vector(NamedTuple):
    """float32 bytes of one row, and the tokens the text was read as."""

    data: bytes
    tokens: int


class Vectors:
    """Content key → vector, the longest unused forgotten first. With a `directory`, kept in `vectors.sqlite` there as well."""

    def __init__(self, directory: Path | None = None, *, memory_bytes: int = MEMORY_BYTES, file_bytes: int = FILE_BYTES) -> None:
        self._directory = directory
        self._memory_bytes = memory_bytes
        self._file_bytes = file_bytes
        self._held = 0
        self._rows: OrderedDict[bytes, Vector] = OrderedDict()
        self._file: sqlite3.Connection | None = None

    def get(self, keys: Iterable[bytes]) -> dict[bytes, Vector]:
        """Those of the keys that are known."""
        known: dict[bytes, Vector] = {}
        unknown: list[bytes] = []
        for key in keys:
            row = self._rows.get(key)
            if row is None:
                unknown.append(key)
            else:
                self._rows.move_to_end(key)
                known[key] = row
        found = self._read(unknown)
        self._remember(found)
        return known | found

    def put(self, rows: Mapping[bytes, Vector]) -> None:
        """Remember; what is known already stays as it is."""
        self._remember(rows)
        self._write(rows)

    def close(self) -> None:
        """Give the file back. Safe to call twice."""
        if self._file is not None:
            self._file.close()
        self._file = None
        self._directory = None

    def _remember(self, rows: Mapping[bytes, Vector]) -> None:
        for key, row in rows.items():
            if key not in self._rows:
                self._rows[key] = row
                self._held += len(row.data)
        while self._held > self._memory_bytes and self._rows:
            self._held -= len(self._rows.popitem(last=False)[1].data)

    def _open(self) -> sqlite3.Connection | None:
        if self._file is None and self._directory is not None:
            try:
                self._directory.mkdir(parents=True, exist_ok=True)
                path = self._directory / "vectors.sqlite"
                # Not bound to the thread that opens it: the embedder's thread uses it, and whoever waited for that thread's end closes it.
                self._file = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
                self._file.execute("PRAGMA journal_mode=WAL")
                self._file.execute("PRAGMA synchronous=NORMAL")
                self._file.execute(SCHEMA)
            except (OSError, sqlite3.Error) as error:
                self._do_without(error)
        return self._file

    def _read(self, keys: list[bytes]) -> dict[bytes, Vector]:
        file = self._open() if keys else None
        found: dict[bytes, Vector] = {}
        if file is None:
            return found
        try:
            for start in range(0, len(keys), ASKED_AT_ONCE):
                some = keys[start : start + ASKED_AT_ONCE]
                marks = ",".join("?" * len(some))
                rows = file.execute(f"SELECT key, vector, tokens FROM vectors WHERE key IN ({marks})", some)
                found.update((key, Vector(data, tokens)) for key, data, tokens in rows)
        except sqlite3.Error as error:
            self._do_without(error)
        return found

    def _write(self, rows: Mapping[bytes, Vector]) -> None:
        file = self._open() if rows else None
        if file is None:
            return
        room = self._file_bytes // len(next(iter(rows.values())).data)
        try:
            file.execute("BEGIN IMMEDIATE")
            insert = "INSERT OR IGNORE INTO vectors (key, vector, tokens) VALUES (?, ?, ?)"
            file.executemany(insert, [(key, row.data, row.tokens) for key, row in rows.items()])
            file.execute("DELETE FROM vectors WHERE place <= (SELECT max(place) FROM vectors) - ?", (room,))
            file.execute("COMMIT")
        except sqlite3.Error as error:
            self._do_without(error)

    def _do_without(self, error: Exception) -> None:
        """A broken, full, read-only or long locked file costs time, not answers."""
        logger.warning("The file of remembered vectors in %s cannot be used (%s); texts are embedded again.", self._directory, error)
        self.close()
