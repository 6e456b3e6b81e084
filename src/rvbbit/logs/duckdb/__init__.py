"""The log store on DuckDB, in the engine's own instance: one process, one file."""

from rvbbit.logs.duckdb.store import Store

__all__ = ["Store"]
