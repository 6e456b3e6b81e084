"""`x IN (SELECT y …)` asks about the rows whose y some x is, not about all.

    SELECT id FROM l WHERE city = 'Rome' AND k IN (SELECT k FROM r WHERE text MEANS 'c')
    SELECT id FROM l WHERE city = 'Rome' AND k IN (SELECT k FROM r WHERE text MEANS 'c' AND k IN (SELECT k FROM l WHERE city = 'Rome'))

Only where IN must hold: NOT IN and values depend on rows that no x is, too. An EXISTS that is such an IN becomes one, and so does a NOT
EXISTS: it holds where IN does not.
"""

from __future__ import annotations

from sqlglot import exp

from rvbbit.sql import describing, scopes
from rvbbit.sql.conditions import conjuncts
from rvbbit.sql.dialect import Call
from rvbbit.sql.existence import as_sought
from rvbbit.sql.reading import over
from rvbbit.sql.rewrite import as_typed
from rvbbit.sql.schema import Schema

WHOLE = ("with_", "group", "having", "limit", "offset", "qualify", "windows", "sample", "into", "distinct", "order")
"""What in a subquery does not take each row by itself, or gives names another meaning."""


def narrow(statement: exp.Expr, schema: Schema) -> None:
    """Put the condition into every such subquery, in place."""
    for block in list(statement.find_all(exp.Select)):
        where = block.args.get("where")
        parts = conjuncts(where.this) if where is not None else []
        for part in parts:
            whole, found = _sought(part, block, schema)
            inner = found.args["query"].unnest() if isinstance(found, exp.In) and found.args.get("query") else None
            if found is None or not isinstance(inner, exp.Select):
                continue
            typed = as_typed(part)
            if whole is not part:
                whole.parent = block  # the CTEs that it sees
            if _each_row(inner, schema) and _can_copy(block, found.this, schema) and _put(inner, found.this, block, parts, schema):
                whole.meta["shown"] = typed
                part.replace(whole)


def _sought(part: exp.Expr, block: exp.Select, schema: Schema) -> tuple[exp.Expr, exp.Expr | None]:
    """What may stand in the place of a condition, and the IN in it; NOT EXISTS is that IN does not hold, be it FALSE or NULL."""
    asked = part.this.unnest() if isinstance(part, exp.Not) else part
    if not isinstance(asked, exp.Exists):
        return part, part
    found = as_sought(asked, block, schema) if asked.find(Call) else None
    if found is None:
        return part, None
    if asked is part:
        return found, found
    return exp.Not(this=exp.paren(exp.Is(this=exp.paren(found, copy=False), expression=exp.true()), copy=False)), found


def _put(inner: exp.Select, sought: exp.Expr, block: exp.Select, parts: list[exp.Expr], schema: Schema) -> bool:
    """Whether it was put: not where the two are of different types."""
    kept = [part.copy() for part in parts if _is_cheap(part, schema) and schema.describes(describing.values([part], block))]
    wanted = over(block, [sought.copy()], kept, lambda tree: tree.copy())
    found = inner.expressions[0].unalias()
    types = [schema.describe(describing.values([value], of)) for value, of in ((sought, block), (found, inner))]
    if types[0][0][1] != types[1][0][1]:
        return False
    value = found.copy() if isinstance(found, exp.Column) else exp.paren(found.copy())
    inner.where(exp.In(this=value, query=exp.Subquery(this=wanted)), copy=False)
    return True


def _each_row(inner: exp.Select, schema: Schema) -> bool:
    """Whether a subquery stands alone, asks in its WHERE, and gives one value a row."""
    where = inner.args.get("where")
    asks = where is not None and any(scopes.block_of(call) is inner for call in where.find_all(Call))
    if not asks or any(inner.args.get(clause) for clause in WHOLE) or len(inner.expressions) != 1 or inner.args.get("from_") is None:
        return False
    value = inner.expressions[0].unalias()
    plain = _is_cheap(value, schema) and not schema.has_aggregate(value)
    return plain and schema.describes(describing.looked_up(inner, {})) and schema.describes(describing.values([value], inner))


def _can_copy(block: exp.Select, sought: exp.Expr, schema: Schema) -> bool:
    """Whether the values that are sought can be read before the block runs."""
    if not scopes.sources(block) or not schema.reads_again(block):
        return False
    if any(schema.reads_differently(cte) for cte in scopes.visible_ctes(block)[0]):
        return False
    return _is_cheap(sought, schema) and not isinstance(sought, exp.Tuple) and schema.describes(describing.values([sought], block))


def _is_cheap(part: exp.Expr, schema: Schema) -> bool:
    plain = part.find(Call, exp.Select, exp.Star) is None and not scopes.makes_several(part)
    return plain and not schema.reads_differently(part)
