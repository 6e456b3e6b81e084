"""Filters of executions as faces give them, by name and value, made into what a store takes. It finds nothing itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rvbbit.engine.sets import TrainingSets
from rvbbit.errors import UsageError
from rvbbit.logs.examples import ExampleFilter
from rvbbit.logs.store import Store

NOTHING = ("",)
"""Trace ids that no execution has: where there is none to name, () would ask for all."""


class Filters:
    """The fields of `ExampleFilter`, and `contradiction`, which only the training sets can tell."""

    def __init__(self, store: Store, sets: TrainingSets) -> None:
        self._store = store
        self._sets = sets

    def read(self, filters: Mapping[str, Any]) -> ExampleFilter:
        """A filter out of names and values, one value or several. Raises UsageError, and where examples are compared ProviderError.

        `contradiction` True finds examples that the firewall keeps out now, as approved answers to one question differ and none is
        verified: the newest of each answer. False says nothing.
        """
        given = dict(filters)
        wanted = given.pop("contradiction", None)
        asked = _plain(given)
        if not wanted:
            return asked
        named = set(asked.trace_ids)
        kept = tuple(one for one in self._contradicting(asked) if one in named or not named)
        return replace(asked, trace_ids=kept or NOTHING)

    def _contradicting(self, asked: ExampleFilter) -> list[str]:
        found: list[str] = []
        for cell, figures in self._store.stats().cells.items():
            named = cell.cascade_id in (asked.cascade_id or (cell.cascade_id,)) and cell.cell_name in (asked.cell_name or (cell.cell_name,))
            if named and figures.trainable > 1:
                for one in self._sets.checked(cell.cascade_id, cell.cell_name).contradictions:
                    found += [example.trace_id for example in one.examples] if one.holds is None else []
        return found


def _plain(filters: Mapping[str, Any]) -> ExampleFilter:
    several: dict[str, Any] = {name: _several(filters[name]) for name in ("trace_ids", "cascade_id", "cell_name") if name in filters}
    try:
        return ExampleFilter(**{**filters, **several})
    except TypeError as error:
        raise UsageError(
            f"there is no such filter: {error}", hint=f"filters: {', '.join([*ExampleFilter.__slots__, 'contradiction'])}"
        ) from error


def _several(value: str | Sequence[str] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)
