"""How far the log's tables go: rows, and the newest deletion, of several tables in one small query that reads no row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rvbbit.logs.clickhouse.connection import Connection

# The fifth part of a part's name is the number of the newest mutation (a DELETE is one) that it went through.
EXTENT = """
SELECT '{table}' AS table, toInt64(sum(rows)) AS rows, toInt64(max(toUInt64OrZero(splitByChar('_', part)[5]))) AS altered
FROM (SELECT toString(_part) AS part, count() AS rows FROM {table} GROUP BY _part)"""
"""How far one table goes: columns `table`, and those of `Extent`."""


class Extent(NamedTuple):
    """`altered` grows when rows are deleted."""

    rows: int
    altered: int


def extents(connection: Connection, tables: Sequence[str]) -> Mapping[str, Extent]:
    """Of each of the tables. Raises DatabaseError."""
    query = " UNION ALL ".join(EXTENT.format(table=table) for table in tables)
    rows = connection.rows("read the log", query) if tables else []
    return {row["table"]: Extent(row["rows"], row["altered"]) for row in rows}
