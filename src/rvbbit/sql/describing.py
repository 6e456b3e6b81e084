"""Queries that only ask the database for names and types: every call stands as a NULL of the type it returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlglot import exp

from rvbbit.sql.dialect import Call
from rvbbit.sql.limits import is_cut
from rvbbit.sql.lowering import VALUE, lookup, replace_calls, written
from rvbbit.sql.plan import Ask
from rvbbit.sql.reading import Around, Reach, Rewrite, beside, over, with_ctes

__all__ = [
    "alone",
    "arguments",
    "ask_nothing",
    "item",
    "looked_up",
    "part",
    "source",
    "staged",
    "standing",
    "typed",
    "values",
    "written",
]


def ask_nothing(statement: exp.Expr) -> None:
    """Where a statement itself wants no more than names and types (DESCRIBE, WITH NO DATA), its calls stand so for good. In place."""
    for node in list(statement.find_all(exp.Describe, exp.Create)):
        if isinstance(node, exp.Create) and not any(one.args.get("no") for one in node.find_all(exp.WithDataProperty)):
            continue
        for call in reversed(list(node.find_all(Call))):  # inner ones first
            call.replace(_unanswered(call))


def source(block: exp.Expr) -> exp.Expr:
    """All columns of a block's FROM."""
    return over(block, [exp.Star()], [], typed)


def standing(query: exp.Select, block: exp.Expr) -> exp.Expr:
    """A query as it would be where a block stands, the CTEs visible there included."""
    select = typed(query)
    assert isinstance(select, exp.Select)
    return with_ctes(select, block, typed)


def alone(argument: exp.Expr, block: exp.Expr) -> exp.Expr:
    """An argument without its block's FROM: only what does not depend on a row can be described so."""
    return with_ctes(exp.select(typed(argument)), block, typed)


def arguments(call: Call, block: exp.Expr, groups: tuple[exp.Expr, ...] | None, around: Sequence[Around] = ()) -> exp.Expr:
    """A call's arguments, one column each, over its block."""
    return beside(block, _columns(call.arguments), [], typed, around=around, groups=groups)


def values(trees: Sequence[exp.Expr], block: exp.Expr) -> exp.Expr:
    """Any values, one column each, over a block alone."""
    return over(block, _columns(trees), [], typed)


def staged(
    block: exp.Expr, around: Sequence[Around], predicates: Sequence[exp.Expr], asks: Mapping[int, Ask], reach: Reach = "both"
) -> exp.Expr:
    """What is asked about of a correlated block, with each ask as a lookup on one row."""
    return beside(block, _columns([exp.true()]), list(predicates), lambda tree: _looked_up(tree, asks), around=around, reach=reach)


def part(source_: exp.Expr, block: exp.Expr) -> exp.Expr:
    """An item of a block's FROM, or one of its CTEs, by itself."""
    body = source_ if isinstance(source_, exp.Subquery) else exp.Subquery(this=source_)
    return with_ctes(exp.select("*").from_(typed(body)), block, typed, until=source_)


def item(source_: exp.Expr, block: exp.Expr) -> exp.Expr:
    """All columns of one item of a block's FROM."""
    return with_ctes(exp.select("*").from_(typed(source_)), block, typed)


def looked_up(block: exp.Expr, asks: Mapping[int, Ask]) -> exp.Expr:
    """A block with each ask in place as a lookup on one row: DuckDB plans it if it can plan the real one."""
    if isinstance(block, exp.Select):
        select = _looked_up(block, asks)
        assert isinstance(select, exp.Select)
        return with_ctes(select, block, typed)
    where = block.args.get("where")
    values = [one.expression if isinstance(one, exp.EQ) else exp.true() for one in (*block.expressions, exp.true())]
    predicates = [] if where is None else [_looked_up(where.this, asks)]
    return over(block, _columns(values, lambda tree: _looked_up(tree, asks)), predicates, typed)


def _looked_up(tree: exp.Expr, asks: Mapping[int, Ask]) -> exp.Expr:
    def answered(call: Call) -> exp.Expr:
        if call.meta["id"] not in asks:
            return _unanswered(call)
        null = exp.cast(exp.null(), call.operator.returns, dialect="duckdb")
        row = exp.Subquery(this=exp.select(exp.alias_(null, VALUE)), alias=exp.TableAlias(this=exp.to_identifier("__rv_a")))
        return lookup(asks[call.meta["id"]], call, row)

    return _unordered(replace_calls(tree, answered))


def typed(tree: exp.Expr) -> exp.Expr:
    """A part of a statement, or a whole one: the database takes it if it takes the real one."""
    return _unordered(replace_calls(tree, _unanswered))


def _unanswered(call: Call) -> exp.Expr:
    """NULL of a call's type, in which its arguments stand all the same: what they name must be there, and may be another block's."""
    null = exp.cast(exp.null(), call.operator.returns, dialect="duckdb")
    cases = [exp.If(this=exp.Is(this=exp.paren(one.copy()), expression=exp.null()), true=null.copy()) for one in call.arguments]
    return exp.paren(exp.Case(ifs=cases, default=null), copy=False) if cases else null


def _columns(trees: Sequence[exp.Expr], put: Rewrite | None = None) -> list[exp.Expr]:
    return [exp.alias_((put or typed)(tree), f"a{i}", copy=False) for i, tree in enumerate(trees)]


def _unordered(tree: exp.Expr) -> exp.Expr:
    """Without the orders by the rowid of tables that are not there yet."""
    for node in tree.find_all(exp.Select):
        if is_cut(node):
            node.set("order", None)
    return tree
