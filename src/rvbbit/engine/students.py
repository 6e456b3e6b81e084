"""Who answers an ask: the runner, or, where the query or the settings state a target, a student beside it. `docs/student.md`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from rvbbit.cascades.loader import Cascade
from rvbbit.cascades.runner import Runner
from rvbbit.cascades.student_first import Desk, StudentFirst
from rvbbit.cascades.verified import Verified
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
        target = Target(accuracy, hints.precision, hints.recall, delta, "verified" if hints.against == "verified" else "model")
        if target.against == "verified":
            _check_held(target)
        return target


def _check_held(target: Target) -> None:
    """Raises UsageError for a target that no verified answers could ever show."""
    if not target.shares:
        raise UsageError("hint against: there is no target to hold against verified answers", hint="state one: `-- @ accuracy: 0.95`")
    if any(share >= 1 for share in target.shares.values()):
        raise UsageError(f"no number of verified answers shows {target}", hint="state less than 1, or leave `-- @ against: verified` out")


def logged(store: Store, cell: CellKey, model: str) -> Sequence[Example]:
    """What a model answered in a cell, newest first."""
    asked = ExampleFilter(cascade_id=(cell.cascade_id,), cell_name=(cell.cell_name,), model=model, limit=NEWEST)
    return [_example(row) for row in store.page(asked).rows]


def _example(row: ExampleRow) -> Example:
    answer = row.answer if row.corrected_output is None else row.corrected_output
    return Example(row.trace_id, row.inputs, answer, row.timestamp)


def vouched(store: Store, cell: CellKey, model: str) -> Sequence[Verified]:
    """What people verified in a cell, the newest word on each question, beside the model's own newest answer, where the log has one.

    Of what nobody verified, the newest answers of the model alone are looked through.
    """
    asked = ExampleFilter(cascade_id=(cell.cascade_id,), cell_name=(cell.cell_name,), verified=True, limit=None)
    rows = store.page(asked).rows
    if not rows:
        return []
    newest: dict[str, ExampleRow] = {}
    for row in rows:
        newest.setdefault(canonical(dict(row.inputs)), row)
    said = _said(rows, model) | _said(store.page(replace(asked, verified=None, model=model, limit=NEWEST)).rows, model)
    return [Verified(row.inputs, _example(row).answer, said.get(question)) for question, row in newest.items()]


def _said(rows: Sequence[ExampleRow], model: str) -> dict[str, Value]:
    """A model's own newest answers, as it gave them, by question; rows come newest first."""
    return {canonical(dict(row.inputs)): row.answer for row in reversed(rows) if row.model == model}


def verified(store: Store, operator: str, find: Callable[[str], Cascade]) -> Mapping[str, Value]:
    """What people vouch for of an operator's answers, by its arguments as canonical JSON; the newest word on each."""
    cascade = find(operator)
    cell = cascade.spec.cells[-1].name
    asked = ExampleFilter(cascade_id=(cascade.id,), cell_name=(cell,), verified=True, sort="timestamp", order="asc", limit=None)
    return {canonical(dict(row.inputs)): _example(row).answer for row in store.page(asked).rows}
