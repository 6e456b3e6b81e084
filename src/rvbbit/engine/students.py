"""Who answers an ask: the runner, or, where the query or the settings state a target, a student beside it. `docs/student.md`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rvbbit.cascades.loader import Cascade
from rvbbit.cascades.runner import Runner
from rvbbit.cascades.student_first import Desk, StudentFirst
from rvbbit.errors import UsageError
from rvbbit.interfaces import OperatorCaller
from rvbbit.logs.examples import ExampleFilter, ExampleRow
from rvbbit.logs.store import Store
from rvbbit.sql.statements import Hints
from rvbbit.targets import Target
from rvbbit.training.questions import canonical
from rvbbit.types import CellKey, Example, Value

NEWEST = 2_000  # logged answers of a model that a student is taught with


@dataclass(frozen=True, slots=True)
class Students:
    """`accuracy` and `delta` are the settings'."""

    desk: Desk
    accuracy: float | None
    delta: float
    runner: Runner

    def taught(self, hints: Hints) -> StudentFirst:
        """A student that only predicts."""
        return StudentFirst(self.runner, self.desk, Target(accuracy=1.0))

    def beside(self, caller: OperatorCaller, hints: Hints) -> OperatorCaller:
        """Who answers what these hints stand at. Raises UsageError for a target that contradicts itself."""
        target = self._target(hints)
        return StudentFirst(caller, self.desk, target) if target.asks_for_anything and isinstance(caller, Runner) else caller

    def _target(self, hints: Hints) -> Target:
        delta = self.delta if hints.delta is None else hints.delta
        filters = hints.precision is not None or hints.recall is not None
        if filters and hints.accuracy is not None:
            raise UsageError(
                "a target has an accuracy and a precision or recall", hint="state accuracy alone, or precision, recall or both"
            )
        accuracy = self.accuracy if hints.accuracy is None and not filters else hints.accuracy
        return Target(accuracy, hints.precision, hints.recall, delta)


def logged(store: Store, cell: CellKey, model: str) -> Sequence[Example]:
    """What a model answered in a cell, newest first."""
    asked = ExampleFilter(cascade_id=(cell.cascade_id,), cell_name=(cell.cell_name,), model=model, limit=NEWEST)
    return [_example(row) for row in store.page(asked).rows]


def _example(row: ExampleRow) -> Example:
    answer = row.answer if row.corrected_output is None else row.corrected_output
    return Example(row.trace_id, row.inputs, answer, row.timestamp)


def verified(store: Store, operator: str, find: Callable[[str], Cascade]) -> Mapping[str, Value]:
    """What people vouch for of an operator's answers, by its arguments as canonical JSON; the newest word on each."""
    cascade = find(operator)
    cell = cascade.spec.cells[-1].name
    asked = ExampleFilter(cascade_id=(cascade.id,), cell_name=(cell,), verified=True, sort="timestamp", order="asc", limit=None)
    return {canonical(dict(row.inputs)): _example(row).answer for row in store.page(asked).rows}
