"""Cells that ask no model: plain SQL and a Python function. Each run is logged; none is answered from the log, for data and code change."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from rvbbit.cascades import sqlparams
from rvbbit.cascades.errand import Errand
from rvbbit.cascades.plans import CellPlan
from rvbbit.cascades.spec import PythonCell, SQLCell
from rvbbit.cascades.sqltypes import shown
from rvbbit.errors import CallError, Error
from rvbbit.types import Arguments, Value


class CodeCell:
    """One `sql` or `python` cell for one errand. Raises CallError when made, where its function is not to be found."""

    def __init__(self, cell: CellPlan, errand: Errand) -> None:
        self._cell = cell
        self._errand = errand
        self._function = _function(cell.spec.python, cell.where) if isinstance(cell.spec, PythonCell) else None
        self._parameters = sqlparams.parameters(cell.spec.sql) if isinstance(cell.spec, SQLCell) else ()

    async def answer(self, arguments: Arguments, inputs: Arguments, run_id: str) -> Value:
        """The cell's output, logged. `inputs` are those of the arguments that are the cascade's own. Raises CallError, DatabaseError."""
        started, ticks = self._errand.tools.clock(), time.perf_counter()
        try:
            value = await self._run(arguments, inputs)
        except CallError as error:
            await self._log(arguments, started, ticks, run_id=run_id, error=error.message, error_code=error.code)
            raise
        await self._log(arguments, started, ticks, run_id=run_id, answer=value)
        return value

    async def _run(self, arguments: Arguments, inputs: Arguments) -> Value:
        value = await (self._query(arguments) if self._function is None else self._call(arguments, inputs))
        if self._cell.returns is None:
            return value
        try:
            return self._cell.returns.fit(_single(value) if self._one_value else value)
        except ValueError as error:
            raise CallError(f"{self._cell.where}: {error}", hint="the last cell must give what sql_function.returns says") from error

    @property
    def _one_value(self) -> bool:
        returns = self._cell.returns
        return self._function is None and self._cell.one_value and returns is not None and returns.item is None and returns.name != "JSON"

    async def _query(self, arguments: Arguments) -> Value:
        assert isinstance(self._cell.spec, SQLCell)
        values = {name: arguments[name] for name in self._parameters}
        try:
            rows: Value = await asyncio.to_thread(self._errand.tools.run_sql, self._cell.spec.sql, values)
        except Error as error:
            raise CallError(f"{self._cell.where}: {error.message}", hint=error.hint) from error
        return rows

    async def _call(self, arguments: Arguments, inputs: Arguments) -> Value:
        outputs = {name: arguments[name] for name in self._cell.outputs}
        # What a user's function raises can be anything; gather hands it over as a value.
        result: Any
        (result,) = await asyncio.gather(_called(self._function, dict(inputs), outputs), return_exceptions=True)
        if isinstance(result, BaseException):
            said = f"{type(result).__name__}: {result}"
            raise CallError(f"{self._cell.where}: its function failed: {said}", hint="see the function named in the cell") from result
        try:
            plain: Value = json.loads(json.dumps(result, allow_nan=False))
        except (TypeError, ValueError) as error:
            raise CallError(f"{self._cell.where}: its function returned what JSON cannot hold: {error}") from error
        return plain

    async def _log(self, arguments: Arguments, started: datetime, ticks: float, **what: Any) -> None:
        fingerprint = self._errand.plan.cascade.fingerprint
        record = self._errand.record(self._cell, arguments, fingerprint, started, time.perf_counter() - ticks, **what)
        await self._errand.remember(record, failed=record.error is not None)


async def _called(function: Any, inputs: Mapping[str, Value], outputs: Mapping[str, Value]) -> Any:
    try:
        if inspect.iscoroutinefunction(function):
            return await function(inputs, outputs)
        return await asyncio.to_thread(function, inputs, outputs)
    except (SystemExit, KeyboardInterrupt) as error:
        return error  # raised, it would end the event loop, and everybody would wait for ever


def _function(dotted: str, where: str) -> Any:
    module, _, name = dotted.rpartition(".")
    # What a user's module raises while it is imported can be anything; a thread hands it over as a value.
    with ThreadPoolExecutor(1) as thread:
        imported = thread.submit(importlib.import_module, module)
    if error := imported.exception():
        said = str(error) if isinstance(error, ImportError) else f"{type(error).__name__}: {error}"
        raise CallError(
            f"{where}: {dotted} cannot be imported: {said}", hint="is its module installed, or in the project folder?"
        ) from error
    function = getattr(imported.result(), name, None)
    if function is None:
        raise CallError(f"{where}: {dotted} cannot be imported: {module} has no {name}", hint="see its spelling in the cell")
    if not callable(function):
        raise CallError(f"{where}: {dotted} is not a function")
    return function


def _single(value: Value) -> Value:
    """The value in one row with one column. Raises ValueError."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], Mapping) and len(value[0]) == 1:
        single: Value = next(iter(value[0].values()))
        return single
    raise ValueError(f"{shown(value)} is not one row with one column")
