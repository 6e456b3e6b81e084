"""`db.training.sets`, through a server: versions, what contradicts, and proofs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from rvbbit.client.connection import Connection, path
from rvbbit.client.failures import cut_off
from rvbbit.client.reading import read
from rvbbit.client.work import told
from rvbbit.engine import Arm, Blame, Diff, Evaluated, Evaluation, Gain, Marked, Race, Raced, SetRow
from rvbbit.engine.author import or_login
from rvbbit.engine.query import Listen
from rvbbit.result import Progress
from rvbbit.types import Arguments, CellKey, Proof, Value


@dataclass(frozen=True, slots=True)
class Version:
    """The version that was meant, whole."""

    version: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """An example of a contradiction."""

    trace_id: str
    arguments: Arguments
    answer: Value
    verified: bool


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Examples that answer one question differently. `holds` is the verified one, None where all stay out."""

    examples: tuple[Chosen, ...]
    holds: Chosen | None


@dataclass(frozen=True, slots=True)
class Checked:
    """What the firewall makes of a cell. `kept` and `duplicates` are as long as what they count: a server names none of them."""

    kept: range
    duplicates: range
    contradictions: tuple[Contradiction, ...]


class TrainingSets:
    """Versions and firewall of a project's training sets. `author` is the login name of this process where a call names none."""

    def __init__(self, link: Connection) -> None:
        self._link = link

    def versions(self) -> list[SetRow]:
        """Every version that calls were given, newest first."""
        return [_row(one) for one in self._link.get(path("training", "sets"))["sets"]]

    def diff(self, old: str, new: str) -> Diff:
        """Trace ids that `new` added, removed and changed. Raises NotFound."""
        return read(Diff, self._link.get(path("training", "sets", old, "diff", new)))

    def blame(self, version: str) -> list[Blame]:
        """Which version brought each example in. Raises NotFound."""
        said = self._link.get(path("training", "sets", version, "blame"))["examples"]
        return [read(Blame, one, answer=json.dumps(one["answer"])) for one in said]

    def tag(self, version: str, name: str, *, author: str | None = None) -> Version:
        """Name a version. Raises TrainingError, UsageError."""
        return read(Version, self._decide(version, "tag", name=name, author=author))

    def use(self, version: str, *, author: str | None = None, reason: str | None = None, force: bool = False) -> Version:
        """Make a version live. Raises TrainingError where its evaluation shows harm, unless forced."""
        return read(Version, self._decide(version, "use", reason=reason, force=force, author=author))

    def follow(self, version: str, *, author: str | None = None, reason: str | None = None) -> None:
        """Let calls of that version's set learn from every decision at once again."""
        self._decide(version, "follow", reason=reason, author=author)

    def checked(self, cascade_id: str, cell_name: str) -> Checked:
        """What enters a cell's sets, what collapses, what contradicts."""
        said = self._link.get(path("training", "contradictions"), {"cascade_id": cascade_id, "cell_name": cell_name})
        return Checked(range(said["enter"]), range(said["duplicates"]), tuple(map(_contradiction, said["contradictions"])))

    def choose(self, trace_id: str, *, author: str | None = None) -> Marked:
        """End a contradiction. Raises TrainingError where it contradicts nothing."""
        return read(Marked, self._link.post(path("training", "choose"), {"trace_id": trace_id, "author": or_login(author)}))

    def evaluate(self, cascade_id: str, *, scope: Arguments | None = None, candidate: str | None = None, rows: int = 200) -> Evaluated:
        """Prove a version on verified executions it does not hold. Raises TrainingError, UsageError, BudgetReached, Cancelled."""
        body = {"cascade_id": cascade_id, "scope": scope, "candidate": candidate, "rows": rows}
        for event in told(self._link.events(path("training", "evaluate"), body), None, []):
            if event["event"] == "evaluation":
                return Evaluated(event["version"], read(Evaluation, event, **_compared(event)))
        raise cut_off(self._link.url)

    def race(self, cascade_id: str, *, listen: Callable[[Progress], None] | None = None, **asked: Any) -> Raced:
        """Which way to choose examples is best, as the engine's. Raises TrainingError, UsageError, BudgetReached, Cancelled."""
        body = {"cascade_id": cascade_id, **{name: list(one) if isinstance(one, tuple) else one for name, one in asked.items()}}
        for event in told(self._link.events(path("training", "race"), body), cast("Listen | None", listen), []):
            if event["event"] == "race":
                return Raced(event["version"], read(Race, event, **_compared(event)))
        raise cut_off(self._link.url)

    def _decide(self, version: str, what: str, *, author: str | None, **said: Any) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._link.post(path("training", "sets", version, what), {**said, "author": or_login(author)})
        return found


def _compared(said: Mapping[str, Any]) -> dict[str, Any]:
    arms = {name: read(Arm, arm) for name, arm in said["arms"].items()}
    return {"arms": arms, "gains": {name: read(Gain, gain) for name, gain in said["gains"].items()}}


def _row(said: Mapping[str, Any]) -> SetRow:
    cell = CellKey(said["cascade_id"], said["cell_name"])
    scope = json.dumps(said["scope"], sort_keys=True, separators=(",", ":"))
    proof = None
    if said["evaluated"] is not None:
        result = json.dumps(said["evaluation"])
        proof = Proof(said["version"], cell, scope, datetime.fromisoformat(said["evaluated"]), said["harm"], result)
    race = None
    if said["raced"] is not None:
        race = Proof(said["version"], cell, scope, datetime.fromisoformat(said["raced"]), harm=False, result=json.dumps(said["race"]))
    return read(SetRow, said, cell=cell, scope=scope, proof=proof, race=race)


def _contradiction(said: Mapping[str, Any]) -> Contradiction:
    examples = tuple(read(Chosen, one) for one in said["examples"])
    return Contradiction(examples, next((one for one in examples if one.trace_id == said["holds"]), None))
