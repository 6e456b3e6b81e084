"""What one cell may learn from during one errand: which set applies, which examples a call gets, and the one line people are told about it.

A set's version is asked for once per scope (the criterion, the labels), not once per row. Choosing examples is the selector's business.
"""

from __future__ import annotations

import asyncio
import json
import operator
from collections.abc import Sequence
from dataclasses import replace

from rvbbit.cascades.errand import Errand
from rvbbit.cascades.plans import CellPlan
from rvbbit.cascades.rows import NOTHING
from rvbbit.cascades.spec import LLMCell
from rvbbit.types import NO_EXAMPLES, Arguments, ExampleSet, Notice, TrainingPolicy, Value

CHARACTERS_PER_TOKEN = 4


class Learning:
    """`whole` is True for a model that takes the whole set (the student), False for one that reads a few examples in its prompt.

    `cached_from`: tokens from which on the model's provider caches the start of a prompt; None where it does not.
    """

    def __init__(self, cell: CellPlan, errand: Errand, *, whole: bool, cached_from: int | None = None) -> None:
        assert isinstance(cell.spec, LLMCell)
        policy = cell.spec.policy() if errand.context.training else None
        if policy is not None:
            policy = replace(policy, strategy="all" if whole else policy.strategy, pinned=errand.context.training_set)
        self._policy = policy
        self._cached_from = cached_from
        self._cell = cell
        self._errand = errand
        self._lock = asyncio.Lock()
        self._versions: dict[str, str] = {}
        self._policies: dict[str, TrainingPolicy] = {}
        self._sets: dict[str, ExampleSet] = {}
        self._told: set[str] = set()
        self._seen: tuple[Sequence[object], str] = ([NOTHING] * len(policy.scope) if policy else [], "")

    async def version(self, arguments: Arguments) -> str:
        """The version of the set that applies; "" where there is none or training is off."""
        if self._policy is None:
            return ""
        scope = self._scope(arguments)
        if scope not in self._versions:
            async with self._lock:
                if scope not in self._versions:
                    found = await self._errand.tools.selector.version(self._cell.key, self._of(self._policy, scope, arguments), arguments)
                    self._versions[scope] = found
        return self._versions[scope]

    async def versions(self, rows: Sequence[Arguments]) -> list[str]:
        """The same for each of many, in order."""
        names = self._policy.scope if self._policy else ()
        if rows and all(len({id(one.get(name)) for one in rows}) == 1 for name in names):
            return [await self.version(rows[0])] * len(rows)
        return [await self.version(one) for one in rows]

    async def select(self, arguments: Arguments) -> ExampleSet:
        """The examples for one call, told of once. Those that lack an argument the question is made of are left out, and that is told."""
        if self._policy is None:
            return NO_EXAMPLES
        if self._policy.strategy != "all":
            policy = self._of(self._policy, self._scope(arguments), arguments)
            return self._checked(await self._errand.tools.selector.select(self._cell.key, policy, arguments))
        scope = self._scope(arguments)
        if scope not in self._sets:
            async with self._lock:
                if scope not in self._sets:
                    chosen = await self._errand.tools.selector.select(self._cell.key, self._policy, arguments)
                    self._sets[scope] = self._checked(chosen)
        return self._sets[scope]

    def _of(self, policy: TrainingPolicy, scope: str, arguments: Arguments) -> TrainingPolicy:
        """The policy for a scope: where neighbours are chosen, it asks for the core that lifts a start over the cache's minimum."""
        if policy.strategy != "semantic" or self._cached_from is None or self._cell.prompt is None:
            return policy
        if scope not in self._policies:
            state: dict[str, Value] = {"cascade_id": self._cell.key.cascade_id, "cell_name": self._cell.key.cell_name, "take": 0}
            start = len(self._cell.prompt.start(arguments, state)) // CHARACTERS_PER_TOKEN
            self._policies[scope] = replace(policy, core=max(0, self._cached_from - start))
        return self._policies[scope]

    def _scope(self, arguments: Arguments) -> str:
        names = self._policy.scope if self._policy else ()
        values = [arguments.get(name) for name in names]
        if not all(map(operator.is_, values, self._seen[0])):  # most often they are constants, one object for all rows
            self._seen = values, json.dumps(values)
        return self._seen[1]

    def _checked(self, chosen: ExampleSet) -> ExampleSet:
        shown = tuple(example for example in chosen.examples if self._cell.can_show(example))
        left_out = len(chosen.examples) - len(shown)
        if left_out:
            self._tell("left out", f"{left_out} training examples of {self._cell.where} lack arguments it now has; left out", warn=True)
            stable = sum(self._cell.can_show(example) for example in chosen.examples[: chosen.stable])
            chosen = replace(chosen, examples=shown, stable=stable)
        if shown:
            # Scripts look for this line, so it reads the same for one example.
            self._tell("injected", f"📚 Injected {len(shown)} training examples ({chosen.strategy} strategy)")
        elif "injected" not in self._told:
            self._tell("none", "📚 No training examples available yet")
        return chosen

    def _tell(self, what: str, message: str, *, warn: bool = False) -> None:
        if what not in self._told:
            self._told.add(what)
            self._errand.tell(Notice(message, "warning" if warn else "info"))
