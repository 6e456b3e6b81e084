"""What tests of several rooms share: one ClickHouse engine a test process, started when first asked for."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from support.clickhouse import Shim


@pytest.fixture(scope="session")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shim]:
    """chdb behind an HTTP shim, not clickhouse-server."""
    with Shim(tmp_path_factory.mktemp("clickhouse")) as shim:
        yield shim


@pytest.fixture
def clickhouse_url(clickhouse: Shim) -> str:
    """A database of the test's own, not made yet."""
    return clickhouse.url(f"t{uuid.uuid4().hex}")
