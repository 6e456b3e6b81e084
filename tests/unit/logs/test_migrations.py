"""Migrations: applied once, whole or not at all; and the page that names every column cannot lie."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from rvbbit.errors import DatabaseError
from rvbbit.logs.duckdb.migrations import MIGRATIONS, Migration, migrate
from rvbbit.logs.schema import QUERY_LOG, SCORES, TRAINING_ANNOTATIONS, UNIFIED_LOGS

PAGE = Path(__file__).parents[3] / "docs" / "log.md"


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    connection.execute("ATTACH ':memory:' AS rvbbit")
    yield connection
    connection.close()


def tables(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    query = "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = 'rvbbit' AND NOT internal ORDER BY 1, column_index"
    for table, column in connection.execute(query).fetchall():
        found.setdefault(table, []).append(column)
    return found


def applied(connection: duckdb.DuckDBPyConnection) -> list[int]:
    return [number for (number,) in connection.execute("SELECT number FROM rvbbit.migrations ORDER BY number").fetchall()]


def test_numbers_count_up_from_one() -> None:
    assert [migration.number for migration in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))


def test_each_migration_is_applied_once(connection: duckdb.DuckDBPyConnection) -> None:
    migrate(connection)
    migrate(connection)
    assert applied(connection) == [migration.number for migration in MIGRATIONS]


def test_an_older_store_gets_what_it_lacks_and_keeps_its_rows(connection: duckdb.DuckDBPyConnection) -> None:
    first, second = Migration(1, "one", ("CREATE TABLE rvbbit.t (a INT)",)), Migration(2, "two", ("ALTER TABLE rvbbit.t ADD COLUMN b INT",))
    migrate(connection, (first,))
    connection.execute("INSERT INTO rvbbit.t VALUES (1)")
    migrate(connection, (first, second))
    assert connection.execute("SELECT a, b FROM rvbbit.t").fetchall() == [(1, None)]


def test_a_migration_that_fails_leaves_nothing_behind(connection: duckdb.DuckDBPyConnection) -> None:
    broken = Migration(1, "broken", ("CREATE TABLE rvbbit.t (a INT)", "CREATE TABLE rvbbit.t (a INT)"))
    with pytest.raises(duckdb.Error):
        migrate(connection, (broken,))
    assert (list(tables(connection)), applied(connection)) == (["migrations"], [])


def test_a_store_of_a_newer_version_is_left_alone(connection: duckdb.DuckDBPyConnection) -> None:
    migrate(connection)
    connection.execute("INSERT INTO rvbbit.migrations VALUES (999, 'from the future', now())")
    with pytest.raises(DatabaseError, match="999") as raised:
        migrate(connection)
    assert "upgrade" in (raised.value.hint or "")


def test_arrow_schemas_name_the_columns_of_their_tables(connection: duckdb.DuckDBPyConnection) -> None:
    migrate(connection)
    found = tables(connection)
    assert found["unified_logs"] == UNIFIED_LOGS.names
    assert found["training_annotations"] == TRAINING_ANNOTATIONS.names
    assert found["query_log"] == QUERY_LOG.names
    assert found["scores"] == SCORES.names


def test_views_work_under_another_catalog_name(tmp_path: Path) -> None:
    place = str(tmp_path / "store.duckdb")
    ours = duckdb.connect()
    ours.execute(f"ATTACH '{place}' AS rvbbit")
    migrate(ours)
    ours.close()
    theirs = duckdb.connect(place)
    assert theirs.execute("SELECT count(*) FROM training_examples_with_annotations").fetchall() == [(0,)]
    theirs.close()


def test_the_page_names_every_table_view_and_column_and_no_other(connection: duckdb.DuckDBPyConnection) -> None:
    migrate(connection)
    written: dict[str, list[str]] = {}
    for line in PAGE.read_text().splitlines():
        if heading := re.match(r"## `(\w+)`(.*)", line):
            here = "(ClickHouse only)" not in heading[2]
            table = written.setdefault(heading[1], []) if here else []
        elif column := re.match(r"\| `(\w+)` \|", line):
            table.append(column[1])
    found = tables(connection)
    inherited = found["training_examples_mv"]
    found["training_examples_with_annotations"] = [name for name in found["training_examples_with_annotations"] if name not in inherited]
    assert written == found
