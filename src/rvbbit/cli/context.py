"""What every command gets: the project that was asked for, and a database opened on it. It holds no state of its own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rvbbit.settings import Settings, load

if TYPE_CHECKING:
    from rvbbit.engine import Database


@dataclass(frozen=True, slots=True)
class Session:
    """The global options. `home` None: found from the working directory, as Settings say."""

    home: Path | None = None

    def settings(self) -> Settings:
        """The settings of the project, which is not opened. Raises SettingsError."""
        return load({"home": self.home}, env=os.environ, cwd=Path.cwd())

    def connect(self) -> Database:
        """The project's database. Raises DatabaseLocked, SettingsError."""
        import rvbbit  # loads DuckDB and the engine: only for commands that need them

        return rvbbit.connect(self.home)


pass_session = click.make_pass_decorator(Session)
