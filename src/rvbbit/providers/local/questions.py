"""A request as a question the embedded model can answer, or the error that says why it is none; embeds and answers nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rvbbit.errors import CallError, Unsupported, UsageError
from rvbbit.types import Arguments, Example, LocalTask, Request, Value

NAME = "local:minilm"
NONE = "none of these"
"""The label of `choose` that has no meaning of its own: where it is among them, it is the answer where no other is near enough."""
BLANK = "nothing"
"""The label that blank texts get, where it is among them: kinds that are found have it."""
LABELLING = frozenset({"label", "choose"})
OF_PAIRS = frozenset({"same", "pair"})
ALONE = frozenset({"polarity", "sentence"})
"""Tasks about one text and nothing else."""
FROM_EXAMPLES = frozenset({"pair", "polarity"})
"""Tasks that nearness in meaning says nothing about: refused until there are examples."""
LEAST = 5
"""Examples of either answer that those want."""


@dataclass(frozen=True, slots=True)
class Question:
    """What `text` is asked: how it stands to `against`, which of `labels` it has, or something of itself alone.

    `typical` are texts of each label, where the labels came with some."""

    task: LocalTask
    text: str
    against: str
    labels: tuple[str, ...]
    request: Request
    typical: tuple[tuple[str, ...], ...] = ()

    @property
    def may_be_none(self) -> bool:
        """Whether the last label is the one that fits where no other does."""
        return self.task.task == "choose" and self.labels[-1] == NONE and len(self.labels) > 1

    @property
    def scope(self) -> tuple[object, ...]:
        """Equal for questions that one student answers: the same task about the same thing, learned from the same examples."""
        examples = self.request.examples
        chosen = () if examples.strategy == "all" and examples.version else tuple(example.trace_id for example in examples.examples)
        against = "" if self.task.task in OF_PAIRS else self.against  # there it is as much a row's own as the text
        return self.task, against, self.labels, self.typical, examples.version, len(examples.examples), chosen


def question(request: Request) -> Question:
    """The question a request asks.

    Raises Unsupported where the cell has no `local:` block, UsageError for inputs of a wrong kind, CallError for a blank to be labelled.
    """
    task = request.local
    if task is None:
        raise Unsupported(
            f"{NAME} compares and labels; it cannot do this cell, whose answer has to be written",
            hint="set RVBBIT_MODEL to a model that writes, such as `openai:gpt-5-mini` or `ollama:llama3.2`",
        )
    text = _text(request.arguments, task.text)
    if task.task in ALONE:
        return Question(task, text, "", (), request)
    if task.task not in LABELLING:
        return Question(task, text, _text(request.arguments, task.against), (), request)
    labels = _labels(request.arguments, task.labels)
    if task.task == "choose" and NONE in labels:
        return Question(task, text, "", (*(label for label in labels if label != NONE), NONE), request)
    typical = _typical(request.arguments, task.labels, labels)
    if not text.strip() and BLANK in labels and not (typical and typical[labels.index(BLANK)]):
        return Question(task, BLANK, "", labels, request, typical)
    if not text.strip():
        raise CallError(f"{NAME}: {task.text} is blank, so no label fits it", hint="leave blank rows out: `WHERE trim(…) <> ''`")
    return Question(task, text, "", labels, request, typical)


def example_text(example: Example, task: LocalTask) -> str | None:
    """The text an example is about, of a pair both; None where it has none."""
    value = example.arguments.get(task.text)
    if task.task not in OF_PAIRS:
        return value if isinstance(value, str) else None
    other = example.arguments.get(task.against or "")
    return together(value, other) if isinstance(value, str) and isinstance(other, str) else None


def together(text: str, other: str) -> str:
    """A pair as one text, to be told from other pairs by."""
    return f"{text}\0{other}"


def phrases(label: str) -> tuple[str, str]:
    """A label as words (`Card_arrival` → `card arrival`) and in a sentence; measured on ten data sets, the two together were best."""
    words = " ".join(label.replace("_", " ").replace("-", " ").lower().split()) or label
    return words, f"This text is about {words}."


def _text(arguments: Arguments, name: str | None) -> str:
    value = _input(arguments, name)
    if not isinstance(value, str):
        raise UsageError(f"{NAME}: input {name!r} is {_kind(value)}, not text", hint=f"cast it: `CAST({name} AS VARCHAR)`")
    return value


def _labels(arguments: Arguments, name: str | None) -> tuple[str, ...]:
    value = _input(arguments, name)
    if isinstance(value, str):
        return _distinct(tuple(value.split(",")), name)
    if isinstance(value, Sequence) and all(isinstance(_label(one), str) for one in value):
        return _distinct(tuple(str(_label(one)) for one in value), name)
    raise UsageError(f"{NAME}: input {name!r} is {_kind(value)}, not labels", hint="give a list of texts, or one text: 'a, b, c'")


def _label(value: Value) -> Value:
    """A label by itself, or that of an object which has one."""
    return value.get("label") if isinstance(value, Mapping) else value


def _typical(arguments: Arguments, name: str | None, labels: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """The texts under `examples` of each label that is an object."""
    value = _input(arguments, name)
    found: dict[str, list[str]] = {label: [] for label in labels}
    for one in value if isinstance(value, Sequence) and not isinstance(value, str) else ():
        texts = one.get("examples") if isinstance(one, Mapping) else None
        if isinstance(texts, Sequence) and isinstance(label := _label(one), str) and label.strip() in found:
            found[label.strip()] += [text for text in texts if isinstance(text, str)]
    return tuple(tuple(found[label]) for label in labels) if any(found.values()) else ()


@lru_cache(maxsize=64)  # a query asks with the same labels ten thousand times
def _distinct(given: tuple[str, ...], name: str | None) -> tuple[str, ...]:
    labels = tuple(dict.fromkeys(label.strip() for label in given if label.strip()))
    if not labels:
        raise UsageError(f"{NAME}: input {name!r} holds no labels", hint="give at least one, as a list of texts or as 'a, b, c'")
    return labels


def _input(arguments: Arguments, name: str | None) -> Value:
    if name is None or name not in arguments:
        given = ", ".join(arguments) or "none"
        raise UsageError(f"{NAME}: the cell has no input {name!r} (inputs: {given})", hint="correct the names in its `local:` block")
    return arguments[name]


def _kind(value: Value) -> str:
    return "null" if value is None else f"of type {type(value).__name__}"
