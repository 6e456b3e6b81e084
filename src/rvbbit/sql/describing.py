"""Queries that only ask the database for names and types: every call stands as a NULL of the type it returns."""

from __future__ import annotations

from sqlglot import exp

from rvbbit.sql.dialect import Call
from rvbbit.sql.lowering import over, replace_calls, with_ctes, written

__all__ = ["alone", "arguments", "source", "standing", "written"]


def source(block: exp.Expr) -> exp.Expr:
    """All columns of a block's FROM."""
    return over(block, [exp.Star()], [], _typed)


def standing(query: exp.Select, block: exp.Expr) -> exp.Expr:
    """A query as it would be where a block stands, the CTEs visible there included."""
    typed = _typed(query)
    assert isinstance(typed, exp.Select)
    return with_ctes(typed, block, _typed)


def alone(argument: exp.Expr, block: exp.Expr) -> exp.Expr:
    """An argument without its block's FROM: only what does not depend on a row can be described so."""
    return with_ctes(exp.select(_typed(argument)), block, _typed)


def arguments(call: Call, block: exp.Expr, groups: tuple[exp.Expr, ...] | None) -> exp.Expr:
    """A call's arguments, one column each, over its block."""
    columns: list[exp.Expr] = [exp.alias_(_typed(argument), f"a{i}", copy=False) for i, argument in enumerate(call.arguments)]
    return over(block, columns, [], _typed, groups=groups)


def _typed(tree: exp.Expr) -> exp.Expr:
    return replace_calls(tree, lambda call: exp.cast(exp.null(), call.operator.returns, dialect="duckdb"))
