"""`OperatorCaller` that lets a student answer what it may, to a stated target, and a model the rest. ADR 26, `docs/student.md`.

It puts two together and changes neither: the runner, which asks the model, and the embedded student. The student learns from what is known
(curated examples, the log's answers of that very model, answers to this query) and, where that is too little, from questions asked for it.
Its answers are logged as its own, with a key of their own that names model, target and population: they never stand for the model's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TypeAlias

from rvbbit.cascades.loader import Cascade
from rvbbit.cascades.pupil import MODEL, Pupil
from rvbbit.cascades.spec import LLMCell
from rvbbit.cascades.student_book import Post, StudentBook
from rvbbit.cascades.student_stage import StudentStage, digest, foreseen
from rvbbit.errors import UsageError
from rvbbit.interfaces import CallLog, ExampleSelector, Listener, OperatorCaller, ProviderFor
from rvbbit.targets import Foreseen, Target
from rvbbit.types import (
    NO_EXAMPLES,
    Answer,
    Arguments,
    CallContext,
    CellKey,
    Example,
    ExampleSet,
    Notice,
    Value,
)

FEWEST = 100  # unknown questions under which a model is simply asked
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)  # when nothing hangs on it
SHARE_TAUGHT = 8  # one in so many may be asked only to teach
LOOKED_AT = 300  # questions that an estimate looks at

Logged: TypeAlias = Callable[[CellKey, str], Sequence[Example]]
"""What a model answered in a cell, newest first, as corrected where people corrected it. Called from any thread."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the engine hands over. `default_model` answers cells that name none."""

    find: Callable[[str], Cascade]
    provider_for: ProviderFor
    log: CallLog
    selector: ExampleSelector
    logged: Logged
    default_model: str


class StudentFirst:
    """One for a query and a target; the runner has the query's budget."""

    def __init__(self, runner: OperatorCaller, desk: Desk, target: Target) -> None:
        self._runner = runner
        self._desk = desk
        self._target = target

    async def answer(
        self, operator: str, arguments: Sequence[Arguments], context: CallContext, listen: Listener | None = None
    ) -> list[Answer]:
        """As the runner's. Raises UsageError for a target that the operator cannot have."""
        tell = partial(_told, listen)
        post = self._post(operator, arguments, context)
        if isinstance(post, str):
            tell(Notice(f"the student stands aside: {post}; {context.model or 'the model'} is asked for all"))
            return await self._runner.answer(operator, arguments, context, listen)

        async def ask(places: Sequence[int]) -> Sequence[Answer]:
            return await self._runner.answer(operator, [arguments[place] for place in places], context, listen)

        stage = StudentStage(arguments, ask)
        known = await self._runner.recall(operator, arguments, context)
        await stage.ask(place for place, answer in enumerate(known) if answer is not None)
        unknown = [place for place in stage.order if place not in stage.answers]
        curated = await self._curated(post, context, arguments[0]) if unknown else NO_EXAMPLES
        book = self._book(post, stage, context, curated.version)
        earlier = await book.earlier(unknown)
        if len(earlier) == len(unknown):
            for place, value in earlier.items():
                stage.answers[place] = Answer(value, cached=True, student=True)
                tell(stage.answers[place])
            if earlier:
                tell(Notice(f"the student decided {len(earlier):,} {operator.upper()} when this was asked before: {self._sure(post)}"))
        else:
            why = await self._taught(post, stage, unknown, curated.examples)
            tell(Notice(self._said(post, stage, len(unknown), why)))
            await stage.ask(place for place in unknown if place not in stage.decided)
            await book.enter()
            for place, value in stage.decided.items():
                stage.answers[place] = Answer(value, student=True)
                tell(stage.answers[place])
        return [stage.answers[place] for place in range(len(arguments))]

    async def known(self, operator: str, arguments: Sequence[Arguments], context: CallContext) -> int:
        """How many of the arguments would be answered without a call and without a student."""
        return await self._runner.known(operator, arguments, context)

    async def recall(self, operator: str, arguments: Sequence[Arguments], context: CallContext) -> list[Answer | None]:
        """The model's answers that are known."""
        return await self._runner.recall(operator, arguments, context)

    async def requests(self, operator: str, unknown: int, context: CallContext, arguments: Sequence[Arguments] = ()) -> int:
        """How many requests so many questions to the model will take."""
        return await self._runner.requests(operator, unknown, context, arguments)

    async def foreseen(self, operator: str, arguments: Sequence[Arguments], context: CallContext) -> Foreseen | None:
        """About how many of the unknown questions the student would decide, and of how many the model would be asked. Asks nothing.

        None where nobody can say before some are asked.
        """
        post = self._post(operator, arguments, context)
        known = await self._runner.recall(operator, arguments, context)
        stage = StudentStage(arguments, _never)
        unknown = [place for place in stage.order if known[place] is None]
        if isinstance(post, str) or len(unknown) < FEWEST:
            return Foreseen(0, len(unknown))
        curated = await self._curated(post, context, arguments[0])
        if len(await self._book(post, stage, context, curated.version).earlier(unknown)) == len(unknown):
            return Foreseen(len(unknown), 0)
        examples = self._examples(post, curated.examples, stage, await self._logged(post))
        if len(examples) < post.enough or _all_the_same(examples):
            return None
        pupil = await Pupil.taught(self._desk.provider_for(MODEL), post.task, examples)
        looked = await pupil.opinions([arguments[place] for place in unknown[:LOOKED_AT]])
        decided = foreseen(self._target, [looked[number % len(looked)] for number in range(len(unknown))], len(arguments))
        return Foreseen(decided, len(unknown) - decided)

    def check_predicts(self, operator: str, arguments: Sequence[Arguments], context: CallContext) -> None:
        """Raises UsageError where no student can answer these questions. Asks nothing."""
        post = self._post(operator, arguments, context)
        if isinstance(post, str):
            raise UsageError(f"the student can predict nothing: {post}", hint="leave `sample` out: the model is then asked for everything")

    async def predicted(
        self, operator: str, arguments: Sequence[Arguments], known: Mapping[int, Answer], context: CallContext
    ) -> list[Value]:
        """What a student taught with these known answers, too, says of each question; of a known one, without having seen its answer.

        Raises UsageError as `check_predicts`. None for what it cannot read.
        """
        self.check_predicts(operator, arguments, context)
        post = self._post(operator, arguments, context)
        assert isinstance(post, Post)
        stage = StudentStage(arguments, _never, answers=dict(known))
        curated = await self._curated(post, context, arguments[0])
        examples = self._examples(post, curated.examples, stage, await self._logged(post))
        pupil = await Pupil.taught(self._desk.provider_for(MODEL), post.task, examples)
        return [one.answer for one in await pupil.opinions(arguments)]

    def _post(self, operator: str, arguments: Sequence[Arguments], context: CallContext) -> Post | str:
        """Where the student would stand, or why it cannot."""
        cascade = self._desk.find(operator)
        spec = cascade.spec.cells[-1]
        if len(cascade.spec.cells) > 1 or not isinstance(spec, LLMCell) or spec.local is None or spec.takes is not None:
            return f"{operator} has no cell that an embedding model could answer (`local:`), asked once"
        task = spec.local.as_task()
        if task.task == "similarity":
            return f"{operator} gives scores, and a target is of yes-or-no answers or labels"
        if task.task == "label" and self._target.accuracy is None:
            raise UsageError(
                f"{operator} gives labels, which have no {'precision' if self._target.precision is not None else 'recall'}",
                hint="state its accuracy: `-- @ accuracy: 0.95`",
            )
        model = context.model or spec.model or self._desk.default_model
        if model.startswith("local:"):
            return f"{model} is as quick as the student"
        shared = {name: value for name, value in arguments[0].items() if name != task.text} if arguments else {}
        if any({**one, task.text: None} != {**shared, task.text: None} for one in arguments):
            return f"the rows ask {operator} different questions"
        return Post(cascade, CellKey(cascade.id, spec.name), spec, task, model, shared)

    async def _taught(self, post: Post, stage: StudentStage, unknown: Sequence[int], curated: Sequence[Example]) -> str | None:
        """Teach a student and let it decide; why it decided nothing, where it did not."""
        if len(unknown) < FEWEST:
            return f"{len(unknown)} questions are too few"
        logged = await self._logged(post)
        if (missing := post.enough - len(self._examples(post, curated, stage, logged))) > 0:
            await stage.ask(stage.draw(unknown, min(missing, len(unknown) // SHARE_TAUGHT)))
        examples = self._examples(post, curated, stage, logged)
        if _all_the_same(examples):
            return f"{len(examples)} known answers, all the same, teach nothing"
        pupil = await Pupil.taught(self._desk.provider_for(MODEL), post.task, examples)
        left = [place for place in unknown if place not in stage.answers]
        found = await pupil.opinions([stage.arguments[place] for place in left])
        stage.opinions = {place: one for place, one in zip(left, found, strict=True) if one.answer is not None}
        await stage.decide(self._target)
        return None if stage.decided else f"taught by {len(examples)} answers, it is not sure enough to save calls"

    async def _curated(self, post: Post, context: CallContext, arguments: Arguments) -> ExampleSet:
        policy = post.spec.policy() if context.training else None
        if policy is None:
            return NO_EXAMPLES
        whole = replace(policy, strategy="all", pinned=context.training_set)
        return await self._desk.selector.select(post.cell, whole, arguments)

    async def _logged(self, post: Post) -> Sequence[Example]:
        return await asyncio.to_thread(self._desk.logged, post.cell, post.model)

    def _examples(self, post: Post, curated: Sequence[Example], stage: StudentStage, logged: Sequence[Example]) -> list[Example]:
        """What is known, each question once: people's word first, then this query's answers, then the log's."""
        here = [
            Example(digest(stage.arguments[place]).hex(), stage.arguments[place], answer.value, LONG_AGO)
            for place, answer in stage.answers.items()
            if answer.error is None
        ]
        found: dict[bytes, Example] = {}
        for example in (*curated, *here, *logged):
            if post.fits(example):
                found.setdefault(digest(example.arguments.get(post.task.text)), example)
        return list(found.values())

    def _book(self, post: Post, stage: StudentStage, context: CallContext, version: str) -> StudentBook:
        return StudentBook(self._desk.log, post, stage, self._target, context, version)

    def _said(self, post: Post, stage: StudentStage, unknown: int, why: str | None) -> str:
        operator = post.cell.cascade_id.upper()
        if why is not None:
            return f"the student decides none of {unknown:,} {operator}: {why}; {post.model} is asked"
        drawn = f"by {stage.sampled:,} answers drawn at random"
        return f"the student decides {len(stage.decided):,} of {unknown:,} {operator}: {self._sure(post)}, {drawn}"

    def _sure(self, post: Post) -> str:
        return f"{self._target} against {post.model} ({1 - self._target.delta:.0%} sure)"


def _all_the_same(examples: Sequence[Example]) -> bool:
    return len({digest(example.answer) for example in examples}) < 2


async def _never(places: Sequence[int]) -> Sequence[Answer]:
    raise AssertionError("an estimate asks nothing")


def _told(listen: Listener | None, said: Answer | Notice) -> None:
    if listen is not None:
        listen(said, 1)
