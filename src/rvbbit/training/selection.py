"""Which examples a call may learn from. It renders nothing, asks no model, and shows a call no example with its own arguments.

A cell's examples are cut down to the *set* that applies to a call: those within the policy's scope and trust that pass the firewall. The
set has a version, a hash of its examples in order, which is part of the cache key; it is worked out once for each scope and kept until the
next decision, so asking again costs microseconds.

- **Scope**: an input named in `policy.scope` must be equal in example and call; where the call's is a list (labels), the example's answer
  must be one of it instead (all of it, where the answer is a list).
- **Trust**: a person's own confidence counts before everything else; without one, a verified example passes any `min_confidence`, since a
  person vouches for it, and one neither scored nor verified passes none.
- **Firewall**: of the same question one example enters, and none where answers contradict each other (`firewall`). Arguments in scope do
  not count here: the same text under another list of labels is the same question. `semantic` compares questions by embedding, too.
- **Strategy**: `recent` the newest `limit`; `high_confidence` the most trusted `limit`; `random` a draw that hardly changes when the set
  grows; `semantic` the nearest, diverse, every answer among them where there are few, nearest last; `all` the whole set, for models that
  read examples and no messages, which then leave out the call's own arguments themselves. Whoever calls such a model asks for `all`,
  whatever the cell's policy says.
- **Order**: what does not depend on the call stands first and in one order, the oldest first, so that providers' prompt caches hit and a
  new example stands behind old ones. A call whose own question is among them gets the others in that order and the next best behind. Under
  `semantic` that is the `core`, where the policy asks for one.
- **Pins**: `policy.pinned`, or else the version that a person made live, stands in place of what holds now; of it, only what still holds.
- **Budget**: an example that would take the prompt over `policy.token_budget` is passed over for the next.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import operator
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, get_args

from rvbbit.errors import CascadeError
from rvbbit.interfaces import Embedder, ExampleStore, Matrix
from rvbbit.training import core
from rvbbit.training.firewall import Asked, Checked, check
from rvbbit.training.nearest import Likeness, Space
from rvbbit.training.questions import canonical, is_list, question, text, tokens
from rvbbit.training.sets import Members, Sets
from rvbbit.types import NO_EXAMPLES, Arguments, CellKey, Example, ExampleSet, Strategy, TrainingPolicy, Value

_KEPT = 4_096  # sets remembered: more criteria than most queries have, and small beside the examples they share
_VERSION_BYTES = 16
_LOOK = 0.5  # seconds: so often the store is asked for its revision on a thread, as one on a server asks there; from memory in between

_UNTRUSTED = -1.0
_VOUCHED_FOR = 1.0


@dataclass(frozen=True, slots=True)
class _Pool:
    """The set that applies to a call, in the order its strategy prefers. `questions[i]` is what `whole.examples[i]` answers.

    `order` are places by preference; `given` those every call gets, as they are shown, and `shared` the same as a set, made once.
    """

    whole: ExampleSet
    questions: tuple[str, ...] = ()
    space: Space | None = None
    order: Sequence[int] = ()
    given: tuple[int, ...] = ()
    shared: ExampleSet = NO_EXAMPLES

    def open_to(self, own: str, places: Iterable[int]) -> Iterable[int]:
        """Those of the places that a call with its own question may be shown."""
        return (place for place in places if self.questions[place] != own)


_Groups: TypeAlias = Mapping[str, Sequence[Asked]]
"""A cell's examples by their values of the scope's scalar inputs."""

_Key: TypeAlias = tuple[CellKey, TrainingPolicy, str]

_EMPTY = _Pool(NO_EXAMPLES)


@dataclass(frozen=True, slots=True)
class _Found:
    """The pool that was found last, and for what: most often the next call's is the same, of the very same objects."""

    cell: CellKey
    policy: TrainingPolicy
    values: Sequence[Value]
    pool: _Pool

    def is_of(self, cell: CellKey, policy: TrainingPolicy, values: Sequence[Value]) -> bool:
        return self.cell is cell and self.policy is policy and all(map(operator.is_, self.values, values))


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
        self._last: _Found | None = None
        self._likeness: dict[tuple[CellKey, tuple[str, ...], str], Likeness] = {}
        self._reading, self._looking = asyncio.Lock(), asyncio.Lock()
        self._looked = float("-inf")

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
        given = list(pool.open_to(own, pool.given))
        whole = len(given) == len(pool.given)
        if pool.space is None:
            return pool.shared if whole else _shown(pool, _fitting(pool, policy, given, pool.open_to(own, pool.order)))
        asked = await self._embed([text(arguments, policy.scope)], cell)
        chosen = _fitting(pool, policy, given, pool.open_to(own, pool.space.near(asked[0], policy.limit)))
        return _shown(pool, [*chosen[: len(given)], *reversed(chosen[len(given) :])], len(given) if whole else 0)

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
        values = [arguments.get(name) for name in policy.scope]
        await self._look()
        if self._last is not None and self._last.is_of(cell, policy, values) and self._revision == self._now():
            return self._last.pool
        pool = await self._pool_of((cell, policy, canonical(values)), arguments)
        self._last = _Found(cell, policy, values, pool)
        return pool

    async def _pool_of(self, key: _Key, arguments: Arguments) -> _Pool:
        if self._revision == self._now() and (known := self._pools.get(key)) is not None:
            return known
        cell, policy, _ = key
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

    async def _look(self) -> None:
        """Have the store know its revision, without the event loop waiting for a server."""
        if time.monotonic() - self._looked >= _LOOK:
            async with self._looking:
                if time.monotonic() - self._looked >= _LOOK:
                    await asyncio.to_thread(self._now)
                    self._looked = time.monotonic()

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
            self._last = None
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
    newest = {asked[0]: place for place, asked in enumerate(kept)}
    if policy.strategy == "high_confidence":
        kept.sort(key=lambda asked: _trust(asked[1]), reverse=True)
    questions, examples = zip(*kept, strict=True)
    pool = _Pool(ExampleSet(_version(examples), examples, policy.strategy), questions)
    if likeness is not None:
        vectors = likeness.vectors([text(example.arguments, policy.scope) for example in examples])
        answers = [canonical(example.answer) for example in examples]
        return replace(pool, space=Space.of(vectors, answers), given=_core(pool, policy, vectors, answers))
    order = sorted(range(len(kept)), key=lambda place: _drawn(examples[place])) if policy.strategy == "random" else range(len(kept))
    chosen = _fitting(pool, policy, (), order)
    given = tuple(sorted(chosen, key=lambda place: newest[questions[place]], reverse=True))
    return replace(pool, order=order, given=given, shared=_shown(pool, given, len(given)))


def _core(pool: _Pool, policy: TrainingPolicy, vectors: Matrix, answers: Sequence[str]) -> tuple[int, ...]:
    """The examples that stand in front of every call's neighbours; none where they would not come to the tokens asked for."""
    most = core.room(policy.limit, len(set(answers)))
    if policy.core is None or not most:
        return ()
    half = replace(policy, limit=most, token_budget=policy.token_budget and policy.token_budget // core.SHARE)
    chosen = _fitting(pool, half, (), core.typical(vectors, answers))
    return tuple(chosen) if sum(tokens(pool.whole.examples[place], policy.scope) for place in chosen) >= policy.core else ()


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
    if example.own_confidence is not None:
        return example.own_confidence
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


def _fitting(pool: _Pool, policy: TrainingPolicy, given: Sequence[int], others: Iterable[int]) -> list[int]:
    """Those given, and of the others the first ones that fit within limit and budget beside them."""
    chosen: list[int] = []
    seen = set(given)
    left = policy.token_budget
    for place in itertools.chain(given, (other for other in others if other not in seen)):
        if len(chosen) == policy.limit:
            break
        if left is not None:
            if (size := tokens(pool.whole.examples[place], policy.scope)) > left:
                continue
            left -= size
        chosen.append(place)
    return chosen


def _shown(pool: _Pool, places: Sequence[int], stable: int = 0) -> ExampleSet:
    return ExampleSet(pool.whole.version, tuple(pool.whole.examples[place] for place in places), pool.whole.strategy, stable)


def _drawn(example: Example) -> bytes:
    """Where an example stands in the draw: the same in every set it is in, so a new example changes a draw by one at most."""
    return hashlib.blake2b(example.trace_id.encode(), digest_size=8).digest()
