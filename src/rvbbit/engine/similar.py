"""What was asked that is close to one execution: of its own cell, by the embedding of its arguments. It decides nothing.

Bounded: the newest executions of the cell and the newest that teach in it are compared, not a log of a million.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from rvbbit.engine.rooms import Rooms
from rvbbit.engine.sets import TrainingSets
from rvbbit.logs.examples import ExampleFilter, ExampleRow
from rvbbit.logs.history import Detail
from rvbbit.training.questions import canonical, question, text
from rvbbit.types import CellKey

NEWEST = 1_000  # executions of the cell that are compared, and as many that teach
EQUAL = 1.0


@dataclass(frozen=True, slots=True)
class Similar:
    """The newest execution that asked so and was answered so; `asked` did. `similarity` is the cosine, 1 where the same is asked."""

    execution: ExampleRow
    similarity: float
    asked: int


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The nearest first, of `considered` executions."""

    similar: tuple[Similar, ...]
    considered: int


class Likes:
    """Executions near others, of one project."""

    def __init__(self, rooms: Rooms, sets: TrainingSets) -> None:
        self._rooms = rooms
        self._sets = sets

    def of(self, detail: Detail, limit: int) -> Neighbours:
        """Those near an execution, each question and answer once. Raises ProviderError."""
        own = detail.example
        policy = self._sets.policy(CellKey(own.cascade_id, own.cell_name))
        scope = policy.scope if policy else ()
        rows = list(self._compared(own))
        groups: dict[tuple[str, str], list[ExampleRow]] = {}
        for row in rows:
            held = row.answer if row.corrected_output is None else row.corrected_output
            groups.setdefault((question(row.inputs, scope), canonical(held)), []).append(row)
        firsts = [group[0] for group in groups.values()]
        texts = [text(own.inputs, scope), *(text(row.inputs, scope) for row in firsts)]
        unique = {one: place for place, one in enumerate(dict.fromkeys(texts))}
        vectors = self._rooms.loop.run(self._rooms.embedder.embed(list(unique)))
        near = (vectors @ vectors[0])[[unique[one] for one in texts[1:]]] if firsts else np.empty(0, np.float32)
        asked = question(own.inputs, scope)
        sure = [EQUAL if same == asked else min(EQUAL, float(cosine)) for (same, _), cosine in zip(groups, near, strict=True)]
        best = sorted(range(len(firsts)), key=lambda place: -sure[place])[:limit]
        sizes = [len(group) for group in groups.values()]
        return Neighbours(tuple(Similar(firsts[place], sure[place], sizes[place]) for place in best), len(rows))

    def _compared(self, own: ExampleRow) -> Iterator[ExampleRow]:
        """Newest first, those that teach before all others; never the execution itself."""
        cell = ExampleFilter(cascade_id=(own.cascade_id,), cell_name=(own.cell_name,), limit=NEWEST)
        teaching = ExampleFilter(cascade_id=(own.cascade_id,), cell_name=(own.cell_name,), limit=NEWEST, trainable=True)
        seen = {own.trace_id}
        for asked in (teaching, cell):
            for row in self._rooms.store.page(asked).rows:
                if row.trace_id not in seen:
                    seen.add(row.trace_id)
                    yield row
