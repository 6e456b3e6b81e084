"""Lists while something comes into the log."""

from __future__ import annotations

from typing import Any

import pytest

from rvbbit.logs.duckdb import Store
from rvbbit.logs.duckdb.connection import Connection
from rvbbit.logs.examples import ExampleFilter
from support.store import call, connect


def test_a_call_that_comes_in_between_count_and_rows_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = connect(":memory:")
    store = Store(connection)
    store.take_in([call("a"), call("b")])
    read = Connection.read

    def late(self: Connection, doing: str, *more: Any) -> list[dict[str, Any]]:
        found = read(self, doing, *more)
        if doing == "count executions":
            monkeypatch.undo()
            store.take_in([call("c")])
        return found

    monkeypatch.setattr(Connection, "read", late)
    page = store.page(ExampleFilter())
    assert page.total == len(page.rows) == 3
    assert store.page(ExampleFilter(offset=5)).total == 3
    store.close()
    connection.close()
