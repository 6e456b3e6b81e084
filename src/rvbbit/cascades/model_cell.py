"""A cell that asks a model, for one errand: which model, which key, known or under way or to be asked, and how often.

It never decides which rows are asked or in which order; how one question is put is `asking`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from rvbbit.cascades import takes
from rvbbit.cascades.asking import Asking
from rvbbit.cascades.errand import Errand
from rvbbit.cascades.flights import Flight
from rvbbit.cascades.keys import hashed, keys_of
from rvbbit.cascades.learning import Learning
from rvbbit.cascades.output import Output
from rvbbit.cascades.plans import CellPlan
from rvbbit.cascades.rows import NOTHING, Given
from rvbbit.cascades.spec import LLMCell
from rvbbit.cascades.tally import Tally
from rvbbit.errors import BudgetReached, Unsupported
from rvbbit.types import Arguments, LocalTask, Message, Value

LAYOUT = 2
"""The version of how prompts are laid out; grows when the same cell would be put to a model in other words."""

LATER = {"numbered": None, "each_once": False, "reduce": None}
"""Keys that cells got later, and what a cell without them means: its answers from before are still good."""

Found: TypeAlias = Mapping[str, Value]
Call: TypeAlias = Callable[[Flight[Value]], Coroutine[Any, Any, Value]]


class ModelCell:
    """One LLM cell with its model chosen. Raises ModelNotFound, AuthenticationFailed when made."""

    def __init__(self, cell: CellPlan, errand: Errand) -> None:
        assert isinstance(cell.spec, LLMCell)
        self._cell = cell
        self._spec = cell.spec
        self._errand = errand
        self._model = errand.context.model or cell.spec.model or errand.tools.default_model
        self._provider = errand.tools.provider_for(self._model)
        self._local = self._local_task()
        self._learning = Learning(cell, errand, whole=not self._provider.reads_messages, cached_from=self._provider.cached_from)
        self._fingerprint = self._fingerprinted()

    @property
    def reads_messages(self) -> bool:
        return self._provider.reads_messages

    @property
    def asks_once(self) -> bool:
        """Whether what it answers is one answer of the model, not one chosen of several."""
        return self._spec.takes is None

    async def keys(self, arguments: Arguments) -> Sequence[str]:
        """The cache key of each take: a hash of the whole question."""
        return (await self.all_keys([arguments]))[0]

    async def all_keys(self, rows: Sequence[Arguments]) -> list[Sequence[str]]:
        """The same for each of many."""
        versions = await self._learning.versions(rows)
        takes = range(self._spec.takes.n if self._spec.takes else 1)
        return list(zip(*(keys_of(self._fingerprint, rows, versions, take) for take in takes), strict=True))

    async def answer(self, arguments: Arguments, tally: Tally, keys: Sequence[str] | None = None, found: Found | None = None) -> Value:
        """The cell's answer; `keys` and `found` where somebody looked them up before. Raises CallError, BudgetReached, DatabaseError."""
        keys = keys if keys is not None else await self.keys(arguments)
        if self._spec.takes is None:
            return await self._take(arguments, tally, keys[0], 0, found)
        takers = (self._take(arguments, tally, key, take, found) for take, key in enumerate(keys))
        values = [or_raise(one) for one in await asyncio.gather(*takers, return_exceptions=True)]
        if self._spec.takes.pick == "vote" or all(value == values[0] for value in values):
            return takes.vote(values)
        return values[await self._evaluated(arguments, tally, values) - 1]

    def known(self, keys: Sequence[str], found: Found) -> bool:
        """Whether what was found answers it without a call."""
        return all(key in found for key in keys)

    def recalled(self, rows: Sequence[Sequence[str]], found: Found) -> list[Given]:
        """The answer to each row of keys, where what was found is one; of several takes there is none before they are compared."""
        return [found.get(key, NOTHING) for (key,) in rows] if self.asks_once else [NOTHING] * len(rows)

    async def _take(self, arguments: Arguments, tally: Tally, key: str, take: int, found: Found | None) -> Value:
        return await self._once(key, found, self._call(arguments, tally, key, take))

    def _call(self, arguments: Arguments, tally: Tally, key: str, take: int) -> Call:
        async def call(flight: Flight[Value]) -> Value:
            examples = await self._learning.select(arguments)
            kept = key
            if examples.version != await self._learning.version(arguments):
                kept = self._key(arguments, examples.version, take)  # a decision arrived meanwhile
            assert self._cell.prompt is not None and self._cell.output is not None
            state = self._state(take)
            messages = self._cell.prompt.messages(arguments, examples.examples, state) if self.reads_messages else ()
            said = {"state": state, "take": take, "examples": examples, "stable": self._cell.prompt.stable(examples), "local": self._local}
            return await self._asking(self._cell.output, arguments, messages, kept, tally, **said).run(flight)

        return call

    async def _evaluated(self, arguments: Arguments, tally: Tally, values: Sequence[Value]) -> int:
        """The number, from 1, of the answer that the evaluator picks."""
        if not self.reads_messages:
            raise Unsupported(f"{self._cell.where}: {self._model} cannot evaluate answers", hint="use `pick: vote`, or a model that reads")
        assert self._cell.prompt is not None
        messages = self._cell.prompt.choice(arguments, values, self._state(0))
        output = Output({"type": "integer", "minimum": 1, "maximum": len(values)})
        key = hashed([self._fingerprint, "evaluator", arguments, values])
        asking = self._asking(output, arguments, messages, key, tally, evaluator=True)
        number = await self._once(key, None, asking.run)
        assert isinstance(number, int | float)  # the evaluator's schema saw to it
        return int(number)

    def _asking(self, output: Output, arguments: Arguments, messages: tuple[Message, ...], key: str, tally: Tally, **more: Any) -> Asking:
        return Asking(
            errand=self._errand,
            cell=self._cell,
            provider=self._provider,
            model=self._model,
            fingerprint=self._fingerprint,
            output=output,
            arguments=arguments,
            messages=messages,
            key=key if self._errand.keep else None,
            tally=tally,
            **{"state": self._state(0), **more},
        )

    async def _once(self, key: str, found: Found | None, call: Call) -> Value:
        """What is known under the key, else the call under way for it, else the call. What landed since `found` was found is looked up."""
        tools = self._errand.tools
        if not self._errand.reuse:
            return await tools.flights.join(tools.new_id(), call)
        known = found if found is not None else await tools.lookups.find(key)
        if key not in known and key in self._errand.landed:
            known = await tools.lookups.find(key)
        if key in known:
            return known[key]
        while True:
            mine = key not in tools.flights
            try:
                return await tools.flights.join(key, call)
            except BudgetReached:
                if mine:
                    raise
                # else that was another query's budget: this one's own decides

    def _state(self, take: int) -> dict[str, Value]:
        return {"cascade_id": self._cell.key.cascade_id, "cell_name": self._cell.key.cell_name, "take": take}

    def _local_task(self) -> LocalTask | None:
        task = self._spec.local.as_task() if self._spec.local else None
        threshold = self._errand.context.threshold
        return replace(task, threshold=threshold) if task and task.task == "matches" and threshold is not None else task

    def _fingerprinted(self) -> str:
        unsaid = {name for name, default in LATER.items() if getattr(self._spec, name) == default}
        said = self._spec.model_dump(mode="json", by_alias=True, exclude={"local", "model"} | unsaid)
        local = [repr(self._local), *([self._local.n] if self._local and self._local.n else [])]
        return hashed([LAYOUT, self._cell.key.cascade_id, said, self._model, *local, repr(self._cell.returns)])

    def _key(self, arguments: Arguments, version: str, take: int) -> str:
        return keys_of(self._fingerprint, [arguments], [version], take)[0]


def or_raise(result: Value | BaseException) -> Value:
    """What was gathered, or the error that was."""
    if isinstance(result, BaseException):
        raise result
    return result
