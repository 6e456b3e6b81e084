"""Whole tables of the log for another engine to look into: how many rows each has, and all of them. It changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from rvbbit.errors import DatabaseError
from rvbbit.logs.clickhouse.connection import Connection

TABLES = ("unified_logs", "training_annotations", "scores", "query_log", "training_sets", "training_set_events", "training_evaluations")
MOST = 1_000_000_000  # bytes of values: what a process may well hold beside its own tables

_BYTES = """
SELECT sum(data_uncompressed_bytes) AS bytes FROM system.parts
WHERE database = currentDatabase() AND table = {table:String} AND active"""


def counted(connection: Connection, tables: Sequence[str]) -> Mapping[str, int]:
    """How many rows each of the tables has."""
    columns = ", ".join(f"toInt64((SELECT count() FROM {table})) AS {table}" for table in TABLES if table in tables)
    return connection.rows("read the log", f"SELECT {columns}")[0] if columns else {}


def whole(connection: Connection, table: str, most: int = MOST) -> pa.Table:
    """A table as it is. Raises DatabaseError where it is too large to be copied."""
    if table not in TABLES:
        raise DatabaseError(f"the log has no table {table}")
    size = int(connection.rows("read the log", _BYTES, {"table": table})[0]["bytes"] or 0)
    if size > most:
        where = connection.address
        raise DatabaseError(
            f"{table} holds {size / 1e9:.1f} GB on the ClickHouse server: too much to copy beside your tables",
            hint=f"ask the server itself: clickhouse-client --host {where.host} --query 'SELECT … FROM {where.database}.{table}'",
        )
    return connection.read("read the log", f"SELECT * FROM {table}")
