"""Whether a block reads rows of a block around it, and what a stage needs to know of that one.

    SELECT … FROM l WHERE l.city = 'Rome' AND EXISTS (SELECT 1 FROM r WHERE r.k = l.k AND r.text MEANS 'c')

DuckDB looks answers up in such a block as anywhere else. Only which answers are needed is asked of both: of the texts of r, those whose k
some row of l in Rome has (`reading`). What cannot be read twice, or has calls in its FROM, is left to the function.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from rvbbit.sql import describing, scopes
from rvbbit.sql.conditions import conjuncts
from rvbbit.sql.dialect import Call
from rvbbit.sql.embeds import EMBED
from rvbbit.sql.plan import Ask
from rvbbit.sql.reading import Around, Reach
from rvbbit.sql.schema import Schema

ROWWISE = frozenset({"where", "expressions", "order"})
"""Clauses that see the rows of a block which its WHERE leaves; the last two, where it has no groups."""
INEXACT = ("FLOAT", "DOUBLE")
"""Types of which two values may be equal and yet be written differently: 0.0 and -0.0."""


def is_correlated(block: exp.Expr, schema: Schema) -> bool:
    """Whether a block reads columns that are not its own."""
    if block.parent is None:
        return False
    if isinstance(block, exp.Select) and not schema.describes(describing.looked_up(block, {})):
        return True
    own_tables = {source.alias_or_name.lower() for source in scopes.sources(block)}
    own_columns = _names(block, schema)
    aliases = {p.alias.lower() for p in block.expressions if isinstance(p, exp.Alias)} if isinstance(block, exp.Select) else set()
    for node in scopes.own_nodes(block):
        if isinstance(node, exp.Column):
            qualifier = node.table.lower()
            known = own_tables | own_columns if qualifier else own_columns | own_tables | aliases
            if (qualifier or node.name.lower()) not in known and not node.find_ancestor(exp.Lambda, exp.Comprehension):
                return True
    return False


def around(block: exp.Expr, schema: Schema) -> tuple[Around, ...] | None:
    """The blocks whose rows a correlated one may read, up to one that reads none but its own; None where no stage can read them too."""
    outer = scopes.block_of(block)
    if outer is None or not isinstance(block, exp.Select) or any(call.operator is EMBED for call in block.find_all(Call)):
        return None
    if not _can_read(outer, scopes.clause_of(block, outer), schema):
        return None
    alone = not is_correlated(outer, schema)
    beyond = () if alone else around(outer, schema)
    if beyond is None:
        return None
    where = outer.args.get("where")
    kept = [part.copy() for part in conjuncts(where.this) if _holds_alone(part, outer, schema)] if where is not None else []
    return (Around(outer, tuple(kept), _columns(outer, block, schema) if alone else None), *beyond)


def mark(conditions: Sequence[exp.Expr], block: exp.Expr, schema: Schema) -> None:
    """Tell the conditions of a correlated block that do not hold in it alone, and which of their columns are its own."""
    for condition in conditions:
        arguments = (argument for call in condition.find_all(Call) for argument in call.arguments)
        if not schema.describes(describing.values([condition, *arguments], block)):
            condition.meta["correlated"] = True
            if condition.find(exp.Select, exp.Star, exp.Dot, exp.Lambda, exp.Comprehension) is not None:
                condition.meta["nested"] = True
            for column in condition.find_all(exp.Column):
                if schema.describes(describing.values([column], block)):
                    column.meta["own"] = True


def reach(ask: Ask, block: exp.Expr, around: Sequence[Around], schema: Schema) -> Reach:
    """Whose columns the arguments of an ask are. What could be either's is the inner block's, as in SQL."""
    if ask.groups is not None:
        return "both"
    arguments = [ask.call.arguments[place] for place in ask.varying]
    if schema.describes(describing.values(arguments, block)):
        return "own"
    alone = len(around) == 1 and not any(schema.describes(describing.values([argument], block)) for argument in arguments)
    return "around" if alone and schema.describes(describing.values(arguments, around[0].tree)) else "both"


def _can_read(outer: exp.Expr, clause: str, schema: Schema) -> bool:
    """Whether the rows of a block can be read before it runs, as it will read them."""
    if not schema.reads_again(outer) or any("snapshot" in part.meta for part in scopes.sources(outer)):
        return False
    grouped = outer.args.get("group") or outer.args.get("having") or (isinstance(outer, exp.Select) and _aggregates(outer, schema))
    return clause == "where" or (clause in ROWWISE and not grouped)


def _aggregates(outer: exp.Select, schema: Schema) -> bool:
    return any(schema.aggregates_rows(projection) for projection in outer.expressions)


def _holds_alone(part: exp.Expr, outer: exp.Expr, schema: Schema) -> bool:
    return part.find(Call) is None and not schema.reads_differently(part) and schema.describes(describing.values([part], outer))


def _names(block: exp.Expr, schema: Schema) -> set[str]:
    return {name.lower() for name, _ in schema.describe(describing.source(block))} if scopes.sources(block) else set()


def _columns(outer: exp.Expr, block: exp.Expr, schema: Schema) -> tuple[str, ...] | None:
    """All columns of the one table around that a block names, or may name: each tuple of them need be met once only."""
    sources = scopes.sources(outer)
    plain = len(sources) == 1 and isinstance(sources[0], exp.Table | exp.Subquery) and not outer.args.get("laterals")
    if scopes.sources(block) and not schema.describes(describing.source(block)):
        return None  # its FROM reads the row around it
    if not plain or not sources[0].alias_or_name or block.find(exp.Star, exp.Dot) is not None:
        return None
    named = list(block.find_all(exp.Column))
    own = {source.alias_or_name.lower() for source in scopes.sources(block)} - {sources[0].alias_or_name.lower()}
    names = {part.lower() for c in named if c.table.lower() not in own for part in (c.name, c.table) if part}
    names -= _names(block, schema) - {c.name.lower() for c in named if c.table.lower() == sources[0].alias_or_name.lower()}
    found = [(name, type_) for name, type_ in schema.describe(describing.source(outer)) if name.lower() in names]
    if not found or any(c.args.get("db") for c in named) or any(word in type_ for _, type_ in found for word in INEXACT):
        return None
    return tuple(name for name, _ in found)
