"""What the catalog knows of a table by its name: its place, its columns, and what tells its rows apart. It reads no row."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import duckdb

from rvbbit.execution import database
from rvbbit.sql.origins import Keyed

_TABLES = """
SELECT database_name, schema_name, table_name, temporary, current_database() AS here, current_schema() AS schema_here,
    database_oid, table_oid, sql
FROM duckdb_tables() WHERE NOT internal AND lower(table_name) = lower($name)"""

_CONSTRAINTS = """
SELECT constraint_type AS kind, constraint_column_names AS columns FROM duckdb_constraints()
WHERE database_name = $database AND schema_name = $schema AND table_name = $table"""

_RELATIONS = """
SELECT name, is_view FROM (
    SELECT database_name, schema_name, table_name AS name, false AS is_view FROM duckdb_tables() WHERE NOT internal
    UNION ALL SELECT database_name, schema_name, view_name, true FROM duckdb_views() WHERE NOT internal
) WHERE database_name IN (current_database(), 'temp') AND schema_name IN (current_schema(), 'main') AND NOT starts_with(name, '__rv')
ORDER BY name"""


REMEMBERED = 256
"""Definitions that a connection remembers, the longest unused forgotten first."""


@dataclass(frozen=True, slots=True)
class Known:
    """A base table: `columns` by name, with DuckDB's types."""

    keyed: Keyed
    columns: dict[str, str]


class _Row(NamedTuple):
    """What `_TABLES` says of one table: all that its place, its columns and its key depend on."""

    database: str
    schema: str
    name: str
    temporary: bool
    here: str
    schema_here: str
    database_id: int
    id: int
    definition: str


class Tables:
    """The tables that statements of one connection find. A definition is read once, and known by its text and the catalog's numbers."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._read: OrderedDict[_Row, Known] = OrderedDict()

    def find(self, name: str, schema: str = "", catalog: str = "") -> Known | None:
        """A base table by its name; None where there is none. Raises DatabaseError."""
        there = map(_Row._make, database.records(self._connection, _TABLES, {"name": name}))
        row = _nearest([row for row in there if _meant(row, schema.lower(), catalog.lower())])
        if row is None:
            return None
        known = self._read.pop(row, None) or self._known(row)
        self._read[row] = known
        if len(self._read) > REMEMBERED:
            self._read.popitem(last=False)
        return known

    def _known(self, row: _Row) -> Known:
        path = (row.database, row.schema, row.name)
        at = dict(zip(("database", "schema", "table"), path, strict=True))
        constraints = [(one["kind"], one["columns"]) for one in database.run(self._connection, _CONSTRAINTS, at).to_pylist()]
        whole = ".".join('"' + part.replace('"', '""') + '"' for part in path)
        columns = database.run(self._connection, "FROM pragma_table_info($whole)", {"whole": whole}).to_pylist()
        near = row.database == row.here
        shown = path[2:] if row.temporary or (near and row.schema == "main") else path[1:] if near else path
        keyed = _keyed(".".join(shown), path, constraints, lasting=not row.temporary)
        return Known(keyed, {one["name"]: one["type"] for one in columns})


def _meant(row: _Row, schema: str, catalog: str) -> bool:
    """Whether a table of the right name can be what a name with this schema and catalog, in lower case, stands for."""
    here = row.database == row.here
    if not schema:
        return row.temporary or (here and row.schema in (row.schema_here, "main"))
    if not catalog:
        return (here and row.schema.lower() == schema) or (row.database.lower() == schema and row.schema == "main")
    return row.database.lower() == catalog and row.schema.lower() == schema


def _nearest(rows: Sequence[_Row]) -> _Row | None:
    """The one that a statement would read."""
    return max(rows, key=lambda row: (row.temporary, row.database == row.here, row.schema == row.schema_here), default=None)


def relations(connection: duckdb.DuckDBPyConnection) -> dict[str, bool]:
    """The names that need no schema, and whether each is a view: for suggestions."""
    return {row["name"]: row["is_view"] for row in database.run(connection, _RELATIONS).to_pylist()}


def _keyed(name: str, path: tuple[str, ...], constraints: Sequence[tuple[str, list[str]]], *, lasting: bool) -> Keyed:
    never_null = {column for kind, columns in constraints for column in columns if kind == "NOT NULL"}
    for kind, columns in constraints:
        if kind == "PRIMARY KEY":
            return Keyed(name, path, tuple(columns), "primary key", lasting)
    for kind, columns in constraints:
        if kind == "UNIQUE" and len(columns) == 1 and columns[0] in never_null:
            return Keyed(name, path, tuple(columns), "unique column", lasting)
    return Keyed(name, path, (), "rowid", lasting)
