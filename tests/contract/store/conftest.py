"""Every log store, opened empty: a backend joins by a line in BACKENDS."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from rvbbit.logs.store import Store
from support.store import Backend, ClickHouseBackend, DuckDBBackend, EditionsBackend

BACKENDS: dict[str, Callable[[pytest.FixtureRequest], Backend]] = {
    "duckdb-file": lambda request: DuckDBBackend(request.getfixturevalue("tmp_path")),
    "duckdb-memory": lambda _: DuckDBBackend(None),
    "clickhouse": lambda request: ClickHouseBackend(request.getfixturevalue("clickhouse_url")),
    "clickhouse-editions": lambda request: EditionsBackend(request.getfixturevalue("clickhouse_url")),
}
"""Name → how to make one, with what is the test's own."""


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    backend = BACKENDS[request.param](request)
    yield backend
    backend.close()


@pytest.fixture
def store(backend: Backend) -> Iterator[Store]:
    store = backend.open()
    yield store
    store.close()
