"""Questions about a whole list of texts, answered by the embedded model: clusters, names, likeness, sentences; a mood where it was taught.

A task here says what it must have embedded and then works on vectors alone. What embeddings cannot tell (a hint by which to divide, a
criterion, a mood without examples) is refused, never ignored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rvbbit.errors import Unsupported, UsageError
from rvbbit.providers.local import alike, clusters, extracts
from rvbbit.providers.local.grades import kernel
from rvbbit.providers.local.questions import BLANK, NAME
from rvbbit.providers.local.student import Array
from rvbbit.types import Request, Value

EXAMPLES = 12  # typical texts that a kind is known by,
BEGINNING = 120  # and characters of each: they are part of every question which kind a text is of
THEMES = 7
KINDS = 10
MOODS = 4  # examples without which a mood is a guess
NOISE = 0.3

VectorsOf = Callable[[Sequence[str]], Array]


@dataclass(frozen=True)
class Group:
    """One question about a list. `texts` are its distinct values that are not blank, in order; `weights` how often each stands in it."""

    request: Request
    texts: tuple[str, ...]
    weights: Array
    n: int | None

    @cached_property
    def sentences(self) -> list[str]:
        """What a summary is made of."""
        return extracts.sentences(self.texts)


def is_group(request: Request) -> bool:
    """Whether a request asks about a list."""
    return request.local is not None and request.local.task in TASKS


def group(request: Request) -> Group:
    """The question a request asks. Raises Unsupported for what embeddings cannot tell, UsageError for inputs of a wrong kind."""
    task = request.local
    assert task is not None
    given = request.arguments.get(task.text)
    if not isinstance(given, list | tuple):
        raise UsageError(f"{NAME}: input {task.text!r} is not a list", hint="an aggregate is asked about a list of texts")
    if task.task not in STEERED and task.against is not None and request.arguments.get(task.against):
        raise Unsupported(
            f"{NAME} cannot go by {task.against} in {task.task}: it compares whole texts",
            hint=f"leave {task.against} out, or set RVBBIT_MODEL to a model that reads, such as `openai:gpt-5-mini`",
        )
    counted = Counter(str(text) for text in given if text is not None and str(text).strip())
    texts = tuple(dict.fromkeys(str(text) for text in given if text is not None and str(text).strip()))
    weights = np.array([counted[text] for text in texts], np.float64)
    return Group(request, texts, weights, _number(request, task.n))


def texts_of(asked: Group) -> list[str]:
    """All that must be embedded to answer."""
    task = asked.request.local
    assert task is not None
    more: list[str] = []
    if task.task in {"summary", "consensus"}:
        more += asked.sentences
        more += [_focus(asked)] if _focus(asked) else []
    if task.task == "mood":
        more += [text for texts, _ in _moods(asked) for text in texts]
    return [*asked.texts, *more]


def answer(asked: Group, vectors: VectorsOf) -> Value:
    """The typed answer; an empty one where nothing but blanks was given. Raises Unsupported for a mood that nobody taught."""
    task = asked.request.local
    assert task is not None
    return TASKS[task.task](asked, vectors)


def _themes(asked: Group, vectors: VectorsOf) -> Value:
    if not asked.texts:
        return []
    return clusters.names(asked.texts, asked.weights, clusters.divide(vectors(asked.texts), asked.weights, asked.n, most=THEMES))


def _topics(asked: Group, vectors: VectorsOf) -> Value:
    nothing: list[Value] = [{"label": BLANK, "examples": []}]
    if not asked.texts:
        return nothing
    rows = vectors(asked.texts)
    found = clusters.divide(rows, asked.weights, asked.n, most=KINDS)
    labels = clusters.names(asked.texts, asked.weights, found)
    typical = [clusters.typical(rows, found, number, EXAMPLES) for number in range(found.count)]
    kinds: list[Value] = [
        {"label": label, "examples": [asked.texts[i][:BEGINNING] for i in places]} for label, places in zip(labels, typical, strict=True)
    ]
    return [*kinds, *nothing] if _blanks(asked) else kinds


def _clusters(asked: Group, vectors: VectorsOf) -> Value:
    blanks: list[Value] = [*dict.fromkeys(_blanks(asked))]
    nothing: list[Value] = [{"label": BLANK, "members": blanks}] if blanks else []
    if not asked.texts:
        return nothing
    found = clusters.divide(vectors(asked.texts), asked.weights, asked.n, most=KINDS)
    labels = clusters.names(asked.texts, asked.weights, found)
    members: list[list[Value]] = [[] for _ in labels]
    for text, place in zip(asked.texts, found.places, strict=True):
        members[place].append(text)
    return [*({"label": label, "members": texts} for label, texts in zip(labels, members, strict=True)), *nothing]


def _dedupe(asked: Group, vectors: VectorsOf) -> Value:
    assert asked.request.local is not None
    if not asked.texts:
        return list(_blanks(asked)[:1])
    stands = alike.leaders(asked.texts, vectors(asked.texts), asked.weights, asked.request.local.threshold)
    return [*_blanks(asked)[:1], *(asked.texts[place] for place in sorted(set(stands.tolist())))]


def _outliers(asked: Group, vectors: VectorsOf) -> Value:
    if not asked.texts:
        return []
    lonely = alike.loneliness(vectors(asked.texts))
    return [asked.texts[place] for place in np.argsort(-lonely, kind="stable")[: asked.n if asked.n is not None else 1]]


def _summary(asked: Group, vectors: VectorsOf) -> Value:
    if not asked.sentences:
        return ""
    rows = vectors(asked.sentences)
    focus = _focus(asked)
    towards = vectors([focus])[0] if focus else extracts.centre(vectors(asked.texts), asked.weights)
    return " ".join(asked.sentences[place] for place in extracts.chosen(rows, towards, extracts.SENTENCES))


def _consensus(asked: Group, vectors: VectorsOf) -> Value:
    if not asked.sentences:
        return ""
    towards = extracts.centre(vectors(asked.texts), asked.weights)
    return asked.sentences[extracts.chosen(vectors(asked.sentences), towards, 1)[0]]


def _mood(asked: Group, vectors: VectorsOf) -> Value:
    """Kernel ridge regression on the mean vectors of groups whose mood a person gave."""
    taught = _moods(asked)
    if len(taught) < MOODS:
        raise Unsupported(
            f"{NAME} knows no mood by itself, and {len(taught)} of at least {MOODS} examples were given",
            hint="correct and mark answers of MOOD (`rvbbit training mark`), or set RVBBIT_MODEL to a model that reads",
        )
    if not asked.texts:
        return 0.0
    examples = np.array([extracts.centre(vectors(texts)) for texts, _ in taught])
    moods = np.array([mood for _, mood in taught])
    weights = np.linalg.solve(kernel(examples, examples) + NOISE * np.eye(len(moods)), moods - moods.mean())
    given = extracts.centre(vectors(asked.texts), asked.weights)[None, :]
    return float(np.clip(moods.mean() + (kernel(given, examples) @ weights)[0], -1, 1))


def _moods(asked: Group) -> list[tuple[list[str], float]]:
    """(texts, mood) of the examples that have both."""
    task = asked.request.local
    assert task is not None
    found = []
    for example in asked.request.examples.examples:
        texts, mood = example.arguments.get(task.text), example.answer
        kept = [text for text in texts if isinstance(text, str) and text.strip()] if isinstance(texts, list | tuple) else []
        if kept and isinstance(mood, int | float) and not isinstance(mood, bool):
            found.append((kept, float(mood)))
    return found


def _focus(asked: Group) -> str:
    task = asked.request.local
    focus = asked.request.arguments.get(task.against) if task is not None and task.against else None
    return focus.strip() if isinstance(focus, str) else ""


def _blanks(asked: Group) -> list[str]:
    """The blank texts of the list: like each other, and like no other text."""
    assert asked.request.local is not None
    given = asked.request.arguments[asked.request.local.text]
    return [text for text in given if isinstance(text, str) and not text.strip()] if isinstance(given, list | tuple) else []


def _number(request: Request, name: str | None) -> int | None:
    value = request.arguments.get(name) if name is not None else None
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise UsageError(f"{NAME}: {name} is {value!r}, not a number of at least 1", hint=f"give {name} as a whole number from 1 on")
    return value


STEERED = frozenset({"summary"})
"""Tasks that can go by what is in `against`."""

TASKS: Mapping[str, Callable[[Group, VectorsOf], Value]] = {
    "themes": _themes,
    "topics": _topics,
    "clusters": _clusters,
    "dedupe": _dedupe,
    "outliers": _outliers,
    "summary": _summary,
    "consensus": _consensus,
    "mood": _mood,
}
