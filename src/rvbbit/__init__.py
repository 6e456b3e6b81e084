"""RVBBIT: semantic SQL that learns."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from rvbbit.errors import Error

if TYPE_CHECKING:
    from rvbbit.engine import Database, connect

__version__ = version("rvbbit")
__all__ = ["Database", "Error", "connect"]


def __getattr__(name: str) -> Any:
    """`connect` and `Database` load DuckDB and all the rest; importing `rvbbit` alone does not."""
    if name in {"connect", "Database"}:
        from rvbbit import engine  # loads DuckDB and all the rest: only when asked for

        return getattr(engine, name)
    raise AttributeError(f"module 'rvbbit' has no attribute {name!r}")
