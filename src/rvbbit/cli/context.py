"""What every command gets: the project that was asked for, and a database opened on it. It holds no state of its own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click

from rvbbit import address
from rvbbit.cli import failure
from rvbbit.settings import Settings, load

if TYPE_CHECKING:
    from rvbbit.client import Remote
    from rvbbit.engine import Database

    Project: TypeAlias = Database | Remote
    """An open project: in this process, or in a server that holds it."""


_FILES = ("database", "store")
"""A server that holds others is no server of this project's."""

_HEEDED = frozenset({"home", "model", "budget_usd", "token"})
"""Settings of this process that hold also where a server answers."""


@dataclass(frozen=True, slots=True)
class Session:
    """The global options. `home` None: found from the working directory, as Settings say."""

    home: Path | None = None

    def settings(self) -> Settings:
        """The settings of the project, which is not opened. Raises SettingsError."""
        return load({"home": self.home}, env=os.environ, cwd=Path.cwd())

    def connect(self) -> Project:
        """The project, through the server that holds it where there is one. Raises DatabaseLocked, SettingsError."""
        settings = self.settings()
        server = address.find(settings.home)
        if server is None or any(server.settings.get(name) != settings.shown(name) for name in _FILES):
            import rvbbit  # loads DuckDB and the engine: only for commands that need them

            return rvbbit.connect(settings=settings)
        from rvbbit.client import Remote  # likewise

        for name in _unheeded(settings, server):
            failure.note(f"{settings.source(name)} is not heeded: the server at {server.url} has its own, {server.settings.get(name)}")
        return Remote(server, settings)


def tell_folder(db: Project) -> None:
    """Say where relative paths in SQL start, where that is not here."""
    server = getattr(db, "server", None)
    if server is not None and Path(server.folder) != Path.cwd():
        failure.note(f"the server that holds this project reads and writes relative paths from {server.folder}")


def _unheeded(settings: Settings, server: address.Address) -> list[str]:
    """What this process's environment asks for and the server was started without."""
    said = [name for name in settings.sources if settings.source(name).startswith("env ") and name not in _HEEDED]
    return [name for name in said if server.settings.get(name) != settings.shown(name)]


pass_session = click.make_pass_decorator(Session)
