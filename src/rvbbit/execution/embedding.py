"""The stage of an EMBED: texts out of DuckDB, vectors in as Arrow, none of them a Python object on the way. It embeds nothing itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from rvbbit.errors import SQLError
from rvbbit.sql.lowering import KEY, VALUE, Stage

if TYPE_CHECKING:
    from rvbbit.sql.plan import Ask

_TEXT, _MODEL = f"{KEY}0", f"{KEY}1"


def embed(
    connection: duckdb.DuckDBPyConnection,
    stage: Stage,
    rows: pa.Table,
    constants: pa.Table | None,
    vectors: Callable[[Ask, str | None, pa.Array, pa.Table], pa.Array],
) -> None:
    """Make the vectors of a stage readable under its name, one row a distinct text. Raises SQLError where the model varies."""
    ask = stage.ask
    if 1 in ask.varying:
        raise SQLError("EMBED takes one model for all rows", hint="name it as text: EMBED(x, 'openai:text-embedding-3-small')")
    model = None if constants is None or _MODEL not in constants.column_names else constants[_MODEL][0].as_py()
    held = rows if ask.varying else constants if constants is not None and rows.num_rows else pa.table({_TEXT: pa.array([], pa.string())})
    texts = pc.drop_null(pc.unique(held[_TEXT].cast(pa.string())))
    found = vectors(ask, model, texts, rows) if len(texts) else pa.array([], pa.list_(pa.float32()))
    if ask.varying:
        connection.register(stage.name, pa.table({_TEXT: texts, VALUE: found}))
    else:
        connection.register(stage.name, pa.table({VALUE: found}))
