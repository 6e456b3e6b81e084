"""Checks of a project, each with what was found and how to mend it."""

from __future__ import annotations

import platform
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from rvbbit.engine.rooms import Rooms
from rvbbit.errors import Error
from rvbbit.settings import MEMORY
from rvbbit.types import Message, Request


@dataclass(frozen=True, slots=True)
class Check:
    """One check. `hint` says how to mend it and is empty where nothing is broken."""

    name: str
    ok: bool
    detail: str
    hint: str = ""


def checks(rooms: Rooms) -> Iterator[Check]:
    """Every check, the quick ones first."""
    settings = rooms.settings
    yield Check("versions", True, f"Python {platform.python_version()}, DuckDB {duckdb.__version__}")
    yield Check("project", True, f"{settings.home} ({settings.source('home')})")
    yield _file("database", settings.database)
    yield _store(rooms)
    yield from _operators(rooms)
    yield _model(rooms, "model", _asked(rooms, settings.model))
    yield _model(rooms, "embed_model", _embedded(rooms, settings.embed_model))
    yield _model(rooms, "judge_model", _asked(rooms, settings.judge_model))


def _file(name: str, path: str) -> Check:
    if path == MEMORY:
        return Check(name, True, "in memory: gone when the process ends")
    size = Path(path).stat().st_size / 1e6 if Path(path).exists() else 0.0
    return Check(name, True, f"{path}, {size:.1f} MB")


def _store(rooms: Rooms) -> Check:
    """A store on a server tells which one; that it answers was seen when the project was opened, and is seen again here."""
    settings = rooms.settings
    if rooms.server is None:
        return _file("store", settings.store)
    try:
        rows, _ = rooms.server.extents(["unified_logs"])["unified_logs"]
    except Error as error:
        return Check("store", False, f"{settings.shown('store')}: {error.message}", error.hint or "")
    return Check("store", True, f"{rooms.server.where}, {rows:,} calls")


def _operators(rooms: Rooms) -> Iterator[Check]:
    problems = rooms.catalog.problems()
    yield Check("operators", not problems, f"{len(rooms.catalog.operators())} usable, {len(problems)} problems")
    for problem in problems:
        yield Check("operator file", False, problem, "mend that line; until then the file is left out")


def _model(rooms: Rooms, name: str, trial: Coroutine[Any, Any, None]) -> Check:
    where = f"{getattr(rooms.settings, name)} ({rooms.settings.source(name)})"
    try:
        rooms.loop.run(trial)
    except Error as error:
        return Check(name, False, f"{where}: {error.message}", error.hint or "")
    return Check(name, True, where)


async def _asked(rooms: Rooms, model: str) -> None:
    """A remote model answers a question of one word. Raises CallError."""
    provider = rooms.registry(model)
    if provider.reads_messages:
        await provider.complete(Request(model, (Message("user", "Answer with the word yes."),), max_tokens=16, timeout=20))


async def _embedded(rooms: Rooms, model: str) -> None:
    """An embedding model embeds one word. Raises CallError."""
    await rooms.registry.embedder(model).embed(["yes"])
