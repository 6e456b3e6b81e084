"""Operators that answer with a table, in FROM: their rows are a list, and the list is unfolded.

SELECT * FROM tags_of('a text') AS t
SELECT * FROM (SELECT unnest(rows, max_depth := 2) FROM (SELECT TAGS_OF('a text') AS rows)) AS t
"""

from __future__ import annotations

from sqlglot import exp

from rvbbit.sql.call import Call

_KEPT = ("joins", "laterals", "sample", "pivots")


def unfold(statement: exp.Expr) -> None:
    """Write out every such call of a statement, in place. One column where the list is of values, named after the operator."""
    for call in list(statement.find_all(Call)):
        source = call.parent
        if isinstance(source, exp.Table | exp.Lateral) and source.this is call:
            name = call.operator.name
            alias = source.args.get("alias") or exp.TableAlias(this=exp.to_identifier(name))
            unfolded = exp.Subquery(this=exp.null(), alias=alias, **{key: source.args.get(key) for key in _KEPT})
            source.replace(unfolded)
            unfolded.set("this", _rows(call))


def _rows(call: Call) -> exp.Select:
    """`call` is moved into it."""
    rows = exp.Anonymous(
        this="unnest",
        expressions=[exp.column("rows"), exp.PropertyEQ(this=exp.to_identifier("max_depth"), expression=exp.Literal.number(2))],
    )
    columns: exp.Expr = rows
    if "STRUCT" not in call.operator.returns.upper():
        columns = exp.alias_(rows, call.operator.name)
    inner = exp.select(exp.alias_(call.pop(), "rows", copy=False))
    return exp.select(columns).from_(exp.Subquery(this=inner, alias=exp.TableAlias(this=exp.to_identifier("answered"))), copy=False)
