"""Every log store, opened empty: a backend joins by a line in BACKENDS."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from rvbbit.logs.store import Store
from support.clickhouse import Shim
from support.store import Backend, ClickHouseBackend, DuckDBBackend, EditionsBackend

Folder: TypeAlias = Callable[[], Path]
URL: TypeAlias = Callable[[], str]

BACKENDS: dict[str, Callable[[Folder, URL], Backend]] = {
    "duckdb-file": lambda folder, _: DuckDBBackend(folder()),
    "duckdb-memory": lambda *_: DuckDBBackend(None),
    "clickhouse": lambda _, url: ClickHouseBackend(url()),
    "clickhouse-editions": lambda _, url: EditionsBackend(url()),
}
"""Name → how to make one, in a folder or a database of its own."""


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    backend = BACKENDS[request.param](lambda: request.getfixturevalue("tmp_path"), lambda: request.getfixturevalue("clickhouse_url"))
    yield backend
    backend.close()


@pytest.fixture(scope="module", params=BACKENDS)
def held(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Backend, Store]]:
    """A backend and its open store, for tests that change nothing in them: a module shares one."""

    def url() -> str:
        shim: Shim = request.getfixturevalue("clickhouse")
        return shim.url(f"t{uuid.uuid4().hex}")

    backend = BACKENDS[request.param](lambda: tmp_path_factory.mktemp("held"), url)
    store = backend.open()
    yield backend, store
    store.close()
    backend.close()


@pytest.fixture
def store(backend: Backend) -> Iterator[Store]:
    store = backend.open()
    yield store
    store.close()
