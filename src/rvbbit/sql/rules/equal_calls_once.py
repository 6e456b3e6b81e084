"""The same call written twice in a block is asked once."""

from __future__ import annotations

from dataclasses import replace

from rvbbit.sql.lowering import written
from rvbbit.sql.plan import Ask, Node, Plan, SemanticFilter, SemanticMap, chain, stack


def equal_calls_once(plan: Plan) -> Plan:
    """Let the first of several equal calls answer for all of them.

    Before: `SELECT text MEANS 'x' … WHERE text MEANS 'x'` has two asks.
    After: one, in the filter. A guarded ask never answers for an unguarded one: it was not asked about every row.
    """
    return replace(plan, blocks=tuple(_merged(root) for root in plan.blocks))


def _merged(root: Node) -> Node:
    nodes = chain(root)
    groups: dict[tuple[object, ...], list[Ask]] = {}
    for node in nodes:
        if isinstance(node, SemanticFilter | SemanticMap):
            for ask in node.asks:
                groups.setdefault(_identity(ask), []).append(ask)
    first = {asks[0].id: replace(asks[0], covers=tuple(i for ask in asks for i in ask.covers)) for asks in groups.values()}
    merged: list[Node] = []
    for node in nodes:
        if isinstance(node, SemanticFilter | SemanticMap):
            node = replace(node, asks=tuple(first[ask.id] for ask in node.asks if ask.id in first))
            if isinstance(node, SemanticMap) and not node.asks:
                continue
        merged.append(node)
    return stack(merged)


def _identity(ask: Ask) -> tuple[object, ...]:
    return (written(ask.call), ask.hints, ask.groups is None, tuple(written(guard) for guard in ask.guards))
