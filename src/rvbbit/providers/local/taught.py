"""The examples of a question as numbers a student can be fitted on, and the refusal of what cannot be answered without them."""

from __future__ import annotations

from rvbbit.errors import Unsupported
from rvbbit.providers.local.questions import FROM_EXAMPLES, LABELLING, LEAST, NAME, OF_PAIRS, Question, example_text
from rvbbit.types import Value

POLES = ("The writer is happy.", "The writer is unhappy.")
"""What sentiment is measured between; of six such pairs the best on SST-2 and customer reviews."""
_SIDES = {"pair": ("true", "false"), "polarity": ("positive", "negative")}


def taught(asked: Question) -> list[tuple[str, float]]:
    """(text, answer as a number) of the examples that are about the same thing and hold an answer that could be given."""
    task = asked.task
    examples = asked.request.examples.examples
    found: list[tuple[str | None, float | None]]
    if task.task in LABELLING:
        place: dict[object, int] = {label: number for number, label in enumerate(asked.labels)}
        found = [(example_text(e, task), place.get(e.answer.strip() if isinstance(e.answer, str) else None)) for e in examples]
        found += [(text, float(number)) for number, texts in enumerate(asked.typical) for text in texts]
    elif task.task == "polarity":
        found = [(example_text(e, task), _grade(e.answer, -1)) for e in examples]
    else:
        about = examples if task.task in OF_PAIRS else [e for e in examples if e.arguments.get(task.against or "") == asked.against]
        found = [(example_text(e, task), _grade(e.answer, 0) if task.task == "similarity" else _yes_or_no(e.answer)) for e in about]
    return [(text, number) for text, number in found if text is not None and number is not None]


def refuse_untaught(asked: Question) -> None:
    """Raises Unsupported where a task that is learned from examples alone has too few of either answer."""
    kind = asked.task.task
    if kind not in FROM_EXAMPLES:
        return
    numbers = [number for _, number in taught(asked)]
    counts = (numbers.count(0), numbers.count(1)) if kind == "pair" else (sum(n > 0 for n in numbers), sum(n < 0 for n in numbers))
    if min(counts) < LEAST:
        wanted = " and ".join(f"{LEAST} {side}" for side in _SIDES[kind])
        told = " and ".join(f"{count} {side}" for count, side in zip(counts, _SIDES[kind], strict=True))
        raise Unsupported(
            f"{NAME} learns this from examples alone: it needs {wanted} ones, and has {told}",
            hint="set RVBBIT_MODEL (or `-- @ model: …`) to a model that reads, such as `openai:gpt-5-mini` or `ollama:llama3.2`,"
            " and mark its answers; or bring examples of your own with `rvbbit training import`",
        )


def _yes_or_no(answer: Value) -> float | None:
    """The place of true or false among the student's answers."""
    return float(not answer) if isinstance(answer, bool) else None


def _grade(answer: Value, least: float) -> float | None:
    """A score from `least` to 1; anything else is no answer of such a cell."""
    return float(answer) if isinstance(answer, int | float) and not isinstance(answer, bool) and least <= answer <= 1 else None
