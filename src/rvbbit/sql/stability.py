"""Whether reading a part of a query twice could give different rows or values: such a part is read once, or left to a function.

A stage reads rows, asks, and the statement reads them again to look its answers up: a value that changed in between would find none.
"""

from __future__ import annotations

from collections.abc import Set

from sqlglot import exp

from rvbbit.sql import scopes
from rvbbit.sql.sorted_lists import is_sorted_list

STABLE = frozenset({"min", "max", "count", "count_star", "count_if", "countif", "bool_and", "bool_or", "bit_and", "bit_or", "bit_xor"})
"""Aggregates whose value no order of rows can change, to the last digit."""


def reads_differently(tree: exp.Expr, aggregates: Set[str]) -> bool:
    """Volatile, cut by LIMIT, or computed in an order that ties and threads may change: string_agg, a window, not a sorted list."""
    return scopes.is_volatile(tree) or any(_depends_on_order(node, aggregates) for node in tree.walk())


def _depends_on_order(node: exp.Expr, aggregates: Set[str]) -> bool:
    if isinstance(node, exp.Limit | exp.Fetch | exp.Offset | exp.Window):
        return True
    if isinstance(node, exp.Distinct):
        return node.args.get("on") is not None
    name = aggregate_name(node, aggregates)
    return name is not None and name not in STABLE and not is_sorted_list(node)


def aggregate_name(node: exp.Expr, aggregates: Set[str]) -> str | None:
    """The aggregate function a node calls, in lower case; None for anything else."""
    if isinstance(node, exp.Anonymous):
        return node.name.lower() if node.name.lower() in aggregates else None
    return node.key if isinstance(node, exp.AggFunc) else None
