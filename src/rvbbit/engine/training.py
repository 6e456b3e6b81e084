"""`db.training`: what people see of executions and decide about them, over the store and the curation room."""

from __future__ import annotations

import getpass
from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from rvbbit.errors import UsageError
from rvbbit.logs.duckdb import Store
from rvbbit.logs.examples import ExampleFilter, Page, Stats
from rvbbit.training.curation import Curation, Decided, Marked


class Training:
    """Executions and the decisions on them. `author` is the login name where a call names none."""

    def __init__(self, store: Store, curation: Curation) -> None:
        self._store = store
        self._curation = curation

    def examples(self, **filters: Any) -> Page:
        """(total, rows) of executions; the filters are the fields of `ExampleFilter`, one value or several. Raises UsageError."""
        return self._store.page(_filter(filters))

    def stats(self) -> Stats:
        """Figures of everything and of each cell."""
        return self._store.stats()

    def mark(
        self,
        trace_ids: Sequence[str] | None = None,
        *,
        filter: Mapping[str, Any] | None = None,
        author: str | None = None,
        reason: str | None = None,
        **decided: Unpack[Decided],
    ) -> Marked:
        """Decide `trainable`, `verified`, `confidence`, `corrected_output`, `notes` or `tags`; only what is given changes.

        On the executions named, or on everything a filter finds (fields of `ExampleFilter`; an empty one finds all). `reason` says why.
        Raises TrainingError, UsageError, and then nothing was decided.
        """
        if (trace_ids is None) == (filter is None):
            raise UsageError("mark takes trace ids or a filter", hint="give one of the two; the filter {} is everything")
        who = author or getpass.getuser()
        if filter is None:
            return self._curation.mark(trace_ids or (), author=who, reason=reason, **decided)
        return self._curation.mark_matching(self._store.matching(_filter(filter)), author=who, reason=reason, **decided)

    def undo(self, batch: str, *, author: str | None = None) -> Marked:
        """Take back what one call of `mark` decided. Raises TrainingError for an unknown one."""
        return self._curation.undo(batch, author=author or getpass.getuser())


def _filter(filters: Mapping[str, Any]) -> ExampleFilter:
    several: dict[str, Any] = {name: _several(filters[name]) for name in ("trace_ids", "cascade_id", "cell_name") if name in filters}
    try:
        return ExampleFilter(**{**filters, **several})
    except TypeError as error:
        raise UsageError(f"there is no such filter: {error}", hint=f"filters: {', '.join(ExampleFilter.__slots__)}") from error


def _several(value: str | Sequence[str] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)
