"""`db.history`: what the log remembers beyond examples: one execution whole, sessions, statements, spend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rvbbit.engine.filters import Filters
from rvbbit.errors import NotFound
from rvbbit.logs.history import (
    CallPage,
    CostFilter,
    Detail,
    Facets,
    QueryFilter,
    QueryPage,
    QueryRow,
    SessionFilter,
    SessionPage,
    SessionRow,
    Spend,
)
from rvbbit.logs.store import Store

__all__ = [
    "CallPage",
    "CostFilter",
    "Detail",
    "Facets",
    "History",
    "QueryFilter",
    "QueryPage",
    "QueryRow",
    "SessionFilter",
    "SessionPage",
    "SessionRow",
    "Spend",
]


class History:
    """Reads of a store. Any thread."""

    def __init__(self, store: Store, filters: Filters) -> None:
        self._store = store
        self._filters = filters

    def answers(self) -> None:
        """Ask the store something small. Raises DatabaseError where it does not answer."""
        self._store.missing(["?"])

    def facets(self, most: int = 100, **filters: Any) -> Facets:
        """The values that the executions a filter finds (fields of `ExampleFilter`) have, with their counts. Raises UsageError."""
        return self._store.facets(self._filters.read(filters), most)

    def detail(self, trace_id: str) -> Detail:
        """One logged call, whole. Raises NotFound."""
        found = self._store.detail(trace_id)
        if found is None:
            raise NotFound(f"no execution has the id {trace_id!r}", hint="`GET /api/training/examples` lists them")
        return found

    def sessions(self, asked: SessionFilter) -> SessionPage:
        """Sessions, the newest first."""
        return self._store.sessions(asked)

    def calls(self, session_id: str, limit: int = 10_000, cursor: str | None = None) -> CallPage:
        """The calls of one session, oldest first. Raises UsageError."""
        return self._store.calls(session_id, limit, cursor)

    def queries(self, asked: QueryFilter) -> QueryPage:
        """Statements, the newest first."""
        return self._store.queries(asked)

    def costs(self, asked: CostFilter) -> Sequence[Spend]:
        """What calls cost."""
        return self._store.costs(asked)
