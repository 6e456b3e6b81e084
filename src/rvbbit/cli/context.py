"""What every command gets: the project that was asked for, and a database opened on it. It holds no state of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rvbbit.engine import Database


@dataclass(frozen=True, slots=True)
class Session:
    """The global options. `home` None: found from the working directory, as Settings say."""

    home: Path | None = None

    def connect(self) -> Database:
        """The project's database. Raises DatabaseLocked, SettingsError."""
        import rvbbit  # loads DuckDB and the engine: only for commands that need them

        return rvbbit.connect(self.home)


pass_session = click.make_pass_decorator(Session)
