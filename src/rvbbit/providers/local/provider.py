"""The embedded model as a provider: requests that arrive together are embedded together and answered by similarity or by a student.

It reads no messages and writes no prose; a cell without a `local:` block is refused.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rvbbit.errors import CallError, Error, Unsupported
from rvbbit.interfaces import Embedder, Matrix
from rvbbit.providers.local import judging, student
from rvbbit.types import Completion, Example, LocalTask, Request, Usage, Value

NAME = "local:minilm"
HEADS = 32
"""Fitted students remembered."""
SHOWN = 3

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Question:
    request: Request
    task: LocalTask
    text: str
    against: tuple[str, ...]
    answered: asyncio.Future[Completion]


class LocalProvider:
    """`Provider` over an embedder. Students are fitted when first needed and kept by the version of their set."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._waiting: list[_Question] = []
        self._working: asyncio.Task[None] | None = None
        self._heads: dict[tuple[object, ...], student.Head | judging.Judge] = {}

    @property
    def reads_messages(self) -> bool:
        """False: arguments and examples are enough."""
        return False

    async def complete(self, request: Request) -> Completion:
        """The typed answer with its probability. Raises Unsupported for a cell it cannot do, CallError for arguments it cannot use."""
        question = _question(request, asyncio.get_running_loop().create_future())
        self._waiting.append(question)
        if self._working is None or self._working.done():
            self._working = asyncio.ensure_future(self._work())
        return await question.answered

    async def close(self) -> None:
        """Nothing to give back: the embedder is whoever's made it."""

    async def _work(self) -> None:
        await asyncio.sleep(0)  # those who ask in the same breath are answered together
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                answers = await self._answer(batch)
            except Error as error:
                for question in batch:
                    if not question.answered.done():
                        question.answered.set_exception(error)
                continue
            for question, answer in zip(batch, answers, strict=True):
                if not question.answered.done():
                    question.answered.set_result(answer)

    async def _answer(self, batch: Sequence[_Question]) -> list[Completion]:
        groups: dict[tuple[object, ...], list[int]] = defaultdict(list)
        for place, question in enumerate(batch):
            groups[(question.task, question.against, question.request.examples.version)].append(place)
        answers: list[Completion | None] = [None] * len(batch)
        for places in groups.values():
            for place, answer in zip(places, await self._group([batch[place] for place in places]), strict=True):
                answers[place] = answer
        return [answer for answer in answers if answer is not None]

    async def _group(self, group: Sequence[_Question]) -> list[Completion]:
        """Answers to questions of one task against one thing, with one set of examples."""
        first = group[0]
        queries = (await self._embedder.embed([question.text for question in group])).astype(np.float64)
        match first.task.task:
            case "similarity":
                against = (await self._embedder.embed(first.against)).astype(np.float64)
                return [_completion(q, score, score) for q, score in zip(group, _similarity(queries @ against[0]), strict=True)]
            case "matches":
                judge, own = await self._judge(group)
                margins = judge.margins(queries, own)
                return [
                    _completion(q, bool(margin > 0), _sigmoid(abs(margin)), {"margin": round(float(margin), 4)})
                    for q, margin in zip(group, margins, strict=True)
                ]
            case "label":
                head, own = await self._head(group)
                scores = await asyncio.to_thread(head.scores, queries, own)
                return [_labelled(q, row) for q, row in zip(group, scores, strict=True)]

    async def _judge(self, group: Sequence[_Question]) -> tuple[judging.Judge, npt.NDArray[np.intp]]:
        first = group[0]
        examples = _usable(first, lambda answer: isinstance(answer, bool))
        key = (first.task, first.against, first.request.examples.version)
        judge = self._heads.get(key)
        if judge is None:
            criterion = (await self._embedder.embed(first.against)).astype(np.float64)[0]
            vectors = await self._vectors(first.task, examples)
            answers = np.array([example.answer for example in examples], bool)
            judge = await asyncio.to_thread(judging.fit, criterion, first.task.threshold, vectors, answers)
            self._keep(key, judge)
        assert isinstance(judge, judging.Judge)
        return judge, _own(group, examples)

    async def _head(self, group: Sequence[_Question]) -> tuple[student.Head, npt.NDArray[np.intp]]:
        first = group[0]
        place = {label: index for index, label in enumerate(first.against)}
        examples = _usable(first, lambda answer: answer in place)
        key = (first.task, first.against, first.request.examples.version)
        head = self._heads.get(key)
        if head is None:
            names = await self._names(first.against)
            vectors = await self._vectors(first.task, examples)
            labels = np.array([place[str(example.answer)] for example in examples], np.intp)
            head = await asyncio.to_thread(student.fit, names, vectors, labels)
            self._keep(key, head)
        assert isinstance(head, student.Head)
        return head, _own(group, examples)

    async def _names(self, labels: Sequence[str]) -> Array:
        """One unit row a label: its words, and its words as a topic."""
        words = [" ".join(label.replace("_", " ").replace("-", " ").lower().split()) or label for label in labels]
        both = await self._embedder.embed([*words, *(f"about {word}" for word in words)])
        summed = (both[: len(words)] + both[len(words) :]).astype(np.float64)
        return np.asarray(summed / np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-12))

    async def _vectors(self, task: LocalTask, examples: Sequence[Example]) -> Array:
        vectors: Matrix = await self._embedder.embed([str(example.arguments[task.text]) for example in examples])
        return vectors.astype(np.float64)

    def _keep(self, key: tuple[object, ...], head: student.Head | judging.Judge) -> None:
        if len(self._heads) >= HEADS:
            self._heads.pop(next(iter(self._heads)))
        self._heads[key] = head


def _question(request: Request, answered: asyncio.Future[Completion]) -> _Question:
    task = request.local
    if task is None:
        raise Unsupported(
            f"{NAME} compares and labels; it cannot do this cell, which has to be written",
            hint="set RVBBIT_MODEL to a model that writes, such as `openai:gpt-5-mini` or `ollama:llama3.2`",
        )
    text = request.arguments.get(task.text)
    if not isinstance(text, str):
        raise CallError(f"{NAME}: input {task.text} is {type(text).__name__}, not text", hint=f"give text for {task.text}")
    return _Question(request, task, text, _against(request.arguments, task), answered)


def _against(arguments: Mapping[str, Value], task: LocalTask) -> tuple[str, ...]:
    name = task.labels if task.task == "label" else task.against
    value = arguments.get(name or "")
    if task.task != "label":
        if not isinstance(value, str):
            raise CallError(f"{NAME}: input {name} is {type(value).__name__}, not text", hint=f"give text for {name}")
        return (value,)
    labels = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
    if not isinstance(labels, Sequence) or not labels or not all(isinstance(label, str) and label for label in labels):
        raise CallError(f"{NAME}: input {name} holds no labels", hint=f"give a list of texts, or one text with commas, for {name}")
    return tuple(dict.fromkeys(str(label) for label in labels))


def _usable(question: _Question, fits: object) -> list[Example]:
    assert callable(fits)
    return [e for e in question.request.examples.examples if fits(e.answer) and isinstance(e.arguments.get(question.task.text), str)]


def _own(group: Sequence[_Question], examples: Sequence[Example]) -> npt.NDArray[np.intp]:
    """Which example each question itself is: the one of the same text, since the rest of the arguments is the set's scope."""
    text = group[0].task.text
    places = {str(example.arguments[text]): index for index, example in enumerate(examples)}
    return np.array([places.get(question.text, -1) for question in group], np.intp)


def _similarity(cosines: Array) -> list[float]:
    return [float(value) for value in np.clip(cosines, 0.0, 1.0)]


def _labelled(question: _Question, scores: Array) -> Completion:
    shares = np.exp(scores - scores.max())
    shares /= shares.sum()
    best = np.argsort(-shares, kind="stable")[:SHOWN]
    top: list[Value] = [{"label": question.against[i], "share": round(float(shares[i]), 4)} for i in best]
    return _completion(question, question.against[best[0]], float(shares[best[0]]), {"top": top})


def _completion(question: _Question, value: Value, probability: float, received: Mapping[str, Value] | None = None) -> Completion:
    sent: dict[str, Value] = {"task": question.task.task, "text": question.task.text, "examples": len(question.request.examples.examples)}
    return Completion(
        None, NAME, Usage(cost_usd=0.0), value=value, probability=round(probability, 4), sent=sent, received=received or {"score": value}
    )


def _sigmoid(value: float) -> float:
    return float(1 / (1 + np.exp(-3 * value)))
