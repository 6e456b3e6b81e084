"""The sorted list of a group's values, as `aggregates` writes it: `list_sort(list(x) FILTER (WHERE x IS NOT NULL))`."""

from __future__ import annotations

from sqlglot import exp

SORTED = "list_sort"
COLLECT = "list"
_AROUND = ("nullif", "list_filter", SORTED)


def is_sorted_list(node: exp.Expr) -> bool:
    """Whether an aggregate is a list that is sorted at once: the same whatever the order of rows."""
    parent = node.parent
    if isinstance(parent, exp.Filter) and parent.this is node:
        parent = parent.parent
    return isinstance(node, exp.Anonymous) and isinstance(parent, exp.Anonymous) and parent.name.lower() == SORTED


def items(argument: exp.Expr) -> list[exp.Expr]:
    """What is listed in the sorted list that an argument is, or is without its nulls; nothing where it is none."""
    node: exp.Expr | None = argument.unnest()
    while isinstance(node, exp.Anonymous) and node.name.lower() in _AROUND and node.expressions:
        node = node.expressions[0].this if isinstance(node.expressions[0], exp.Filter) else node.expressions[0]
    if node is None or not isinstance(node, exp.Anonymous) or node.name.lower() != COLLECT or not is_sorted_list(node):
        return []
    return [item for one in node.expressions for item in (one.expressions if isinstance(one, exp.Distinct) else [one])]
