"""Which examples a call may learn from. It renders nothing, asks no model, and shows a call no example with its own arguments.

A cell's examples are cut down to the *set* that applies to a call: those within the policy's scope and trust. The set has a version, a hash
of its examples in order, which is part of the cache key; it is worked out once for each scope and kept until the next decision, so asking
again costs microseconds.

- **Scope**: an input named in `policy.scope` must be equal in example and call; where the call's is a list (labels), the example's answer
  must be one of it instead (all of it, where the answer is a list).
- **Trust**: a verified example passes any `min_confidence`, since a person vouches for it; one neither scored nor verified passes none.
- **Same arguments twice**: the newest decision wins, also where the answers contradict each other. Arguments in scope do not count here:
  the same text under another list of labels is the same question.
- **Strategy**: `recent` the newest `limit`; `high_confidence` the most trusted `limit`; `random` a draw that is the same for the same set
  and arguments; `all` the whole set, for models that read examples and no messages, which then leave out the call's own arguments
  themselves. Whoever calls such a model asks for `all`, whatever the cell's policy says.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias, TypeGuard

from rvbbit.errors import CascadeError
from rvbbit.interfaces import ExampleStore
from rvbbit.types import NO_EXAMPLES, Arguments, CellKey, Example, ExampleSet, TrainingPolicy, Value

_KEPT = 4_096  # sets remembered: more criteria than most queries have, and small beside the examples they share
_VERSION_BYTES = 16

_UNTRUSTED = -1.0
_VOUCHED_FOR = 1.0


@dataclass(frozen=True, slots=True)
class _Pool:
    """The set that applies to a call, in the order its strategy prefers. `questions[i]` is what `whole.examples[i]` answers."""

    whole: ExampleSet
    questions: tuple[str, ...] = ()


_Asked: TypeAlias = tuple[str, Example]
"""An example behind the question it answers."""

_Groups: TypeAlias = Mapping[str, Sequence[_Asked]]
"""A cell's examples by their values of the scope's scalar inputs."""

_Key: TypeAlias = tuple[CellKey, TrainingPolicy, str]
_Choice: TypeAlias = Callable[[_Pool, int, str], Iterator[Example]]

_EMPTY = _Pool(NO_EXAMPLES)


class Selector:
    """`ExampleSelector` over an example store. Used on one event loop; the store is read on a thread."""

    def __init__(self, store: ExampleStore) -> None:
        self._store = store
        self._revision = -1
        self._groups: dict[tuple[CellKey, tuple[str, ...], tuple[str, ...]], _Groups] = {}
        self._pools: dict[_Key, _Pool] = {}
        self._reading = asyncio.Lock()

    async def version(self, cell: CellKey, policy: TrainingPolicy, arguments: Arguments) -> str:
        """The version of the set that applies to these arguments; "" when it is empty. Raises CascadeError for an unknown strategy."""
        return (await self._pool(cell, policy, arguments)).whole.version

    async def select(self, cell: CellKey, policy: TrainingPolicy, arguments: Arguments) -> ExampleSet:
        """At most `policy.limit` examples, never one with the call's own arguments; strategy `all`: the whole set, one shared object.

        Raises CascadeError for an unknown strategy.
        """
        pool = await self._pool(cell, policy, arguments)
        if policy.strategy == "all" or not pool.questions:
            return pool.whole
        choice = _CHOICES[policy.strategy](pool, policy.limit, _question(arguments, policy.scope))
        return ExampleSet(pool.whole.version, tuple(islice(choice, policy.limit)), policy.strategy)

    async def _pool(self, cell: CellKey, policy: TrainingPolicy, arguments: Arguments) -> _Pool:
        key = (cell, policy, _canonical([arguments.get(name) for name in policy.scope]))
        if self._revision == self._store.revision() and (known := self._pools.get(key)) is not None:
            return known
        if policy.strategy != "all" and policy.strategy not in _CHOICES:
            raise CascadeError(
                f"{cell.cascade_id}.{cell.cell_name}: there is no training strategy {policy.strategy!r}",
                hint=f"one of: {', '.join((*_CHOICES, 'all'))}",
            )
        async with self._reading:  # ten thousand calls may ask at once; the first one reads
            self._forget_if_decided()
            if key not in self._pools:
                pool = await asyncio.to_thread(self._read, cell, policy, arguments)
                self._pools[key] = pool
            return self._pools[key]

    def _forget_if_decided(self) -> None:
        revision = self._store.revision()  # taken before reading: a decision in between makes the next call read again
        if revision != self._revision:
            self._groups.clear()
        if revision != self._revision or len(self._pools) >= _KEPT:
            self._pools.clear()
        self._revision = revision

    def _read(self, cell: CellKey, policy: TrainingPolicy, arguments: Arguments) -> _Pool:
        scalars = tuple(name for name in policy.scope if not _is_list(arguments.get(name)))
        key = (cell, policy.scope, scalars)
        if key not in self._groups:
            self._groups[key] = _grouped(self._store.trainable(cell), policy.scope, scalars)
        group = self._groups[key].get(_canonical([arguments.get(name) for name in scalars]), ())
        return _pooled(group, policy, [arguments[name] for name in policy.scope if name not in scalars])


def _grouped(examples: Sequence[Example], scope: Sequence[str], scalars: Sequence[str]) -> _Groups:
    groups: dict[str, list[_Asked]] = {}
    for example in examples:
        values = _canonical([example.arguments.get(name) for name in scalars])
        groups.setdefault(values, []).append((_question(example.arguments, scope), example))
    return groups


def _pooled(group: Sequence[_Asked], policy: TrainingPolicy, lists: Sequence[Value]) -> _Pool:
    allowed = [{_canonical(item) for item in items} for items in lists if _is_list(items)]
    held: dict[str, Example] = {}
    for question, example in group:  # newest first: the first to answer a question is the one that holds
        if question not in held and _trusted(example, policy) and all(_answers_from(example.answer, labels) for labels in allowed):
            held[question] = example
    if not held:
        return _EMPTY
    ordered = list(held.items())
    if policy.strategy == "high_confidence":
        ordered.sort(key=lambda asked: _trust(asked[1]), reverse=True)
    questions, examples = zip(*ordered, strict=True)
    return _Pool(ExampleSet(_version(examples), examples, policy.strategy), questions)


def _trust(example: Example) -> float:
    if example.verified:
        return _VOUCHED_FOR
    return _UNTRUSTED if example.confidence is None else example.confidence


def _trusted(example: Example, policy: TrainingPolicy) -> bool:
    if policy.verified_only and not example.verified:
        return False
    return policy.min_confidence is None or _trust(example) >= policy.min_confidence


def _answers_from(answer: Value, labels: set[str]) -> bool:
    answers = answer if _is_list(answer) else [answer]
    return all(_canonical(item) in labels for item in answers)


def _question(arguments: Arguments, scope: Sequence[str]) -> str:
    """What an example's arguments ask, apart from the scope; all of them where the scope is everything."""
    return _canonical({name: value for name, value in arguments.items() if name not in scope} or dict(arguments))


def _version(examples: Sequence[Example]) -> str:
    """A hash of ids and answers in order: a new order may mean another choice, so it counts as another set."""
    digest = hashlib.blake2b(digest_size=_VERSION_BYTES)
    for example in examples:
        digest.update(_canonical([example.trace_id, example.answer]).encode())
    return digest.hexdigest()


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _is_list(value: Value) -> TypeGuard[Sequence[Value]]:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _in_order(pool: _Pool, _: int, own: str) -> Iterator[Example]:
    return (example for question, example in zip(pool.questions, pool.whole.examples, strict=True) if question != own)


def _drawn(pool: _Pool, limit: int, own: str) -> Iterator[Example]:
    """One more than asked for is drawn, in case the call's own question is among them."""
    draw = random.Random(f"{pool.whole.version} {own}")
    size = len(pool.questions)
    places = draw.sample(range(size), min(limit + 1, size))
    return (pool.whole.examples[place] for place in places if pool.questions[place] != own)


_CHOICES: Mapping[str, _Choice] = {"recent": _in_order, "high_confidence": _in_order, "random": _drawn}
