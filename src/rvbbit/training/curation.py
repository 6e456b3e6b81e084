"""What people decide about executions: mark, correct, take back. Decisions are only ever added; it never changes or removes one.

An undo is a decision too: it names the fields its batch decided and gives them the values that held before. It leaves alone what someone
has decided again since.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, Literal, Protocol, TypeAlias, TypedDict, Unpack
from uuid import uuid4

from rvbbit.errors import Error, TrainingError, UsageError
from rvbbit.interfaces import ExampleStore
from rvbbit.types import CellKey, Decision, Value

CheckOutput: TypeAlias = Callable[[str, str, Value], None]
"""(cascade_id, cell_name, value): raises an Error of ours where the value does not fit the cell's schema."""

_NAMED = 5  # ids spelled out in a message


class _Given(enum.Enum):
    NOT_GIVEN = enum.auto()


NOT_GIVEN: Final = _Given.NOT_GIVEN
"""Says nothing about a field; None clears it."""

NotGiven: TypeAlias = Literal[_Given.NOT_GIVEN]


@dataclass(frozen=True, slots=True)
class Marked:
    """How many executions got a decision, and the batch that takes it back; `undo` is None where there was nothing to decide."""

    updated: int
    undo: str | None


class Decided(TypedDict, total=False):
    """What may be decided about an execution. A field that is not given stays as it is; None clears it."""

    trainable: bool | NotGiven | None
    verified: bool | NotGiven | None
    confidence: float | NotGiven | None
    corrected_output: Value | NotGiven
    notes: str | NotGiven | None
    tags: Sequence[str] | NotGiven | None


class Changed(Decided, total=False):
    """The same, with tags that are added to those an execution has and taken away from them; a tag that is both is added."""

    add_tags: Sequence[str] | None
    remove_tags: Sequence[str] | None


class Matching(Protocol):
    """Everything that some filter finds, wherever it is kept. Called from any thread."""

    def cells(self) -> Mapping[CellKey, str]:
        """Each cell it reaches, with the id of one of its executions."""

    def annotate(self, decision: Decision, add_tags: Sequence[str] = (), remove_tags: Sequence[str] = ()) -> int:
        """Append the decision (its `trace_id` says nothing) for each of them, all or none; how many there were.

        With tags to add or remove, what it says of `tags` is what each has then.
        """


class DecisionStore(ExampleStore, Protocol):
    """Where decisions are kept, and taken back without being read."""

    def take_back(self, batch: str, decision: Decision) -> int | None:
        """Append, for every execution of the batch, `decision` with the fields that still hold because of the batch and what held before.

        All or none; how many that were, None where there is no such batch. What `decision` says of fields and executions says nothing.
        """


class Curation:
    """Marks executions for training in a store. `check` is asked about every correction before anything is written."""

    def __init__(self, store: DecisionStore, *, check: CheckOutput | None = None) -> None:
        self._store = store
        self._check = check

    def mark(self, trace_ids: Sequence[str], *, author: str, reason: str | None = None, **decided: Unpack[Decided]) -> Marked:
        """Decide the fields given on all executions named, or on none; None clears a field.

        Raises TrainingError for an id that no execution has and for a correction that does not fit its cell, UsageError where no field is
        given or a confidence is not 0-1.
        """
        decision = _decision(author, reason, decided)
        unique = list(dict.fromkeys(trace_ids))
        self.require(unique)
        if decision.corrected_output is not None and self._check is not None:
            cells = {execution.cell: execution.trace_id for execution in self._store.executions(trace_ids=unique)}
            self._check_correction(cells, decision.corrected_output)
        return self._decide([replace(decision, trace_id=trace_id) for trace_id in unique])

    def mark_matching(self, found: Matching, *, author: str, reason: str | None = None, **decided: Unpack[Changed]) -> Marked:
        """Decide the fields given on everything a filter finds, as one batch, or on nothing; here tags can be added and removed, too.

        Raises as `mark` does.
        """
        tags: dict[str, Any] = {name: decided.pop(name, None) or () for name in ("add_tags", "remove_tags")}  # type: ignore[misc]
        if any(tags.values()) and "tags" in decided:
            raise UsageError("tags are given anew, or added and removed", hint="give tags alone, or add_tags and remove_tags")
        decision = _decision(author, reason, decided, retagged=any(tags.values()))
        if decision.corrected_output is not None:
            self._check_correction(found.cells(), decision.corrected_output)
        updated = found.annotate(decision, **tags)
        return Marked(updated, decision.batch if updated else None)

    def undo(self, batch: str, *, author: str, reason: str | None = None) -> Marked:
        """Give every field that the batch decided, and that still holds because of it, the value it had before.

        Undoing an undo brings the batch back. Raises TrainingError for a batch that does not exist.
        """
        decision = Decision("", author, datetime.now(UTC), _new_batch(), (), reason=reason or f"undo of {batch}")
        updated = self._store.take_back(batch, decision)
        if updated is None:
            raise TrainingError(f"there is no decision {batch!r} to undo", hint="use the `undo` that mark returned")
        return Marked(updated, decision.batch if updated else None)

    def _decide(self, decisions: Sequence[Decision]) -> Marked:
        self._store.annotate(decisions)
        return Marked(len(decisions), decisions[0].batch if decisions else None)

    def require(self, trace_ids: Sequence[str]) -> None:
        """Raises TrainingError where no execution that can teach has one of the ids."""
        missing = self._store.missing(trace_ids)
        if missing:
            more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
            raise TrainingError(
                f"no execution that can teach has the id {', '.join(missing[:_NAMED])}{more}; nothing was marked",
                hint="`rvbbit training list` shows the ids; failed calls and the judge's own cannot teach",
            )

    def _check_correction(self, cells: Mapping[CellKey, str], value: Value) -> None:
        if self._check is None:
            return
        for cell, trace_id in cells.items():
            try:
                self._check(cell.cascade_id, cell.cell_name, value)
            except Error as error:
                raise TrainingError(
                    f"the correction does not fit {cell.cascade_id}.{cell.cell_name} (execution {trace_id}): {error.message}",
                    hint=error.hint or "give an answer of the cell's own type; nothing was marked",
                ) from error


def _decision(author: str, reason: str | None, decided: Decided | Changed, *, retagged: bool = False) -> Decision:
    """The decision, still about no execution. Raises UsageError where nothing is decided or a confidence is not 0-1."""
    values: dict[str, Any] = {name: value for name, value in decided.items() if value is not NOT_GIVEN}
    if retagged:
        values["tags"] = None  # what they are then differs from one to the next
    _check_values(values)
    if values.get("tags") is not None:
        values["tags"] = tuple(values["tags"])
    return Decision("", author, datetime.now(UTC), _new_batch(), tuple(values), reason=reason, **values)


def _check_values(values: Mapping[str, object]) -> None:
    if not values:
        raise UsageError("nothing to decide", hint="give at least one of trainable, verified, confidence, corrected_output, notes, tags")
    confidence = values.get("confidence")
    if isinstance(confidence, (int, float)) and not 0 <= confidence <= 1:
        raise UsageError(f"a confidence of {confidence} is out of range", hint="use a number from 0 to 1")


def _new_batch() -> str:
    return uuid4().hex
