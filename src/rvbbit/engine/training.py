"""`db.training`: what people see of executions and decide about them, over the store and the curation room."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from typing import Any

from rvbbit.errors import UsageError
from rvbbit.logs.duckdb import Store
from rvbbit.logs.examples import ExampleFilter, Page, Stats
from rvbbit.training.curation import Curation, Marked


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

    def mark(self, trace_ids: Sequence[str], *, author: str | None = None, **decided: Any) -> Marked:
        """Decide `trainable`, `verified`, `confidence`, `corrected_output`, `notes` or `tags`; only what is given changes.

        Raises TrainingError, and then nothing was decided.
        """
        return self._curation.mark(trace_ids, author=author or getpass.getuser(), **decided)

    def undo(self, batch: str, *, author: str | None = None) -> Marked:
        """Take back what one call of `mark` decided. Raises TrainingError for an unknown one."""
        return self._curation.undo(batch, author=author or getpass.getuser())


def _filter(filters: dict[str, Any]) -> ExampleFilter:
    several: dict[str, Any] = {name: _several(filters[name]) for name in ("trace_ids", "cascade_id", "cell_name") if name in filters}
    try:
        return ExampleFilter(**{**filters, **several})
    except TypeError as error:
        raise UsageError(f"there is no such filter: {error}", hint=f"filters: {', '.join(ExampleFilter.__slots__)}") from error


def _several(value: str | Sequence[str] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)
