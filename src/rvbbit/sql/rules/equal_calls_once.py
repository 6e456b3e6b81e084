"""The same call written twice in a block is asked once."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from rvbbit.sql.lowering import written
from rvbbit.sql.plan import Ask, Node, Plan, SemanticFilter, SemanticMap, TopK, asks_of, chain, stack


def equal_calls_once(plan: Plan) -> Plan:
    """Let the first of several equal calls answer for all of them.

    Before: `SELECT text MEANS 'x' … WHERE text MEANS 'x'` has two asks.
    After: one, in the filter. An unguarded ask answers for guarded ones after it too; a guarded one for its like alone, as it was not
    asked about every row.
    """
    return replace(plan, blocks=tuple(_merged(root) for root in plan.blocks))


def _merged(root: Node) -> Node:
    nodes = chain(root)
    if sum(len(asks_of(node)) for node in nodes) < 2:  # writing down what they ask takes a millisecond
        return root
    first: dict[tuple[object, ...], Ask] = {}
    covered: dict[int, list[int]] = {}
    for node in nodes:
        for ask in asks_of(node):
            whole = first.get(_identity(ask, ()))
            answering = whole or first.setdefault(_identity(ask, ask.guards), ask)
            covered.setdefault(answering.id, []).extend(ask.covers)
    merged: list[Node] = []
    for node in nodes:
        if isinstance(node, SemanticFilter | SemanticMap):
            node = replace(node, asks=tuple(replace(ask, covers=tuple(covered[ask.id])) for ask in node.asks if ask.id in covered))
            if isinstance(node, SemanticMap) and not node.asks:
                continue
        elif isinstance(node, TopK):
            node = replace(node, ask=replace(node.ask, covers=tuple(covered[node.ask.id])))
        merged.append(node)
    return stack(merged)


def _identity(ask: Ask, guards: tuple[exp.Expr, ...]) -> tuple[object, ...]:
    return (written(ask.call), ask.hints, ask.groups is None, tuple(written(guard) for guard in guards))
