"""`db.training.sets`: what training sets there are, what the firewall keeps out of them, and whether a version earns its place."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from rvbbit.cascades.spec import LLMCell
from rvbbit.engine.author import or_login
from rvbbit.engine.rooms import Rooms
from rvbbit.engine.trial import Asking, Trial
from rvbbit.errors import CascadeNotFound, TrainingError, UsageError
from rvbbit.result import Progress
from rvbbit.training.curation import Marked
from rvbbit.training.evaluation import Evaluation, evaluate
from rvbbit.training.firewall import Checked
from rvbbit.training.questions import canonical, question
from rvbbit.training.race import NONE, Race, Racer, race
from rvbbit.training.sets import EVALUATION, RACE, Blame, Diff
from rvbbit.types import Answer, Arguments, CellKey, Example, Notice, Proof, SetVersion, Strategy, TrainingPolicy, Usage

STRATEGIES: Sequence[Strategy] = ("recent", "high_confidence", "random", "semantic")
LIMITS: Sequence[int] = (1, 5, 20)
"""What a race tries where nothing else is said."""


@dataclass(frozen=True, slots=True)
class SetRow:
    """A version as it is listed. `scope` is JSON of the inputs its examples share; `added` and `removed` count its changes to its parent.

    `proof` is its newest evaluation, `race` its newest race of strategies; None where it has none.
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
    race: Proof | None = None


class Evaluated(NamedTuple):
    """Which version was tried, and what was found."""

    version: str
    found: Evaluation


class Raced(NamedTuple):
    """Whose examples were chosen from, and which way of choosing them did best."""

    version: str
    found: Race


class Counted:
    """Hears of every answer of an evaluation or a race and says how far it has come."""

    def __init__(self, stage: str, total: int, listen: Callable[[Progress], None] | None) -> None:
        self._stage = stage
        self._total = total
        self._listen = listen
        self._done = self._cached = 0
        self._usage = Usage()

    def __call__(self, said: Answer | Notice, times: int) -> None:
        if isinstance(said, Answer) and self._listen is not None:
            self._done, self._cached = self._done + times, self._cached + said.cached * times
            self._usage += said.usage
            self._listen(Progress(self._stage, self._done, self._total, self._cached, self._usage.cost_usd))


class TrainingSets:
    """Versions and firewall of a project's training sets. `author` is the login name where a call names none."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def versions(self) -> list[SetRow]:
        """Every version that calls were given, newest first."""
        sets = self._rooms.sets
        proofs = sets.proofs()
        return [self._listed(row, proofs) for row in sets.versions()]

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
        model: str | None = None,
        stop: threading.Event | None = None,
        listen: Callable[[Progress], None] | None = None,
    ) -> Evaluated:
        """Prove a version on verified executions it does not hold; the result is kept with it. Asks a model, three times a row at most.

        `scope` gives the inputs a set's examples share; without it, a candidate says it, or there is none. Without a candidate it is what
        the decisions make now, against the set in use. `model` is asked in place of the cell's or the project's. `stop`, once set from
        any thread, ends it; `listen` hears how far it is. Raises TrainingError, UsageError, BudgetReached, Cancelled.
        """
        trial = Trial.of(self._rooms, cascade_id, scope, candidate)
        arms = {"candidate": trial.examples(trial.tried)}
        if (used := trial.used()) is not None:
            arms = {"current": trial.examples(used), **arms}
        questions, near = trial.questions(rows, *arms.values())
        count = Counted("evaluation", len(questions) * (1 + len(arms)), listen)
        asking = Asking(trial, self._rooms.caller(None), count, model)
        found = self._rooms.loop.run(evaluate(questions, arms, asking.with_set, near), stop)
        self._prove(trial, asdict(found), harm=found.harm)
        return Evaluated(trial.tried.version, found)

    def race(
        self,
        cascade_id: str,
        *,
        scope: Arguments | None = None,
        candidate: str | None = None,
        strategies: Sequence[Strategy] = STRATEGIES,
        limits: Sequence[int] = LIMITS,
        rows: int = 200,
        budget_usd: float | None = None,
        stop: threading.Event | None = None,
        listen: Callable[[Progress], None] | None = None,
    ) -> Raced:
        """Which way to choose examples is best for a cell: each strategy with each number of examples, none, and what the cell says now.

        Asks verified executions as `evaluate` does, once for each way; the result is kept with the version. Where `budget_usd` ends it,
        what everyone was asked until then counts, if it is enough; what was answered is kept, and the same race goes on from there.
        Raises as `evaluate` does.
        """
        trial = Trial.of(self._rooms, cascade_id, scope, candidate)
        racers = _racers(trial, strategies, limits)
        examples = trial.examples(trial.tried)
        questions, near = trial.questions(rows, examples)
        current = Racer(trial.policy.strategy, trial.policy.limit)
        count = Counted("race", len(questions) * len({NONE, current, *racers}), listen)
        asking = Asking(trial, self._rooms.caller(budget_usd), count)
        found = self._rooms.loop.run(race(questions, examples, racers, asking.racing, current=current, near=near), stop)
        self._prove(trial, {"kind": RACE, **asdict(found)}, harm=False)
        return Raced(trial.tried.version, found)

    def _prove(self, trial: Trial, found: Mapping[str, Any], *, harm: bool) -> None:
        self._rooms.sets.prove(Proof(trial.tried.version, trial.cell, trial.scope, datetime.now(UTC), harm, json.dumps(found)))

    def _listed(self, row: SetVersion, proofs: Mapping[tuple[CellKey, str, str, str], Proof]) -> SetRow:
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
            proof=proofs.get((row.cell, row.scope, row.version, EVALUATION)),
            race=proofs.get((row.cell, row.scope, row.version, RACE)),
        )

    def policy(self, cell: CellKey) -> TrainingPolicy | None:
        """How a cell learns; None where it does not, or is no cell of this project."""
        try:
            cells = self._rooms.catalog.named(cell.cascade_id).spec.cells
        except CascadeNotFound:
            return None
        return next((one.policy() for one in cells if one.name == cell.cell_name and isinstance(one, LLMCell)), None)

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


def _racers(trial: Trial, strategies: Sequence[Strategy], limits: Sequence[int]) -> list[Racer]:
    """Raises UsageError for a strategy or a number there is not, and where a model reads the whole set."""
    offered = {one: one for one in STRATEGIES}
    if wrong := [one for one in strategies if one not in offered]:
        raise UsageError(f"there is no strategy {wrong[0]!r} to race", hint=f"one of: {', '.join(offered)}")
    if wrong_limits := [one for one in limits if one < 1]:
        raise UsageError(f"{wrong_limits[0]} examples are none", hint="use 1 or more; no examples run in every race")
    if not strategies or not limits:
        raise UsageError("nothing was named to race", hint="give one strategy and one number of examples at least")
    model = trial.spec.model or trial.rooms.settings.model
    if not trial.rooms.registry(model).reads_messages:
        raise UsageError(
            f"{model} learns from the whole set: there is no strategy to choose",
            hint="`rvbbit training evaluate` without --race compares it with no examples",
        )
    return [Racer(strategy, limit) for strategy in strategies for limit in limits]


def _who(author: str | None) -> str:
    return or_login(author)
