"""The rows of a block, read by a query of ours: what a stage asks about, what the database is asked to describe.

A correlated block reads rows of blocks around it, so its rows are read beside theirs:

    SELECT … FROM l WHERE l.city = 'Rome' AND EXISTS (SELECT 1 FROM r WHERE r.k = l.k AND r.text MEANS 'c')
    SELECT __rv_k0 FROM (SELECT DISTINCT k FROM l WHERE l.city = 'Rome') AS l, LATERAL (SELECT r.text AS __rv_k0 FROM r WHERE r.k = l.k)

The names in it mean there what they mean in place. Where only one of the two blocks has the columns that are read, the other needs no more
than a row, and no pairs of rows are made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlglot import exp

from rvbbit.sql import sameness, scopes
from rvbbit.sql.dialect import Call

ROWS = "__rv_reached"
Reach = Literal["own", "around", "both"]
"""Whose columns are read: the block's own, those of the one around it, or both."""


@dataclass(frozen=True, slots=True)
class Around:
    """A block around a correlated one, and the `predicates` that hold for its rows wherever the inner one is read.

    `columns` are all that the inner block may read of it, its FROM being one table; None where that is not so.
    """

    tree: exp.Expr
    predicates: tuple[exp.Expr, ...]
    columns: tuple[str, ...] | None = None


Rewrite = Callable[[exp.Expr], exp.Expr]


def beside(
    tree: exp.Expr,
    projections: list[exp.Expr],
    predicates: list[exp.Expr],
    replaced: Rewrite,
    *,
    around: Sequence[Around] = (),
    reach: Reach = "both",
    groups: tuple[exp.Expr, ...] | None = None,
) -> exp.Select:
    """`over`, of a block that may be correlated: `around` are the blocks whose rows it reads, nearest first; projections have aliases."""
    put = [replaced(predicate) for predicate in predicates]
    if not around:
        return over(tree, projections, put, replaced, groups=groups)
    nearest, single = around[0], len(around) == 1
    met = [replaced(predicate) for predicate in nearest.predicates]
    if reach == "around" and single:
        return over(nearest.tree, projections, [*met, _exists(over(tree, [exp.true()], put, replaced))], replaced)
    if reach == "own" and single and not any("nested" in predicate.meta for predicate in predicates):
        return _kept(nearest, tree, projections, predicates, replaced)
    found = over(tree, projections, put, replaced, groups=groups)
    for block in around:
        found = _joined(block, found, replaced)
    return found


def _kept(around: Around, tree: exp.Expr, projections: list[exp.Expr], predicates: list[exp.Expr], replaced: Rewrite) -> exp.Select:
    """The rows of a block that meet one around it. A condition on both is put to that one, and reads the block's columns by new names."""
    own = [replaced(predicate) for predicate in predicates if "correlated" not in predicate.meta]
    met = [replaced(predicate) for predicate in around.predicates]
    read: dict[str, exp.Expr] = {}
    for predicate in (predicate for predicate in predicates if "correlated" in predicate.meta):
        holder = exp.Paren(this=replaced(predicate))
        for column in [column for column in holder.find_all(exp.Column) if "own" in column.meta]:
            read.setdefault(repr(column), column.copy())
            column.replace(exp.column(f"__rv_c{list(read).index(repr(column))}", table=ROWS))
        met.append(holder)
    there = _exists(over(around.tree, [exp.true()], met, replaced))
    if not read:
        return over(tree, projections, [*own, there], replaced)
    columns = [exp.alias_(column, f"__rv_c{place}", copy=False) for place, column in enumerate(read.values())]
    inner = exp.Subquery(this=over(tree, [*projections, *columns], own, replaced), alias=exp.TableAlias(this=exp.to_identifier(ROWS)))
    return exp.select(*(exp.column(one.alias_or_name, table=ROWS) for one in projections)).from_(inner, copy=False).where(there, copy=False)


def _exists(query: exp.Select) -> exp.Expr:
    return exp.Exists(this=query)


def _joined(block: Around, inner: exp.Select, replaced: Rewrite) -> exp.Select:
    """The rows of a query beside those of the block around it."""
    names = [projection.alias_or_name for projection in inner.expressions]
    lateral = exp.Lateral(this=exp.Subquery(this=inner), alias=exp.TableAlias(this=exp.to_identifier(ROWS)))
    met = [replaced(predicate) for predicate in block.predicates]
    projections: list[exp.Expr] = [exp.column(name, table=ROWS) for name in names]
    if block.columns is None:
        query = over(block.tree, projections, met, replaced)
    else:
        alias = scopes.sources(block.tree)[0].alias_or_name
        columns = [exp.column(name, table=alias, quoted=True) for name in block.columns]
        distinct = over(block.tree, list(columns), met, replaced).distinct(
            *(c.copy() for c in columns), sameness.hashed(columns), copy=False
        )
        query = exp.Select(expressions=projections)
        query.set("from_", exp.From(this=exp.Subquery(this=distinct, alias=exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))))
    query.append("joins", exp.Join(this=lateral))
    return query


def over(
    tree: exp.Expr,
    projections: list[exp.Expr],
    predicates: list[exp.Expr],
    replaced: Rewrite,
    *,
    groups: tuple[exp.Expr, ...] | None = None,
) -> exp.Select:
    """`SELECT projections` over the same rows as a block: its FROM, joins and CTEs, the given predicates, its groups if asked for."""
    select = exp.Select(expressions=projections)
    items = [replaced(source) for source in _from_items(tree)]
    if items:
        select.set("from_", exp.From(this=items[0]))
        select.set("joins", [exp.Join(this=item) for item in items[1:]] + [replaced(join) for join in tree.args.get("joins") or ()])
    for clause in ("laterals", "windows"):
        if tree.args.get(clause):
            select.set(clause, [replaced(item) for item in tree.args[clause]])
    for predicate in predicates:
        select = select.where(exp.paren(predicate, copy=False), copy=False)
    if groups is not None:
        select.set("group", exp.Group(expressions=[replaced(key) for key in groups]) if groups else None)
    having = tree.args.get("having")
    if groups is not None and having is not None and stands_alone(having, tree):
        select.set("having", replaced(having))
    return with_ctes(select, tree, replaced)


def _from_items(tree: exp.Expr) -> list[exp.Expr]:
    items = [tree.this] if isinstance(tree, exp.Update | exp.Delete) else []
    if tree.args.get("from_") is not None:
        items.append(tree.args["from_"].this)
    return [*items, *(tree.args.get("using") or ())]


def stands_alone(condition: exp.Expr, tree: exp.Expr) -> bool:
    """Whether a HAVING can be repeated in a stage: it has no calls and names no output column."""
    aliases = {projection.alias.lower() for projection in tree.expressions if isinstance(projection, exp.Alias)}
    return condition.find(Call) is None and not any(column.name.lower() in aliases for column in condition.find_all(exp.Column))


def with_ctes(select: exp.Select, tree: exp.Expr, replaced: Rewrite, until: exp.Expr | None = None) -> exp.Select:
    """The CTEs visible to a block, put in front of a query; those from the one whose body is `until` on are left out."""
    ctes, recursive = scopes.visible_ctes(tree)
    for index, cte in enumerate(ctes):
        if cte.this is until:
            ctes = ctes[:index]
    if ctes:
        select.set("with_", exp.With(expressions=[replaced(cte) for cte in ctes], recursive=recursive))
    return select
