"""`db.training.sets`: what training sets there are, what the firewall keeps out of them, and whether a version earns its place."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from rvbbit.cascades.spec import LLMCell
from rvbbit.engine.author import or_login
from rvbbit.engine.rooms import Rooms
from rvbbit.errors import CascadeNotFound, TrainingError, UsageError
from rvbbit.logs.examples import ExampleFilter
from rvbbit.training.curation import Marked
from rvbbit.training.evaluation import Evaluation, Question, evaluate, grouped
from rvbbit.training.firewall import Checked
from rvbbit.training.nearest import Likeness
from rvbbit.training.questions import canonical, is_list, question, text
from rvbbit.training.selection import Selector
from rvbbit.training.sets import Blame, Diff
from rvbbit.types import Answer, Arguments, CallContext, CellKey, Decision, Example, Execution, Proof, SetVersion, TrainingPolicy, Value


@dataclass(frozen=True, slots=True)
class SetRow:
    """A version as it is listed. `scope` is JSON of the inputs its examples share; `added` and `removed` count its changes to its parent.

    `proof` is its newest evaluation, None where it has none.
    """

    version: str
    cell: CellKey
    scope: str
    timestamp: datetime
    parent: str | None
    size: int
    added: int
    removed: int
    tags: tuple[str, ...]
    live: bool
    proof: Proof | None


class Evaluated(NamedTuple):
    """Which version was tried, and what was found."""

    version: str
    found: Evaluation


class TrainingSets:
    """Versions and firewall of a project's training sets. `author` is the login name where a call names none."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def versions(self) -> list[SetRow]:
        """Every version that calls were given, newest first."""
        sets = self._rooms.sets
        return [self._listed(row) for row in sets.versions()]

    def diff(self, old: str, new: str) -> Diff:
        """Trace ids that `new` added, removed and changed. Versions by tag or by the start of their hash. Raises TrainingError."""
        return self._rooms.sets.diff(old, new)

    def blame(self, version: str) -> list[Blame]:
        """Which version brought each example in. Raises TrainingError."""
        return self._rooms.sets.blame(version)

    def tag(self, version: str, name: str, *, author: str | None = None) -> SetVersion:
        """Name a version; `-- @ training: NAME` uses it. Raises TrainingError, UsageError."""
        return self._rooms.sets.tag(version, name, author=_who(author))

    def use(self, version: str, *, author: str | None = None, reason: str | None = None, force: bool = False) -> SetVersion:
        """Make a version live: go live, or roll back. Raises TrainingError where its evaluation shows harm, unless forced."""
        return self._rooms.sets.use(version, author=_who(author), reason=reason, force=force)

    def follow(self, version: str, *, author: str | None = None, reason: str | None = None) -> None:
        """Let calls of that version's set learn from every decision at once again."""
        self._rooms.sets.follow(version, author=_who(author), reason=reason)

    def checked(self, cascade_id: str, cell_name: str) -> Checked:
        """What the firewall makes of a cell's trainable executions: what enters, what collapses, what contradicts."""
        cell = CellKey(cascade_id, cell_name)
        policy = self.policy(cell)
        return self._rooms.loop.run(self._rooms.selector.checked(cell, policy.scope if policy else ()))

    def choose(self, trace_id: str, *, author: str | None = None) -> Marked:
        """End a contradiction: this example stays, those against it are unmarked. Raises TrainingError where it contradicts nothing."""
        found = self._rooms.store.executions(trace_ids=[trace_id])
        if found:
            cell = found[0].cell
            for contradiction in self.checked(cell.cascade_id, cell.cell_name).contradictions:
                chosen = next((one for one in contradiction.examples if one.trace_id == trace_id), None)
                if chosen is not None:
                    against = self._against(cell, chosen, contradiction.examples)
                    reason = f"contradicts {trace_id}, which was chosen"
                    return self._rooms.curation.mark(against, trainable=False, author=_who(author), reason=reason)
        raise TrainingError(f"{trace_id} contradicts no other example", hint="`rvbbit training contradictions` shows those that do")

    def evaluate(
        self,
        cascade_id: str,
        *,
        scope: Arguments | None = None,
        candidate: str | None = None,
        rows: int = 200,
        stop: threading.Event | None = None,
    ) -> Evaluated:
        """Prove a version on verified executions it does not hold; the result is kept with it. Asks a model, three times a row at most.

        `scope` gives the inputs a set's examples share; without it, a candidate says it, or there is none. Without a candidate it is what
        the decisions make now, against the set in use. `stop`, once set, ends it from any thread. Raises TrainingError, UsageError,
        BudgetReached, Cancelled.
        """
        cell = self._only_cell(cascade_id)
        policy = self.policy(cell)
        if policy is None:
            raise UsageError(f"{cascade_id} does not learn", hint="give its cell `use_training: true`")
        sets = self._rooms.sets
        named = None if candidate is None else sets.version(candidate)
        values: Arguments = scope or ({} if named is None else json.loads(named.scope))
        _complete(values, policy)
        key = canonical(dict(values))
        now = self._rooms.loop.run(Selector(self._rooms.store).select(cell, TrainingPolicy(strategy="all", scope=policy.scope), values))
        sets.remember(cell, key, now)
        tried = named or sets.found(cell, key, now.version) if now.version or named else None
        if tried is None:
            raise TrainingError(f"{cascade_id} has no examples to evaluate", hint="mark some first: `rvbbit training mark`")
        arms = {"candidate": self._examples(cell, tried)}
        if (used := self._used(cell, key, tried)) is not None:
            arms = {"current": self._examples(cell, used), **arms}
        work = evaluate(self._questions(cell, policy, values, rows), arms, self._ask(cell))
        found = self._rooms.loop.run(work, stop)
        sets.prove(Proof(tried.version, cell, key, datetime.now(UTC), found.harm, json.dumps(asdict(found))))
        return Evaluated(tried.version, found)

    def _listed(self, row: SetVersion) -> SetRow:
        sets = self._rooms.sets
        tags = tuple(name for name, version in sets.tags(row.cell, row.scope).items() if version == row.version)
        return SetRow(
            version=row.version,
            cell=row.cell,
            scope=row.scope,
            timestamp=row.timestamp,
            parent=row.parent,
            size=row.size,
            added=len(row.added),
            removed=len(row.removed),
            tags=tags,
            live=sets.live(row.cell, row.scope) == row.version,
            proof=sets.proof(row),
        )

    def policy(self, cell: CellKey) -> TrainingPolicy | None:
        """How a cell learns; None where it does not, or is no cell of this project."""
        try:
            cells = self._rooms.catalog.get(cell.cascade_id).spec.cells
        except CascadeNotFound:
            return None
        return next((one.policy() for one in cells if one.name == cell.cell_name and isinstance(one, LLMCell)), None)

    def _only_cell(self, cascade_id: str) -> CellKey:
        cascade = self._rooms.catalog.get(cascade_id)
        if len(cascade.spec.cells) != 1:
            raise UsageError(f"{cascade.id} has {len(cascade.spec.cells)} cells", hint="only cascades of one cell can be evaluated")
        return CellKey(cascade.id, cascade.spec.cells[0].name)

    def _used(self, cell: CellKey, scope: str, tried: SetVersion) -> SetVersion | None:
        """What calls learn from: the live version, else the newest one that is not the candidate."""
        sets = self._rooms.sets
        if (live := sets.live(cell, scope)) is not None:
            return None if live == tried.version else sets.found(cell, scope, live)
        others = [row for row in sets.versions() if (row.cell, row.scope) == (cell, scope) and row.version != tried.version]
        return others[0] if others else None

    def _examples(self, cell: CellKey, version: SetVersion) -> Sequence[Example]:
        """What of a version still holds, in its order."""
        members = self._rooms.sets.members(version)
        held = {one.trace_id: one for one in self._rooms.store.trainable(cell) if members.get(one.trace_id) == canonical(one.answer)}
        return [held[trace_id] for trace_id in members if trace_id in held]

    def _questions(self, cell: CellKey, policy: TrainingPolicy, values: Arguments, rows: int) -> list[Question]:
        """The newest verified executions within the scope."""
        asked = ExampleFilter(cascade_id=(cell.cascade_id,), cell_name=(cell.cell_name,), verified=True, limit=None)
        found: list[tuple[str, Arguments, Value]] = []
        for row in self._rooms.store.page(asked).rows:
            right = row.answer if row.corrected_output is None else row.corrected_output
            if len(found) < rows and all(_within(row.inputs.get(name), value, right) for name, value in values.items()):
                found.append((row.trace_id, row.inputs, right))
        groups = self._groups([inputs for _, inputs, _ in found], policy.scope)
        return [
            Question(trace_id, {**inputs, **values}, right, group) for (trace_id, inputs, right), group in zip(found, groups, strict=True)
        ]

    def _groups(self, asked: Sequence[Arguments], scope: Sequence[str]) -> list[str]:
        """A name for each question that those which ask nearly the same share."""
        texts = [text(arguments, scope) for arguments in asked]
        likeness = Likeness()
        missing = likeness.missing(texts)
        if missing:
            likeness.add(missing, self._rooms.loop.run(self._rooms.embedder.embed(missing)))
        return grouped([question(arguments, scope) for arguments in asked], likeness.near(texts))

    def _ask(self, cell: CellKey) -> Any:
        rooms = self._rooms

        async def ask(examples: Sequence[Example], arguments: Sequence[Arguments]) -> Sequence[Answer]:
            runner = rooms.caller(None).learning_from(Selector(_Given(examples), rooms.embedder))
            context = CallContext("evaluation", source="test", training=bool(examples), on_error="null")
            return await runner.answer(cell.cascade_id, arguments, context)

        return ask

    def _against(self, cell: CellKey, chosen: Example, heads: Sequence[Example]) -> list[str]:
        """Every trainable execution that gives one of the contradicted answers to one of the questions at hand."""
        policy = self.policy(cell)
        scope = policy.scope if policy else ()
        asked = {question(one.arguments, scope) for one in heads}
        return [
            one.trace_id
            for one in self._rooms.store.trainable(cell)
            if question(one.arguments, scope) in asked
            and all(one.arguments.get(name) == chosen.arguments.get(name) for name in scope)
            and canonical(one.answer) != canonical(chosen.answer)
        ]


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


def _complete(values: Arguments, policy: TrainingPolicy) -> None:
    if set(values) != set(policy.scope):
        needed = ", ".join(policy.scope) or "nothing"
        raise UsageError(f"a set of this cell is scoped by {needed}, not by {', '.join(values) or 'nothing'}", hint="give scope as JSON")


def _within(given: object, wanted: object, right: object) -> bool:
    if isinstance(wanted, str | Mapping) or not is_list(wanted):  # type: ignore[arg-type]
        return canonical(given) == canonical(wanted)
    allowed = {canonical(one) for one in wanted}
    return {canonical(one) for one in (right if is_list(right) else [right])} <= allowed  # type: ignore[arg-type]


def _who(author: str | None) -> str:
    return or_login(author)
