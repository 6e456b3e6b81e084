"""What calls are expected to take, for EXPLAIN: as the newest logged ones took, else by the length of what would be asked.

It asks no model and promises nothing: budgets are kept elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from rvbbit.cascades.catalog import Catalog
from rvbbit.cascades.runner import LOCAL_IN_FLIGHT
from rvbbit.cascades.spec import LLMCell
from rvbbit.jsontext import to_json
from rvbbit.logs.examples import ExampleFilter, ExampleRow
from rvbbit.logs.store import Store
from rvbbit.providers.prices import CHARACTERS_PER_TOKEN, SHORT_ANSWER, Prices, estimate
from rvbbit.types import Arguments, Message, Request, Usage

PACKED_ANSWER = 4.0
LOOKED_AT = 100
"""Logged calls, and arguments, that a mean is taken of."""


class Total(NamedTuple):
    """Tokens in and out, USD, seconds; None where nobody can say."""

    tokens_in: int | None = None
    tokens_out: int | None = None
    cost_usd: float | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Each:
    """What one call takes on average. `at_once`: how many are under way at the same time. `fixed`: tokens that rows of one call share."""

    tokens_in: float | None = None
    tokens_out: float | None = None
    cost_usd: float | None = None
    seconds: float | None = None
    at_once: int = 1
    fixed: float = 0.0

    def times(self, calls: int, rows: int | None = None) -> Total:
        """So many of them, for as many rows (None: a call a row). None of them takes nothing."""
        if calls == 0:
            return Total(0, 0, 0.0, 0.0)
        rows = calls if rows is None else rows
        saved = max(0, rows - calls) * min(self.fixed, self.tokens_in or 0.0)
        whole = 1.0 if not self.tokens_in else 1 - saved / (rows * self.tokens_in)  # of the price: most of it is for what is read
        return Total(
            None if self.tokens_in is None else round(rows * self.tokens_in - saved),
            None if self.tokens_out is None else round(rows * (self.tokens_out if rows == calls else min(self.tokens_out, self._shortest))),
            None if self.cost_usd is None else rows * self.cost_usd * whole,
            None if self.seconds is None else math.ceil(calls / self.at_once) * self.seconds,
        )

    @property
    def _shortest(self) -> float:
        """Tokens of one row's answer among others: an id and a short answer, where the answer is short."""
        return self.tokens_out or 0.0 if (self.tokens_out or 0.0) > SHORT_ANSWER else PACKED_ANSWER


class Expecting:
    """Of one project. `default` is the model of cells that name none; `concurrency` how many calls of it are under way at once."""

    def __init__(self, catalog: Catalog, store: Store, prices: Prices, default: str, concurrency: int) -> None:
        self._catalog = catalog
        self._store = store
        self._prices = prices
        self._default = default
        self._concurrency = concurrency

    def each(self, cascade_id: str, model: str | None, arguments: Sequence[Arguments]) -> Each:
        """What one answer of a cascade takes, all its cells together; `model` stands for what they name. Any thread."""
        cells = [cell for cell in self._catalog.find(cascade_id).spec.cells if isinstance(cell, LLMCell)]
        found = [self._cell(cascade_id, cell, model or cell.model or self._default, arguments) for cell in cells]
        return Each(
            _sum([one.tokens_in for one in found]),
            _sum([one.tokens_out for one in found]),
            _sum([one.cost_usd for one in found]),
            _sum([one.seconds for one in found]),
            min((one.at_once for one in found), default=1),
            sum(one.fixed for one in found),
        )

    def _cell(self, cascade_id: str, cell: LLMCell, model: str, arguments: Sequence[Arguments]) -> Each:
        asked = ExampleFilter(cascade_id=(cascade_id,), cell_name=(cell.name,), model=model, limit=LOOKED_AT)
        local = model.startswith("local:")
        rows = [row for row in self._store.page(asked).rows if row.tokens_in or local]
        each = _logged(rows) if rows else _estimated(cell, model, arguments[:LOOKED_AT])
        takes = cell.takes.n if cell.takes else 1
        tokens_in, tokens_out = (each.tokens_in or 0.0) * takes, (each.tokens_out or 0.0) * takes
        cost = self._prices.cost(model, Usage(math.ceil(1_000 * tokens_in), math.ceil(1_000 * tokens_out)))
        at_once = LOCAL_IN_FLIGHT if local else self._concurrency
        cost_usd = None if cost is None else cost / 1_000
        fixed = max(0.0, tokens_in - _own(arguments[:LOOKED_AT]))
        return replace(each, tokens_in=tokens_in, tokens_out=tokens_out, cost_usd=cost_usd, at_once=at_once, fixed=fixed)


def _logged(rows: Sequence[ExampleRow]) -> Each:
    return Each(
        sum(row.tokens_in for row in rows) / len(rows),
        sum(row.tokens_out for row in rows) / len(rows),
        seconds=sum(row.duration_ms for row in rows) / len(rows) / 1_000,
    )


def _estimated(cell: LLMCell, model: str, arguments: Sequence[Arguments]) -> Each:
    """The prompt around the arguments, their text, and an answer of ordinary length."""
    messages = (Message("system", cell.system or ""), Message("user", cell.instructions))
    usage = estimate(Request(model, messages, output_schema=cell.output_schema, max_tokens=cell.max_tokens))
    characters = sum(len(to_json(one)) for one in arguments) / max(1, len(arguments))
    return Each(usage.tokens_in + characters / CHARACTERS_PER_TOKEN, usage.tokens_out)


def _own(arguments: Sequence[Arguments]) -> float:
    """Tokens that a row adds to a request of several: its id, and those of its arguments that are not the same for all."""
    varying = {name for one in arguments for name in one if one[name] != arguments[0].get(name)}
    characters = sum(len(str(one[name])) for one in arguments for name in varying if name in one) / max(1, len(arguments))
    return PACKED_ANSWER + characters / CHARACTERS_PER_TOKEN


def _sum(parts: Sequence[float | None]) -> float | None:
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == len(parts) else None
