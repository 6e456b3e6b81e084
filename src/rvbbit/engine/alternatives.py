"""EXPLAIN (SAMPLE 20): the other ways to get a query's answers, each measured on a few of its rows against the way it would go.

A way is another model, the embedded one with its examples, or several rows a request. The sample is answered for real: what it pays is
counted, kept in the log and within the query's budget. It never chooses: a person reads the figures and writes the hint.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from rvbbit.cascades.agreement import agrees, comparable
from rvbbit.cascades.catalog import Catalog
from rvbbit.cascades.spec import LLMCell
from rvbbit.engine.query import Query
from rvbbit.errors import BudgetReached, CallError, SQLSyntaxError
from rvbbit.packing import OFF, Pack
from rvbbit.sql.embeds import EMBED
from rvbbit.sql.plan import Ask
from rvbbit.sql.statements import Hints, Statement, split
from rvbbit.types import Answer, Arguments

MOST = 200
PACKED = Pack(16)
CERTAIN = 1.96
LOCAL = "local:minilm"
AFTER = 1_000_000
"""Ids of the asks made here begin behind those of any statement."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to be answered: `hint` is what to write for it, None for the way the query goes."""

    name: str
    hint: str | None
    hints: Hints


Ways = Callable[[Ask, "str | None"], Sequence[Way]]
"""The ways there are for an ask, the query's own first; none where answers cannot be compared. The model is what the query says."""


class Alternatives:
    """Of one project: `models` are those its settings name, the default one first."""

    def __init__(self, catalog: Catalog, models: Sequence[str]) -> None:
        self._catalog = catalog
        self._models = tuple(dict.fromkeys(models))

    def ways(self, ask: Ask, model: str | None) -> Sequence[Way]:
        cells = [cell for cell in self._catalog.find(ask.operator.name).spec.cells if isinstance(cell, LLMCell)]
        if not cells or not comparable(cells[-1].output_schema):
            return ()  # free text: two answers may differ and both be right
        own = ask.hints.model or model or cells[-1].model or self._models[0]
        alone = replace(ask.hints, model=own, pack=OFF, accuracy=None, precision=None, recall=None, against=None, batch=None)
        found = [Way(own, None, alone)]
        if not own.startswith("local:") and len(cells) == 1 and cells[0].takes is None:
            found.append(Way(f"{own}, {PACKED} rows a request", f"pack: {PACKED}", replace(alone, pack=PACKED)))
        others = dict.fromkeys([*self._models, *([LOCAL] if all(cell.local for cell in cells) else [])])
        found += [Way(other, f"model: {other}", replace(alone, model=other)) for other in others if other != own]
        return found


def sample_target(statement: Statement) -> tuple[int, Statement] | None:
    """The size and the statement of `EXPLAIN (SAMPLE 20) SELECT …`; None for anything else. Raises SQLSyntaxError."""
    rest = _behind(statement) if statement.words[:1] == ["EXPLAIN"] else None
    words = [token.text.upper() for token in rest.tokens[:4]] if rest is not None else []
    if rest is None or words[:2] != ["(", "SAMPLE"]:
        return None
    size = words[2] if len(words) > 2 else ""
    if not (size.isascii() and size.isdigit() and 1 <= int(size) <= MOST) or words[3:] != [")"]:
        raise SQLSyntaxError(f"SAMPLE takes a number of rows, 1 to {MOST}", hint="write EXPLAIN (SAMPLE 20) SELECT …", line=1)
    target = _behind(rest, 3)
    if target is None:
        raise SQLSyntaxError("EXPLAIN (SAMPLE …) stands before a statement", hint="write EXPLAIN (SAMPLE 20) SELECT …", line=1)
    return int(size), target


def _behind(statement: Statement, place: int = 0) -> Statement | None:
    """What stands behind a token, with the comments before the statement and behind its end: hints may stand there."""
    found = next(split(statement.text[statement.tokens[place].end + 1 :]), None)
    if found is not None:
        found.tokens[-1].comments[:] = dict.fromkeys([*found.tokens[-1].comments, *statement.tokens[-1].comments])
        found.tokens[0].comments[:0] = statement.tokens[0].comments
        found = replace(found, places=statement.places_with(found))
    return found


def measured(query: Query, ask: Ask, arguments: Sequence[Arguments], size: int, ways: Sequence[Way]) -> Iterator[str]:
    """Lines of text on each way for an ask. Raises what the query's own way raises."""
    if ask.operator is EMBED or not arguments:
        return
    some = spread(arguments, size)
    yield f"{ask.call.meta['typed']}, measured on {len(some):,} of {len(arguments):,} distinct rows:"
    if not ways:
        yield "   its answers are free text, which cannot be compared"
        return
    asks = [replace(ask, covers=(AFTER + 100 * ask.id + number,), hints=way.hints) for number, way in enumerate(ways)]
    known = query.expected(asks[0], len(some), some).cached
    found: dict[int, list[Answer] | str] = {}
    for number in sorted(range(len(ways)), key=lambda number: ways[number].hints.pack == OFF):  # packed rows would take answers given alone
        if known and ways[number].hints.pack != OFF:
            found[number] = f"{known:,} of these rows were asked alone before, and are known"
            continue
        try:
            found[number] = query.answer(asks[number], some)
        except (BudgetReached, CallError) as error:
            if number == 0 and not isinstance(error, BudgetReached):
                raise
            found[number] = error.message
    for number, way in enumerate(ways):
        told = _told(found[0], found[number], own=number == 0)
        yield f"   {way.name}: {told}; {_cost(query, asks[number], arguments)}{f'  (-- @ {way.hint})' if way.hint else ''}"


def _told(reference: list[Answer] | str, answers: list[Answer] | str, *, own: bool) -> str:
    if isinstance(answers, str):
        return f"not measured ({answers})"
    if own:
        return "the query's own way"
    return "nothing to compare it with" if isinstance(reference, str) else _agreement(reference, answers)


def spread(arguments: Sequence[Arguments], size: int) -> list[Arguments]:
    """So many of them, evenly from first to last: the same ones each time."""
    if len(arguments) <= size:
        return list(arguments)
    return [arguments[place * len(arguments) // size] for place in range(size)]


def interval(hits: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    share, square = hits / of, CERTAIN**2
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = CERTAIN * math.sqrt(share * (1 - share) / of + square / (4 * of**2)) / (1 + square / of)
    return max(0.0, middle - half), min(1.0, middle + half)


def _agreement(reference: Sequence[Answer], answers: Sequence[Answer]) -> str:
    hits = sum(agrees(one.value, other.value) for one, other in zip(reference, answers, strict=True))
    low, high = interval(hits, len(reference))
    return f"{hits} of {len(reference)} agree ({hits / len(reference):.0%}, 95 % {low:.0%} to {high:.0%})"


def _cost(query: Query, ask: Ask, arguments: Sequence[Arguments]) -> str:
    figures = query.expected(ask, len(arguments), arguments)
    usd = "price not known" if figures.cost_usd is None else f"${figures.cost_usd:.4f}"
    return f"the rest: {figures.calls:,} requests, {usd}"
