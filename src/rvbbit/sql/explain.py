"""A plan as values with what its questions take, and those as a tree people can read, one line a node."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from sqlglot import exp

from rvbbit.pairwise import aimed_at
from rvbbit.result import Asked, AskFigures, Explained, Step
from rvbbit.sql import scopes
from rvbbit.sql.limits import ROWS
from rvbbit.sql.lowering import written
from rvbbit.sql.plan import Ask, Filter, Limit, Node, Plan, Project, Reorder, Scan, SemanticFilter, SemanticMap, TopK, chain
from rvbbit.sql.reading import Around

FiguresOf = Callable[[Ask], AskFigures | str | None]
"""What an ask takes; or, in words, why that is not known; None where nobody asked."""


def explained(plan: Plan, figures: FiguresOf = lambda ask: None, searched: Mapping[str, str] = MappingProxyType({})) -> Explained:
    """The plan's blocks, innermost first. `searched`: what is known of each search, by its table."""

    def asked(ask: Ask) -> Asked:
        found = figures(ask)
        guard = " and ".join(_shown(one) for one in ask.guards) or None
        known, note = (found, None) if isinstance(found, AskFigures) else (None, found)
        return Asked(ask.id, ask.operator.name, str(ask.call.meta["typed"]), guard, known, note, _recall(ask))

    searches = {search.name: search.typed + (f"  [{searched[search.name]}]" if search.name in searched else "") for search in plan.searches}
    return Explained(tuple(_tree(root, asked, searches) for root in plan.blocks), tuple(map(asked, plan.fallback)), ran=False, rows=None)


def in_order(plan: Explained, orders: Mapping[int, Sequence[str]]) -> Explained:
    """The plan with the order in which predicates are asked, where it is known. `orders` by the ids of their asks."""

    def told(root: Step) -> Step:
        ids = [ask.id for step in root.walk() if step.kind == "SemanticFilter" for ask in step.asks]
        texts = dict.fromkeys(text for id_ in ids for text in orders.get(id_, ()))
        return _with_detail(root, "; ".join(texts)) if texts else root

    return replace(plan, blocks=tuple(map(told, plan.blocks)))


def _with_detail(step: Step, detail: str) -> Step:
    below = tuple(_with_detail(child, detail) for child in step.children)
    return replace(step, detail=detail if step.kind == "Reorder" else step.detail, children=below)


def lines(plan: Explained) -> list[str]:
    """The plan as text."""
    text: list[str] = []
    for number, root in enumerate(plan.blocks, start=1):
        if len(plan.blocks) > 1:
            text.append(f"Block {number}")
        text.extend(_drawn(root, 0, ran=plan.ran))
    text.extend(f"Fallback  {_asked(ask, ran=plan.ran)}" for ask in plan.fallback)
    text = text or ["Nothing to ask"]
    text += [] if plan.rows is None else [f"{plan.rows:,} rows"]
    return [*text, "", *plan.sampled] if plan.sampled else text


def _tree(root: Node, asked: Callable[[Ask], Asked], searches: Mapping[str, str]) -> Step:
    below: tuple[Step, ...] = ()
    for node in chain(root):
        below = (_step(node, below, asked, searches),)
    return below[0]


def _step(node: Node, below: tuple[Step, ...], asked: Callable[[Ask], Asked], searches: Mapping[str, str]) -> Step:
    match node:
        case Scan(block):
            keeps = [searches[source.name] for source in scopes.sources(block.tree) if source.name in searches]
            keeps += [written(snapshot.source) for snapshot in block.snapshots if snapshot.source.alias != ROWS]
            return Step("Scan", _sources(block.tree) + "".join(map(_around, block.around)), tuple(keeps), (), below)
        case Filter(_, predicate):
            return Step("Filter", _shown(predicate), (), (), below)
        case SemanticFilter(_, predicate, asks):
            return Step("SemanticFilter", _shown(predicate), (), tuple(map(asked, asks)), below)
        case Reorder():
            return Step("Reorder", "the cheapest and most selective first, as the first rows show", (), (), below)
        case Limit():
            return Step("Limit", _until(node), (), (), below)
        case TopK(_, ask, rows, offset):
            behind = f" behind {_text(offset)}" if offset is not None else ""
            return Step("TopK", f"the highest {_text(rows)}{behind}; the nearest by embedding first", (), (asked(ask),), below)
        case SemanticMap(_, asks):
            return Step("SemanticMap", "", (), tuple(map(asked, asks)), below)
        case Project():
            return Step("Project", "", (), (), below)


def _shown(condition: exp.Expr) -> str:
    """A condition as it was written, where its columns have got other names since."""
    return written(condition.copy().transform(lambda node: exp.var(node.meta["shown"]) if "shown" in node.meta else node))


def _until(limit: Limit) -> str:
    """When a limit is reached, and when it cannot be."""
    behind = "" if limit.offset is None else f" behind {_text(limit.offset)}"
    groups = f" for each {', '.join(map(_shown, limit.keys))}" if limit.keys else ""
    least = limit.least is not None and not (limit.least.is_int and int(limit.least.name) <= 1)
    never = f", or fewer than {_text(limit.least)} can" if least and limit.least is not None else ""
    pass_ = "row passes" if limit.rows.is_int and int(limit.rows.name) == 1 and not behind else f"rows{behind} pass"
    return f"asks until {_text(limit.rows)} {pass_}{groups}{never}"


def _text(bound: exp.Expr) -> str:
    return _shown(bound).replace("$p_", "$")


def _drawn(step: Step, depth: int, *, ran: bool) -> list[str]:
    indent = "   " * max(depth - 1, 0) + "└─ " * (depth > 0)
    inside = "   " * (depth + 1)
    text = [f"{indent}{step.kind}  {step.detail}".rstrip()]
    text += [f"{inside}keep  {kept}" for kept in step.keeps]
    text += [f"{inside}{_asked(ask, ran=ran)}" for ask in step.asks]
    return text + [line for child in step.children for line in _drawn(child, depth + 1, ran=ran)]


def _asked(ask: Asked, *, ran: bool) -> str:
    guard = "" if ask.guard is None else f"  where {ask.guard}"
    told = ask.note if ask.figures is None else ", ".join(_told(ask.figures, ran=ran))
    near = "" if ask.recall is None else f"  near pairs, recall {ask.recall:g}"
    return f"ask {ask.id}: {ask.text}{near}{guard}" + (f"  [{told}]" if told else "")


def _recall(ask: Ask) -> float | None:
    return None if ask.sides is None else aimed_at(ask.hints.blocking)


def _told(figures: AskFigures, *, ran: bool) -> list[str]:
    """`700 rows, 120 distinct, 20 cached, 100 to ask, 5,400 tokens, $0.0011, 2.40 s`: what is not known is left out."""
    told = [] if figures.rows is None else [f"{figures.rows:,} rows"]
    told += [] if figures.pairs is None else [f"{figures.pairs:,} pairs"]
    told += [f"{figures.distinct:,} distinct", f"{figures.cached:,} cached"]
    if figures.student is not None:
        told.append(f"student decided {figures.student:,}" if ran else f"student decides about {figures.student:,}")
    told.append(f"{'at most ' * figures.at_most}{figures.calls:,} {'calls' if ran else 'to ask'}")
    if figures.tokens_in is not None and figures.tokens_out is not None:
        told.append(f"{figures.tokens_in + figures.tokens_out:,} tokens")
    if figures.cost_usd is not None:
        told.append(f"${figures.cost_usd:.4f}")
    told += [] if figures.seconds is None else [f"{figures.seconds:.2f} s"]
    return told if figures.note is None else [*told, figures.note]


def _sources(tree: exp.Expr) -> str:
    tree = tree.copy()
    for table in [table for table in tree.find_all(exp.Table) if "typed" in table.meta]:
        table.set("this", exp.var(table.meta["typed"]))
    items = [tree.this] if isinstance(tree, exp.Update | exp.Delete) else []
    items += [tree.args["from_"].this] if tree.args.get("from_") else []
    items += tree.args.get("using") or ()
    if not items:
        return "(one row)"
    return " ".join([", ".join(_candidates(item) for item in items), *(written(join) for join in tree.args.get("joins") or ())])


def _around(around: Around) -> str:
    """Of which rows around it a correlated block is read."""
    where = " AND ".join(map(_shown, around.predicates))
    return f", for rows of {_sources(around.tree)}" + (f" where {where}" if where else "")


def _candidates(source: exp.Expr) -> str:
    """A source as it was written; of rows that are kept until enough of them have passed, the query that reads them, each column once."""
    inner = source.this
    if source.alias != ROWS or not isinstance(inner, exp.Select):
        return written(source)
    columns = {written(column): column for column in inner.expressions}
    return written(exp.paren(inner.select(*columns.values(), append=False)))
