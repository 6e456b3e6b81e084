"""A plan as a tree people can read, one line a node, numbers where they are known."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from rvbbit.sql.lowering import written
from rvbbit.sql.plan import Ask, Filter, Node, Plan, Project, Scan, SemanticFilter, SemanticMap, chain

Note = Callable[[Ask], str]


def lines(plan: Plan, note: Note = lambda ask: "") -> list[str]:
    """The plan's blocks, innermost first; `note` adds what is known of an ask at the end of its line."""
    text: list[str] = []
    for number, root in enumerate(plan.blocks, start=1):
        if len(plan.blocks) > 1:
            text.append(f"Block {number}")
        for depth, node in enumerate(reversed(chain(root))):
            text.extend(_node(node, "   " * max(depth - 1, 0) + "└─ " * (depth > 0), note))
    text.extend(f"Fallback  {_ask(ask)}{note(ask)}" for ask in plan.fallback)
    return text


def _node(node: Node, indent: str, note: Note) -> list[str]:
    below = indent.replace("└─ ", "   ") + "   "
    match node:
        case Scan(block):
            kept = [f"{below}keep  {written(snapshot.source)}" for snapshot in block.snapshots]
            return [f"{indent}Scan  {_sources(block.tree)}", *kept]
        case Filter(_, predicate):
            return [f"{indent}Filter  {written(predicate)}"]
        case SemanticFilter(_, predicate, asks):
            answered = [f"{below}{_ask(ask)}{note(ask)}" for ask in asks]
            return [f"{indent}SemanticFilter  {written(predicate)}", *answered]
        case SemanticMap(_, asks):
            return [f"{indent}SemanticMap", *(f"{below}{_ask(ask)}{note(ask)}" for ask in asks)]
        case Project():
            return [f"{indent}Project"]


def _ask(ask: Ask) -> str:
    guard = f"  where {' and '.join(written(g) for g in ask.guards)}" if ask.guards else ""
    return f"ask {ask.id}: {ask.call.meta['typed']}{guard}"


def _sources(tree: exp.Expr) -> str:
    items = [tree.this] if isinstance(tree, exp.Update | exp.Delete) else []
    items += [tree.args["from_"].this] if tree.args.get("from_") else []
    items += tree.args.get("using") or ()
    if not items:
        return "(one row)"
    return " ".join([", ".join(written(item) for item in items), *(written(join) for join in tree.args.get("joins") or ())])
