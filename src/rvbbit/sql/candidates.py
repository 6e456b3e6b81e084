"""`SELECT id FROM t WHERE text MEANS 'red' ORDER BY id LIMIT 10` stops asking when ten rows have passed.

The rows that could be among them are read once, in their order, so that they can be asked about a batch at a time:

    SELECT id FROM t WHERE amount > 3 AND text MEANS 'red' ORDER BY id LIMIT 10
    SELECT c0 AS id FROM (SELECT id, text FROM t WHERE amount > 3 ORDER BY id) AS rows(c0, c1)
    WHERE c1 MEANS 'red' ORDER BY rows.rowid LIMIT 10

Here the text is only put so; how many rows are asked about is the executor's. A SELECT that must see all its rows (groups, windows,
DISTINCT, an ORDER BY with calls) stays as it is. EXISTS is LIMIT 1; `enough` finds what else some rows are enough for.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from rvbbit.errors import SQLError
from rvbbit.sql import conditions, scopes
from rvbbit.sql.dialect import Call
from rvbbit.sql.embeds import EMBED
from rvbbit.sql.limits import ROWS, Names
from rvbbit.sql.rewrite import as_typed

WHOLE = ("distinct", "group", "having", "sample", "into", "qualify", "windows")
"""Clauses that need every row."""
INSIDE = ("from_", "joins", "laterals", "with_")


def read_once(statement: exp.Expr, names: Names, grouping: Callable[[exp.Expr], bool]) -> None:
    """Rewrite every such SELECT in place; one whose columns cannot be named alone (it is correlated) stays as it is.

    `grouping` tells aggregates and windows.
    """
    for select in list(statement.find_all(exp.Select)):
        if not stops(select) or not can_read_once(select, grouping) or select.meta.get("reads") == 0:
            continue
        if isinstance(select.parent, exp.Exists):
            if not _are_one_a_row(select, names):
                continue
            select.set("expressions", [exp.convert(1)])
        asking = [part for part in conditions.conjuncts(select.args["where"].this) if own_calls(part, select)]
        kept = [projection for projection in select.expressions if projection.find(Call) is None]
        columns = [c for part in [*asking, *(p for p in select.expressions if p.find(Call))] for c in part.find_all(exp.Column)]
        try:
            labels = [named(names, select, [projection]) for projection in kept]
            named(names, select, columns)
        except SQLError:
            continue
        rewrite(select, asking, labels, select.args.get("order"))
        if (reads := select.meta.get("reads")) is not None:
            select.args["from_"].this.this.set("limit", exp.Limit(expression=exp.Literal.number(reads)))


def _are_one_a_row(select: exp.Select, names: Names) -> bool:
    """Whether what an EXISTS selects is there, and makes each row one row: then it can be left out."""
    if any(map(scopes.makes_several, select.expressions)):
        return False
    try:
        named(names, select, select.expressions)
    except SQLError:
        return False
    return True


def named(names: Names, select: exp.Select, expressions: Sequence[exp.Expr]) -> list[str]:
    """The names of some output columns of a block."""
    copied = select.copy()
    copied.set("expressions", [expression.copy() for expression in expressions] or [exp.true()])
    for clause in ("order", "limit", "offset"):
        copied.set(clause, None)
    return names(copied, select)


def stops(select: exp.Select) -> bool:
    """Whether some of its rows are enough: a LIMIT of a number that is known before, EXISTS around it, or `enough` has said so."""
    if "enough" in select.meta:
        return True
    limit = select.args.get("limit")
    if limit is None:
        return isinstance(select.parent, exp.Exists) and not select.args.get("offset")
    plain = isinstance(limit, exp.Limit) and not limit.args.get("limit_options") and not limit.expressions
    bounds = [limit, *([select.args["offset"]] if select.args.get("offset") else [])]
    return plain and not any(bound.find(exp.Column, exp.Select, Call) or scopes.is_volatile(bound) for bound in bounds)


def can_read_once(select: exp.Select, grouping: Callable[[exp.Expr], bool]) -> bool:
    """Whether its calls stand where some of its rows can be asked about without the others."""
    where = select.args.get("where")
    if (
        where is None
        or select.args.get("from_") is None
        or scopes.in_recursive_cte(select)
        or any(select.args.get(clause) for clause in WHOLE)
    ):
        return False
    own = own_calls(select, select)
    if {scopes.clause_of(call, select) for call in own} - {"where", "expressions"} or not own_calls(where, select):
        return False
    if any(call.operator is EMBED or (call.operator.pairs.blocked and len(scopes.sources(select)) > 1) for call in own):
        return False  # their stages want to know of which tables the texts are
    if select.args.get("joins") and any(call.operator.pairs.blocked for call in own):
        return False  # near pairs are asked about, not those that come first
    asked = [projection for projection in select.expressions if projection.find(Call)]
    parts = [part for part in conditions.conjuncts(where.this) if own_calls(part, select)]
    if any(grouping(projection) for projection in select.expressions) or scopes.is_volatile(where):
        return False
    if any(part.find(exp.Select, exp.Star, exp.Lambda, exp.Comprehension) for part in [*asked, *parts]):
        return False
    return not _names_outputs(where, select) and _can_order(select, asked)


def _names_outputs(where: exp.Expr, select: exp.Select) -> bool:
    """Whether WHERE may name an output column by its alias."""
    aliases = {p.alias.lower() for p in select.expressions if isinstance(p, exp.Alias) and p.this.name.lower() != p.alias.lower()}
    return any(column.name.lower() in aliases and not column.table for column in where.find_all(exp.Column))


def _can_order(select: exp.Select, asked: list[exp.Expr]) -> bool:
    """Whether the order can be had without the output columns that hold calls."""
    order = select.args.get("order")
    if order is None:
        return True
    named = {projection.alias.lower() for projection in asked}
    keys = [key.this if isinstance(key, exp.Ordered) else key for key in order.expressions]
    places = any(isinstance(key, exp.Literal | exp.Var | exp.Star) for key in keys)  # by place, or by ALL: both would shift
    return not (places and asked) and not any(column.name.lower() in named for column in order.find_all(exp.Column))


def own_calls(tree: exp.Expr, block: exp.Expr) -> list[Call]:
    return [call for call in scopes.calls_in(tree) if scopes.block_of(call) is block]


def rewrite(
    select: exp.Select, asking: list[exp.Expr], labels: list[list[str]], order: exp.Expr | None, keys: Sequence[exp.Ordered] = ()
) -> None:
    """Put a SELECT so. `labels` are the column names of each projection without calls, several for a star.

    `order` is that of the candidates, `keys` go before it and hold calls or name outputs that do.
    """
    kept = [projection for projection in select.expressions if projection.find(Call) is None]
    read = _Read(sum(len(names) for names in labels))
    where = select.args.get("where")
    parts = conditions.conjuncts(where.this) if where is not None else []
    cheap = [part for part in parts if not any(part is one for one in asking)]
    for part in asking:
        _remember(part)
    asked = [read.moved(part) for part in asking]
    ordered = [read.moved(key) if key.find(Call) else key.pop() for key in keys]
    outputs: list[exp.Expr] = []
    places, names = itertools.count(), iter(labels)
    for projection in select.expressions:
        if projection.find(Call) is not None:
            outputs.append(read.moved(projection))
        else:
            outputs += [exp.alias_(_place(next(places)), name, quoted=True) for name in next(names)]
    inner = exp.Select(**{clause: select.args[clause] for clause in INSIDE if select.args.get(clause)})
    inner.set("order", order)
    inner.set("expressions", [*kept, *read.columns.values()] or [exp.true()])
    inner = inner.where(*(exp.paren(part, copy=False) for part in cheap), copy=False)
    width = max(read.width + len(read.columns), 1)
    alias = exp.TableAlias(this=exp.to_identifier(ROWS), columns=[exp.to_identifier(f"c{i}") for i in range(width)])
    source = exp.Subquery(this=inner, alias=alias)
    source.meta["once"] = True
    select.meta["ordered"] = order is not None
    for clause in (*INSIDE, "where"):
        select.set(clause, None)
    select.set("expressions", outputs)
    select.set("from_", exp.From(this=source))
    if asked:
        select.set("where", exp.Where(this=exp.and_(*asked, copy=False)))
    select.set("order", exp.Order(expressions=[*ordered, exp.Ordered(this=exp.column("rowid", table=ROWS))]))


@dataclass(slots=True)
class _Read:
    """The columns that parts with calls read: behind the first `width`, each once."""

    width: int
    columns: dict[str, exp.Expr] = field(default_factory=dict)

    def moved(self, tree: exp.Expr) -> exp.Expr:
        """A part, reading the kept rows in place of the block's own."""
        holder = exp.Paren(this=tree)
        for column in list(holder.find_all(exp.Column)):
            self.columns.setdefault(repr(column), column.copy())
            column.replace(_place(self.width + list(self.columns).index(repr(column))))
        moved = holder.this
        assert isinstance(moved, exp.Expr)
        return moved.pop()


def _remember(part: exp.Expr) -> None:
    """Keep the text of a condition, and of each side of its AND and OR: their columns are about to get other names."""
    part.meta.setdefault("shown", as_typed(part))
    if isinstance(part, exp.And | exp.Or):
        for side in (part.this, part.expression):
            _remember(side.unnest())


def _place(index: int) -> exp.Column:
    return exp.column(f"c{index}", table=ROWS)
