"""Answers as a relation that lookups read: the arguments' own columns beside the typed value."""

from __future__ import annotations

import json
from collections.abc import Sequence

import duckdb
import pyarrow as pa

from rvbbit.errors import OutputInvalid
from rvbbit.sql.lowering import VALUE, Stage
from rvbbit.sql.sift import Question
from rvbbit.types import Operator, Value

ARROW: dict[str, pa.DataType] = {
    "VARCHAR": pa.string(),
    "BOOLEAN": pa.bool_(),
    "DOUBLE": pa.float64(),
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
    "VARCHAR[]": pa.list_(pa.string()),
    "FLOAT[]": pa.list_(pa.float32()),
}


def array(values: Sequence[Value], operator: Operator) -> pa.Array:
    """Values as an Arrow array of the operator's type; types Arrow has no ready name for go as JSON text. Raises OutputInvalid."""
    type_ = ARROW.get(operator.returns.upper())
    if type_ is None:
        return pa.array([None if value is None else json.dumps(value) for value in values], pa.string())
    try:
        return pa.array(values, type_)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
        raise _misfit(operator.name, operator.returns, str(error)) from error


def register(connection: duckdb.DuckDBPyConnection, stage: Stage | Question, rows: pa.Table, values: Sequence[Value]) -> None:
    """Make the answers of a stage readable under its name; one row a row of `rows`, or a single row where nothing varies."""
    returns = stage.ask.operator.returns
    columns = [*rows.columns, array(values, stage.ask.operator)] if stage.ask.varying else [array(values, stage.ask.operator)]
    names = [*rows.column_names, VALUE] if stage.ask.varying else [VALUE]
    table = pa.table(columns, names=names)
    if returns.upper() in ARROW:
        connection.register(stage.name, table)
        return
    connection.register(f"{stage.name}_json", table)
    typed = f"CAST(CAST({VALUE} AS JSON) AS {returns})"
    query = f"CREATE TEMP TABLE {stage.name} AS SELECT * REPLACE ({typed} AS {VALUE}) FROM {stage.name}_json"
    try:
        connection.execute(query).fetchall()
    except (duckdb.ConversionException, duckdb.InvalidInputException) as error:
        raise _misfit(stage.ask.operator.name, returns, str(error).split("\n", maxsplit=1)[0]) from error


def _misfit(operator: str, returns: str, why: str) -> OutputInvalid:
    return OutputInvalid(
        f"an answer of {operator} does not fit its declared type {returns}: {why}",
        hint="correct `returns` or `output_schema` in the cascade",
    )


def unregister(connection: duckdb.DuckDBPyConnection, stage: Stage | Question) -> None:
    """Forget the answers of a stage."""
    if stage.ask.operator.returns.upper() in ARROW:
        connection.unregister(stage.name)
        return
    connection.execute(f"DROP TABLE IF EXISTS temp.{stage.name}").fetchall()
    connection.unregister(f"{stage.name}_json")
