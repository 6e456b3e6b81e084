"""Tables of the log for another engine to look into: how far each goes, and its rows, all or those since. It changes nothing."""

from __future__ import annotations

from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from rvbbit.errors import DatabaseError
from rvbbit.logs.clickhouse.connection import Connection

_NUMBERS = dict.fromkeys(("unified_logs", "query_log", "embedding_vectors"), "landed") | dict.fromkeys(
    ("training_annotations", "scores", "training_sets", "training_set_events", "training_evaluations", "embedding_rows"), "seq"
)
"""Table → the number that the server gave each of its rows as it landed."""

MOST = 1_000_000_000  # bytes of values: what a process may well hold beside its own tables

_BYTES = (
    "SELECT ifNull(total_bytes_uncompressed, 0) AS bytes FROM system.tables WHERE database = currentDatabase() AND name = {table:String}"
)


class Part(NamedTuple):
    """Rows of a table, and the newest number among them (that which was asked after, where there are none)."""

    rows: pa.Table
    newest: int


def part(connection: Connection, table: str, after: int | None = None) -> Part:
    """The rows that landed after the one of a number; None: the table as it is. Raises DatabaseError where it is too large to be copied."""
    if table not in _NUMBERS:
        raise DatabaseError(f"the log has no table {table}")
    _check(connection, table)
    beyond = "" if after is None else "WHERE number > {after:Int64}"
    query = f"SELECT *, toInt64({_NUMBERS[table]}) AS number FROM {table} {beyond}"
    rows = connection.read("read the log", query, {} if after is None else {"after": after})
    newest = pc.max(rows["number"]).as_py()
    return Part(rows.drop_columns(["number"]), newest if newest is not None else after or 0)


def _check(connection: Connection, table: str) -> None:
    size = int(connection.rows("read the log", _BYTES, {"table": table})[0]["bytes"])
    if size > MOST:
        where = connection.address
        raise DatabaseError(
            f"{table} holds {size / 1e9:.1f} GB on the ClickHouse server: too much to copy beside your tables",
            hint=f"ask the server itself: clickhouse-client --host {where.host} --query 'SELECT … FROM {where.database}.{table}'",
        )
