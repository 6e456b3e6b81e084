"""What a training set is tried on: the verified executions of one cell and scope, and the model, asked through the product's own runner.

It compares nothing and keeps nothing: that is `sets` and, below it, `training.evaluation` and `training.race`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rvbbit.cascades.runner import Runner
from rvbbit.cascades.spec import LLMCell
from rvbbit.engine.rooms import Rooms
from rvbbit.errors import TrainingError, UsageError
from rvbbit.interfaces import Listener
from rvbbit.logs.examples import ExampleFilter
from rvbbit.training.evaluation import Question, grouped
from rvbbit.training.nearest import Likeness
from rvbbit.training.questions import canonical, is_list, question, text
from rvbbit.training.race import Racer
from rvbbit.training.selection import Selector
from rvbbit.types import Answer, Arguments, CallContext, CellKey, Decision, Example, Execution, SetVersion, TrainingPolicy, Value


@dataclass(frozen=True, slots=True)
class Trial:
    """One version of a set, about to be tried. `values` are the inputs its examples share, `scope` the same as a key."""

    rooms: Rooms
    cell: CellKey
    spec: LLMCell
    policy: TrainingPolicy
    values: Arguments
    scope: str
    tried: SetVersion

    @classmethod
    def of(cls, rooms: Rooms, cascade_id: str, scope: Arguments | None, candidate: str | None) -> Trial:
        """Without a scope: the candidate's; without a candidate: what the decisions make now. Raises TrainingError, UsageError."""
        cell, spec = _only_cell(rooms, cascade_id)
        policy = spec.policy()
        if policy is None:
            raise UsageError(f"{cascade_id} does not learn", hint="give its cell `use_training: true`")
        named = None if candidate is None else rooms.sets.version(candidate)
        values: Arguments = scope or ({} if named is None else json.loads(named.scope))
        _complete(values, policy)
        key = canonical(dict(values))
        now = rooms.loop.run(Selector(rooms.store).select(cell, TrainingPolicy(strategy="all", scope=policy.scope), values))
        rooms.sets.remember(cell, key, now)
        tried = named or rooms.sets.found(cell, key, now.version) if now.version or named else None
        if tried is None:
            raise TrainingError(f"{cascade_id} has no examples to evaluate", hint="mark some first: `rvbbit training mark`")
        return cls(rooms, cell, spec, policy, values, key, tried)

    def used(self) -> SetVersion | None:
        """What calls learn from: the live version, else the newest one that is not the one tried; None where that is it."""
        sets = self.rooms.sets
        if (live := sets.live(self.cell, self.scope)) is not None:
            return None if live == self.tried.version else sets.found(self.cell, self.scope, live)
        rows = (row for row in sets.versions() if (row.cell, row.scope) == (self.cell, self.scope))
        return next((row for row in rows if row.version != self.tried.version), None)

    def examples(self, version: SetVersion) -> Sequence[Example]:
        """What of a version still holds, in its order."""
        members = self.rooms.sets.members(version)
        trainable = self.rooms.store.trainable(self.cell)
        held = {one.trace_id: one for one in trainable if members.get(one.trace_id) == canonical(one.answer)}
        return [held[trace_id] for trace_id in members if trace_id in held]

    def questions(self, rows: int, *shown: Sequence[Example]) -> tuple[list[Question], dict[str, str]]:
        """The newest verified executions within the scope; and the group of each example shown, by trace id."""
        asked = ExampleFilter(cascade_id=(self.cell.cascade_id,), cell_name=(self.cell.cell_name,), verified=True, limit=None)
        found: list[tuple[str, Arguments, Value]] = []
        for row in self.rooms.store.page(asked).rows:
            right = row.answer if row.corrected_output is None else row.corrected_output
            if len(found) < rows and all(_within(row.inputs.get(name), value, right) for name, value in self.values.items()):
                found.append((row.trace_id, row.inputs, right))
        examples = [example for some in shown for example in some]
        groups = self._groups([*(inputs for _, inputs, _ in found), *(example.arguments for example in examples)])
        questions = [
            Question(trace_id, {**inputs, **self.values}, right, group)
            for (trace_id, inputs, right), group in zip(found, groups, strict=False)
        ]
        return questions, {example.trace_id: group for example, group in zip(examples, groups[len(found) :], strict=True)}

    def _groups(self, asked: Sequence[Arguments]) -> list[str]:
        """A name for each question that those which ask nearly the same share."""
        texts = [text(arguments, self.policy.scope) for arguments in asked]
        likeness = Likeness()
        missing = likeness.missing(texts)
        if missing:
            likeness.add(missing, self.rooms.loop.run(self.rooms.embedding.embed(missing)))
        return grouped([question(arguments, self.policy.scope) for arguments in asked], likeness.near(texts))


class Asking:
    """The model of a trial's cell, or another, asked with given examples. `runner` has the budget; `listen` hears of every answer."""

    def __init__(self, trial: Trial, runner: Runner, listen: Listener | None = None, model: str | None = None) -> None:
        self._trial = trial
        self._runner = runner
        self._listen = listen
        self._model = model
        self._selectors: dict[tuple[str, ...], Selector] = {}

    async def with_set(self, examples: Sequence[Example], arguments: Sequence[Arguments]) -> Sequence[Answer]:
        """As the cell says, with no more than these to learn from."""
        return await self._ask(self._runner.learning_from(self._selector(examples)), arguments, training=bool(examples))

    async def racing(self, racer: Racer, examples: Sequence[Example], arguments: Sequence[Arguments]) -> Sequence[Answer]:
        """In the racer's way."""
        runner = self._runner.learning_from(self._selector(examples))
        if racer.strategy is None:
            return await self._ask(runner, arguments, training=False)
        return await self._ask(runner.learning_by(racer.strategy, racer.limit), arguments, training=True)

    async def _ask(self, runner: Runner, arguments: Sequence[Arguments], *, training: bool) -> Sequence[Answer]:
        context = CallContext("evaluation", source="test", model=self._model, training=training, on_error="null")
        return await runner.answer(self._trial.cell.cascade_id, arguments, context, self._listen)

    def _selector(self, examples: Sequence[Example]) -> Selector:
        """One for the same examples: what it found out about them is needed again by the next racer."""
        key = tuple(example.trace_id for example in examples)
        if key not in self._selectors:
            self._selectors[key] = Selector(_Given(examples), self._trial.rooms.embedding)
        return self._selectors[key]


class _Given:
    """An `ExampleStore` of one fixed set."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self._examples = examples

    def revision(self) -> int:
        return 0

    def trainable(self, cell: CellKey) -> Sequence[Example]:
        return self._examples

    def annotate(self, decisions: Sequence[Decision]) -> None:
        raise TrainingError("a set under evaluation takes no decisions")

    def missing(self, trace_ids: Sequence[str]) -> Sequence[str]:
        return trace_ids

    def executions(self, *, trace_ids: Sequence[str] = (), batch: str | None = None) -> Sequence[Execution]:
        return ()


def _only_cell(rooms: Rooms, cascade_id: str) -> tuple[CellKey, LLMCell]:
    cascade = rooms.catalog.named(cascade_id)
    if len(cascade.spec.cells) != 1:
        raise UsageError(f"{cascade.id} has {len(cascade.spec.cells)} cells", hint="only cascades of one cell can be evaluated")
    (spec,) = cascade.spec.cells
    if not isinstance(spec, LLMCell):
        raise UsageError(f"{cascade_id} asks no model", hint="only cells that learn can be evaluated")
    return CellKey(cascade.id, spec.name), spec


def _complete(values: Arguments, policy: TrainingPolicy) -> None:
    if set(values) != set(policy.scope):
        needed = ", ".join(policy.scope) or "nothing"
        raise UsageError(f"a set of this cell is scoped by {needed}, not by {', '.join(values) or 'nothing'}", hint="give scope as JSON")


def _within(given: object, wanted: object, right: object) -> bool:
    if isinstance(wanted, str | Mapping) or not is_list(wanted):  # type: ignore[arg-type]
        return canonical(given) == canonical(wanted)
    allowed = {canonical(one) for one in wanted}
    return {canonical(one) for one in (right if is_list(right) else [right])} <= allowed  # type: ignore[arg-type]
