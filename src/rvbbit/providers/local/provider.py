"""The embedded model as a provider: questions that wait are embedded together, then answered by similarity or by a student.

It reads no messages and writes no prose: a cell without a `local:` block is refused. Costs nothing, calls nobody.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict, deque
from collections.abc import Coroutine, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeAlias, TypeVar

import numpy as np

from rvbbit.providers.local import answers, groups, sentences
from rvbbit.providers.local.crossfit import Fit, Student
from rvbbit.providers.local.grades import fit_grades, fit_polarity
from rvbbit.providers.local.kinds import fit_kinds
from rvbbit.providers.local.lookup import Lookup
from rvbbit.providers.local.minilm import MiniLM
from rvbbit.providers.local.pairs import fit_pairs
from rvbbit.providers.local.questions import ALONE, FROM_EXAMPLES, LABELLING, NAME, OF_PAIRS, Question, phrases, question, together
from rvbbit.providers.local.student import Array, Names, fit
from rvbbit.providers.local.taught import POLES, refuse_untaught, taught
from rvbbit.types import Completion, Request, Usage, Value

AT_ONCE = 512  # questions embedded together: half a second's work, after which answers are handed out
CHARACTERS_AT_ONCE = 40_000  # the same for long texts
READ_OF_A_TEXT = 1_200  # characters, about: what the model's 256 tokens hold
HELD_EXAMPLES = 20_000  # in remembered students; about 10 KB each
HELD_STUDENTS = 256

T = TypeVar("T")
Waiting: TypeAlias = tuple[Question, asyncio.Future[Completion]]
Scope: TypeAlias = tuple[object, ...]

LEARNED = {
    "label": answers.labels,
    "choose": answers.labels,
    "matches": answers.learned_matches,
    "same": answers.learned_matches,
    "pair": answers.learned_matches,
    "similarity": answers.learned_scores,
    "polarity": answers.learned_scores,
}


class LocalProvider:
    """`Provider` over the embedder, which it closes. Students are fitted when first needed and kept by the version of their examples."""

    cached_from = None

    def __init__(self, embedder: MiniLM) -> None:
        self._embedder = embedder
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="rvbbit-student")
        self._waiting: deque[Waiting] = deque()
        self._working: asyncio.Task[None] | None = None
        self._students: OrderedDict[Scope, Student] = OrderedDict()

    @property
    def reads_messages(self) -> bool:
        """False: arguments and examples are enough."""
        return False

    async def complete(self, request: Request) -> Completion:
        """The typed answer and its probability. Raises Unsupported, UsageError and CallError for what it cannot answer."""
        if groups.is_group(request):
            return await self._grouped(request)
        asked = question(request)
        if asked.task.task in FROM_EXAMPLES and asked.scope not in self._students:
            refuse_untaught(asked)
        answered: asyncio.Future[Completion] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answered))
        if self._working is None:
            self._working = asyncio.ensure_future(self._work())
        return await answered

    async def close(self) -> None:
        """Give back threads, weights and the embedder's file. Safe to call twice."""
        await self._embedder.close()
        await asyncio.to_thread(self._worker.shutdown)

    async def _grouped(self, request: Request) -> Completion:
        """An answer about a whole list: as long as ten thousand of the others, so it is not put in line with them."""
        asked = groups.group(request)
        texts = list(dict.fromkeys(groups.texts_of(asked)))
        encoded = await self._embedder.encode(texts)
        loop = asyncio.get_running_loop()
        value = await loop.run_in_executor(self._worker, groups.answer, asked, Lookup(texts, encoded).vectors)
        usage = Usage(tokens_in=int(encoded.tokens.sum()), cost_usd=0.0)
        assert request.local is not None
        sent: dict[str, Value] = {"task": request.local.task, "model": NAME, "texts": len(asked.texts)}
        return Completion(None, NAME, usage, value, finish_reason="stop", sent=sent, received={"embedded": len(texts)})

    async def _work(self) -> None:
        """Answer whoever waits, all that came meanwhile at a time, until nobody does."""
        while batch := self._batch():
            # Whatever goes wrong, those who wait must hear of it: gather hands any error over as a value.
            answering = _while_awaited(self._answer([asked for asked, _ in batch]), [answered for _, answered in batch])
            (outcome,) = await asyncio.gather(answering, return_exceptions=True)
            for place, (_, answered) in enumerate(batch):
                if answered.done():
                    continue
                if isinstance(outcome, BaseException):
                    answered.set_exception(outcome)
                else:
                    answered.set_result(outcome[place])
        self._working = None

    def _batch(self) -> list[Waiting]:
        """The next ones in line, as many as take about half a second; none where nobody waits."""
        batch: list[Waiting] = []
        characters = 0
        while self._waiting and len(batch) < AT_ONCE and characters < CHARACTERS_AT_ONCE:
            asked, answered = self._waiting.popleft()
            if not answered.done():
                batch.append((asked, answered))
                characters += min(len(asked.text), READ_OF_A_TEXT)
        return batch

    async def _answer(self, batch: Sequence[Question]) -> list[Completion]:
        """One completion a question, in order."""
        unknown = {asked.scope: asked for asked in batch if _learns(asked) and asked.scope not in self._students}
        texts = list(dict.fromkeys(_texts(batch, unknown.values())))
        encoded = await self._embedder.encode(texts)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._worker, self._compute, batch, unknown, Lookup(texts, encoded))

    def _compute(self, batch: Sequence[Question], unknown: dict[Scope, Question], lookup: Lookup) -> list[Completion]:
        for scope, asked in unknown.items():
            self._students[scope] = _student(asked, lookup)
        groups: dict[Scope, list[int]] = defaultdict(list)
        for place, asked in enumerate(batch):
            groups[asked.scope if _learns(asked) else (asked.task.task,)].append(place)
        done: dict[int, Completion] = {}
        for scope, places in groups.items():
            done.update(zip(places, self._group(scope, [batch[place] for place in places], lookup), strict=True))
        self._forget()
        return [done[place] for place in range(len(batch))]

    def _group(self, scope: Scope, group: Sequence[Question], lookup: Lookup) -> list[Completion]:
        kind = group[0].task.task
        tokens = lookup.tokens(asked.text for asked in group)
        if kind == "sentence":
            return sentences.shortened(group, lookup, tokens)
        if scope in self._students:
            self._students.move_to_end(scope)
            names = [together(asked.text, asked.against) if kind in OF_PAIRS else asked.text for asked in group]
            return LEARNED[kind](group, self._students[scope].scores(names, _rows(group, lookup)), tokens)
        if kind == "same":
            return answers.matches(group, lookup.sameness([(asked.text, asked.against) for asked in group]), tokens)
        near = np.einsum("ij,ij->i", _rows(group, lookup), lookup.vectors(asked.against for asked in group))
        return (answers.matches if kind == "matches" else answers.similarity)(group, near, tokens)

    def _forget(self) -> None:
        """The longest unused students, beyond what is kept."""
        held = sum(map(len, self._students.values()))
        while self._students and (held > HELD_EXAMPLES or len(self._students) > HELD_STUDENTS):
            held -= len(self._students.popitem(last=False)[1])


def _while_awaited(work: Coroutine[Any, Any, T], waiting: Sequence[asyncio.Future[Completion]]) -> asyncio.Task[T]:
    """The work as a task that is cancelled when the last who waits for it has left: whoever comes next need not wait for its end."""
    task = asyncio.ensure_future(work)
    left = 0

    def gone(answered: asyncio.Future[Completion]) -> None:
        nonlocal left
        left += answered.cancelled()
        if left == len(waiting):
            task.cancel()

    for answered in waiting:
        answered.add_done_callback(gone)
    return task


def _rows(group: Sequence[Question], lookup: Lookup) -> Array:
    """What a student goes by, a row a question: the text's vector, or what a pair has in common."""
    if group[0].task.task in OF_PAIRS:
        return lookup.features([(asked.text, asked.against) for asked in group])
    return lookup.vectors(asked.text for asked in group)


def _learns(asked: Question) -> bool:
    """Whether a student answers: always among labels, for the rest where there are examples."""
    return asked.task.task in LABELLING or (asked.task.task != "sentence" and bool(asked.request.examples.examples))


def _texts(batch: Sequence[Question], unknown: Iterable[Question]) -> Iterable[str]:
    """All that must be embedded to answer a batch, students still to be made included."""
    for asked in batch:
        yield asked.text
        if asked.task.task == "sentence":
            yield from sentences.of(asked.text)
        elif asked.task.task not in LABELLING | ALONE:
            yield asked.against
    for asked in unknown:
        for label in asked.labels:
            yield from phrases(label)
        if asked.task.task == "polarity":
            yield from POLES
        for text, _ in taught(asked):
            yield from text.split("\0") if asked.task.task in OF_PAIRS else (text,)


def _student(asked: Question, lookup: Lookup) -> Student:
    found = taught(asked)
    texts, numbers = [text for text, _ in found], [number for _, number in found]
    if asked.task.task not in OF_PAIRS:
        return Student(_fit(asked, lookup), texts, lookup.vectors(texts), numbers)
    pairs = [(one, other) for one, _, other in (text.partition("\0") for text in texts)]
    return Student(_fit(asked, lookup), texts, lookup.features(pairs), numbers)


def _fit(asked: Question, lookup: Lookup) -> Fit:
    match asked.task.task:
        case "same" | "pair":
            return partial(fit_pairs, asked.task.threshold if asked.task.task == "same" else None)
        case "polarity":
            return partial(fit_polarity, lookup.vectors(POLES))
        case "similarity":
            return partial(fit_grades, lookup.vectors([asked.against])[0])
        case "matches":
            return partial(fit, Names(lookup.vectors([asked.against]), floor=asked.task.threshold))
    named = asked.labels[:-1] if asked.may_be_none else asked.labels
    both = np.sum([lookup.vectors(phrases(label)) for label in named], axis=1)
    floor = asked.task.threshold if asked.may_be_none else None
    vectors = both / np.linalg.norm(both, axis=1, keepdims=True)
    return partial(fit_kinds, vectors) if any(asked.typical) else partial(fit, Names(vectors, floor))
