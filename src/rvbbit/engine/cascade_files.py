"""`db.cascade_files`: the YAML of cascades, checked and written. A file that would not work never takes the place of one that does."""

from __future__ import annotations

import os
import re
import threading
import uuid
from dataclasses import dataclass
from pathlib import Path

from rvbbit.cascades.catalog import BUILTIN, ENDING, Catalog
from rvbbit.cascades.loader import Cascade, Loaded, invalid, load_text
from rvbbit.errors import DatabaseError, UsageError

__all__ = ["BACKUP", "BUILTIN", "CascadeFiles", "Checked", "FileProblem"]

BACKUP = ".bak"
_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


@dataclass(frozen=True, slots=True)
class FileProblem:
    """Something wrong in a file's text. `line` and `column` count from 1; `column` is where what stands on that line begins."""

    line: int
    column: int
    key: str
    message: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found in a text: the id and operator it has, as far as they can be known, and everything that is wrong."""

    cascade_id: str | None
    operator: str | None
    problems: tuple[FileProblem, ...]


class CascadeFiles:
    """The files of a project's folder `cascades/`. Any thread."""

    def __init__(self, home: Path, catalog: Catalog) -> None:
        self._folder = home / "cascades"
        self._home = home
        self._catalog = catalog
        self._writing = threading.Lock()

    def is_builtin(self, cascade: Cascade) -> bool:
        """Whether it is the package's own."""
        return cascade.origin.startswith(str(BUILTIN))

    def named(self, name: str) -> Cascade:
        """A cascade by id or operator name, never by a path. Raises CascadeNotFound, CascadeInvalid."""
        return self._catalog.named(name)

    def read(self, text: str) -> Cascade:
        """The cascade of a text, by itself: to be run and not kept. Raises CascadeInvalid."""
        return load_text(text, "the file").require()

    def check(self, text: str) -> Checked:
        """Everything that is wrong with a text, also beside the project's other files. Nothing is written."""
        loaded = self._tried(self._folder / f"{uuid.uuid4().hex}{ENDING}", text)
        if loaded.id is not None and _ID.fullmatch(loaded.id):  # as if it were saved: it takes the place of a file of its id
            loaded = self._tried(self._path(loaded.id), text)
        return _checked(loaded, text)

    def save(self, cascade_id: str, text: str) -> Cascade:
        """Write a cascade's file; what it was before is kept beside it, as `….bak`. Raises UsageError, CascadeInvalid, DatabaseError."""
        if not _ID.fullmatch(cascade_id):
            raise UsageError(
                f"{cascade_id!r} cannot be a cascade's id", hint="letters, digits and _ . -, at most 100, not starting with . or -"
            )
        with self._writing:
            path = self._path(cascade_id)
            loaded = self._tried(path, text)
            if loaded.id is not None and loaded.id != cascade_id:
                raise UsageError(f"the file says cascade_id {loaded.id!r}, not {cascade_id!r}", hint="make the two the same")
            if loaded.cascade is None:
                raise invalid(loaded.problems)
            try:
                self._replace(path, text)
            except OSError as error:
                raise DatabaseError(
                    f"cannot write {path.name}: {error.strerror}", hint="check the folder cascades/ and the disk"
                ) from error
        return self._catalog.named(cascade_id)

    def _tried(self, path: Path, text: str) -> Loaded:
        return self._catalog.trial(path, text)

    def _path(self, cascade_id: str) -> Path:
        """The project's file of that id, wherever below `cascades/` it is; else where a new one goes."""
        return self._catalog.file_of(cascade_id) or self._folder / f"{cascade_id}{ENDING}"

    def _replace(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        try:
            with part.open("w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            if path.is_file():
                path.with_name(path.name + BACKUP).write_bytes(path.read_bytes())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def _checked(loaded: Loaded, text: str) -> Checked:
    lines = text.splitlines()
    return Checked(
        loaded.id,
        None if loaded.operator is None else loaded.operator.name,
        tuple(_problem(one, loaded.origin, lines) for one in loaded.problems),
    )


def _problem(problem: str, origin: str, lines: list[str]) -> FileProblem:
    """`file:line: key: what is wrong`, taken apart."""
    number, _, rest = problem.removeprefix(f"{origin}:").partition(": ")
    key, _, message = rest.partition(": ")
    line = int(number) if number.isdigit() else 1
    there = lines[line - 1] if 0 < line <= len(lines) else ""
    return FileProblem(line, len(there) - len(there.lstrip()) + 1, key, message or rest)
