"""What was found, given a place: a cell, an id that is the same every time, and the decisions that came with it. It writes nothing.

The id of an export of ours is kept. Any other is a hash of what makes the execution: its cell, arguments, answer, model and, where the file
has them, its own id and time. So the same record is the same execution however often it comes, and nothing else is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeAlias

from rvbbit.errors import Error
from rvbbit.training.exchange.found import Found, parsed_json, shown
from rvbbit.types import CallRecord, CellKey, Decision, Score, Value

UNPLACED = CellKey("imported", "answer")
"""The cell of executions that nobody gave one."""

_PROMPT = "prompt"
_ID_LENGTH = 32


@dataclass(frozen=True, slots=True)
class Cell:
    """What the import must know of a cell of this project: the input that holds the text, those that are lists, those it cannot do
    without, and a check of its answers that raises an Error of ours."""

    key: CellKey
    prompt: str
    lists: frozenset[str]
    required: frozenset[str]
    check: Callable[[Value], None]


CellOf: TypeAlias = Callable[[str, str | None], Cell | None]
"""(cascade_id, cell_name or None for its last) → the cell; None where this project has no such cascade. Raises UsageError."""


@dataclass(frozen=True, slots=True)
class Placed:
    """An execution with the decisions and scores on it, ready for the log. `size` is in characters, near enough to bound what waits."""

    record: CallRecord
    decisions: tuple[Decision, ...]
    scores: tuple[Score, ...]
    size: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where executions of one import go. `constants` are inputs that all of them share; `now` stands for times the file does not tell."""

    cell_of: CellOf
    author: str
    now: datetime
    cascade_id: str | None = None
    cell_name: str | None = None
    constants: Mapping[str, Value] = field(default_factory=dict)
    _cells: dict[tuple[str, str | None], Cell | None] = field(default_factory=dict)

    def give(self, found: Found) -> Placed:
        """Raises ValueError where an answer does not fit its cell or an input is missing."""
        if found.trace_id is not None and self.cascade_id is None:
            key = CellKey(found.cascade_id or UNPLACED.cascade_id, found.cell_name or UNPLACED.cell_name)
            return self._placed(found, key, dict(found.arguments), found.answer, found.trace_id)
        cell, key = self._cell(found)
        arguments = self._arguments(found, cell)
        answer = _fitting(found.answer, cell)
        kept = (found.source_id or found.trace_id, found.timestamp and found.timestamp.isoformat())
        trace_id = _hash(key.cascade_id, key.cell_name, arguments, answer, found.model, *kept)
        if "corrected_output" in found.decided:
            found = replace(found, decided={**found.decided, "corrected_output": _fitting(found.decided["corrected_output"], cell)})
        return self._placed(found, key, arguments, answer, trace_id)

    def _cell(self, found: Found) -> tuple[Cell | None, CellKey]:
        cascade_id = self.cascade_id or found.cascade_id or UNPLACED.cascade_id
        name = self.cell_name or (None if self.cascade_id else found.cell_name)
        if (cascade_id, name) not in self._cells:
            self._cells[cascade_id, name] = self.cell_of(cascade_id, name)
        cell = self._cells[cascade_id, name]
        return cell, cell.key if cell else CellKey(cascade_id, name or UNPLACED.cell_name)

    def _arguments(self, found: Found, cell: Cell | None) -> dict[str, Value]:
        arguments = {**self.constants, **found.arguments}
        if found.prompt is not None:
            arguments = {cell.prompt if cell else _PROMPT: found.prompt, **arguments}
        if cell is None:
            return arguments
        if missing := sorted(cell.required - arguments.keys()):
            raise ValueError(
                f"{cell.key.cascade_id}.{cell.key.cell_name} asks with {', '.join(missing)}, and nothing here says what it was"
            )
        return {name: _listed(value) if name in cell.lists else value for name, value in arguments.items()}

    def _placed(self, found: Found, key: CellKey, arguments: dict[str, Value], answer: Value, trace_id: str) -> Placed:
        known: dict[str, Any] = {"source": "import", "cascade_fingerprint": "", "cell_fingerprint": "", **found.logged}
        record = CallRecord(
            trace_id,
            found.timestamp or self.now,
            found.session_id or "import",
            key.cascade_id,
            key.cell_name,
            "llm",
            arguments,
            caller_id=found.caller_id,
            model=found.model,
            request=found.request,
            answer=answer,
            finish_reason=found.finish_reason,
            usage=found.usage,
            duration=found.duration,
            **known,
        )
        decisions = tuple(replace(one, trace_id=trace_id) for one in found.decisions) + self._decided(trace_id, found.decided)
        scores = tuple(replace(one, trace_id=trace_id) for one in found.scores)
        return Placed(record, decisions, scores, sum(len(_json(value)) for value in (arguments, answer, found.request)))

    def _decided(self, trace_id: str, decided: Mapping[str, Any]) -> tuple[Decision, ...]:
        """The decision that columns of the file made. Its batch is the same every time, so that it is made once."""
        if not decided:
            return ()
        batch = f"import-{_hash(trace_id, {name: list(value) if isinstance(value, tuple) else value for name, value in decided.items()})}"
        return (Decision(trace_id, self.author, self.now, batch, tuple(decided), reason="came with the import", **decided),)


def _fitting(value: Value, cell: Cell | None) -> Value:
    """The answer as the cell's type: as it is, or what its text says as JSON (`true` in a CSV file)."""
    if cell is None:
        return value
    reason = ""
    for candidate in (value, parsed_json(value.strip().lower()) if isinstance(value, str) else None):
        if candidate is None:
            continue
        try:
            cell.check(candidate)
        except Error as error:
            reason = reason or error.message
            continue
        return candidate
    raise ValueError(f"the answer {shown(value)} does not fit {cell.key.cascade_id}.{cell.key.cell_name}: {reason or 'it is null'}")


def _listed(value: Value) -> Value:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def _hash(*parts: Any) -> str:
    return hashlib.sha256(_json(parts).encode("utf-8", "surrogatepass")).hexdigest()[:_ID_LENGTH]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
