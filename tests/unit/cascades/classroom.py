"""A world with a student in it: a fake that reads its answer and how sure it is off the text, `n 017 true 0.93`."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from rvbbit.cascades.runner import Runner
from rvbbit.cascades.student_first import Desk, StudentFirst
from rvbbit.cascades.verified import Standing, Verified
from rvbbit.errors import CallError
from rvbbit.targets import Target
from rvbbit.types import Answer, Arguments, CallContext, Completion, Example, Notice, Request, Value
from unit.cascades.conftest import NOON, FakeProvider, World

CELL = """\
cascade_id: judge
sql_function:
  name: judge
  args: [{name: text}, {name: criterion}]
  returns: BOOLEAN
cells:
  - name: cell
    instructions: "{{ input.text }} {{ input.criterion }}"
    output_schema: {type: boolean}
    use_training: true
    training_scope: [criterion]
    local: {task: matches, text: text, against: criterion}
"""
LABELLED = (
    CELL.replace("returns: BOOLEAN", "returns: VARCHAR")
    .replace("{name: criterion}", '{name: labels, type: "VARCHAR[]"}')
    .replace("output_schema: {type: boolean}", "output_schema: {type: string}")
    .replace("training_scope: [criterion]", "training_scope: [labels]")
    .replace("{{ input.criterion }}", "{{ input.labels }}")
    .replace("{task: matches, text: text, against: criterion}", "{task: label, text: text, labels: labels}")
)
CONTEXT = CallContext("session", "query", model="fake:model")


class Student(FakeProvider):
    """Sure of itself as the text says; each text is itself an example's at most once."""

    async def complete(self, request: Request) -> Completion:
        self.requests.append(request)
        _, _, value, share = str(request.arguments["text"]).split()
        if value == "blank":
            raise CallError("blank")
        answer: Value = {"true": True, "false": False}.get(value, value)
        return Completion(None, request.model, value=answer, probability=float(share))


class Class:
    """A world with a student in it, and rows whose model's answers are known."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.student = Student(lambda request: None, reads_messages=False)
        self.model: dict[str, Value] = {}
        self.logged: list[Example] = []
        self.verified: list[Verified] = []
        self.heard: list[Answer | Notice] = []
        world.says(lambda request: "true" if self.model[str(request.arguments["text"])] else "false")
        self.runner = Runner(
            world.catalog, self.provider_for, world.log, world.selector, world.run_sql, "fake:default", concurrency=8, clock=lambda: NOON
        )

    @classmethod
    def taught(cls, world: World) -> Class:
        """With a hundred and fifty logged answers that show how sure the student may be."""
        world.write(CELL)
        found = cls(world)
        found.teach()
        return found

    def provider_for(self, name: str) -> FakeProvider:
        return self.student if name.startswith("local:") else self.world.provider

    def rows(self, number: int, wrong: Callable[[int], bool], positive: float = 0.3, seed: int = 0) -> list[Arguments]:
        """The surest ones first wrong where `wrong` says so of their rank."""
        chance = random.Random(seed)
        made: list[Arguments] = []
        for rank in range(number):
            said, sure = chance.random() < positive, 0.999 - 0.499 * rank / number
            text = f"n {seed}-{rank:05d} {str(said).lower()} {sure:.4f}"
            self.model[text] = said is not wrong(rank)
            made.append({"text": text, "criterion": "| is it so"})
        return made

    def teach(self) -> None:
        for row in self.rows(150, lambda rank: rank > 120, seed=99):
            self.logged.append(Example(str(row["text"]), row, self.model[str(row["text"])], NOON))

    def verify(
        self, number: int, wrong: Callable[[int], bool] = lambda rank: False, said: Callable[[int], bool] = lambda rank: True
    ) -> None:
        """So many, the surest ones first: the student is wrong of some, the model's answer was right of some."""
        made = self.rows(number, wrong, seed=77)
        truth = [self.model[str(row["text"])] for row in made]
        self.verified = [
            Verified(row, one, one if said(rank) else not one) for rank, (row, one) in enumerate(zip(made, truth, strict=True))
        ]

    async def ask(self, rows: Sequence[Arguments], target: Target, **context: Any) -> list[Answer]:
        said = CallContext("session", "query", **{"model": "fake:model", **context})
        return await self.beside(target).answer("judge", rows, said, self.hear)

    def hear(self, said: Answer | Notice, times: int) -> None:
        self.heard += [said] * times

    def beside(self, target: Target) -> StudentFirst:
        world = self.world
        desk = Desk(
            world.catalog.find,
            self.provider_for,
            world.log,
            world.selector,
            lambda cell, model: self.logged,
            "fake:default",
            lambda cell, model: self.verified,
        )
        return StudentFirst(self.runner, desk, target)

    @property
    def notice(self) -> str:
        """The one thing said of the student."""
        (said,) = [one.message for one in self.heard if isinstance(one, Notice) and "student" in one.message]
        return said

    @property
    def standing(self) -> Sequence[str]:
        """What was said of verified answers."""
        return [one.message for one in self.heard if isinstance(one, Standing)]

    @property
    def told(self) -> list[Answer]:
        return [one for one in self.heard if isinstance(one, Answer)]

    def agreed(self, rows: Sequence[Arguments], answers: Sequence[Answer]) -> float:
        return sum(one.value == self.model[str(row["text"])] for one, row in zip(answers, rows, strict=True)) / len(rows)
