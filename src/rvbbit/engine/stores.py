"""Where a project's log is kept: the store that the settings name, opened. Nobody else chooses one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import duckdb as engine
import pyarrow as pa

from rvbbit.engine.mirror import Mirror
from rvbbit.errors import SettingsError
from rvbbit.logs import duckdb
from rvbbit.logs.duckdb.migrations import migrate
from rvbbit.logs.store import Change, Changed, Store
from rvbbit.settings import is_server
from rvbbit.sql.statements import Statement

INSTALL = "pip install 'rvbbit[clickhouse]'"


class Server(Store, Protocol):
    """A store outside of this process's own DuckDB."""

    @property
    def where(self) -> str:
        """Which server, of which version: without the password."""

    def extents(self, tables: Sequence[str]) -> Mapping[str, tuple[int, int]]:
        """How many rows each of the log's tables has, and a number that grows when some are deleted."""

    def part(self, table: str, after: int | None = None) -> tuple[pa.Table, int]:
        """The rows of a table that landed after the one of a number (all without), and the newest number."""

    def others(self) -> Sequence[Change]:
        """What other servers added since the last time somebody asked."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A store; where it is on a server, that server and the copy of it that SQL sees."""

    store: Store
    server: Server | None = None
    mirror: Mirror | None = None

    def show(self, statement: Statement) -> None:
        """Let a statement see what it names of a log that is kept on a server. Raises DatabaseError, StoreUnreachable."""
        if self.mirror is not None:
            self.mirror.show(statement)

    def close(self) -> None:
        """Write what waits and let go. Safe to call twice."""
        self.store.close()
        if self.mirror is not None:
            self.mirror.close()


def opened(setting: str, cursor: engine.DuckDBPyConnection, changed: Changed | None = None) -> Opened:
    """The store of a setting. `cursor` has catalog `rvbbit` attached. Raises SettingsError, DatabaseError, StoreUnreachable."""
    if not is_server(setting):
        return Opened(duckdb.Store(cursor, changed))
    server = _server(setting, changed)
    migrate(cursor)
    return Opened(server, server, Mirror(server, cursor))


def _server(url: str, changed: Changed | None) -> Server:
    try:
        from rvbbit.logs import clickhouse  # an extra: who keeps the log in a file need not have it
    except ImportError as error:
        raise SettingsError(f"a store on ClickHouse needs {error.name}, which is not installed", hint=INSTALL) from error
    return clickhouse.Store(url, changed)
