"""What the catalog knows of a table by its name: its place, its columns, and what tells its rows apart. It reads no row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from rvbbit.execution import database
from rvbbit.sql.origins import Keyed

_TABLES = """
SELECT database_name, schema_name, table_name, temporary,
    database_name = current_database() AND schema_name = 'main' AS own, database_name = current_database() AS near
FROM duckdb_tables()
WHERE NOT internal AND lower(table_name) = lower($name) AND CASE
    WHEN $schema = '' THEN temporary OR (database_name = current_database() AND schema_name IN (current_schema(), 'main'))
    WHEN $catalog = '' THEN (database_name = current_database() AND lower(schema_name) = lower($schema))
        OR (lower(database_name) = lower($schema) AND schema_name = 'main')
    ELSE lower(database_name) = lower($catalog) AND lower(schema_name) = lower($schema) END
ORDER BY temporary DESC, near DESC, schema_name = current_schema() DESC LIMIT 1"""

_CONSTRAINTS = """
SELECT constraint_type AS kind, constraint_column_names AS columns FROM duckdb_constraints()
WHERE database_name = $database AND schema_name = $schema AND table_name = $table"""

_RELATIONS = """
SELECT name, is_view FROM (
    SELECT database_name, schema_name, table_name AS name, false AS is_view FROM duckdb_tables() WHERE NOT internal
    UNION ALL SELECT database_name, schema_name, view_name, true FROM duckdb_views() WHERE NOT internal
) WHERE database_name IN (current_database(), 'temp') AND schema_name IN (current_schema(), 'main') AND NOT starts_with(name, '__rv')
ORDER BY name"""


@dataclass(frozen=True, slots=True)
class Known:
    """A base table: `columns` by name, with DuckDB's types."""

    keyed: Keyed
    columns: dict[str, str]


def table(connection: duckdb.DuckDBPyConnection, name: str, schema: str = "", catalog: str = "") -> Known | None:
    """A base table as a statement of this connection would find it; None where there is none of that name. Raises DatabaseError."""
    found = database.run(connection, _TABLES, {"name": name, "schema": schema, "catalog": catalog}).to_pylist()
    if not found:
        return None
    row = found[0]
    path = (row["database_name"], row["schema_name"], row["table_name"])
    at = dict(zip(("database", "schema", "table"), path, strict=True))
    constraints = [(one["kind"], one["columns"]) for one in database.run(connection, _CONSTRAINTS, at).to_pylist()]
    whole = ".".join('"' + part.replace('"', '""') + '"' for part in path)
    columns = {one["name"]: one["type"] for one in database.run(connection, "FROM pragma_table_info($of)", {"of": whole}).to_pylist()}
    shown = path[2:] if row["own"] or row["temporary"] else path[1:] if row["near"] else path
    return Known(_keyed(".".join(shown), path, constraints, lasting=not row["temporary"]), columns)


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
