"""The rules, in order: each a plain function, plan in, plan out. After sqlglot's optimizer."""

from __future__ import annotations

from collections.abc import Callable

from rvbbit.sql.plan import Plan
from rvbbit.sql.rules.cheap_predicates_first import cheap_predicates_first
from rvbbit.sql.rules.equal_calls_once import equal_calls_once
from rvbbit.sql.rules.filters_by_cost import filters_by_cost
from rvbbit.sql.rules.limits_ask_the_model import limits_ask_the_model

RULES: tuple[Callable[[Plan], Plan], ...] = (cheap_predicates_first, equal_calls_once, limits_ask_the_model, filters_by_cost)


def optimise(plan: Plan) -> Plan:
    """The plan after every rule."""
    for rule in RULES:
        plan = rule(plan)
    return plan
