"""Checks of a project, each with what was found and how to mend it."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

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
    yield _file("store", settings.store)
    yield from _operators(rooms)
    for name in ("model", "embed_model", "judge_model"):
        yield _model(rooms, name, str(getattr(settings, name)))


def _file(name: str, path: str) -> Check:
    if path == MEMORY:
        return Check(name, True, "in memory: gone when the process ends")
    size = Path(path).stat().st_size / 1e6 if Path(path).exists() else 0.0
    return Check(name, True, f"{path}, {size:.1f} MB")


def _operators(rooms: Rooms) -> Iterator[Check]:
    problems = rooms.catalog.problems()
    yield Check("operators", not problems, f"{len(rooms.catalog.operators())} usable, {len(problems)} problems")
    for problem in problems:
        yield Check("operator file", False, problem, "mend that line; until then the file is left out")


def _model(rooms: Rooms, name: str, model: str) -> Check:
    """Whether a model can be named and, for a remote one, answers a question of one word."""
    where = f"{model} ({rooms.settings.source(name)})"
    try:
        provider = rooms.registry(model)
        if provider.reads_messages and name != "embed_model":
            rooms.loop.run(provider.complete(Request(model, (Message("user", "Answer with the word yes."),), max_tokens=16, timeout=20)))
    except Error as error:
        return Check(name, False, f"{where}: {error.message}", error.hint or "")
    return Check(name, True, where)
