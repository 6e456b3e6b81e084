"""Two servers on one ClickHouse: two stores over one database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rvbbit.logs.clickhouse import Store


@pytest.fixture
def store(clickhouse_url: str) -> Iterator[Store]:
    with_own = Store(clickhouse_url)
    yield with_own
    with_own.close()


@pytest.fixture
def other(clickhouse_url: str, store: Store) -> Iterator[Store]:
    """Opened after `store`; asks the server each time whether others added anything."""
    opened = Store(clickhouse_url, fresh=0)
    yield opened
    opened.close()
