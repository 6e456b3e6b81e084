"""Every log store, opened empty: a backend joins by a line in BACKENDS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from rvbbit.logs.duckdb import Store
from support.store import connect

BACKENDS = ("duckdb-file", "duckdb-memory")


@pytest.fixture(params=BACKENDS)
def connection(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The way user SQL reads the store."""
    connection = connect(str(tmp_path / "store.duckdb") if request.param == "duckdb-file" else ":memory:")
    yield connection
    connection.close()


@pytest.fixture
def store(connection: duckdb.DuckDBPyConnection) -> Iterator[Store]:
    store = Store(connection)
    yield store
    store.close()
