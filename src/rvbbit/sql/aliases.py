"""Aliases written out. DuckDB lets WHERE and later columns name an earlier column's alias; a stage has no such columns.

An alias that reads differently each time (`random() AS r`) or stands for a window must be computed once, so it stays a name.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from rvbbit.sql import scopes
from rvbbit.sql.dialect import Call

Columns = Callable[[], set[str]]
"""The names of a block's own columns, in lower case."""


def expand(select: exp.Select, columns: Columns, copied: Callable[[exp.Expr], None]) -> set[str]:
    """Put the expression in place of each alias that WHERE or a part with calls names, and of each for a call in a later column.

    `copied` is told of every copy made. Returns the aliases that are still named beside calls.
    """
    values = _aliased(select)
    if not values:
        return set()
    for _ in values:  # an alias may name another one
        found = [column for column in _named(select, values) if column.name.lower() not in columns()]
        wanted = [column for column in found if not _stays(values[column.name.lower()])]
        if not wanted:
            break
        for column in wanted:
            copy = exp.paren(values[column.name.lower()].copy(), copy=False)
            copied(copy)
            column.replace(copy)
    return {column.name.lower() for column in _named(select, values) if column.name.lower() not in columns()}


def _aliased(select: exp.Select) -> dict[str, exp.Expr]:
    values: dict[str, exp.Expr] = {}
    for projection in select.expressions:
        if isinstance(projection, exp.Alias):
            values.setdefault(projection.alias.lower(), projection.this)
    return values


def _named(select: exp.Select, values: dict[str, exp.Expr]) -> list[exp.Column]:
    """The columns that name an alias where a stage or a lookup could not: in WHERE, beside calls, and for calls in the output."""
    found = []
    for column in select.find_all(exp.Column):
        value = values.get(column.name.lower())
        if value is None or column.table or scopes.block_of(column) is not select or _is_within(column, value):
            continue
        clause, part = scopes.clause_of(column, select), _part(column, select)
        if clause == "where" or (clause == "expressions" and value.find(Call)) or _holds_calls(part, select):
            found.append(column)
    return found


def _part(column: exp.Expr, select: exp.Select) -> exp.Expr:
    """The output column, sort key or condition that holds a node."""
    node = column
    while node.parent is not None and node.parent is not select and not isinstance(node.parent, exp.Order | exp.Group):
        node = node.parent
    return node


def _holds_calls(part: exp.Expr, select: exp.Select) -> bool:
    return any(scopes.block_of(call) is select for call in part.find_all(Call))


def _is_within(node: exp.Expr, root: exp.Expr) -> bool:
    parent: exp.Expr | None = node
    while parent is not None and parent is not root:
        parent = parent.parent
    return parent is root


def _stays(value: exp.Expr) -> bool:
    return scopes.is_volatile(value) or value.find(exp.Window) is not None
