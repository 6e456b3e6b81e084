"""Where the server of a project listens: `.rvbbit/server.json`, locked for as long as the server lives. It opens no socket.

The lock is the truth, not the file: it goes with the process however that ends, so what a killed server left is known to be stale.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from rvbbit.errors import DatabaseLocked

FILE = Path(".rvbbit") / "server.json"


@dataclass(frozen=True, slots=True)
class Address:
    """A server. `url` is where its API is, without a slash at the end; a token is not part of it.

    `folder` is its working directory; `settings` are those it was started with, as people may see them.
    """

    pid: int
    url: str
    folder: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)


class Held:
    """The file of a server that runs. Raises DatabaseLocked where another one has it."""

    def __init__(self, home: Path) -> None:
        self._path = home / FILE
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._locked()
        self._empty()  # of what a server that was killed left

    def write(self, url: str, settings: Mapping[str, str]) -> None:
        """Say where it listens, and with which settings."""
        self._empty()
        json.dump(asdict(Address(os.getpid(), url, str(Path.cwd()), settings)), self._file)
        self._file.flush()

    def release(self) -> None:
        """Take the file away. Safe to call twice."""
        if not self._file.closed:
            self._path.unlink(missing_ok=True)
            self._file.close()

    def _empty(self) -> None:
        self._file.seek(0)
        self._file.truncate()

    def _locked(self) -> IO[str]:
        file = os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            other = _read(file)
            file.close()
            where = f" at {other.url} (process {other.pid})" if other else ""
            raise DatabaseLocked(f"this project has a server already{where}", hint="use that one, or stop it first") from error
        return file


def find(home: Path) -> Address | None:
    """The server that a project has now; None where there is none, or one that is still starting."""
    try:
        with (home / FILE).open("r+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return _read(file)
    except OSError:
        return None
    return None


def _read(file: IO[str]) -> Address | None:
    try:
        file.seek(0)
        said = json.load(file)
        return Address(int(said["pid"]), str(said["url"]), str(said["folder"]), {**said["settings"]})
    except (ValueError, KeyError, TypeError, OSError):
        return None
