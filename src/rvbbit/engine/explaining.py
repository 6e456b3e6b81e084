"""The plan of a semantic statement for people: what it would take, what other ways would take, what it took.

It says what is known and asks nothing; a sample is asked through the query, which counts it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pyarrow as pa

from rvbbit.engine.alternatives import Ways, measured
from rvbbit.engine.factoring import noted
from rvbbit.engine.planned import Planned
from rvbbit.engine.query import Query
from rvbbit.result import AskFigures, Explained
from rvbbit.sql.embeds import EMBED
from rvbbit.sql.explain import explained, in_order, lines
from rvbbit.sql.plan import Ask, Plan, sifted
from rvbbit.types import Arguments, Notice

LATER = "known once those below are answered"
AS_IT_RUNS = "known as the statement runs: it is asked row by row"

Ready = tuple[Ask, int, list[Arguments]]
"""An ask that needs no earlier answer, the rows that need its answers, and its distinct arguments."""


def before(planned: Planned, query: Query, ready: Iterable[Ready], searched: Mapping[str, str]) -> Explained:
    """What is known before any call is made."""
    say(planned.plan, query)
    expected = {ask.id: figures for ask, figures in _expected(planned, query, ready)}
    unknown = dict.fromkeys((ask.id for ask in planned.plan.fallback), AS_IT_RUNS)
    figures = noted(planned.verdicts, lambda ask: expected.get(ask.id, unknown.get(ask.id, LATER)))
    return explained(planned.plan, figures, searched)


def sampled_below(plan: Explained, query: Query, ready: Sequence[Ready], size: int, ways: Ways) -> Explained:
    """A plan with the other ways there are to answer its questions, measured on a few rows."""
    lines_ = [line for ask, _, given in ready for line in measured(query, ask, given, size, ways(ask, query.model))]
    used = query.usage()
    cost = "price not known" if used.cost_usd is None else f"${used.cost_usd:.4f}"
    return replace(plan, sampled=(*lines_, f"the sample: {used.calls:,} asked, {used.cached:,} known, {cost}"))


def after(planned: Planned, query: Query, rows: int, searched: Mapping[str, str]) -> Explained:
    """What happened, of a statement that had so many rows."""
    found = explained(planned.plan, noted(planned.verdicts, lambda ask: query.took.get(ask.id, "not asked")), searched)
    return replace(found, ran=True, rows=rows)


def say(plan: Plan, query: Query) -> None:
    """What the plan has to tell; a statement may be planned anew."""
    for notice in (*(Notice(message, "warning") for message in plan.notices), *map(Notice, plan.told)):
        query.say_once(notice)


def told(plan: Explained, query: Query) -> pa.Table:
    """A plan as rows of text; the query keeps it as values."""
    query.plan = plan = in_order(plan, query.orders)
    return pa.table({"plan": pa.array(lines(plan), pa.string())})


def _expected(planned: Planned, query: Query, ready: Iterable[Ready]) -> Iterable[tuple[Ask, AskFigures]]:
    """What each ask would take; what an earlier one asks for certain is known to a later one."""
    spared = sifted(planned.plan)
    times = Counter(map(_asks_like, planned.plan.asks()))
    earlier: dict[object, set[str]] = {}
    for ask, rows, read in ready:
        given = read if planned.wanted is None else planned.wanted.asked(ask, read, query)
        like, fresh = _asks_like(ask), given
        if times[like] > 1 and ask.operator is not EMBED:
            seen = earlier.setdefault(like, set())
            fresh = [one for one in given if repr(one) not in seen]
            seen.update(() if ask.id in spared else map(repr, fresh))
        figures = query.expected(ask, rows, fresh)
        if known := len(given) - len(fresh):
            figures = replace(figures, distinct=len(given), cached=figures.cached + known)
        yield ask, replace(figures, at_most=ask.id in spared)


def _asks_like(ask: Ask) -> object:
    """Asks for which this is the same have the same answers to the same arguments."""
    return ask.operator.name, ask.hints
