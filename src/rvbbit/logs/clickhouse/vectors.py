"""Embeddings on ClickHouse: a vector a model and content, and facts of which content each row of a table had. It embeds nothing.

Two servers may embed the same text at the same time; both rows stay, and readers take one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from rvbbit.interfaces import Matrix
from rvbbit.logs.clickhouse.connection import Connection

_TOKENS = "non_replicated_deduplication_window = 1000"

VECTORS = f"""
CREATE TABLE IF NOT EXISTS embedding_vectors (
    model LowCardinality(String),
    content_hash String,
    dims Int32,
    vector Array(Float32),
    timestamp DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC'),
    landed UInt64 MATERIALIZED generateSnowflakeID()
) ENGINE = MergeTree ORDER BY (model, content_hash) SETTINGS index_granularity = 512, {_TOKENS}"""

ROWS = f"""
CREATE TABLE IF NOT EXISTS embedding_rows (
    seq Int64 DEFAULT toInt64(generateSnowflakeID()),
    table_name String,
    column_name String,
    row_key String,
    model LowCardinality(String),
    content_hash Nullable(String),
    timestamp DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
) ENGINE = MergeTree ORDER BY (table_name, column_name, model, row_key, seq) SETTINGS {_TOKENS}"""

# argMax passes over NULL, and a row that is gone has none: a tuple around the value is never NULL.
EMBEDDINGS = """
CREATE OR REPLACE VIEW rvbbit_embeddings AS
SELECT
    row.table_name AS table_name, row.column_name AS column_name, row.row_key AS row_key, row.model AS model,
    row.content_hash AS content_hash, vector.dims AS dims, vector.vector AS vector, row.at AS timestamp
FROM (
    SELECT table_name, column_name, row_key, model, argMax(tuple(embedding_rows.content_hash), seq).1 AS content_hash,
        argMax(embedding_rows.timestamp, seq) AS at
    FROM embedding_rows GROUP BY table_name, column_name, row_key, model
) AS row
INNER JOIN (SELECT model, content_hash, dims, vector FROM embedding_vectors LIMIT 1 BY model, content_hash) AS vector
    ON vector.model = row.model AND vector.content_hash = row.content_hash"""

_KNOWN = """
SELECT DISTINCT content_hash FROM embedding_vectors WHERE model = {model:String} AND content_hash IN (SELECT id FROM given)"""
_OF_HASHES = """
SELECT content_hash, vector FROM embedding_vectors WHERE model = {model:String} AND content_hash IN (SELECT id FROM given)
LIMIT 1 BY content_hash"""
_HELD = """
SELECT row_key, argMax(tuple(content_hash), seq).1 AS content_hash FROM embedding_rows
WHERE table_name = {table:String} AND column_name = {column:String} AND model = {model:String}
GROUP BY row_key HAVING isNotNull(content_hash)"""


class Vectors:
    """`VectorStore` on the store's own connection. Raises DatabaseError, StoreUnreachable."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def known(self, model: str, hashes: pa.Array) -> pa.Array:
        """Those of the hashes that have a vector of the model."""
        found = self._connection.read("look up embeddings", _KNOWN, {"model": model}, hashes.to_pylist())
        return found["content_hash"].combine_chunks().cast(pa.string())

    def vectors(self, model: str, hashes: pa.Array) -> pa.Table:
        """The vectors of those of the hashes that have one, in no order."""
        return self._connection.read("read embeddings", _OF_HASHES, {"model": model}, hashes.to_pylist())

    def keep(self, model: str, hashes: Sequence[str], vectors: Matrix) -> None:
        """Remember, as one block; what is there already stays as it is."""
        known = set(self.known(model, pa.array(hashes, pa.string())).to_pylist())
        new = [place for place, one in enumerate(hashes) if one not in known]
        if not new:
            return
        count, dims = len(new), vectors.shape[1]
        flat = np.ascontiguousarray(vectors[new], dtype=np.float32).reshape(-1)
        block = {
            "model": pa.array([model] * count, pa.string()),
            "content_hash": pa.array([hashes[place] for place in new], pa.string()),
            "dims": pa.array([dims] * count, pa.int32()),
            "vector": pa.FixedSizeListArray.from_arrays(pa.array(flat), dims).cast(pa.list_(pa.float32())),
        }
        self._connection.insert("write to embedding_vectors", "embedding_vectors", pa.table(block))

    def rows(self, table: str, column: str, model: str) -> pa.Table:
        """What holds now for the rows of a column."""
        found = self._connection.read("read embeddings", _HELD, {"table": table, "column": column, "model": model})
        return found.cast(pa.schema([("row_key", pa.string()), ("content_hash", pa.string())]))

    def place(self, table: str, column: str, model: str, rows: pa.Table) -> None:
        """Say what holds from now on for some rows, as one block."""
        given = {
            name: pa.array([value] * rows.num_rows, pa.string()) for name, value in zip(_OF_COLUMN, (table, column, model), strict=True)
        }
        if rows.num_rows:
            self._connection.insert(
                "write to embedding_rows",
                "embedding_rows",
                pa.table({**given, "row_key": rows["row_key"], "content_hash": rows["content_hash"]}),
            )


_OF_COLUMN = ("table_name", "column_name", "model")
