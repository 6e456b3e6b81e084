"""What people should look at next, and whether looking at more would still help. Matrices and counts only: no text, no store.

A decision teaches about the questions near it. `worth` therefore picks, one after the other, the question that brings the largest part of
what is not yet covered within reach: each question weighs as much as it was asked (*frequent*), up to twice that where there is doubt
(*uncertain*), a question near many others reaches many (*dense*), and what a reviewed or an already picked question reaches counts no more
(*diverse*). That is greedy facility location (Nemhauser, Wolsey and Fisher, 1978); where examples are few, covering what there is teaches
more than asking about what a model doubts (Hacohen, Dekel and Weinshall, 2022), and ADR 17 found the same.

Doubt is where the decisions made nearby are split, or a calibrated confidence is low. An uncalibrated confidence is no doubt: a model that
is wrong is often sure, and a queue that trusts it never looks there. That is also why doubt counts no more than double.
"""

from __future__ import annotations

import hashlib
import heapq
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from rvbbit.interfaces import Matrix
from rvbbit.training.nearest import products

Order = Literal["value", "random", "newest"]

ANCHORS = 2_048  # questions that stand for all of them when reach is counted
FREQUENT = 512  # of them, those asked most
OWN = 0.05  # what a question's own answer counts beside those decided on nearby, and what all answers together do
LABELS = 1_000  # different answers up to which they are compared
CLOSE = 0.5  # cosine from which a reader is told that one question is near another
BLOCK = 2_048

ENOUGH = 50  # reviewed questions from which on something can be said of more
MOST = 2_000  # reviewed questions that are looked at to say it
POINTS = 0.02  # gain of twice the decisions under which more hardly helps
HALVES = 8  # draws of half the decisions
FOLDS = 5
SHARPNESS = 10.0  # of the votes of near decisions
DRAWS = 1_000
INTERVAL = (2.5, 97.5)  # percent

_Floats: TypeAlias = npt.NDArray[np.float32]
_Places: TypeAlias = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Question:
    """One question that was asked `asked` times, none of whose answers (or one, `reviewed`) a person has looked at.

    `key` is the same every time the question is seen. Questions of different `group` say nothing about each other. `answer` is what holds,
    or its newest one, as text; `confidence` is that of the newest answer where it is calibrated, else None.
    """

    key: str
    group: str
    answer: str = ""
    asked: int = 1
    confidence: float | None = None
    reviewed: bool = False


@dataclass(frozen=True, slots=True)
class Pick:
    """A question by its place. `priority` is the share of all doubt that a decision on it reaches and none before it did, 0-1.

    `near` counts the executions of questions close to it that nobody reviewed; `known` is the cosine of the nearest reviewed or picked one,
    None where there is none.
    """

    place: int
    priority: float
    near: int = 0
    known: float | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the last doubling of decisions brought, in accuracy 0-1, with its interval of 95 %: the next one rarely brings more."""

    reviewed: int
    gain: float
    low: float
    high: float

    @property
    def enough(self) -> bool:
        """Whether looking at more would hardly help: twice the decisions would bring less than two points."""
        return self.high < POINTS


def until(reviewed: int, left: int, said: Outlook | None) -> int | None:
    """Decisions after which looking at more is expected to hardly help; all that are `left` at most, None where that cannot be told.

    Before there are enough to say anything, those that are missing. Afterwards an estimate: what decisions bring, and how far off that
    may be, falls at least with the root of their number.
    """
    if reviewed < ENOUGH:
        return min(ENOUGH - reviewed, left)
    if said is None:
        return None
    needed = reviewed * (max(said.high, POINTS) / POINTS) ** 2
    return min(max(math.ceil(needed) - reviewed, 1), left)


def worth(questions: Sequence[Question], vectors: Matrix, limit: int) -> list[Pick]:
    """Unreviewed questions, the one worth most first. `vectors` has a row of length 1 a question. The same for the same questions."""
    left = [place for place, one in enumerate(questions) if not one.reviewed]
    if not left or limit < 1:
        return []
    reach = _Reach(questions, vectors)
    gains = np.concatenate([reach.gains(np.array(left[start : start + BLOCK], np.intp)) for start in range(0, len(left), BLOCK)])
    waiting = [(-float(gain), questions[place].key, place) for gain, place in zip(gains, left, strict=True)]
    heapq.heapify(waiting)
    picks: list[Pick] = []
    while waiting and len(picks) < limit:
        _, key, place = heapq.heappop(waiting)
        gain = float(reach.gains(np.array([place]))[0])
        if waiting and (-gain, key) > waiting[0][:2]:  # what was picked since took some of it: back in line
            heapq.heappush(waiting, (-gain, key, place))
            continue
        picks.append(Pick(place, gain / reach.total, *reach.around(place)))
        reach.cover(place)
    return picks


def drawn(questions: Sequence[Question], limit: int) -> list[Pick]:
    """A draw of unreviewed questions that is the same every time."""
    left = [place for place, one in enumerate(questions) if not one.reviewed]
    return [Pick(place, 0.0) for place in sorted(left, key=lambda place: _hash(questions[place]))[:limit]]


def outlook(vectors: Matrix, answers: Sequence[str], keys: Sequence[str], groups: Sequence[str]) -> Outlook | None:
    """What reviewed questions say of more: each is answered by its neighbours among all others and among halves of them.

    None where they are too few, or where answers do not repeat and nothing can be voted on.
    """
    chosen = sorted(range(len(keys)), key=lambda place: hashlib.blake2b(keys[place].encode("utf-8", "replace")).digest())[:MOST]
    codes = np.unique(np.array([answers[place] for place in chosen], object), return_inverse=True)[1]
    if len(chosen) < ENOUGH or 2 * (codes.max() + 1) > len(chosen):
        return None
    named = np.unique(np.array([groups[place] for place in chosen], object), return_inverse=True)[1]
    votes = np.exp(SHARPNESS * (vectors[chosen] @ vectors[chosen].T - 1)) * (named[:, None] == named)
    fold = np.arange(len(chosen)) % FOLDS
    others = fold[:, None] != fold
    whole = _right(votes * others, others, codes)
    draw = np.random.default_rng(0)
    halves = [_right(votes * some, some, codes) for some in (others & (draw.random(len(chosen)) < 0.5) for _ in range(HALVES))]
    gains = whole - np.mean(halves, axis=0)
    means = gains[draw.integers(len(gains), size=(DRAWS, len(gains)))].mean(axis=1)
    low, high = np.percentile(means, INTERVAL)
    return Outlook(len(keys), float(gains.mean()), float(low), float(high))


def share(part: int, whole: int) -> tuple[float, float]:
    """The interval of 95 % of a share (Wilson, 1927)."""
    z = 1.96
    middle, spread = (part + z * z / 2) / (whole + z * z), z / (whole + z * z) * (part * (whole - part) / whole + z * z / 4) ** 0.5
    return max(0.0, middle - spread), min(1.0, middle + spread)


class _Reach:
    """How far decisions reach: which part of the anchors' doubt is covered by what is reviewed or picked."""

    def __init__(self, questions: Sequence[Question], vectors: Matrix) -> None:
        self._vectors = vectors
        self._groups: _Places = np.unique(np.array([one.group for one in questions], object), return_inverse=True)[1]
        self._asked = np.array([one.asked for one in questions], np.float32)
        self._left = np.array([not one.reviewed for one in questions])
        self._anchors, each = _anchors(questions)
        self._standing = np.ascontiguousarray(vectors[self._anchors])
        self._weights = np.asarray(self._asked[self._anchors] * each * (1 + self._doubts(questions)) / 2, np.float32)
        self._covered = np.zeros(len(self._anchors), np.float32)
        self.total = float(self._weights.sum())
        reviewed = np.flatnonzero(~self._left)
        self._known = reviewed.tolist()
        for start in range(0, len(reviewed), BLOCK):
            self._covered = np.maximum(self._covered, self._reaches(reviewed[start : start + BLOCK]).max(axis=0))

    def gains(self, places: _Places) -> _Floats:
        """What each would cover that is not yet."""
        found: _Floats = np.maximum(self._reaches(places) - self._covered, 0) @ self._weights
        return found

    def cover(self, place: int) -> None:
        """Count a question as picked."""
        self._covered = np.maximum(self._covered, self._reaches(np.array([place]))[0])
        self._known.append(place)

    def around(self, place: int) -> tuple[int, float | None]:
        """Executions of unreviewed questions close to one, and the cosine of the nearest known question."""
        near = products(self._vectors, self._vectors[place])
        same = self._groups == self._groups[place]
        close = same & self._left & (near >= CLOSE)
        close[place] = False
        known = [other for other in self._known if same[other]]
        return int(self._asked[close].sum()), float(near[known].max()) if known else None

    def _doubts(self, questions: Sequence[Question]) -> _Floats:
        """0-1 an anchor: how split the decisions near it are, and how low its calibrated confidence is; the mean of what is known."""
        split = self._split(questions)
        known = [] if split is None else [split]
        confidence = np.array([questions[place].confidence for place in self._anchors], np.float32)  # None becomes NaN
        known.append(1 - confidence)
        count = np.sum([~np.isnan(one) for one in known], axis=0)
        return np.asarray(np.nansum(known, axis=0) / np.maximum(count, 1), np.float32)

    def _split(self, questions: Sequence[Question]) -> _Floats | None:
        """1 less the lead of the strongest answer among decisions near each anchor; None where answers do not repeat."""
        reviewed = np.flatnonzero(~self._left)
        answers = np.array([one.answer for one in questions], object)
        decided = np.unique(answers[reviewed])
        if not 1 < len(decided) <= min(LABELS, len(reviewed) // 2):
            return None
        code = {answer: place for place, answer in enumerate(decided)}
        votes = np.full((len(self._anchors), len(decided)), OWN / len(decided), np.float32)
        own = [(row, code[answer]) for row, answer in enumerate(answers[self._anchors]) if answer in code]
        votes[tuple(np.array(own, np.intp).reshape(-1, 2).T)] += OWN
        member = np.eye(len(decided), dtype=np.float32)[[code[answer] for answer in answers[reviewed]]]
        near = np.exp(SHARPNESS * (self._standing @ self._vectors[reviewed].T - 1))
        votes += (near * (self._groups[self._anchors][:, None] == self._groups[reviewed])) @ member
        best = np.sort(votes / votes.sum(axis=1, keepdims=True), axis=1)
        split: _Floats = 1 - (best[:, -1] - best[:, -2])
        return split

    def _reaches(self, places: _Places) -> _Floats:
        """places × anchors: the square of the cosine, within a group."""
        one = len(places) == 1
        rows = products(self._standing, self._vectors[places[0]])[None] if one else self._vectors[places] @ self._standing.T
        near = np.maximum(rows, 0)
        reaches: _Floats = near * near * (self._groups[places][:, None] == self._groups[self._anchors])
        return reaches


def _anchors(questions: Sequence[Question]) -> tuple[_Places, _Floats]:
    """Questions that stand for all, and for how many each: those asked most for themselves, a draw of the others for the rest."""
    if len(questions) <= ANCHORS:
        return np.arange(len(questions)), np.ones(len(questions), np.float32)
    order = sorted(range(len(questions)), key=lambda place: (-questions[place].asked, _hash(questions[place])))
    rest = sorted(order[FREQUENT:], key=lambda place: _hash(questions[place]))[: ANCHORS - FREQUENT]
    each = np.full(ANCHORS, (len(questions) - FREQUENT) / len(rest), np.float32)
    each[:FREQUENT] = 1
    return np.array([*order[:FREQUENT], *rest], np.intp), each


def _right(votes: _Floats, voters: npt.NDArray[np.bool_], codes: _Places) -> npt.NDArray[np.float64]:
    """Whether the densest answer among each one's voters is its own."""
    member = np.eye(int(codes.max()) + 1, dtype=np.float32)[codes]
    density = (votes @ member) / (voters.astype(np.float32) @ member + 1)
    found: npt.NDArray[np.float64] = (density.argmax(axis=1) == codes).astype(np.float64)
    return found


def _hash(one: Question) -> bytes:
    return hashlib.blake2b(f"{one.group}\n{one.key}".encode("utf-8", "replace"), digest_size=8).digest()


def ordered(order: Order, questions: Sequence[Question], vectors: Matrix | None, limit: int) -> Iterator[Pick]:
    """Picks in an order; questions come newest first, and only `value` needs vectors."""
    if order == "value" and vectors is not None:
        yield from worth(questions, vectors, limit)
    elif order == "random":
        yield from drawn(questions, limit)
    else:
        yield from [Pick(place, 0.0) for place, one in enumerate(questions) if not one.reviewed][:limit]
