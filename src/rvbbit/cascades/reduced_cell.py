"""A cell asked about a list that may be longer than a model reads: in parts, then about the answers, until one is left (`reduce:`).

Each part is a question like any other, with its own arguments, key and record; so a group of exactly those values finds its answer too, and
what was answered before a query was stopped is kept. The number of questions follows from the list alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from rvbbit.cascades import likeness, reducing
from rvbbit.cascades.errand import Errand
from rvbbit.cascades.flights import Flight
from rvbbit.cascades.keys import hashed
from rvbbit.cascades.model_cell import Found, ModelCell, or_raise
from rvbbit.cascades.plans import CellPlan
from rvbbit.cascades.prompt import Prompt
from rvbbit.cascades.tally import Tally
from rvbbit.errors import CallError
from rvbbit.types import Arguments, Value


class ReducedCell(ModelCell):
    """A model cell whose file says `reduce:`. Lists that fit into one question are asked as they are."""

    def __init__(self, cell: CellPlan, errand: Errand) -> None:
        super().__init__(cell, errand)
        assert self._spec.reduce is not None and cell.output is not None
        self._reduce = self._spec.reduce
        self._combining: Prompt | None = None
        if self._reduce.instructions is not None:
            said = {"instructions": self._reduce.instructions, "system": self._reduce.system or self._spec.system}
            self._combining = Prompt.of(self._spec.model_copy(update=said), f"{cell.where}.reduce", cell.output, cell.outputs)

    @property
    def asks_once(self) -> bool:
        return False

    async def all_keys(self, rows: Sequence[Arguments]) -> list[Sequence[str]]:
        """The keys of each row's parts: those of the answers to answers are not known before."""
        return [[key for (key,) in await super(ReducedCell, self).all_keys((await self._parted(one))[0])] for one in rows]

    async def answer(self, arguments: Arguments, tally: Tally, keys: Sequence[str] | None = None, found: Found | None = None) -> Value:
        """The answer about the whole list. Raises as any cell does."""
        parts, alone = await self._parted(arguments)
        keys = keys if keys is not None else await self.keys(arguments)
        asked = (super(ReducedCell, self).answer(part, tally, [key], found) for part, key in zip(parts, keys, strict=True))
        answers = [or_raise(one) for one in await asyncio.gather(*asked, return_exceptions=True)]
        if self._reduce.combine == "join":
            return answers[0] if len(parts) == 1 and not alone else sorted(reducing.flattened([*answers, list(alone)]), key=str)
        if self._reduce.combine == "mean":
            return _mean(answers, [len(self._values(part)) for part in parts])
        while len(answers) > 1:
            level = [self._combined(arguments, [answers[i] for i in some], tally) for some in self._groups(len(answers))]
            answers = [or_raise(one) for one in await asyncio.gather(*level, return_exceptions=True)]
        return answers[0]

    async def calls(self, arguments: Arguments) -> int:
        """How many calls the answer would take: an answer to answers is known only if all of those are."""
        parts, _ = await self._parted(arguments)
        keys = await self.keys(arguments)
        found = await self._errand.tools.log.answers(keys)
        answers = [found.get(key, _UNKNOWN) for key in keys]
        calls = sum(answer is _UNKNOWN for answer in answers)
        while len(answers) > 1 and self._reduce.combine == "ask" and len(parts) > 1:
            level = []
            for some in self._groups(len(answers)):
                level.append(await self._known([answers[i] for i in some], arguments))
                calls += level[-1] is _UNKNOWN and len(some) > 1
            answers = level
        return calls

    def _groups(self, count: int) -> list[range]:
        return reducing.groups(count, self._reduce.at_once)

    async def _known(self, answers: Sequence[object], arguments: Arguments) -> object:
        if len(answers) == 1 or any(answer is _UNKNOWN for answer in answers):
            return answers[0] if len(answers) == 1 else _UNKNOWN
        key = await self._combined_key(self._again(arguments, answers))  # type: ignore[arg-type]  # none of them is unknown
        return (await self._errand.tools.lookups.find(key)).get(key, _UNKNOWN)

    async def _parted(self, arguments: Arguments) -> tuple[list[Arguments], Sequence[Value]]:
        """The arguments of each question, and the values that are like no other and need none."""
        values = self._values(arguments)
        if not self.reads_messages:
            return [arguments], ()
        if self._reduce.likeness is None:
            return [{**arguments, self._reduce.over: part} for part in reducing.parts(values, self._reduce.tokens)], ()
        embedder = self._errand.tools.embedder
        if embedder is None:
            raise CallError(f"{self._cell.where}: `likeness` needs an embedding model, and there is none", hint="set RVBBIT_EMBED_MODEL")
        blocks, alone = await likeness.blocks(values, embedder, self._reduce.likeness)
        runs = [part for block in blocks for part in reducing.parts(block, self._reduce.tokens)]
        return [{**arguments, self._reduce.over: part} for part in runs], alone

    def _values(self, arguments: Arguments) -> list[Value]:
        given = arguments[self._reduce.over]
        return list(given) if isinstance(given, list | tuple) else [given]

    async def _combined(self, arguments: Arguments, answers: Sequence[Value], tally: Tally) -> Value:
        """One answer for several. A single one is its own."""
        if len(answers) == 1:
            return answers[0]
        again = self._again(arguments, answers)
        if self._combining is None:
            return await super().answer(again, tally)
        key = await self._combined_key(again)
        combining = self._combining

        async def call(flight: Flight[Value]) -> Value:
            assert self._cell.output is not None
            messages = combining.messages(again, (), self._state(0))
            return await self._asking(self._cell.output, again, messages, key, tally, step="reduce", stable=1).run(flight)

        return await self._once(key, None, call)

    def _again(self, arguments: Arguments, answers: Sequence[Value]) -> Mapping[str, Value]:
        return {**arguments, self._reduce.over: reducing.flattened(answers)}

    async def _combined_key(self, again: Arguments) -> str:
        if self._combining is not None:
            return hashed([self._fingerprint, "reduce", again])
        return (await super().all_keys([again]))[0][0]


_UNKNOWN = object()


def _mean(answers: Sequence[Value], weights: Sequence[int]) -> Value:
    numbers = [answer for answer in answers if isinstance(answer, int | float)]
    assert len(numbers) == len(answers)  # the schema of a cell whose parts are averaged asks for a number
    return sum(number * weight for number, weight in zip(numbers, weights, strict=True)) / sum(weights)
