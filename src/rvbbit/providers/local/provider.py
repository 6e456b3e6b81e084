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

from rvbbit.providers.local import answers
from rvbbit.providers.local.crossfit import Fit, Student
from rvbbit.providers.local.grades import fit_grades
from rvbbit.providers.local.minilm import Encoded, MiniLM
from rvbbit.providers.local.questions import Question, example_text, phrases, question
from rvbbit.providers.local.student import Array, Names, fit
from rvbbit.types import Completion, Request, Value

AT_ONCE = 512  # questions embedded together: half a second's work, after which answers are handed out
CHARACTERS_AT_ONCE = 40_000  # the same for long texts
READ_OF_A_TEXT = 1_200  # characters, about: what the model's 256 tokens hold
HELD_EXAMPLES = 20_000  # in remembered students; about 10 KB each
HELD_STUDENTS = 256

T = TypeVar("T")
Waiting: TypeAlias = tuple[Question, asyncio.Future[Completion]]
Scope: TypeAlias = tuple[object, ...]

LEARNED = {"label": answers.labels, "matches": answers.learned_matches, "similarity": answers.learned_similarity}


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
        answered: asyncio.Future[Completion] = asyncio.get_running_loop().create_future()
        self._waiting.append((question(request), answered))
        if self._working is None:
            self._working = asyncio.ensure_future(self._work())
        return await answered

    async def close(self) -> None:
        """Give back threads, weights and the embedder's file. Safe to call twice."""
        await self._embedder.close()
        await asyncio.to_thread(self._worker.shutdown)

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
        return await loop.run_in_executor(self._worker, self._compute, batch, unknown, _Lookup(texts, encoded))

    def _compute(self, batch: Sequence[Question], unknown: dict[Scope, Question], lookup: _Lookup) -> list[Completion]:
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

    def _group(self, scope: Scope, group: Sequence[Question], lookup: _Lookup) -> list[Completion]:
        kind = group[0].task.task
        vectors = lookup.vectors(asked.text for asked in group)
        tokens = lookup.tokens(asked.text for asked in group)
        if scope in self._students:
            self._students.move_to_end(scope)
            return LEARNED[kind](group, vectors, self._students[scope], tokens)
        near = np.einsum("ij,ij->i", vectors, lookup.vectors(asked.against for asked in group))
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


class _Lookup:
    """Text → vector and tokens, for the texts of one batch."""

    def __init__(self, texts: Sequence[str], encoded: Encoded) -> None:
        self._place = {text: place for place, text in enumerate(texts)}
        self._encoded = encoded

    def vectors(self, texts: Iterable[str]) -> Array:
        return self._encoded.vectors[[self._place[text] for text in texts]].astype(np.float64).reshape(-1, self._encoded.vectors.shape[1])

    def tokens(self, texts: Iterable[str]) -> list[int]:
        return [int(self._encoded.tokens[self._place[text]]) for text in texts]


def _learns(asked: Question) -> bool:
    """Whether a student answers: always among labels, for the rest where there are examples."""
    return asked.task.task == "label" or bool(asked.request.examples.examples)


def _texts(batch: Sequence[Question], unknown: Iterable[Question]) -> Iterable[str]:
    """All that must be embedded to answer a batch, students still to be made included."""
    for asked in batch:
        yield asked.text
        if asked.task.task != "label":
            yield asked.against
    for asked in unknown:
        for label in asked.labels:
            yield from phrases(label)
        yield from (text for text, _ in _examples(asked))


def _examples(asked: Question) -> list[tuple[str, float]]:
    """(text, answer as a number) of the examples that are about the same thing and hold an answer that could be given."""
    task = asked.task
    examples = asked.request.examples.examples
    found: list[tuple[str | None, float | None]]
    if task.task == "label":
        place: dict[object, int] = {label: number for number, label in enumerate(asked.labels)}
        found = [(example_text(e, task), place.get(e.answer.strip() if isinstance(e.answer, str) else None)) for e in examples]
    else:
        about = [e for e in examples if e.arguments.get(task.against or "") == asked.against]
        read = _yes_or_no if task.task == "matches" else _grade
        found = [(example_text(e, task), read(e.answer)) for e in about]
    return [(text, number) for text, number in found if text is not None and number is not None]


def _yes_or_no(answer: Value) -> float | None:
    """The place of true or false among the student's answers."""
    return float(not answer) if isinstance(answer, bool) else None


def _grade(answer: Value) -> float | None:
    """A score within 0-1; anything else is no answer of such a cell."""
    return float(answer) if isinstance(answer, int | float) and not isinstance(answer, bool) and 0 <= answer <= 1 else None


def _student(asked: Question, lookup: _Lookup) -> Student:
    texts, numbers = zip(*_examples(asked), strict=True) if _examples(asked) else ((), ())
    return Student(_fit(asked, lookup), texts, lookup.vectors(texts), numbers)


def _fit(asked: Question, lookup: _Lookup) -> Fit:
    if asked.task.task == "similarity":
        return partial(fit_grades, lookup.vectors([asked.against])[0])
    if asked.task.task == "matches":
        return partial(fit, Names(lookup.vectors([asked.against]), floor=asked.task.threshold))
    both = np.sum([lookup.vectors(phrases(label)) for label in asked.labels], axis=1)
    return partial(fit, Names(both / np.linalg.norm(both, axis=1, keepdims=True)))
