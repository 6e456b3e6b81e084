"""`SELECT id FROM t ORDER BY text RELEVANCE TO 'cards' DESC LIMIT 10` asks about the rows that may be among the ten.

Its candidates are read once, as those of a LIMIT that stops asking are; which of them are asked about is the executor's:

    SELECT id FROM t WHERE amount > 3 ORDER BY text RELEVANCE TO 'cards' DESC, id LIMIT 10
    SELECT c0 AS id FROM (SELECT id, text FROM t WHERE amount > 3 ORDER BY id) AS rows(c0, c1)
    ORDER BY c1 RELEVANCE TO 'cards' DESC, rows.rowid LIMIT 10

Only for the highest scores of one call: a score that is low says little of where to look for it.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from rvbbit.errors import SQLError
from rvbbit.sql import scopes
from rvbbit.sql.candidates import WHOLE, named, own_calls, rewrite, stops
from rvbbit.sql.dialect import Call
from rvbbit.sql.embeds import EMBED
from rvbbit.sql.limits import Names

CALLS = {"expressions", "order"}


def highest_first(statement: exp.Expr, names: Names, grouping: Callable[[exp.Expr], bool]) -> None:
    """Rewrite every such SELECT in place. `grouping` tells aggregates and windows."""
    for select in list(statement.find_all(exp.Select)):
        key = _key(select)
        if key is None or not _can_rank(select, key[1], grouping):
            continue
        kept = [projection for projection in select.expressions if projection.find(Call) is None]
        asked = [projection for projection in select.expressions if projection.find(Call)]
        columns = [column for part in [key[1], *asked] for column in part.find_all(exp.Column)]
        try:
            labels = [named(names, select, [projection]) for projection in kept]
            named(names, select, columns)
        except SQLError:
            continue
        ordered, call = key
        select.meta["top"] = call.meta["id"]
        rest = select.args["order"].expressions[1:]
        rewrite(select, [], labels, exp.Order(expressions=rest) if rest else None, [ordered])


def _key(select: exp.Select) -> tuple[exp.Ordered, Call] | None:
    """The first key of a descending order, and the call that it is or names."""
    order = select.args.get("order")
    if order is None or not order.expressions or not stops(select) or select.args.get("limit") is None:
        return None
    first = order.expressions[0]
    if not isinstance(first, exp.Ordered) or not first.args.get("desc") or first.args.get("nulls_first"):
        return None
    key = first.this.unnest()
    if isinstance(key, exp.Column) and not key.table:
        named_ = (p.this.unnest() for p in select.expressions if isinstance(p, exp.Alias) and p.alias.lower() == key.name.lower())
        key = next(named_, key)
    return (first, key) if isinstance(key, Call) else None


def _can_rank(select: exp.Select, call: Call, grouping: Callable[[exp.Expr], bool]) -> bool:
    if select.args.get("from_") is None or any(select.args.get(clause) for clause in WHOLE) or scopes.in_recursive_cte(select):
        return False
    own = own_calls(select, select)
    if {scopes.clause_of(one, select) for one in own} - CALLS or any(one.operator is EMBED for one in own):
        return False
    if call.operator.returns.upper() != "DOUBLE" or len(list(call.find_all(Call))) > 1 or scopes.is_volatile(call):
        return False
    asked = [projection for projection in select.expressions if projection.find(Call)]
    if any(part.find(exp.Select, exp.Star, exp.Lambda, exp.Comprehension) for part in [call, *asked]):
        return False
    rest = select.args["order"].expressions[1:]
    aliases = {projection.alias.lower() for projection in asked}
    shifts = any(isinstance(key.this, exp.Literal | exp.Var | exp.Star) or key.find(Call) for key in rest)
    return (
        not shifts
        and not any(grouping(part) or any(column.name.lower() in aliases for column in part.find_all(exp.Column)) for part in [*rest])
        and not any(grouping(projection) for projection in select.expressions)
    )
