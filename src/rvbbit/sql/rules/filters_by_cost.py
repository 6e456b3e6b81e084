"""Several semantic predicates are asked in the order that takes the fewest and cheapest calls."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from rvbbit.sql.dialect import Call
from rvbbit.sql.embeds import EMBED
from rvbbit.sql.plan import Node, Plan, Reorder, Scan, SemanticFilter, chain, stack

MANY_ROWS = (exp.Select, exp.Star, exp.Lambda, exp.Comprehension)
"""What reads more than one row, or names that are not columns: such a predicate stays where it was written."""


def filters_by_cost(plan: Plan) -> Plan:
    """Put a Reorder above the semantic filters of a block that has a choice: two of them, or calls on two sides of AND or OR.

    Before: `text MEANS 'a' AND title MEANS 'b'` asks about every text, then about the titles of those that passed.
    After: whichever rejects more rows for less money is asked first, as the first rows asked about show.
    """
    return replace(plan, blocks=tuple(_reordered(root) for root in plan.blocks))


def _reordered(root: Node) -> Node:
    nodes = chain(root)
    filters = [node for node in nodes if isinstance(node, SemanticFilter)]
    if (
        any(isinstance(node, Scan) and node.block.around for node in nodes)  # its rows are pairs of rows, which nobody lists
        or any(not can_sift(node) or any(ask.hints.all_together for ask in node.asks) for node in filters)
        or sum(_parts(node.predicate) for node in filters) < 2
    ):
        return root
    last = nodes.index(filters[-1])
    return stack([*nodes[: last + 1], Reorder(filters[-1]), *nodes[last + 1 :]])


def can_sift(node: SemanticFilter) -> bool:
    """Whether a predicate depends on nothing but columns of its own row. EMBED and joins have stages of their own."""
    apart = any(ask.operator is EMBED or ask.sides is not None for ask in node.asks)
    return node.repeatable and not apart and node.predicate.find(*MANY_ROWS) is None


def _parts(predicate: exp.Expr) -> int:
    """How many sides of AND and OR hold calls; 1 where there is no choice."""
    part = predicate.unnest()
    if isinstance(part, exp.And | exp.Or):
        return sum(_parts(side) for side in (part.this, part.expression))
    return int(part.find(Call) is not None)
