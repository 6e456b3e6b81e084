"""The DuckDB store as SQL sees it: JSON columns, and a user's own names beside ours."""

from __future__ import annotations

from pathlib import Path

from rvbbit.logs.duckdb import Store
from rvbbit.logs.examples import ExampleFilter
from support.store import CELL, call, columns, connect, decision


async def test_arguments_and_answers_answer_json_functions() -> None:
    connection = connect(":memory:")
    store = Store(connection)
    await store.append(call(arguments={"text": "à la carte"}, answer={"label": "food"}))
    (row,) = columns(connection, "SELECT arguments ->> 'text' AS text, answer ->> 'label' AS label FROM rvbbit.unified_logs")
    assert row == {"text": "à la carte", "label": "food"}
    store.close()
    connection.close()


async def test_a_schema_of_the_users_own_named_like_the_catalog_does_no_harm(tmp_path: Path) -> None:
    connection = connect(str(tmp_path / "store.duckdb"))
    connection.execute("CREATE SCHEMA rvbbit")
    store = Store(connection)
    await store.append(call("a", cache_key="k"))
    store.annotate([decision("a", trainable=True)])
    assert (await store.answers(["k"]), store.page(ExampleFilter()).total, len(store.trainable(CELL))) == ({"k": True}, 1, 1)
    store.close()
    connection.close()
