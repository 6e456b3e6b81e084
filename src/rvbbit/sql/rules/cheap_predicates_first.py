"""Predicates without calls run before those with."""

from __future__ import annotations

from dataclasses import replace

from rvbbit.sql.plan import Filter, Node, Plan, Scan, SemanticFilter, chain, stack


def cheap_predicates_first(plan: Plan) -> Plan:
    """Move every Filter below every SemanticFilter; each kind keeps its order.

    Before: `text MEANS 'stolen' AND amount > 100` asks about every row.
    After: only rows with amount > 100 are asked about, whichever was written first.
    """
    return replace(plan, blocks=tuple(_reordered(root) for root in plan.blocks))


def _reordered(root: Node) -> Node:
    nodes = chain(root)
    return stack(sorted(nodes, key=_rank))


def _rank(node: Node) -> int:
    match node:
        case Scan():
            return 0
        case Filter():
            return 1
        case SemanticFilter():
            return 2
        case _:
            return 3
