"""The subquery or CTE behind an item of FROM, and what stands behind each column that it gives, stars written out."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from rvbbit.errors import SQLError
from rvbbit.sql import describing, scopes
from rvbbit.sql.schema import Schema


@dataclass(frozen=True, slots=True)
class Output:
    """A column of a SELECT: its name and type, the expression it is, and the projection that it comes from."""

    name: str
    type: str
    value: exp.Expr
    projection: exp.Expr


def body(item: exp.Expr, block: exp.Expr, statement: exp.Expr) -> exp.Select | None:
    """The SELECT of a subquery, or of a CTE that nothing else in the statement names; None for anything else."""
    if {arg for arg, value in item.args.items() if value} - {"this", "alias"}:
        return None
    if isinstance(item, exp.Subquery):
        return item.this if isinstance(item.this, exp.Select) else None
    cte = _cte(item, block)
    if cte is None or cte.args.get("materialized") or not isinstance(cte.this, exp.Select):
        return None
    name = item.name.lower()
    tables = [table for table in statement.find_all(exp.Table) if table.name.lower() == name]
    same = [one for one in statement.find_all(exp.CTE) if one.alias.lower() == name]
    return cte.this if len(tables) == len(same) == 1 else None


def _cte(item: exp.Expr, block: exp.Expr) -> exp.CTE | None:
    if not isinstance(item, exp.Table) or not isinstance(item.this, exp.Identifier):
        return None
    ctes, recursive = scopes.visible_ctes(block)
    return None if recursive else next((cte for cte in ctes if cte.alias.lower() == item.name.lower()), None)


def alias_columns(item: exp.Expr, block: exp.Expr) -> list[str]:
    """New names for the first columns of an item: those of its alias, then those of its CTE."""
    own = _columns_of(item)
    cte = _cte(item, block)
    return own + (_columns_of(cte)[len(own) :] if cte is not None else [])


def _columns_of(item: exp.Expr) -> list[str]:
    alias = item.args.get("alias")
    return [column.name for column in alias.args.get("columns") or ()] if isinstance(alias, exp.TableAlias) else []


def outputs(select: exp.Select, schema: Schema) -> list[Output] | None:
    """The columns of a SELECT in their order; None where nobody can say what one of them is."""
    try:
        columns = schema.describe(describing.standing(select, select))
        found: list[Output] = []
        for projection in select.expressions:
            for name, value in _values(projection, select, schema):
                if len(found) < len(columns):
                    found.append(Output(columns[len(found)][0], columns[len(found)][1], value, projection))
                if name is not None and name.lower() != found[-1].name.lower():
                    return None  # two columns of one name were told apart
        return found if len(found) == len(columns) else None
    except SQLError:
        return None


def _values(projection: exp.Expr, select: exp.Select, schema: Schema) -> list[tuple[str | None, exp.Expr]]:
    """What a projection gives; the name of each where it is known before. Raises SQLError."""
    star = projection if isinstance(projection, exp.Star) else projection.this if isinstance(projection, exp.Column) else None
    if not isinstance(star, exp.Star):
        return [(projection.alias_or_name if isinstance(projection, exp.Alias | exp.Column) else None, projection.unalias())]
    merged = any(join.side and (join.method or join.args.get("using")) for join in select.args.get("joins") or ())
    if star.args.get("replace") or star.args.get("rename") or merged:
        raise SQLError("a star that gives other columns than there are")
    alone = select.copy()
    alone.set("expressions", [projection.copy()])
    names = [name for name, _ in schema.describe(describing.standing(alone, select))]
    table = projection.args.get("table") if isinstance(projection, exp.Column) else None
    columns = [exp.column(name, table=table.copy() if table else None, quoted=True) for name in names]
    schema.describe(describing.values(columns, select))
    return list(zip(names, columns, strict=True))
