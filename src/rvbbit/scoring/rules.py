"""The scorer that reads no meaning: does the answer fit its cell, is it whole, is it an answer at all. It costs nothing.

An answer that is empty, cut off or does not fit its cell's schema and labels is worth 0. A sign of trouble that may be harmless (a refusal
in its first words, a code block never closed, a line over and over) halves the value.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from rvbbit.scoring.scorer import Verdict
from rvbbit.types import Arguments, CellKey, Scorable, Value

Misfit: TypeAlias = Callable[[Arguments, Value], str | None]
"""Why an answer does not fit its cell (schema, labels); None where it fits or nothing is known of the cell."""
Fitting: TypeAlias = Callable[[CellKey], Misfit]
"""Looks a cell up, as it is now: once for many answers."""

_CUT = frozenset({"length", "max_tokens", "model_length", "max_output_tokens"})
_FILTERED = frozenset({"content_filter", "safety", "refusal"})
_OPENING = 240  # characters: a refusal comes first; later the same words may be part of a story
_OFTEN = 4  # times the same line, from which on a model is in a loop
_LINE = 20  # characters a line must have to count: short ones repeat in lists and tables

_REFUSAL = re.compile(
    r"\bas an? (?:ai|artificial intelligence|language model|text-based)"
    r"|\bi(?:'m| am) (?:sorry|unable|not able|afraid)|\bi (?:can ?not|can't|won't|don't have)|\bi apologi[sz]e"
    r"|\bunfortunately, (?:i|it is not|there is no)|\bplease provide (?:me|more|the)|\bno (?:context|information) (?:was|is|has been)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Rules:
    """`fitting` tells whether answers fit their cell."""

    fitting: Fitting
    name: ClassVar[str] = "rules"
    version: ClassVar[str] = "1"

    async def score(self, batch: Sequence[Scorable]) -> list[Verdict]:
        """0 where a rule is broken; else halved for each sign of trouble, so 1 where there is none."""
        fits = {cell: self.fitting(cell) for cell in {one.cell for one in batch}}
        return [_verdict(one, fits[one.cell]) for one in batch]


def _verdict(one: Scorable, misfit: Misfit) -> Verdict:
    if broken := _broken(one) or misfit(one.arguments, one.answer):
        return Verdict(0.0, broken)
    signs = list(_signs(one.answer)) if isinstance(one.answer, str) else []
    return Verdict(0.5 ** len(signs), "; ".join(signs) or "no rule is broken")


def _broken(one: Scorable) -> str | None:
    if one.answer is None or (isinstance(one.answer, str) and not one.answer.strip()):
        return "the answer is empty"
    reason = (one.finish_reason or "").lower()
    if reason in _CUT:
        return f"the answer is cut off ({one.finish_reason})"
    return f"the model stopped for a filter ({one.finish_reason})" if reason in _FILTERED else None


def _signs(text: str) -> Iterator[str]:
    if found := _REFUSAL.search(text[:_OPENING]):
        yield f"it opens like a refusal: {found[0]!r}"
    if text.count("```") % 2:
        yield "a code block is never closed"
    lines = Counter(line.strip() for line in text.splitlines() if len(line.strip()) >= _LINE)
    if lines and (most := lines.most_common(1)[0])[1] >= _OFTEN:
        yield f"the same line {most[1]} times"
