"""The cascades there are now: the package's, then the project's, which override by id. A changed file counts from the next call on.

It keeps one snapshot and makes a new one only when a file's stamp changed; only changed files are parsed. A file that is broken, or that
cannot be told from another, is listed in `problems()` and raises when it is used, and only then. Thread-safe.
"""

from __future__ import annotations

import os
import pathlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rvbbit.cascades import patterns, yamltext
from rvbbit.cascades.inputs import nearest
from rvbbit.cascades.loader import Cascade, Loaded, invalid, load_file, load_text
from rvbbit.errors import CascadeInvalid, CascadeNotFound
from rvbbit.types import Operator

BUILTIN = pathlib.Path(__file__).parent / "builtin"
ENDING = ".cascade.yaml"

Stamp = tuple[int, int, int, int]
"""Size, modification and status-change time, inode: what changes when a file does."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All files as of one moment. A name leads to a Loaded that is good or says what is wrong."""

    by_id: Mapping[str, Loaded]
    by_name: Mapping[str, Loaded]
    operators: tuple[Operator, ...]
    problems: tuple[str, ...]
    callable: Mapping[str, Operator | str]


Collides = Callable[[Operator], Iterable[tuple[str, str]]]
"""(pattern or name, what is wrong) of each way to write an operator that SQL has a meaning for already."""


class Catalog:
    """The operators there are now; called from any thread. `home` is the project's folder; None: the package's cascades alone.

    `collides` is asked once a file.
    """

    def __init__(self, home: pathlib.Path | None = None, collides: Collides = lambda operator: ()) -> None:
        self._home = home
        self._collides = collides
        self._lock = threading.Lock()
        self._stamps: dict[str, Stamp] = {}
        self._files: dict[str, Loaded] = {}
        self._snapshot = Snapshot({}, {}, (), (), {})

    def operators(self) -> Sequence[Operator]:
        """All operators, by name; a broken one too, where its pattern can be known, so that using it says what is wrong."""
        return self._now().operators

    def callable(self) -> Mapping[str, Operator | str]:
        """How CASCADE('id', …) calls each cascade, by id; for one that cannot be used, what is wrong with it."""
        return self._now().callable

    def problems(self) -> Sequence[str]:
        """Everything wrong in any file, as `file:line: key: what`."""
        return self._now().problems

    def broken(self, name: str) -> CascadeInvalid | None:
        """The error for using an operator of that name where only a broken file has it, by its id, its function's name or its own."""
        self._now()
        wanted = name.lower()
        found = (one for path, one in self._files.items() if one.cascade is None and wanted in _names(path, one))
        return next((invalid(one.problems) for one in found if one.problems), None)

    def find(self, operator: str) -> Cascade:
        """The cascade of an operator, by the operator's name or the cascade's id. Raises CascadeNotFound, CascadeInvalid."""
        now = self._now()
        found = now.by_name.get(operator.lower()) or now.by_id.get(operator)
        if found is None:
            known = [*now.by_name, *now.by_id]
            raise CascadeNotFound(
                f"no operator or cascade {operator!r}{nearest(operator, known)}",
                hint="`rvbbit operators list` shows all; a file is given by its path",
            )
        return found.require()

    def named(self, cascade: str) -> Cascade:
        """A cascade by id or operator name, never by a path: for names out of logs and requests. Raises CascadeNotFound, CascadeInvalid."""
        by_id = self._now().by_id.get(cascade)
        return by_id.require() if by_id is not None else self.find(cascade)

    def get(self, cascade: str) -> Cascade:
        """A cascade by id or operator name, or by the path of a file anywhere. Raises CascadeNotFound, CascadeInvalid."""
        if not cascade.endswith((".yaml", ".yml")) and os.sep not in cascade:
            return self.named(cascade)
        path = pathlib.Path(cascade)
        if not path.is_file() and self._home is not None:
            path = self._home / path
        if not path.is_file():
            raise CascadeNotFound(f"no file {cascade!r}", hint="give the path of a .cascade.yaml file, or a cascade's id")
        return load_file(path, cascade).require()

    def file_of(self, cascade_id: str) -> pathlib.Path | None:
        """The project's own file of that id, broken or not; None where it has none."""
        self._now()
        builtin = str(BUILTIN) + os.sep
        mine = (path for path, loaded in self._files.items() if loaded.id == cascade_id and not path.startswith(builtin))
        return next(map(pathlib.Path, mine), None)

    def trial(self, path: pathlib.Path, text: str) -> Loaded:
        """What would become of a file of the project if this were its text, beside all others. Nothing is written."""
        self._now()
        files = {**self._files, str(path): self._checked(load_text(text, self._shown(str(path))))}
        loaded = files[str(path)]
        return _assembled(files).by_id[loaded.id] if loaded.id is not None else loaded

    def _now(self) -> Snapshot:
        with self._lock:
            stamps = dict(self._scan())
            if stamps != self._stamps:
                kept = {path: loaded for path, loaded in self._files.items() if stamps.get(path) == self._stamps.get(path)}
                self._files = {path: kept.get(path) or self._checked(load_file(pathlib.Path(path), self._shown(path))) for path in stamps}
                self._stamps = stamps
                self._snapshot = _assembled(self._files)
            return self._snapshot

    def _checked(self, loaded: Loaded) -> Loaded:
        """The file, unusable where SQL has a meaning for one of its patterns."""
        if loaded.cascade is None or loaded.operator is None:
            return loaded
        wrong = tuple(f"{_place(loaded, text)}: sql_function: {what}" for text, what in self._collides(loaded.operator))
        return replace(loaded, cascade=None, problems=wrong) if wrong else loaded

    def _scan(self) -> Iterator[tuple[str, Stamp]]:
        yield from _files(str(BUILTIN))
        if self._home is not None:
            yield from _files(str(self._home / "cascades"))

    def _shown(self, path: str) -> str:
        """How messages name a file: from the project's folder, where it is in there."""
        shown = pathlib.Path(path)
        return str(shown.relative_to(self._home)) if self._home is not None and shown.is_relative_to(self._home) else path


def _files(folder: str) -> Iterator[tuple[str, Stamp]]:
    """Cascade files below a folder, in order of their paths. A folder that cannot be read holds none."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _files(entry.path)
        elif entry.name.endswith(ENDING):
            yield entry.path, _stamp(entry)


def _stamp(entry: os.DirEntry[str]) -> Stamp:
    try:
        stat = entry.stat()
    except OSError:  # a link to nothing, or deleted this moment: reading it says so
        return (-1, 0, 0, 0)
    return (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)


def _assembled(files: Mapping[str, Loaded]) -> Snapshot:
    by_id: dict[str, Loaded] = {}
    builtin = str(BUILTIN) + os.sep
    for owned in (True, False):
        mine = [loaded for path, loaded in files.items() if path.startswith(builtin) is owned]
        by_id |= _by_id(mine, by_id)
    by_id = _told_apart(by_id)
    nameless = [loaded for loaded in files.values() if loaded.id is None]
    told = dict.fromkeys(problem for loaded in (*nameless, *by_id.values()) for problem in loaded.problems)
    named = {loaded.operator.name.lower(): loaded for loaded in by_id.values() if loaded.operator is not None}
    operators = tuple(named[name].operator for name in sorted(named))
    callable_ = {id_: one.cascade.as_call() if one.cascade else one.problems[0] for id_, one in by_id.items()}
    return Snapshot(by_id, named, tuple(one for one in operators if one is not None), tuple(told), callable_)


def _by_id(loaded: Iterable[Loaded], below: Mapping[str, Loaded]) -> dict[str, Loaded]:
    """One folder's cascades by id. Two files with one id are both unusable; a broken override hides what it meant to replace."""
    found: dict[str, Loaded] = {}
    for one in loaded:
        if one.id is None:
            continue
        if one.id in found:
            what = f"{one.origin}:1: cascade_id: {one.id!r} is also the id of {found[one.id].origin}; rename one of them"
            found[one.id] = replace(found[one.id], cascade=None, problems=(*found[one.id].problems, what))
        elif one.operator is None and one.cascade is None and one.id in below:
            found[one.id] = replace(one, operator=below[one.id].operator)
        else:
            found[one.id] = one
    return found


def _told_apart(by_id: Mapping[str, Loaded]) -> dict[str, Loaded]:
    """The same, with those whose operators SQL could not tell apart made unusable."""
    owners: dict[str, list[str]] = {}
    for key, loaded in by_id.items():
        for signature in _signatures(loaded.operator):
            owners.setdefault(signature, []).append(key)
    told = dict(by_id)
    for signature, keys in owners.items():
        shown = " ".join("…" if word == "_" else word for word in signature.split())
        for key in keys if len(keys) > 1 else ():
            others = " and ".join(f"{_place(by_id[other], signature)} ({other})" for other in keys if other != key)
            what = (
                f"{_place(by_id[key], signature)}: sql_function: {shown} is declared by {others} too;"
                " rename one, or give both the same cascade_id to override"
            )
            told[key] = replace(told[key], cascade=None, problems=(*told[key].problems, what))
    return told


def _place(loaded: Loaded, written: str) -> str:
    """File and line of a pattern, given as itself or as its signature; of the operator's name where there is none such."""
    lines = loaded.yaml.splitlines()
    operator = loaded.operator
    patterns_ = operator.patterns if operator else ()
    found = next((text for text in patterns_ if written in {text, patterns.signature(text)}), None)
    sought = found if found is not None else f"name: {operator.name}" if operator else ""
    return f"{loaded.origin}:{next((number for number, line in enumerate(lines, 1) if sought and sought in line), 1)}"


def _names(path: str, loaded: Loaded) -> set[str]:
    """What the operator of a broken file may be called, in lower case."""
    data = yamltext.read(loaded.yaml).data
    function = data.get("sql_function") if isinstance(data, Mapping) else None
    named = function.get("name") if isinstance(function, Mapping) else None
    return {str(name).lower() for name in (pathlib.Path(path).name.removesuffix(ENDING), loaded.id, named) if name}


def _signatures(operator: Operator | None) -> set[str]:
    if operator is None:
        return set()
    return {f"{operator.name.upper()}()", *(patterns.signature(pattern) for pattern in operator.patterns)}
