"""The log store on a ClickHouse server, for several servers that share one memory."""

from rvbbit.logs.clickhouse.store import Store

__all__ = ["Store"]
