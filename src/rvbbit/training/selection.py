"""Which examples a call may learn from. It renders nothing, asks no model, and shows a call no example with its own arguments.

A cell's examples are cut down to the *set* that applies to a call: those within the policy's scope and trust that pass the firewall. The
set has a version, a hash of its examples in order, which is part of the cache key; it is worked out once for each scope and kept until the
next decision, so asking again costs microseconds.

- **Scope**: an input named in `policy.scope` must be equal in example and call; where the call's is a list (labels), the example's answer
  must be one of it instead (all of it, where the answer is a list).
- **Trust**: a verified example passes any `min_confidence`, since a person vouches for it; one neither scored nor verified passes none.
- **Firewall**: of the same question one example enters, and none where answers contradict each other (`firewall`). Arguments in scope do
  not count here: the same text under another list of labels is the same question. `semantic` compares questions by embedding, too.
- **Strategy**: `recent` the newest `limit`; `high_confidence` the most trusted `limit`; `random` a draw that is the same for the same set
  and arguments; `semantic` the nearest, diverse, every answer among them where there are few, nearest last; `all` the whole set, for models
  that read examples and no messages, which then leave out the call's own arguments themselves. Whoever calls such a model asks for `all`,
  whatever the cell's policy says.
- **Pins**: `policy.pinned`, or else the version that a person made live, stands in place of what holds now; of it, only what still holds.
- **Budget**: an example that would take the prompt over `policy.token_budget` is passed over for the next.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, get_args

from rvbbit.errors import CascadeError
from rvbbit.interfaces import Embedder, ExampleStore, Matrix
from rvbbit.training.firewall import Asked, Checked, check
from rvbbit.training.nearest import Likeness, Space
from rvbbit.training.questions import canonical, is_list, question, text, tokens
from rvbbit.training.sets import Members, Sets
from rvbbit.types import NO_EXAMPLES, Arguments, CellKey, Example, ExampleSet, Strategy, TrainingPolicy, Value

_KEPT = 4_096  # sets remembered: more criteria than most queries have, and small beside the examples they share
_VERSION_BYTES = 16

_UNTRUSTED = -1.0
_VOUCHED_FOR = 1.0


@dataclass(frozen=True, slots=True)
class _Pool:
    """The set that applies to a call, in the order its strategy prefers. `questions[i]` is what `whole.examples[i]` answers."""

    whole: ExampleSet
    questions: tuple[str, ...] = ()
    space: Space | None = None


_Groups: TypeAlias = Mapping[str, Sequence[Asked]]
"""A cell's examples by their values of the scope's scalar inputs."""

_Key: TypeAlias = tuple[CellKey, TrainingPolicy, str]
_Choice: TypeAlias = Callable[[_Pool, int, str], Iterable[int]]

_EMPTY = _Pool(NO_EXAMPLES)


class Selector:
    """`ExampleSelector` over an example store. Used on one event loop; the store is read on a thread.

    `embedder` is what `semantic` finds neighbours with; `sets` remembers versions and knows which one is live.
    """

    def __init__(self, store: ExampleStore, embedder: Embedder | None = None, sets: Sets | None = None) -> None:
        self._store = store
        self._embedder = embedder
        self._sets = sets
        self._revision = (-1, -1)
        self._groups: dict[tuple[CellKey, tuple[str, ...], tuple[str, ...]], _Groups] = {}
        self._pools: dict[_Key, _Pool] = {}
        self._likeness: dict[tuple[CellKey, tuple[str, ...], str], Likeness] = {}
        self._reading = asyncio.Lock()

    async def version(self, cell: CellKey, policy: TrainingPolicy, arguments: Arguments) -> str:
        """The version of the set that applies to these arguments; "" when it is empty. Raises CascadeError for an unknown strategy."""
        return (await self._pool(cell, policy, arguments)).whole.version

    async def select(self, cell: CellKey, policy: TrainingPolicy, arguments: Arguments) -> ExampleSet:
        """At most `policy.limit` examples, never one with the call's own arguments; strategy `all`: the whole set, one shared object.

        Raises CascadeError for an unknown strategy, ProviderError where the embedder fails.
        """
        pool = await self._pool(cell, policy, arguments)
        if policy.strategy == "all" or not pool.questions:
            return pool.whole
        own = question(arguments, policy.scope)
        places: Iterable[int]
        if pool.space is not None:
            asked = await self._embed([text(arguments, policy.scope)], cell)
            places = pool.space.near(asked[0], policy.limit)
        else:
            places = _CHOICES[policy.strategy](pool, policy.limit, own)
        chosen = _fitting((pool.whole.examples[place] for place in places if pool.questions[place] != own), policy)
        return ExampleSet(pool.whole.version, chosen if pool.space is None else chosen[::-1], policy.strategy)

    async def checked(self, cell: CellKey, scope: Sequence[str]) -> Checked:
        """What the firewall makes of all that is trainable for a cell, whatever a policy trusts: what enters, collapses, contradicts."""
        examples = await asyncio.to_thread(self._store.trainable, cell)
        parts = []
        for values, group in _grouped(examples, scope, scope).items():
            likeness = await self._compared((cell, tuple(scope), values), group, scope)
            parts.append(await asyncio.to_thread(_checked, group, likeness, scope))
        return Checked(
            tuple(asked for part in parts for asked in part.kept),
            tuple(duplicate for part in parts for duplicate in part.duplicates),
            tuple(contradiction for part in parts for contradiction in part.contradictions),
        )

    async def _pool(self, cell: CellKey, policy: TrainingPolicy, arguments: Arguments) -> _Pool:
        key = (cell, policy, canonical([arguments.get(name) for name in policy.scope]))
        if self._revision == self._now() and (known := self._pools.get(key)) is not None:
            return known
        if policy.strategy not in get_args(Strategy):
            raise CascadeError(
                f"{cell.cascade_id}.{cell.cell_name}: there is no training strategy {policy.strategy!r}",
                hint=f"one of: {', '.join(get_args(Strategy))}",
            )
        async with self._reading:  # ten thousand calls may ask at once; the first one reads
            self._forget_if_decided()
            if key not in self._pools:
                group = await asyncio.to_thread(self._read, cell, policy, arguments)
                semantic = policy.strategy == "semantic"
                likeness = await self._compared((cell, policy.scope, key[2]), group, policy.scope) if semantic else None
                self._pools[key] = await asyncio.to_thread(self._made, cell, policy, arguments, group, likeness)
            return self._pools[key]

    def _now(self) -> tuple[int, int]:
        return self._store.revision(), 0 if self._sets is None else self._sets.revision()

    def _made(
        self, cell: CellKey, policy: TrainingPolicy, arguments: Arguments, group: Sequence[Asked], likeness: Likeness | None
    ) -> _Pool:
        scope = scope_of(arguments, policy.scope)
        pool = _pooled(group, policy, likeness, self._pinned(cell, scope, policy.pinned))
        if self._sets is not None:
            self._sets.remember(cell, scope, pool.whole)
        return pool

    def _pinned(self, cell: CellKey, scope: str, name: str | None) -> Members | None:
        """What a pinned version holds; None where the decisions count. Raises TrainingError for a version there is not."""
        if self._sets is None:
            return None
        version = name or self._sets.live(cell, scope)
        return None if version is None else self._sets.members(self._sets.found(cell, scope, version))

    def _forget_if_decided(self) -> None:
        revision = self._now()  # taken before reading: a decision in between makes the next call read again
        if revision != self._revision:
            self._groups.clear()
        if revision != self._revision or len(self._pools) >= _KEPT:
            self._pools.clear()
        if len(self._likeness) >= _KEPT:
            self._likeness.clear()
        self._revision = revision

    def _read(self, cell: CellKey, policy: TrainingPolicy, arguments: Arguments) -> list[Asked]:
        """Every example within scope and trust, newest first."""
        scalars = tuple(name for name in policy.scope if not is_list(arguments.get(name)))
        key = (cell, policy.scope, scalars)
        if key not in self._groups:
            self._groups[key] = _grouped(self._store.trainable(cell), policy.scope, scalars)
        group = self._groups[key].get(canonical([arguments.get(name) for name in scalars]), ())
        lists = [value for name in policy.scope if is_list(value := arguments.get(name))]
        allowed = [{canonical(item) for item in items} for items in lists]
        return [
            asked for asked in group if _trusted(asked[1], policy) and all(_answers_from(asked[1].answer, labels) for labels in allowed)
        ]

    async def _compared(self, key: tuple[CellKey, tuple[str, ...], str], group: Sequence[Asked], scope: Sequence[str]) -> Likeness:
        """What is known of how alike the questions of a group are, every one of them included."""
        likeness = self._likeness.setdefault(key, Likeness())
        missing = likeness.missing([text(example.arguments, scope) for _, example in group])
        if missing:
            vectors = await self._embed(missing, key[0])
            await asyncio.to_thread(likeness.add, missing, vectors)
        return likeness

    async def _embed(self, texts: Sequence[str], cell: CellKey) -> Matrix:
        if self._embedder is None:
            raise CascadeError(
                f"{cell.cascade_id}.{cell.cell_name}: strategy semantic needs an embedding model, and there is none",
                hint="use recent, high_confidence or random",
            )
        return await self._embedder.embed(texts)


def _grouped(examples: Sequence[Example], scope: Sequence[str], scalars: Sequence[str]) -> _Groups:
    groups: dict[str, list[Asked]] = {}
    for example in examples:
        values = canonical([example.arguments.get(name) for name in scalars])
        groups.setdefault(values, []).append((question(example.arguments, scope), example))
    return groups


def scope_of(arguments: Arguments, scope: Sequence[str]) -> str:
    """The values that a set's examples share, as JSON by input."""
    return canonical({name: arguments.get(name) for name in scope})


def _pooled(group: Sequence[Asked], policy: TrainingPolicy, likeness: Likeness | None, pinned: Members | None) -> _Pool:
    kept = list(_checked(group, likeness, policy.scope).kept) if pinned is None else _still(group, pinned)
    if not kept:
        return _EMPTY
    if policy.strategy == "high_confidence":
        kept.sort(key=lambda asked: _trust(asked[1]), reverse=True)
    questions, examples = zip(*kept, strict=True)
    pool = _Pool(ExampleSet(_version(examples), examples, policy.strategy), questions)
    if likeness is None:
        return pool
    vectors = likeness.vectors([text(example.arguments, policy.scope) for example in examples])
    return replace(pool, space=Space.of(vectors, [canonical(example.answer) for example in examples]))


def _checked(group: Sequence[Asked], likeness: Likeness | None, scope: Sequence[str]) -> Checked:
    if likeness is None:
        return check(group)
    near = likeness.near([text(example.arguments, scope) for _, example in group])
    return check(group, lambda place: near.get(place, ()))


def _still(group: Sequence[Asked], pinned: Members) -> list[Asked]:
    """What of a version holds: trainable now, with the answer it had then. In the version's order."""
    held = {asked[1].trace_id: asked for asked in group if pinned.get(asked[1].trace_id) == canonical(asked[1].answer)}
    return [held[trace_id] for trace_id in pinned if trace_id in held]


def _trust(example: Example) -> float:
    if example.verified:
        return _VOUCHED_FOR
    return _UNTRUSTED if example.confidence is None else example.confidence


def _trusted(example: Example, policy: TrainingPolicy) -> bool:
    if policy.verified_only and not example.verified:
        return False
    return policy.min_confidence is None or _trust(example) >= policy.min_confidence


def _answers_from(answer: Value, labels: set[str]) -> bool:
    answers = answer if is_list(answer) else [answer]
    return all(canonical(item) in labels for item in answers)


def _version(examples: Sequence[Example]) -> str:
    """A hash of ids and answers in order: a new order may mean another choice, so it counts as another set."""
    digest = hashlib.blake2b(digest_size=_VERSION_BYTES)
    for example in examples:
        digest.update(canonical([example.trace_id, example.answer]).encode())
    return digest.hexdigest()


def _fitting(examples: Iterator[Example], policy: TrainingPolicy) -> tuple[Example, ...]:
    """The first ones that fit within limit and budget."""
    chosen: list[Example] = []
    left = policy.token_budget
    for example in examples:
        if len(chosen) == policy.limit:
            break
        if left is not None:
            if (size := tokens(example)) > left:
                continue
            left -= size
        chosen.append(example)
    return tuple(chosen)


def _in_order(pool: _Pool, _limit: int, _own: str) -> Iterable[int]:
    return range(len(pool.questions))


def _drawn(pool: _Pool, limit: int, own: str) -> Iterable[int]:
    """As many as asked for, one more in case the call's own question is among them, and then all others, in case some are too long."""
    draw = random.Random(f"{pool.whole.version} {own}")
    size = len(pool.questions)
    first = draw.sample(range(size), min(limit + 1, size))
    yield from first
    rest = sorted(set(range(size)).difference(first))
    draw.shuffle(rest)
    yield from rest


_CHOICES: Mapping[str, _Choice] = {"recent": _in_order, "high_confidence": _in_order, "random": _drawn}
