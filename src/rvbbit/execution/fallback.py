"""Calls where no stage can reach (a LATERAL subquery, the ON of a FULL join): a DuckDB function a call, behind the same answers.

DuckDB hands it chunks of up to 2,048 rows and may do so ahead of cheap predicates; that is why it is the fallback.
"""

from __future__ import annotations

import contextlib
import inspect
import threading
from collections.abc import Callable, Sequence
from typing import Any

import duckdb
import pyarrow as pa
from duckdb.func import ARROW, SPECIAL

from rvbbit.errors import Error
from rvbbit.execution import answers, arguments
from rvbbit.execution.failures import translated
from rvbbit.sql.plan import Ask
from rvbbit.types import Answer, Arguments, Value


class Fallback:
    """The functions of one query. Remembers the first of our errors raised inside one, since DuckDB only keeps its text."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, answer: Callable[[Ask, Sequence[Arguments]], list[Answer]]) -> None:
        self._connection = connection
        self._answer = answer
        self._names: list[str] = []
        self._error: Error | None = None
        self._lock = threading.Lock()

    def register(self, name: str, ask: Ask) -> None:
        """Make the function of an ask callable in SQL."""
        seen: dict[tuple[Any, ...], Value] = {}

        def call(*columns: pa.ChunkedArray) -> pa.Array:
            return self._chunk(ask, columns, seen)

        names = [inspect.Parameter(f"a{i}", inspect.Parameter.POSITIONAL_ONLY) for i in range(len(ask.types))]
        call.__signature__ = inspect.Signature(names)  # type: ignore[attr-defined]  # DuckDB counts a function's parameters
        types: list[Any] = ["VARCHAR" if type_ in {"ANY", "JSON"} else type_ for type_ in ask.types]
        returns = ask.operator.returns if ask.operator.returns.upper() in answers.ARROW else "VARCHAR"
        self._connection.create_function(name, call, types, returns, type=ARROW, null_handling=SPECIAL, side_effects=False)
        self._names.append(name)

    def unregister(self) -> None:
        """Take the functions away again. A transaction that failed has taken them already."""
        while self._names:
            with contextlib.suppress(duckdb.CatalogException, duckdb.TransactionException, duckdb.InvalidInputException):
                self._connection.remove_function(self._names.pop())

    def cause(self, error: BaseException) -> BaseException:
        """The error of ours behind what DuckDB raised, where there is one."""
        if self._error is not None and isinstance(error, Error):
            return self._error
        return translated(error) if isinstance(error, duckdb.Error) else error

    def _chunk(self, ask: Ask, columns: Sequence[pa.ChunkedArray], seen: dict[tuple[Any, ...], Value]) -> pa.Array:
        rows = list(zip(*(map(_hashable, column.to_pylist()) for column in columns), strict=True))
        optional = [parameter.optional for parameter in ask.operator.parameters]
        with self._lock:  # one chunk at a time: the next one finds this one's answers
            fresh = [row for row in dict.fromkeys(rows) if row not in seen]
            asked = [row for row in fresh if all(value is not None or may for value, may in zip(row, optional, strict=True))]
            try:
                answered = self._answer(ask, arguments.checked(ask, [_arguments(ask, row) for row in asked])) if asked else []
            except Error as error:
                self._error = self._error or error
                raise
            seen.update(dict.fromkeys(fresh))
            seen.update(zip(asked, (answer.value for answer in answered), strict=True))
        return answers.array([seen[row] for row in rows], ask.operator)


def _arguments(ask: Ask, row: tuple[Any, ...]) -> Arguments:
    return {
        parameter.name: arguments.converted(_plain(value), parameter) for parameter, value in zip(ask.operator.parameters, row, strict=True)
    }


class _Struct(tuple[tuple[str, Any], ...]):
    """A struct as its fields, so that it can be told from others."""

    __slots__ = ()


def _hashable(value: Any) -> Any:
    if isinstance(value, dict):
        return _Struct((name, _hashable(inner)) for name, inner in value.items())
    return tuple(map(_hashable, value)) if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    if isinstance(value, _Struct):
        return {name: _plain(inner) for name, inner in value}
    return [_plain(inner) for inner in value] if isinstance(value, tuple) else value
