"""Versions of training sets: which there were, what changed, which one calls learn from. Rows are only ever added.

A set belongs to a cell and to the inputs its examples share (the *scope*: a criterion, a list of labels). Every set a call was given is
remembered as what it changed of the one before, so a version that an answer cites can be looked up for good. What calls learn from follows
the decisions, until a person makes a version *live*; even then an example that was since unmarked, corrected or deleted stays out.
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, TypeAlias

from rvbbit.errors import SetNotFound, TrainingError, UsageError
from rvbbit.training.questions import canonical
from rvbbit.types import CellKey, ExampleSet, Proof, SetEvent, SetVersion

_SHORTEST = 4  # characters of a version that may stand for it

EVALUATION, RACE = "evaluation", "race"
"""What a proof is of, in its result's `kind`; one without is an evaluation."""

Members: TypeAlias = dict[str, str]
"""trace id → answer as JSON, in the set's order."""

_Place: TypeAlias = tuple[CellKey, str]


class SetStore(Protocol):
    """Where versions, events and proofs are kept. Called from any thread; everything is on disk when a call returns."""

    def revision(self) -> int:
        """How many versions and events there are, whoever added them: another server may."""

    def versions(self) -> Sequence[SetVersion]:
        """All, oldest first."""

    def events(self) -> Sequence[SetEvent]:
        """All, oldest first."""

    def proofs(self) -> Sequence[Proof]:
        """All, oldest first."""

    def add(self, row: SetVersion | SetEvent | Proof) -> None:
        """Append one."""


@dataclass(frozen=True, slots=True)
class Diff:
    """What one version has that another has not; `changed` are in both with another answer. Trace ids."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Blame:
    """Which version brought an example, with this answer (JSON), into a set, and when."""

    trace_id: str
    answer: str
    version: str
    timestamp: datetime


class Sets:
    """The sets of a store, remembered in memory and read again where somebody else added to them. Used from any thread."""

    def __init__(self, store: SetStore) -> None:
        self._store = store
        self._lock = threading.RLock()
        self._known = -1
        self._versions: dict[_Place, dict[str, SetVersion]] = defaultdict(dict)
        self._events: list[SetEvent] = []
        self._heads: dict[_Place, tuple[str, Members]] = {}
        self._read()

    def revision(self) -> int:
        """Grows with every event."""
        self._read()
        return len(self._events)

    def versions(self) -> list[SetVersion]:
        """Every version of every set, newest first."""
        self._read()
        with self._lock:
            rows = [row for versions in self._versions.values() for row in versions.values()]
        return sorted(rows, key=lambda row: row.timestamp, reverse=True)

    def remember(self, cell: CellKey, scope: str, found: ExampleSet) -> None:
        """Keep a set that calls are given, where it is new."""
        with self._lock:
            versions = self._versions[cell, scope]
            if found.version == "" or found.version in versions:
                return
            members = {example.trace_id: canonical(example.answer) for example in found.examples}
            row = self._row(cell, scope, found.version, members)
            self._store.add(row)
            self._known += 1
            versions[row.version] = row
            self._heads[cell, scope] = (row.version, members)

    def live(self, cell: CellKey, scope: str) -> str | None:
        """The version that calls learn from; None where they follow the decisions."""
        self._read()
        events = [event for event in self._events if event.kind == "live" and (event.cell, event.scope) == (cell, scope)]
        return events[-1].version if events else None

    def tags(self, cell: CellKey, scope: str) -> dict[str, str]:
        """Name → version."""
        self._read()
        tags = {event.name: event.version for event in self._events if event.kind == "tag" and (event.cell, event.scope) == (cell, scope)}
        return {name: version for name, version in tags.items() if version is not None}

    def found(self, cell: CellKey, scope: str, name: str) -> SetVersion:
        """The version of a set by tag, or by the start of its hash. Raises TrainingError."""
        return self._only(name, [row for row in self._named(name) if (row.cell, row.scope) == (cell, scope)], cell)

    def version(self, name: str) -> SetVersion:
        """The version of any set. Raises TrainingError where there is none or several sets have one of that name."""
        return self._only(name, self._named(name), None)

    def members(self, row: SetVersion) -> Members:
        """What is in a version, in order."""
        chain = list(self._chain(row))
        members: Members = {}
        for step in reversed(chain):
            members = _next(members, step)
        return members

    def diff(self, old: str, new: str) -> Diff:
        """What `new` changed of `old`. Raises TrainingError."""
        before, after = self.members(self.version(old)), self.members(self.version(new))
        return Diff(
            tuple(one for one in after if one not in before),
            tuple(one for one in before if one not in after),
            tuple(one for one in after if one in before and after[one] != before[one]),
        )

    def blame(self, name: str) -> list[Blame]:
        """For each example of a version, in order, which version brought it in."""
        row = self.version(name)
        held: dict[str, Blame] = {}
        for step in reversed(list(self._chain(row))):
            new = _next({trace_id: one.answer for trace_id, one in held.items()}, step)
            held = {
                trace_id: known
                if (known := held.get(trace_id)) is not None and known.answer == answer
                else Blame(trace_id, answer, step.version, step.timestamp)
                for trace_id, answer in new.items()
            }
        return list(held.values())

    def tag(self, name: str, tag: str, *, author: str) -> SetVersion:
        """Call a version by a name of one's own, within its set; a later tag of that name moves it. Raises TrainingError, UsageError."""
        row = self.version(name)
        if tag in {"on", "off"} or not tag.replace("-", "").replace("_", "").replace(".", "").isalnum():
            raise UsageError(f"{tag!r} cannot be a tag", hint="letters, digits, - _ and . make a tag; on and off are taken")
        self._add(SetEvent("tag", row.cell, row.scope, row.version, author, datetime.now(UTC), tag))
        return row

    def use(self, name: str, *, author: str, reason: str | None = None, force: bool = False) -> SetVersion:
        """Make a version live: what calls learn from until another is, or until `follow`. Rolling back is making an older one live.

        Raises TrainingError where its newest evaluation shows harm, unless forced.
        """
        row = self.version(name)
        proof = self.proof(row)
        if proof is not None and proof.harm and not force:
            raise TrainingError(
                f"set {row.version[:12]} answers held-out questions worse than the one that is live: it does not go live",
                hint="look at what it adds (`rvbbit training sets diff`), or force it",
            )
        self._add(SetEvent("live", row.cell, row.scope, row.version, author, datetime.now(UTC), reason=reason))
        return row

    def follow(self, name: str, *, author: str, reason: str | None = None) -> None:
        """Let calls of the set that a version belongs to learn from every decision at once again."""
        row = self.version(name)
        self._add(SetEvent("live", row.cell, row.scope, None, author, datetime.now(UTC), reason=reason))

    def prove(self, proof: Proof) -> None:
        """Keep the outcome of an evaluation with its version."""
        self._store.add(proof)

    def proofs(self) -> dict[tuple[CellKey, str, str, str], Proof]:
        """The newest evaluation and the newest race of each version: by cell, scope, version and kind."""
        return {(one.cell, one.scope, one.version, json.loads(one.result).get("kind", EVALUATION)): one for one in self._store.proofs()}

    def proof(self, row: SetVersion) -> Proof | None:
        """The newest evaluation of a version; None where there is none."""
        return self.proofs().get((row.cell, row.scope, row.version, EVALUATION))

    def _add(self, event: SetEvent) -> None:
        with self._lock:
            self._store.add(event)
            self._known += 1
            self._events.append(event)

    def _read(self) -> None:
        """What others added, too. What this process adds it knows without reading."""
        with self._lock:
            if (revision := self._store.revision()) == self._known:
                return
            self._versions.clear()
            for row in self._store.versions():
                self._versions[row.cell, row.scope][row.version] = row
            self._events = list(self._store.events())
            self._heads.clear()
            self._known = revision

    def _row(self, cell: CellKey, scope: str, version: str, members: Members) -> SetVersion:
        """The version as a change of the newest one, or whole where it is no simple change of it."""
        now = datetime.now(UTC)
        head, before = self._head(cell, scope)
        removed = tuple(one for one, answer in before.items() if members.get(one) != answer)
        added = tuple(one for one, answer in members.items() if before.get(one) != answer)
        row = SetVersion(version, cell, scope, now, head, added, tuple(members[one] for one in added), removed, len(members))
        if head is not None and list(_next(before, row)) == list(members):
            return row
        return SetVersion(version, cell, scope, now, None, tuple(members), tuple(members.values()), (), len(members))

    def _head(self, cell: CellKey, scope: str) -> tuple[str | None, Members]:
        if (cell, scope) in self._heads:
            return self._heads[cell, scope]
        versions = self._versions[cell, scope]
        if not versions:
            return None, {}
        newest = next(reversed(versions.values()))
        return newest.version, self.members(newest)

    def _chain(self, row: SetVersion) -> Iterator[SetVersion]:
        """The version, its parent, and so on."""
        step: SetVersion | None = row
        while step is not None:
            yield step
            step = None if step.parent is None else self._versions[row.cell, row.scope][step.parent]

    def _named(self, name: str) -> list[SetVersion]:
        self._read()
        with self._lock:
            tagged = [(place, version) for place in self._versions for tag, version in self.tags(*place).items() if tag == name]
            if tagged:
                return [self._versions[place][version] for place, version in tagged]
            if len(name) < _SHORTEST:
                return []
            return [row for versions in self._versions.values() for row in versions.values() if row.version.startswith(name)]

    def _only(self, name: str, rows: Sequence[SetVersion], cell: CellKey | None) -> SetVersion:
        if len(rows) == 1:
            return rows[0]
        where = "" if cell is None else f" of {cell.cascade_id}.{cell.cell_name} for these arguments"
        if not rows:
            raise SetNotFound(f"there is no training set {name!r}{where}", hint="`rvbbit training sets` shows versions and tags")
        raise TrainingError(f"{len(rows)} training sets{where} are called {name!r}", hint="give more of the version")


def _next(before: Members, step: SetVersion) -> Members:
    added = dict(zip(step.added, step.answers, strict=True))
    return added | {one: answer for one, answer in before.items() if one not in step.removed and one not in added}
