"""An interrupt may come at any moment; the connection is good for the next statement all the same."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from rvbbit.errors import Cancelled, DatabaseError, Error

MEANS = "SELECT id FROM t WHERE means(text, 'red')"


class Interrupted:
    """A connection on which a statement is interrupted once: before it has done anything, or after it has."""

    def __init__(self, inner: duckdb.DuckDBPyConnection, statement: str, *, done: bool) -> None:
        self._inner, self._statement, self._done = inner, statement, done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def sql(self, text: str, **more: Any) -> Any:
        if text != self._statement:
            return self._inner.sql(text, **more)
        self._statement = ""
        if self._done:
            self._inner.sql(text, **more)
        raise duckdb.InterruptException("INTERRUPT Error: Interrupted!")


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("statement", ["BEGIN", "COMMIT", "ROLLBACK"])
def test_no_transaction_is_left_open(bench: Any, statement: str, done: bool) -> None:
    if statement == "ROLLBACK":

        def fails(*_: Any) -> Any:
            raise DatabaseError("no answers")

        bench.answers = fails
    with pytest.raises(Error) as raised:
        bench.run(MEANS, connection=Interrupted(bench.ours, statement, done=done))
    assert isinstance(raised.value, DatabaseError if statement == "ROLLBACK" else Cancelled), "the first error is told"
    bench.answers = None
    bench.check(MEANS)
    with pytest.raises(duckdb.TransactionException):
        bench.ours.execute("ROLLBACK")
