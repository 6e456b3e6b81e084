"""EXISTS over rows that one `=` links to the row around is IN, which is over with the first row that passes for each value.

    SELECT id FROM l WHERE EXISTS (SELECT 1 FROM r WHERE r.k = l.k AND text MEANS 'c')
    SELECT id FROM l WHERE l.k IN (SELECT r.k FROM r WHERE text MEANS 'c')

Only where EXISTS must hold or must not: of a NULL on either side, IN says NULL where EXISTS says no.
"""

from __future__ import annotations

from sqlglot import exp

from rvbbit.sql import describing
from rvbbit.sql.conditions import conjuncts
from rvbbit.sql.schema import Schema


def as_sought(exists: exp.Exists, block: exp.Select, schema: Schema) -> exp.In | None:
    """The same as IN, not yet put anywhere; None where it is not the same, or nobody can say."""
    inner = exists.this.unnest()
    where = inner.args.get("where") if isinstance(inner, exp.Select) else None
    if where is None or not all(_is_one_a_row(value, inner, schema) for value in inner.expressions):
        return None
    parts = conjuncts(where.this)
    linking = [part for part in parts if not _is_own(list(part.find_all(exp.Column)), inner, schema)]
    sides = _sides(linking[0], inner, block, schema) if len(linking) == 1 and len(parts) > 1 else None
    if sides is None:
        return None
    found, sought = sides
    rows = inner.copy()
    rows.set("expressions", [found.copy()])
    rows.set("where", exp.Where(this=exp.and_(*(part for part in parts if part is not linking[0]), copy=True)))
    return exp.In(this=sought.copy(), query=exp.Subquery(this=rows))


def _is_one_a_row(value: exp.Expr, inner: exp.Select, schema: Schema) -> bool:
    """Whether what is selected makes each row one row, and can be left out."""
    value = value.unalias()
    return isinstance(value, exp.Star | exp.Literal | exp.Boolean | exp.Null) or (
        isinstance(value, exp.Column) and _is_own([value], inner, schema)
    )


def _sides(link: exp.Expr, inner: exp.Select, block: exp.Select, schema: Schema) -> tuple[exp.Expr, exp.Expr] | None:
    """The inner rows' column and the outer ones' in an equation. Only of a column with its table's name is it sure whose it is: the inner
    SELECT may call a value like another, and two tables may have it."""
    if isinstance(link, exp.EQ):
        for found, sought in ((link.this, link.expression), (link.expression, link.this)):
            columns = isinstance(found, exp.Column) and isinstance(sought, exp.Column) and sought.table
            if columns and _is_own([found], inner, schema) and not _is_own([sought], inner, schema):
                return (found, sought) if _is_own([sought], block, schema) else None
    return None


def _is_own(values: list[exp.Expr], block: exp.Select, schema: Schema) -> bool:
    return not values or schema.describes(describing.values(values, block))
