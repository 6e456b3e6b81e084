"""`db.cascade_files`: the YAML of cascades, checked and written. A file that would not work never takes the place of one that does."""

from __future__ import annotations

import json
import os
import re
import threading
import uuid
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from rvbbit.cascades.catalog import BUILTIN, ENDING, Catalog
from rvbbit.cascades.loader import Cascade, Loaded, invalid, load_text
from rvbbit.cascades.testcases import named
from rvbbit.errors import CascadeInvalid, CascadeNotFound, DatabaseError, InUse, UsageError
from rvbbit.types import Operator, Value

__all__ = ["BACKUP", "BUILTIN", "CascadeFile", "CascadeFiles", "Checked", "FileCase", "FileProblem", "schema"]

BACKUP = ".bak"
_SCHEMA = BUILTIN.parent / "cascade.schema.json"
_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


@dataclass(frozen=True, slots=True)
class FileProblem:
    """Something wrong in a file's text. `line` and `column` count from 1; `column` is where what stands on that line begins."""

    line: int
    column: int
    key: str
    message: str


@dataclass(frozen=True, slots=True)
class FileCase:
    """A test case of a file: its arguments as a line, and what is expected."""

    case: str
    expected: Value


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found in a text: the id and operator it has, as far as they can be known, and everything that is wrong.

    `cases` are the test cases of one in which nothing is.
    """

    cascade_id: str | None
    operator: Operator | None
    problems: tuple[FileProblem, ...]
    cases: tuple[FileCase, ...]


@dataclass(frozen=True, slots=True)
class CascadeFile:
    """A file as it is kept, broken or not. `fingerprint` is "" where it is broken; `backup` is what it was before the last save."""

    cascade_id: str
    description: str
    cells: tuple[str, ...]
    operator: str | None
    origin: str
    builtin: bool
    fingerprint: str
    yaml: str
    problems: tuple[FileProblem, ...]
    backup: str | None


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of cascade files."""
    found: dict[str, Any] = json.loads(_SCHEMA.read_text("utf-8"))
    return found


class CascadeFiles:
    """The files of a project's folder `cascades/`. Any thread."""

    def __init__(self, home: Path, catalog: Catalog) -> None:
        self._folder = home / "cascades"
        self._home = home
        self._catalog = catalog
        self._writing = threading.Lock()

    def is_builtin(self, one: Cascade | Operator) -> bool:
        """Whether it is the package's own."""
        return one.origin.startswith(str(BUILTIN))

    def cells(self, operator: Operator) -> tuple[str, ...]:
        """The names of an operator's cells; none where its file is broken."""
        try:
            return tuple(cell.name for cell in self._catalog.named(operator.cascade_id).spec.cells)
        except CascadeInvalid:
            return ()

    def shown(self, name: str) -> CascadeFile:
        """A cascade's file by its id or its operator's name, broken or not, as it is kept. Raises CascadeNotFound, CascadeInvalid."""
        try:
            cascade = self._catalog.named(name)
        except (CascadeInvalid, CascadeNotFound):
            path = self._path(name) if _ID.fullmatch(name) else None
            if path is None or not path.is_file():
                raise
            return self._broken(name, path)
        operator = None if cascade.operator is None else cascade.operator.name
        cells, description = tuple(cell.name for cell in cascade.spec.cells), cascade.spec.description
        builtin = self.is_builtin(cascade)
        backup = None if builtin else _backup(self._path(cascade.id))
        return CascadeFile(cascade.id, description, cells, operator, cascade.origin, builtin, cascade.fingerprint, cascade.yaml, (), backup)

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

    def save(self, cascade_id: str, text: str, *, fingerprint: str | None = None) -> CascadeFile:
        """Write a cascade's file; what it was before is kept beside it, as `….bak`. Raises UsageError, CascadeInvalid, DatabaseError.

        `fingerprint` is that of the file which was read before it was edited: InUse where somebody else has written it meanwhile.
        """
        if not _ID.fullmatch(cascade_id):
            raise UsageError(
                f"{cascade_id!r} cannot be a cascade's id", hint="letters, digits and _ . -, at most 100, not starting with . or -"
            )
        with self._writing:
            if fingerprint is not None and fingerprint != self._fingerprint(cascade_id):
                raise InUse(
                    f"{cascade_id} was changed by somebody else meanwhile",
                    hint="copy your text, open it again and put the two together; nothing was saved",
                )
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
        return self.shown(cascade_id)

    def _fingerprint(self, cascade_id: str) -> str:
        try:
            return self._catalog.named(cascade_id).fingerprint
        except (CascadeInvalid, CascadeNotFound):
            return ""

    def _broken(self, cascade_id: str, path: Path) -> CascadeFile:
        text = path.read_text("utf-8", "replace")
        checked = _checked(self._tried(path, text), text)
        origin = path.relative_to(self._home).as_posix()
        operator = None if checked.operator is None else checked.operator.name
        return CascadeFile(cascade_id, "", (), operator, origin, False, "", text, checked.problems, _backup(path))

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


def _backup(path: Path) -> str | None:
    """What a file was before the last save; None where it was never saved over."""
    kept = path.with_name(path.name + BACKUP)
    try:
        return kept.read_text("utf-8", "replace")
    except OSError:
        return None


def _checked(loaded: Loaded, text: str) -> Checked:
    lines = text.splitlines()
    function = None if loaded.cascade is None else loaded.cascade.spec.sql_function
    return Checked(
        loaded.id,
        loaded.operator,
        tuple(_problem(one, loaded.origin, lines) for one in loaded.problems),
        tuple(FileCase(named(case), case.expect) for case in (function.test_cases if function else ())),
    )


def _problem(problem: str, origin: str, lines: list[str]) -> FileProblem:
    """`file:line: key: what is wrong`, taken apart."""
    number, _, rest = problem.removeprefix(f"{origin}:").partition(": ")
    key, _, message = rest.partition(": ")
    line = int(number) if number.isdigit() else 1
    there = lines[line - 1] if 0 < line <= len(lines) else ""
    return FileProblem(line, len(there) - len(there.lstrip()) + 1, key, message or rest)
