"""What the model of the bench says: the truth about `workload`'s rows, whoever asks and in whatever words.

`python -m rvbbit.testing --rule bench/truth.py`. It finds known texts in a request, and gives what is asked for about them in the form that
is asked for: a JSON Schema, or the words that a peer's prompt names. A request without a known text is answered by the fake's default rule.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from bench.workload import LABELS, Product, Question, products, questions, relevance, summary

from rvbbit.testing import default_rule
from rvbbit.testing.answers import Body, schema

WORD = re.compile(r"(?<!\w)(?=\w)")  # where a text may begin
START = 15  # characters by which a text is looked for; none is shorter
FIELDS, FIELD = re.compile(r"^OUTPUT FIELDS:\n((?:- .*\n)+)", re.MULTILINE), re.compile(r"^- (\w+):", re.MULTILINE)
Known = Question | Product


@cache
def known() -> Mapping[str, list[tuple[str, Known]]]:
    """Every text by how it starts, the longest first."""
    found: dict[str, list[tuple[str, Known]]] = {}
    try:
        pairs = [(product.title, product) for side in products() for product in side]
    except FileNotFoundError:
        pairs = []
    for text, row in [*((one.text, one) for one in questions()), *pairs]:
        found.setdefault(text[:START], []).append((text, row))
    return {start: sorted(rows, key=lambda row: -len(row[0])) for start, rows in found.items()}


def rows_in(text: str) -> list[Known]:
    """The rows whose texts are in it, in that order."""
    found: list[Known] = []
    starts, end = known(), 0
    for word in WORD.finditer(text):
        place = word.start()
        if place < end:
            continue
        hit = next((one for one in starts.get(text[place : place + START], ()) if text.startswith(one[0], place)), None)
        if hit is not None:
            found.append(hit[1])
            end = place + len(hit[0])
    return found


def answer(body: Body) -> Any:
    """The rule."""
    asked = " ".join(words(body))
    rows = rows_in(asked)
    form = schema(body)
    if not rows and not (form is None and mentioned(asked)):
        return default_rule(body)
    return spoken(asked, rows) if form is None else fitted(form, rows, asked)


def words(body: Body) -> Iterator[str]:
    """The text of each message."""
    for message in body.get("messages", ()):
        content = message.get("content")
        yield from [content] if isinstance(content, str) else [part.get("text", "") for part in content or ()]


def mentioned(asked: str) -> set[str]:
    """Labels that are named: those of summaries that are summed up once more."""
    return {label for label in LABELS if label in asked}


def fitted(form: Mapping[str, Any], rows: list[Known], asked: str) -> Any:
    """The truth in the form of a JSON Schema."""
    if form.get("type") == "object":
        names = list(form.get("properties", {}))
        return {name: fitted(form["properties"][name], rows, asked) for name in names}
    if form.get("type") == "boolean":
        return true(rows)
    if "enum" in form:
        return label(rows[0])
    if form.get("type") in ("number", "integer"):
        return value(rows[0]) if isinstance(rows[0], Question) else float(true(rows))
    return told(rows, asked)


def true(rows: list[Known]) -> bool:
    """Of two products whether they are one, of a question whether it is about a card."""
    ids = [row.id for row in rows if isinstance(row, Product)]
    if ids:
        return len(ids) > 1 and ids[0] == ids[1]
    return isinstance(rows[0], Question) and rows[0].about_cards


def label(row: Known) -> str:
    return row.label if isinstance(row, Question) else ""


def value(row: Known) -> float:
    return relevance(row) if isinstance(row, Question) else 0.0


def told(rows: list[Known], asked: str) -> str:
    """Of one text its label, of several or of summaries the labels of all."""
    labels = {label(row) for row in rows}
    return labels.pop() if len(rows) == 1 else summary(labels or mentioned(asked))


def spoken(asked: str, rows: list[Known]) -> str:
    """The truth as text, in the words that a peer's prompt asks for."""
    if "should be either True or False" in asked:  # LOTUS's filters and joins
        return f"Answer: {true(rows)}"
    if "Document NUMBER" in asked:  # LOTUS's top-k, which compares two
        return f"Document {1 + (value(rows[1]) > value(rows[0]))}"
    if "Output 'True' if the context satisfies" in asked:  # BlendSQL's filters
        return str(true(rows))
    if "as a valid Python `float`" in asked:  # BlendSQL's numbers
        return str(value(rows[0]))
    if "Return ONLY the right value, or '-'" in asked:  # BlendSQL's joins: all of the right, then one of the left
        return next((row.title for row in rows[:-1] if isinstance(row, Product) and true([row, rows[-1]])), "-")
    if "your answer must be TRUE or FALSE" in asked:  # Palimpzest's filters
        return f"ANSWER: {str(true(rows)).upper()}\n---"
    if found := FIELDS.findall(asked):  # Palimpzest's columns; the first that are named are an example's
        return f"ANSWER:\n{json.dumps(dict.fromkeys(FIELD.findall(found[-1]), told(rows, asked)))}\n---"
    return told(rows, asked)
