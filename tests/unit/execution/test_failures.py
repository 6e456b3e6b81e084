"""Every class of DuckDB's errors has one of ours."""

from __future__ import annotations

import inspect

import duckdb
import pytest

from rvbbit.errors import Cancelled, DatabaseError, DatabaseLocked, DiskFull, Error, SQLError, SQLSyntaxError, TypeMismatch, UnknownColumn
from rvbbit.execution.database import run
from rvbbit.execution.failures import translated

EVERY = [kind for _, kind in sorted(vars(duckdb).items()) if inspect.isclass(kind) and issubclass(kind, duckdb.Error)]
SQL = {"ParserException", "BinderException", "CatalogException", "SyntaxException", "NotImplementedException"}


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.__name__)
def test_every_class_becomes_one_of_ours_with_its_message(kind: type[duckdb.Error]) -> None:
    error = translated(kind("it went wrong"))
    if kind is duckdb.InterruptException:
        assert isinstance(error, Cancelled)
    else:
        assert isinstance(error, SQLError if kind.__name__ in SQL else DatabaseError)
        assert error.message == "it went wrong"


@pytest.mark.parametrize(
    ("statement", "kind", "line", "column"),
    [
        ("SELEC 1", SQLSyntaxError, 1, 1),
        ("SELECT id\nFROM t\nWHERE nothing = 1", UnknownColumn, 3, 7),
        ("SELECT * FROM nowhere", SQLError, 1, 15),
        ("SELECT nofunction(1)", SQLError, 1, 8),
        ("SELECT\n substr(1)", TypeMismatch, 2, 2),
        ("SELECT CAST('a' AS INTEGER)", DatabaseError, 1, 8),
        ("INSERT INTO t VALUES (1)", DatabaseError, None, None),
    ],
)
def test_real_errors_keep_their_place(statement: str, kind: type[Error], line: int | None, column: int | None) -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)").fetchall()
        with pytest.raises(kind) as caught:
            run(connection, statement)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert "LINE" not in caught.value.message


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('IO Error: Could not set lock on file "x.duckdb": Conflicting lock is held', DatabaseLocked),
        ("IO Error: Could not write file: No space left on device", DiskFull),
        ("Out of Memory Error: failed to offload: max_temp_directory_size", DiskFull),
    ],
)
def test_locks_and_full_disks_are_told_apart_and_say_what_to_do(text: str, kind: type[Error]) -> None:
    error = translated(duckdb.IOException(text), path="x.duckdb")
    assert isinstance(error, kind)
    assert error.hint
