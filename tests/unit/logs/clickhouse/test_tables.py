"""The tables in ClickHouse: the columns that rows have and the page explains, and values that stay values."""

from __future__ import annotations

import re
from pathlib import Path

import clickhouse_connect
import pytest

from rvbbit.logs.clickhouse import Store
from rvbbit.logs.clickhouse.migrations import MIGRATIONS, migrate
from rvbbit.logs.examples import ExampleFilter
from rvbbit.logs.schema import QUERY_LOG, SCORES, TRAINING_ANNOTATIONS, UNIFIED_LOGS
from support.clickhouse import Shim
from support.store import call, decision, fill

PAGE = Path(__file__).parents[4] / "docs" / "log.md"


def columns(store: Store) -> dict[str, list[str]]:
    """Of every table and view, as `SELECT *` shows them."""
    query = """
        SELECT table, groupArray(name) AS names FROM (
            SELECT table, name FROM system.columns WHERE database = currentDatabase() AND default_kind <> 'MATERIALIZED' ORDER BY position
        ) GROUP BY table"""
    return {row["table"]: row["names"] for row in store._connection.rows("look", query)}


def test_arrow_schemas_name_the_columns_of_their_tables(store: Store) -> None:
    found = columns(store)
    for table, schema in {
        "unified_logs": UNIFIED_LOGS,
        "training_annotations": TRAINING_ANNOTATIONS,
        "query_log": QUERY_LOG,
        "scores": SCORES,
    }.items():
        assert sorted(found[table]) == sorted(schema.names)


def test_the_page_of_the_log_holds_here_too(store: Store) -> None:
    written: dict[str, list[str]] = {}
    for line in PAGE.read_text().splitlines():
        if heading := re.match(r"## `(\w+)`(.*)", line):
            here = "(DuckDB only)" not in heading[2]
            table = written.setdefault(heading[1], []) if here else []
        elif column := re.match(r"\| `(\w+)` \|", line):
            table.append(column[1])
    found = columns(store)
    inherited = found["training_examples_mv"]
    found["training_examples_with_annotations"] = [name for name in found["training_examples_with_annotations"] if name not in inherited]
    assert {table: sorted(names) for table, names in written.items()} == {table: sorted(names) for table, names in found.items()}


def test_migrations_may_run_twice(store: Store) -> None:
    for migration in MIGRATIONS:
        for statement in migration.statements:
            store._connection.command("again", statement)
    migrate(store._connection)
    assert store._connection.rows("look", "SELECT number FROM migrations ORDER BY number") == [{"number": one.number} for one in MIGRATIONS]


def test_facts_are_only_added_and_what_people_said_outlives_a_power_cut(store: Store) -> None:
    query = "SELECT name, engine, position(create_table_query, 'fsync_after_insert = 1') > 0 AS synced FROM system.tables WHERE {where}"
    where = "database = currentDatabase() AND engine <> 'View'"
    rows = store._connection.rows("look", query.format(where=where))
    assert {row["engine"] for row in rows} == {"MergeTree"}
    synced = {"training_annotations", "training_sets", "training_set_events", "training_evaluations"}
    assert {row["name"] for row in rows if row["synced"]} == synced


async def test_any_client_can_count_what_can_teach(store: Store, clickhouse: Shim) -> None:
    await fill(store, call(), call(), call(error="no"))
    client = clickhouse_connect.get_client(host="127.0.0.1", port=clickhouse.port)
    database = store._connection.address.database
    assert client.query(f"SELECT count() FROM {database}.training_examples_mv").result_rows == [(2,)]
    client.close()


HOSTILE = ("'; DROP TABLE unified_logs; --", "\\'", "{x:String}", "\x00", "half \ud83d", "`", "%s", "\\N", "NULL", "$1", "é" * 1_000)


@pytest.mark.parametrize("text", HOSTILE)
async def test_no_value_becomes_sql_or_is_lost(store: Store, text: str) -> None:
    whole_text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    await fill(store, call(text, session_id=text, model=text, cascade_id=text, cell_name=text, arguments={"criterion": text}, answer=text))
    store.annotate([decision(whole_text, trainable=True, notes=text, tags=(text,), corrected_output=text)])
    by = {"session_id": text, "model": text, "cascade_id": (text,), "cell_name": (text,), "criterion": text, "tag": text, "label": text}
    by |= {"trace_ids": (text,), "search": text}
    for name, value in by.items():
        (row,) = store.page(ExampleFilter(**{name: value})).rows  # type: ignore[arg-type]
        assert (row.trace_id, row.notes, row.tags, row.corrected_output) == (whole_text, whole_text, (whole_text,), whole_text), name
    assert store.matching(ExampleFilter(search=text)).annotate(decision("", batch="b", notes=text)) == 1
    assert store.detail(text) is not None
