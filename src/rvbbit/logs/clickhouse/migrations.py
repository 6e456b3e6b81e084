"""The ClickHouse store's numbered migrations, and the function that brings a database up to date.

A migration is never edited after release. ClickHouse has no transaction over statements: each of them may run twice without harm, so a
migration that was cut short is run again, and two servers that start at once do the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from rvbbit.errors import DatabaseError
from rvbbit.logs.clickhouse import tables, vectors
from rvbbit.logs.clickhouse.connection import Connection


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: statements that may be run twice, in order."""

    number: int
    name: str
    statements: tuple[str, ...]


_MIGRATIONS = """
CREATE TABLE IF NOT EXISTS migrations (number Int32, name String, applied DateTime64(6, 'UTC')) ENGINE = MergeTree ORDER BY number"""

MIGRATIONS: tuple[Migration, ...] = (
    Migration(
        1,
        "the log, decisions, scores, queries and training sets",
        (
            tables.UNIFIED_LOGS,
            tables.TRAINING_ANNOTATIONS,
            tables.SCORES,
            tables.QUERY_LOG,
            tables.TRAINING_SETS,
            tables.TRAINING_SET_EVENTS,
            tables.TRAINING_EVALUATIONS,
            tables.TRAINING_STATE,
            tables.CURRENT_SCORES,
            tables.TRAINING_EXAMPLES,
            tables.WITH_ANNOTATIONS,
        ),
    ),
    Migration(2, "which run a call is of", ("ALTER TABLE unified_logs ADD COLUMN IF NOT EXISTS run_id Nullable(String)",)),
    Migration(3, "executions as they were, kept", (tables.KEPT_EXECUTIONS, tables.EDITIONS, *tables.NEWEST)),
    Migration(
        4,
        "executions are kept with whether their confidence is calibrated",
        ("ALTER TABLE kept_executions ADD COLUMN IF NOT EXISTS calibrated Nullable(Bool)", "TRUNCATE TABLE editions"),
    ),
    Migration(5, "embeddings", (vectors.VECTORS, vectors.ROWS, vectors.EMBEDDINGS)),
)


def migrate(connection: Connection, migrations: tuple[Migration, ...] = MIGRATIONS) -> None:
    """Make the database where it is not there, and bring it up to the last migration. Raises DatabaseError."""
    name = connection.address.database
    if not connection.rows("open the store", "SELECT name FROM system.databases WHERE name = {name:String}", {"name": name}):
        connection.command(f"make the database {name}", "CREATE DATABASE IF NOT EXISTS {name:Identifier}", {"name": name}, within=False)
    connection.enter()
    latest = _latest(connection)
    if latest > migrations[-1].number:
        raise DatabaseError(
            f"the store is at migration {latest}; this version of RVBBIT knows {migrations[-1].number}",
            hint="upgrade RVBBIT, or point RVBBIT_STORE at another database",
        )
    for migration in migrations:
        if migration.number > latest:
            _apply(connection, migration)


def _latest(connection: Connection) -> int:
    """The number of the last migration; 0 where there was none. A user who may only read and write makes no table."""
    made = "SELECT name FROM system.tables WHERE database = currentDatabase() AND name = 'migrations'"
    if not connection.rows("open the store", made):
        connection.command("make the log's tables", _MIGRATIONS)
    return int(connection.rows("open the store", "SELECT max(number) AS number FROM migrations")[0]["number"])


def _apply(connection: Connection, migration: Migration) -> None:
    doing = f"make the log's tables (migration {migration.number})"
    for statement in migration.statements:
        connection.command(doing, statement)
    connection.command(
        doing,
        "INSERT INTO migrations SELECT {number:Int32}, {name:String}, now64(6, 'UTC')",
        {"number": migration.number, "name": migration.name},
    )
