"""One stage of a query that a student may answer in part: who was asked, what the student thinks, what it decides, and why that may be.

The rules follow the target. Accuracy: the student decides what it is surest of, true or false or a label. Precision: it decides hits alone,
so that nothing can be missed. Recall: it decides rejections alone, so that nothing wrong can be let in. Everything else is the model's.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from rvbbit.cascades import allotment, guarantee
from rvbbit.cascades.allotment import Allotment
from rvbbit.cascades.pupil import Opinion
from rvbbit.cascades.verified import MODEL_ALONE, Rule
from rvbbit.targets import Target
from rvbbit.types import Answer, Arguments, Value

WORTH = 0.1  # the share of calls that must be expected to be saved, or the model is asked at once

Ask = Callable[[Sequence[int]], Awaitable[Sequence[Answer]]]
"""Asks the model for the arguments at these places."""


@dataclass(slots=True)
class StudentStage:
    """`opinions` by place, for every place the student may decide; `decided` by place. `sampled` counts those asked to know how far.

    `rule` is what the student came to decide, as one that can be put to other questions.
    """

    arguments: Sequence[Arguments]
    ask_model: Ask
    answers: dict[int, Answer] = field(default_factory=dict)
    opinions: dict[int, Opinion] = field(default_factory=dict)
    decided: dict[int, Value] = field(default_factory=dict)
    sampled: int = 0
    rule: Rule = MODEL_ALONE
    order: Sequence[int] = ()
    population: bytes = b""

    def __post_init__(self) -> None:
        self.population, self.order = shuffled(self.arguments)

    async def ask(self, places: Iterable[int]) -> None:
        """Ask the model for those that it was not asked for yet."""
        fresh = [place for place in places if place not in self.answers]
        if fresh:
            self.answers |= zip(fresh, await self.ask_model(fresh), strict=True)

    async def decide(self, target: Target) -> None:
        """Let the student decide what it may; the model is asked no more than it takes to know that."""
        if target.accuracy is not None:
            await self._by_accuracy(target.accuracy, target.delta)
            return
        both = target.precision is not None and target.recall is not None
        delta = target.delta / 2 if both else target.delta
        hits = await self._hits(target.precision, delta) if target.precision is not None else 0
        if target.recall is not None:
            await self._rejections(target.recall, delta, hits)

    def follow(self, rule: Rule) -> None:
        """Let the student decide what a rule gives it; nobody is asked."""
        self.rule = rule
        open_ = {place: one for place, one in self.opinions.items() if place not in self.answers}
        self.decided = {place: one.answer for place, one in open_.items() if rule.takes(one)}

    def draw(self, candidates: Iterable[int], number: int) -> list[int]:
        """So many of the candidates, as the shuffled order has them."""
        wanted = set(candidates)
        return [place for place in self.order if place in wanted][:number]

    async def _by_accuracy(self, accuracy: float, delta: float) -> None:
        ranking = sorted(self.opinions, key=lambda place: -self.opinions[place].sure)
        allowed = guarantee.budget(len(self.arguments), accuracy)
        plan = allotment.for_errors(self._doubt(ranking), allowed, delta)
        await self._decide_prefix(ranking, allowed, plan, delta)

    async def _hits(self, precision: float, delta: float) -> int:
        """The hits that a prefix of the likeliest ones holds at least."""
        ranking = self._ranked(hit=True)
        others = self._known_hits()
        plan = allotment.for_precision(self._doubt(ranking), precision, others, delta)
        if not _is_worth(plan, len(ranking)):
            return 0
        sample = await self._sample(ranking, plan.sample)
        ranks = [rank for rank, place in enumerate(ranking) if place in sample]
        errors = [rank for rank in ranks if self._is_error(ranking[rank])]
        drawn = guarantee.Sample(len(ranking), ranks, errors)
        length = guarantee.precise_reach(drawn, plan.start, precision, others, delta)
        self._accept(ranking[:length], sample)
        return max(0, length - guarantee.bad_from(length, precision, others) + 1 - len(sample & set(ranking[:length])))

    async def _rejections(self, recall: float, delta: float, hits: int) -> None:
        """`hits` are decided already, so many at least."""
        ranking = self._ranked(hit=False)
        await self.ask(place for place in self.opinions if place not in self.decided and self.opinions[place].answer is True)
        plan = allotment.for_misses(1 - self._sure(ranking), self._known_hits() + hits, recall, delta)
        if not _is_worth(plan, len(ranking)):
            return
        await self.ask(ranking[len(ranking) - plan.end :])
        ranking = ranking[: len(ranking) - plan.end]
        allowed = allotment.misses(self._known_hits() + hits, recall)
        await self._decide_prefix(ranking, allowed, Allotment(plan.sample, 0), delta)

    async def _decide_prefix(self, ranking: Sequence[int], allowed: int, plan: Allotment, delta: float) -> None:
        if not plan.sample or not _is_worth(plan, len(ranking)):
            return
        sample = await self._sample(ranking, plan.sample)
        errors = [rank for rank, place in enumerate(ranking) if place in sample and self._is_error(place)]
        most = guarantee.most_errors(len(ranking), allowed, len(sample), delta)
        self._accept(ranking[: guarantee.reach(len(ranking), errors, most)], sample)

    async def _sample(self, ranking: Sequence[int], number: int) -> set[int]:
        sample = self.draw(ranking, number)
        await self.ask(sample)
        self.sampled += len(sample)
        return set(sample)

    def _accept(self, places: Sequence[int], sample: set[int]) -> None:
        self.decided |= {place: self.opinions[place].answer for place in places if place not in sample}
        if places:
            cut, hits = self.opinions[places[-1]].sure, {self.opinions[place].answer is True for place in places}
            self.rule = Rule(cut if True in hits else self.rule.hits, cut if False in hits else self.rule.others)

    def _is_error(self, place: int) -> bool:
        """Whether the model answered otherwise. Where it failed, nobody knows, and that counts against the student."""
        answer = self.answers[place]
        return answer.error is not None or answer.value != self.opinions[place].answer

    def _known_hits(self) -> int:
        return sum(answer.value is True for answer in self.answers.values())

    def _ranked(self, *, hit: bool) -> list[int]:
        places = [place for place, one in self.opinions.items() if place not in self.answers and one.answer is hit]
        return sorted(places, key=lambda place: -self.opinions[place].sure)

    def _sure(self, ranking: Sequence[int]) -> allotment.Array:
        return np.array([self.opinions[place].sure for place in ranking], np.float64)

    def _doubt(self, ranking: Sequence[int]) -> allotment.Array:
        return 1 - self._sure(ranking)


def shuffled(arguments: Sequence[Arguments]) -> tuple[bytes, list[int]]:
    """What the population is called, and its places in an order that depends on nothing else: always the same for the same one."""
    digests = [digest(one) for one in arguments]
    population = hashlib.blake2b(b"".join(sorted(digests)), digest_size=16).digest()
    keys = [hashlib.blake2b(one, digest_size=16, key=population).digest() for one in digests]
    return population, sorted(range(len(keys)), key=keys.__getitem__)


def foreseen(target: Target, opinions: Sequence[Opinion], population: int) -> int:
    """How many of so many questions the student would decide, taken to be right about itself."""
    if target.accuracy is not None:
        doubt = np.sort(1 - np.array([one.sure for one in opinions]))
        return _saved(allotment.for_errors(doubt, guarantee.budget(population, target.accuracy), target.delta), len(doubt))
    hits = np.sort([1 - one.sure for one in opinions if one.answer is True])
    misses = np.sort([1 - one.sure for one in opinions if one.answer is False])
    saved = 0
    if target.precision is not None:
        saved += _saved(allotment.for_precision(hits, target.precision, 0, target.delta), len(hits))
    if target.recall is not None:
        known = int(len(hits) - hits.sum())
        saved += _saved(allotment.for_misses(misses, known, target.recall, target.delta), len(misses))
    return saved


def _saved(plan: Allotment, size: int) -> int:
    return int(size - plan.cost) if _is_worth(plan, size) else 0


def digest(value: object) -> bytes:
    """Equal values, equal bytes."""
    return hashlib.blake2b(json.dumps(value, sort_keys=True).encode(), digest_size=16).digest()


def _is_worth(plan: Allotment, size: int) -> bool:
    return plan.sample > 0 and plan.cost <= (1 - WORTH) * size
