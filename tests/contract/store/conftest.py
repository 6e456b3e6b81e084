"""Every log store, opened empty: a backend joins by a line in BACKENDS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rvbbit.logs.store import Store
from support.store import Backend, DuckDBBackend

BACKENDS: dict[str, Callable[[Path], Backend]] = {
    "duckdb-file": DuckDBBackend,
    "duckdb-memory": lambda _: DuckDBBackend(None),
}
"""Name → how to make one with a directory of the test's own."""


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    backend = BACKENDS[request.param](tmp_path)
    yield backend
    backend.close()


@pytest.fixture
def store(backend: Backend) -> Iterator[Store]:
    store = backend.open()
    yield store
    store.close()
