"""The connection to a ClickHouse server, from a URL `clickhouse://user:password@host:port/database`."""

from __future__ import annotations

from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client


def connect(url: str) -> Client:
    """A client of the server's HTTP interface."""
    parts = urlsplit(url)
    return clickhouse_connect.get_client(
        host=parts.hostname or "localhost",
        port=parts.port or 8123,
        username=parts.username or "default",
        password=parts.password or "",
    )
