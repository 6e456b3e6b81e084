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
from rvbbit.cascades.pupil import MODEL, UNDECIDED, Pupil
from rvbbit.cascades.spec import LLMCell
from rvbbit.cascades.student_book import Post, StudentBook, named
from rvbbit.cascades.student_stage import StudentStage, digest, foreseen
from rvbbit.cascades.verified import Judged, Standing, Verified, check_reached, held_to, standing, sure, widest
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

Vouched: TypeAlias = Callable[[CellKey, str], Sequence[Verified]]
"""What people verified in a cell, each question once, beside what a model itself answered to it. Called from any thread."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the engine hands over. `default_model` answers cells that name none."""

    find: Callable[[str], Cascade]
    provider_for: ProviderFor
    log: CallLog
    selector: ExampleSelector
    logged: Logged
    default_model: str
    verified: Vouched = lambda cell, model: ()


class StudentFirst:
    """One for a query and a target; the runner has the query's budget."""

    def __init__(self, runner: OperatorCaller, desk: Desk, target: Target) -> None:
        self._runner = runner
        self._desk = desk
        self._target = target

    async def answer(
        self, operator: str, arguments: Sequence[Arguments], context: CallContext, listen: Listener | None = None
    ) -> list[Answer]:
        """As the runner's. Raises UsageError for a target that the operator cannot have, or of which verified answers show too little."""
        tell = partial(_told, listen)
        post = self._post(operator, arguments, context)
        if isinstance(post, str):
            tell(self._aside(post, context))
            return await self._runner.answer(operator, arguments, context, listen)

        async def ask(places: Sequence[int]) -> Sequence[Answer]:
            return await self._runner.answer(operator, [arguments[place] for place in places], context, listen)

        held = await self._measure(post)
        stage = StudentStage(arguments, ask)
        known = await self._runner.recall(operator, arguments, context)
        await stage.ask(place for place, answer in enumerate(known) if answer is not None)
        unknown = [place for place in stage.order if place not in stage.answers]
        curated = await self._curated(post, context, arguments[0]) if unknown else NO_EXAMPLES
        book = self._book(post, stage, context, curated.version, held)
        earlier = await book.earlier(unknown)
        if len(earlier) == len(unknown):
            for place, value in earlier.items():
                stage.answers[place] = Answer(value, cached=True, student=True)
                tell(stage.answers[place])
            if earlier:
                tell(Notice(f"the student decided {len(earlier):,} {operator.upper()} when this was asked before{self._promised(post)}"))
            stands = held_to(self._target, held) if held else await self._standing_again(post, stage)
        else:
            taught = await self._taught(post, stage, unknown, curated.examples, held)
            why = taught if isinstance(taught, str) else await self._decided(stage, taught, held)
            tell(Notice(self._said(post, stage, len(unknown), why)))
            stands = await self._standing(post, stage, taught, held)
            await stage.ask(place for place in unknown if place not in stage.decided)
            await book.enter()
            for place, value in stage.decided.items():
                stage.answers[place] = Answer(value, student=True)
                tell(stage.answers[place])
        if stands is not None:
            tell(stands)
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
        if isinstance(post, str):
            return Foreseen(0, len(unknown))
        held = await self._measure(post)
        note = f"held against {len(held):,} verified answers" if held else None
        if not unknown or (len(unknown) < FEWEST and not held):
            return Foreseen(0, len(unknown))
        curated = await self._curated(post, context, arguments[0])
        if len(await self._book(post, stage, context, curated.version, held).earlier(unknown)) == len(unknown):
            return Foreseen(len(unknown), 0, note)
        examples = self._examples(post, curated.examples, stage, await self._logged(post), held)
        if len(examples) < post.enough or _all_the_same(examples):
            return None if len(unknown) >= FEWEST else Foreseen(0, len(unknown), note)
        pupil = await Pupil.taught(self._desk.provider_for(MODEL), post.task, examples)
        looked = await pupil.opinions([arguments[place] for place in unknown[:LOOKED_AT]])
        if (rule := widest(await _judged(pupil, held), self._target)) is not None:
            decided = round(sum(map(rule.takes, looked)) / len(looked) * len(unknown))
        else:
            decided = foreseen(self._target, [looked[number % len(looked)] for number in range(len(unknown))], len(arguments))
        return Foreseen(decided, len(unknown) - decided, note)

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

    async def _measure(self, post: Post) -> Sequence[Verified]:
        """What the target is held against, where that is not the model. Raises UsageError where not even the model is shown to reach it."""
        if self._target.against == "model":
            return ()
        held = await self._verified(post)
        check_reached(held, self._target, post.model)
        return held

    async def _taught(
        self, post: Post, stage: StudentStage, unknown: Sequence[int], curated: Sequence[Example], held: Sequence[Verified]
    ) -> Pupil | str:
        """A student that has thought of every question that is left; or why there is none."""
        if len(unknown) < FEWEST and not held:
            return f"{len(unknown)} questions are too few"
        logged = await self._logged(post)
        if (missing := post.enough - len(self._examples(post, curated, stage, logged, held))) > 0:
            if len(unknown) < FEWEST:
                return f"{len(unknown)} questions are too few to teach it"
            await stage.ask(stage.draw(unknown, min(missing, len(unknown) // SHARE_TAUGHT)))
        examples = self._examples(post, curated, stage, logged, held)
        if _all_the_same(examples):
            return f"{len(examples)} known answers, all the same, teach nothing"
        pupil = await Pupil.taught(self._desk.provider_for(MODEL), post.task, examples)
        left = [place for place in unknown if place not in stage.answers]
        found = await pupil.opinions([stage.arguments[place] for place in left])
        stage.opinions = {place: one for place, one in zip(left, found, strict=True) if one.answer is not None}
        return pupil

    async def _decided(self, stage: StudentStage, pupil: Pupil, held: Sequence[Verified]) -> str | None:
        """Let the student decide what it may; why it decided nothing, where it did not."""
        if (rule := widest(await _judged(pupil, held), self._target)) is not None:
            stage.follow(rule)
        else:
            await stage.decide(self._target)
        allowed = "it is not sure enough to save calls" if not held else "the verified answers let it decide nothing"
        return None if stage.decided else f"taught by {pupil.known} answers, {allowed}"

    async def _standing(self, post: Post, stage: StudentStage, taught: Pupil | str, held: Sequence[Verified]) -> Standing | None:
        """What the answers come to against verified ones, as far as that can be told."""
        if held:
            return held_to(self._target, held)
        known = await self._verified(post)
        judged = [Judged(one, UNDECIDED) for one in known] if isinstance(taught, str) else await _judged(taught, known)
        pairs = [(one.given(stage.rule), one.verified.answer) for one in judged]
        return standing(pairs, self._target, post.model)

    async def _standing_again(self, post: Post, stage: StudentStage) -> Standing | None:
        """The same where every answer is known and no student is at hand: of this stage's own questions, by what they were answered."""
        truth = {digest(one.arguments): one.answer for one in await self._verified(post)}
        places = {digest(one): place for place, one in enumerate(stage.arguments)} if truth else {}
        pairs = [(stage.answers[places[name]].value, answer) for name, answer in truth.items() if name in places]
        return standing(pairs, self._target, post.model)

    async def _curated(self, post: Post, context: CallContext, arguments: Arguments) -> ExampleSet:
        policy = post.spec.policy() if context.training else None
        if policy is None:
            return NO_EXAMPLES
        whole = replace(policy, strategy="all", pinned=context.training_set)
        return await self._desk.selector.select(post.cell, whole, arguments)

    async def _logged(self, post: Post) -> Sequence[Example]:
        return await asyncio.to_thread(self._desk.logged, post.cell, post.model)

    async def _verified(self, post: Post) -> Sequence[Verified]:
        return [one for one in await asyncio.to_thread(self._desk.verified, post.cell, post.model) if post.fits(one)]

    def _examples(
        self,
        post: Post,
        curated: Sequence[Example],
        stage: StudentStage,
        logged: Sequence[Example],
        held: Sequence[Verified] = (),
    ) -> list[Example]:
        """What is known, each question once: people's word first, then this query's answers, then the log's. What is measured with, not."""
        here = [
            Example(digest(stage.arguments[place]).hex(), stage.arguments[place], answer.value, LONG_AGO)
            for place, answer in stage.answers.items()
            if answer.error is None
        ]
        found: dict[bytes, Example] = {}
        for example in (*curated, *here, *logged):
            if post.fits(example):
                found.setdefault(digest(example.arguments.get(post.task.text)), example)
        for one in held:
            found.pop(digest(one.arguments.get(post.task.text)), None)
        return list(found.values())

    def _book(self, post: Post, stage: StudentStage, context: CallContext, version: str, held: Sequence[Verified]) -> StudentBook:
        return StudentBook(self._desk.log, post, stage, self._target, context, version, named(held))

    def _aside(self, why: str, context: CallContext) -> Notice:
        said = f"the student stands aside: {why}; {context.model or 'the model'} is asked for all"
        if self._target.against == "model":
            return Notice(said)
        return Notice(f"{said}, and nothing is held against verified answers", "warning")

    def _said(self, post: Post, stage: StudentStage, unknown: int, why: str | None) -> str:
        operator = post.cell.cascade_id.upper()
        if why is not None:
            return f"the student decides none of {unknown:,} {operator}: {why}; {post.model} is asked"
        drawn = f", by {stage.sampled:,} answers drawn at random" if self._target.against == "model" else ""
        return f"the student decides {len(stage.decided):,} of {unknown:,} {operator}{self._promised(post)}{drawn}"

    def _promised(self, post: Post) -> str:
        if self._target.against == "verified":
            return ", as verified answers allow"
        return f": {self._target} against {post.model} ({sure(self._target)} sure)"


async def _judged(pupil: Pupil, held: Sequence[Verified]) -> list[Judged]:
    said = await pupil.opinions([one.arguments for one in held])
    return [Judged(one, opinion) for one, opinion in zip(held, said, strict=True)]


def _all_the_same(examples: Sequence[Example]) -> bool:
    return len({digest(example.answer) for example in examples}) < 2


async def _never(places: Sequence[int]) -> Sequence[Answer]:
    raise AssertionError("an estimate asks nothing")


def _told(listen: Listener | None, said: Answer | Notice) -> None:
    if listen is not None:
        listen(said, 1)
