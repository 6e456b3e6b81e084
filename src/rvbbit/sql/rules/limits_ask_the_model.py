"""A limit stops asking, which leaves a student too few questions to be sure of: the model answers."""

from __future__ import annotations

from dataclasses import replace

from rvbbit.sql.plan import Ask, Limit, Node, Plan, SemanticFilter, chain, stack


def limits_ask_the_model(plan: Plan) -> Plan:
    """Leave a target out below a Limit, and say so: what the model answers has it anyway.

    Before: `text MEANS 'red' … LIMIT 10` with a target asks a student about each round of a few dozen questions, which refuses.
    After: the model is asked until ten rows pass.
    """
    told: list[str] = []
    blocks = tuple(_modelled(root, told) for root in plan.blocks)
    return replace(plan, blocks=blocks, told=(*plan.told, *dict.fromkeys(told)))


def _modelled(root: Node, told: list[str]) -> Node:
    nodes = chain(root)
    if not any(isinstance(node, Limit) for node in nodes):
        return root
    for node in nodes:
        for ask in node.asks if isinstance(node, SemanticFilter) else ():
            if ask.hints.targeted:
                typed = ask.call.meta["typed"]
                alone = "the model answers alone" + ", held against nothing" * (ask.hints.against == "verified")
                told.append(f"{typed} stops when enough rows have passed, so {alone}; of all rows a student takes its part")
    return stack([replace(node, asks=tuple(map(_alone, node.asks))) if isinstance(node, SemanticFilter) else node for node in nodes])


def _alone(ask: Ask) -> Ask:
    return replace(ask, hints=replace(ask.hints, accuracy=1.0, precision=None, recall=None, against=None)) if ask.hints.targeted else ask
