"""Calls in the ON of a LEFT JOIN, put where a stage can ask them.

    SELECT … FROM a LEFT JOIN b ON a.city = b.city AND a.name ~ b.name
    SELECT … FROM a LEFT JOIN b ON a.city = b.city
                AND (a.name, b.name) IN (SELECT a.name, b.name FROM a, b WHERE a.city = b.city AND a.name ~ b.name)

with a hash of the columns beside them, as a collation may hold texts equal of which the condition is not TRUE alike.

ON only asks whether a condition is TRUE, and a condition made of a call's answer alone is not TRUE where an argument is NULL: as IN says.
RIGHT and FULL joins stay as they are (DuckDB compares every pair of rows there, one by one), and so does what cannot be told from
the text: columns without their table, subqueries in FROM, conditions on more than a call's answer.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from rvbbit.sql import conditions, sameness, scopes
from rvbbit.sql.call import Call
from rvbbit.sql.embeds import EMBED

AROUND = (exp.Not, exp.Paren, exp.GT, exp.GTE, exp.LT, exp.LTE)
"""What may stand around a call so that a NULL answer is still not TRUE."""


def hoist(statement: exp.Expr) -> None:
    """Rewrite every such condition in place."""
    for select in list(statement.find_all(exp.Select)):
        items = [select.args["from_"].this] if select.args.get("from_") else []
        for join in select.args.get("joins") or ():
            items.append(join.this)
            on = join.args.get("on")
            if join.side == "LEFT" and not join.method and on is not None and on.find(Call) is not None:
                join.set("on", _rewritten(on, items, select))


def _rewritten(on: exp.Expr, items: Sequence[exp.Expr], select: exp.Select) -> exp.Expr:
    """`items` are the tables up to the one that is joined, which comes last."""
    tables = {item.alias_or_name: item for item in items if _plain(item)}
    joined = items[-1].alias_or_name
    where = select.args.get("where")
    parts = conditions.conjuncts(on)
    cheap = [part for part in parts if _cheap(part)]
    before = [part for part in conditions.conjuncts(where.this) if _cheap(part)] if where is not None else []
    rewritten: list[exp.Expr] = []
    for part in parts:
        names = _tables(part)
        if part.find(Call) is None or names is None or not names <= set(tables) or not _is_answer(part):
            rewritten.append(part)
            continue
        own = [one for one in cheap if _within(one, names)] + [one for one in before if _within(one, names - {joined})]
        rewritten.append(_among(part, [tables[name] for name in tables if name in names], own))
    return exp.and_(*rewritten, copy=False)


def _among(part: exp.Expr, tables: Sequence[exp.Expr], beside: Sequence[exp.Expr]) -> exp.Expr:
    """The columns that a condition reads are among those for which it is TRUE."""
    columns: list[exp.Expr] = list({repr(column): column.copy() for column in part.find_all(exp.Column)}.values())
    columns.append(sameness.hashed(columns))
    inner = exp.Select(expressions=[column.copy() for column in columns], from_=exp.From(this=tables[0].copy()))
    inner.set("joins", [exp.Join(this=table.copy()) for table in tables[1:]])
    conditions_ = [*(exp.paren(one.copy()) for one in beside), exp.paren(part, copy=False)]
    inner = inner.where(*conditions_, copy=False)
    return exp.In(this=exp.Tuple(expressions=columns), query=exp.Subquery(this=inner))


def _plain(item: exp.Expr) -> bool:
    """A table by its name, and nothing more."""
    return (
        isinstance(item, exp.Table)
        and isinstance(item.this, exp.Identifier)
        and not any(item.args.get(c) for c in ("joins", "sample", "pivots"))
    )


def _tables(part: exp.Expr) -> set[str] | None:
    """The tables that a condition names; None where it has a column without one, or none at all."""
    names = {column.table for column in part.find_all(exp.Column)}
    return None if "" in names or not names else names


def _cheap(part: exp.Expr) -> bool:
    return part.find(Call, exp.Select, exp.Star) is None and not scopes.is_volatile(part)


def _within(part: exp.Expr, names: set[str]) -> bool:
    found = _tables(part)
    return found is not None and found <= names


def _is_answer(part: exp.Expr) -> bool:
    """Whether a condition is a call's answer, its negation, or compares it with a constant; each column an argument of it."""
    inside = part
    while isinstance(inside, AROUND):
        if isinstance(inside, exp.Not | exp.Paren) or isinstance(inside.expression, exp.Literal):
            inside = inside.this
        else:
            return False
    if not isinstance(inside, Call) or inside.operator is EMBED or inside.operator.returns.upper() not in {"BOOLEAN", "DOUBLE"}:
        return False
    return all(isinstance(argument, exp.Column | exp.Literal | exp.Array) for argument in inside.arguments) and not scopes.is_volatile(
        inside
    )
