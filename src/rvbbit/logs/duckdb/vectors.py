"""Embeddings in the DuckDB store: a vector a model and content, and facts of which content each row of a table had. It embeds nothing.

Texts that are equal share a vector, wherever they stand. What holds for a row is its newest fact; the view `rvbbit_embeddings` says it.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime

import duckdb
import numpy as np
import pyarrow as pa

from rvbbit.interfaces import Matrix
from rvbbit.logs.duckdb.connection import Connection

VECTORS = """
CREATE TABLE rvbbit.main.embedding_vectors (
    model VARCHAR NOT NULL,
    content_hash VARCHAR NOT NULL,
    dims INTEGER NOT NULL,
    vector FLOAT[] NOT NULL,
    timestamp TIMESTAMPTZ NOT NULL
)"""

ROWS = """
CREATE TABLE rvbbit.main.embedding_rows (
    seq BIGINT NOT NULL,
    table_name VARCHAR NOT NULL,
    column_name VARCHAR NOT NULL,
    row_key VARCHAR NOT NULL,
    model VARCHAR NOT NULL,
    content_hash VARCHAR,
    timestamp TIMESTAMPTZ NOT NULL
)"""

# DISTINCT: of a log that is kept on a server, two of its users may have embedded the same at the same time.
EMBEDDINGS = """
CREATE VIEW rvbbit.main.rvbbit_embeddings AS
SELECT row.table_name, row.column_name, row.row_key, row.model, row.content_hash, vector.dims, vector.vector, row.timestamp
FROM (
    SELECT table_name, column_name, row_key, model, arg_max_null(content_hash, seq) AS content_hash, arg_max(timestamp, seq) AS timestamp
    FROM embedding_rows GROUP BY table_name, column_name, row_key, model
) AS row
JOIN (SELECT DISTINCT ON (model, content_hash) model, content_hash, dims, vector FROM embedding_vectors) AS vector
    ON vector.model = row.model AND vector.content_hash = row.content_hash"""

_KNOWN = """
SELECT DISTINCT given.content_hash FROM given
SEMI JOIN (SELECT content_hash FROM rvbbit.main.embedding_vectors WHERE model = $model) AS held USING (content_hash)"""
_OF_HASHES = """
SELECT content_hash, vector FROM rvbbit.main.embedding_vectors
WHERE model = $model AND content_hash IN (SELECT content_hash FROM given)"""
_OF_HASH = """
SELECT content_hash, vector FROM rvbbit.main.embedding_vectors WHERE model = $model AND content_hash = $hash"""
_KEEP = """
INSERT INTO rvbbit.main.embedding_vectors
SELECT $model, content_hash, $dims, vector, $now FROM given
WHERE content_hash NOT IN (SELECT content_hash FROM rvbbit.main.embedding_vectors WHERE model = $model)"""
_HELD = """
SELECT row_key, arg_max_null(content_hash, seq) AS content_hash FROM rvbbit.main.embedding_rows
WHERE table_name = $table AND column_name = $column AND model = $model
GROUP BY row_key HAVING arg_max_null(content_hash, seq) IS NOT NULL"""
_PLACE = """
INSERT INTO rvbbit.main.embedding_rows
SELECT
    (SELECT coalesce(max(seq), 0) FROM rvbbit.main.embedding_rows) + row_number() OVER (),
    $table, $column, row_key, $model, content_hash, $now
FROM given"""


class Vectors:
    """`VectorStore` on the store's own connection. Raises DatabaseError, DiskFull."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._writing = threading.Lock()

    def known(self, model: str, hashes: pa.Array) -> pa.Array:
        """Those of the hashes that have a vector of the model."""
        found = self._read("look up embeddings", _KNOWN, {"model": model}, pa.table({"content_hash": hashes}))
        return found["content_hash"].combine_chunks()

    def vectors(self, model: str, hashes: pa.Array) -> pa.Table:
        """The vectors of those of the hashes that have one, in no order."""
        if len(hashes) == 1:
            return self._read("read embeddings", _OF_HASH, {"model": model, "hash": hashes[0].as_py()}, None)
        return self._read("read embeddings", _OF_HASHES, {"model": model}, pa.table({"content_hash": hashes}))

    def keep(self, model: str, hashes: Sequence[str], vectors: Matrix) -> None:
        """Remember, in one commit; what is there already stays as it is."""
        given = pa.table({"content_hash": pa.array(hashes, pa.string()), "vector": listed(vectors)})
        values = {"model": model, "dims": vectors.shape[1], "now": datetime.now(UTC)}
        with self._writing, self._connection.transaction("write to embedding_vectors") as cursor:
            cursor.register("given", given)
            cursor.execute(_KEEP, values).fetchall()

    def rows(self, table: str, column: str, model: str) -> pa.Table:
        """What holds now for the rows of a column."""
        return self._read("read embeddings", _HELD, {"table": table, "column": column, "model": model}, None)

    def place(self, table: str, column: str, model: str, rows: pa.Table) -> None:
        """Say what holds from now on for some rows, in one commit."""
        values = {"table": table, "column": column, "model": model, "now": datetime.now(UTC)}
        with self._writing, self._connection.transaction("write to embedding_rows") as cursor:
            cursor.register("given", rows)
            cursor.execute(_PLACE, values).fetchall()

    def _read(self, doing: str, query: str, values: dict[str, str], given: pa.Table | None) -> pa.Table:
        with self._connection.cursor(doing) as cursor:
            if given is not None:
                cursor.register("given", given)
            relation: duckdb.DuckDBPyRelation = cursor.sql(query, params=values)
            return relation.to_arrow_table()


def listed(vectors: Matrix) -> pa.Array:
    """A matrix as lists of float32, its memory shared."""
    count, dims = vectors.shape
    flat = np.ascontiguousarray(vectors, dtype=np.float32).reshape(-1)
    return (
        pa.FixedSizeListArray.from_arrays(pa.array(flat), dims).cast(pa.list_(pa.float32()))
        if count
        else pa.array([], pa.list_(pa.float32()))
    )
