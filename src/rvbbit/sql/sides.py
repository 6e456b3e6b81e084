"""The two tables whose rows a call pairs, and which conditions are about one of them alone.

A join that asks about near pairs must know each table's values by itself: `a.name ~ b.name` with `a.city = 'Rome'` needs the names of
a's rows in Rome and those of all of b's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from rvbbit.sql import scopes
from rvbbit.sql.dialect import Call

TEXT = "VARCHAR"


@dataclass(frozen=True, slots=True)
class Sides:
    """Where a call's first two arguments come from, by the names of the tables in FROM; `columns` are all of those with their columns."""

    left: str
    right: str
    columns: tuple[tuple[str, frozenset[str]], ...]

    def owner(self, tree: exp.Expr) -> str | None:
        """The one table that a tree reads; None where it reads several, or that cannot be told."""
        return owner(tree, dict(self.columns))

    @property
    def alone(self) -> bool:
        """Whether there are no other tables."""
        return {name for name, _ in self.columns} == {self.left, self.right}


@dataclass(frozen=True, slots=True)
class Pairing:
    """The distinct values of each side of a stage that pairs two tables: `left` has one column `__rv_k0`, `right` `__rv_k1`.

    Every value of one side meets every one of the other, unless it is `linked`: then `rows` says which do, and `among` says it of the pairs
    in the relation `near`, which has both columns.
    """

    left: exp.Expr
    right: exp.Expr
    linked: bool
    among: exp.Expr
    near: str


def of(call: Call, block: exp.Expr, columns: Callable[[exp.Expr], list[str]]) -> Sides | None:
    """The sides of a call over two columns of two tables; None where it is no such call. `columns` names those of an item of FROM."""
    items = scopes.sources(block)
    if not isinstance(block, exp.Select) or block.args.get("laterals") or len(call.arguments) != 2 or not all(map(_plain, items)):
        return None
    named = {item.alias_or_name.lower(): frozenset(name.lower() for name in columns(item)) for item in items}
    if len(named) != len(items):
        return None
    left, right = (owner(argument, named) for argument in call.arguments)
    if left is None or right is None or left == right:
        return None
    return Sides(left, right, tuple(named.items()))


def owner(tree: exp.Expr, columns: dict[str, frozenset[str]]) -> str | None:
    """The one of some tables whose columns a tree names."""
    if tree.find(exp.Select, exp.Star) is not None:
        return None
    found: set[str | None] = set()
    for column in tree.find_all(exp.Column):
        name = column.name.lower()
        having = [table for table, names in columns.items() if name in names and column.table.lower() in {"", table}]
        found.add(having[0] if len(having) == 1 else None)
    return found.pop() if len(found) == 1 else None


def _plain(item: exp.Expr) -> bool:
    """A table, or a subquery that reads nothing of the tables beside it."""
    return isinstance(item, exp.Table | exp.Subquery) and bool(item.alias_or_name) and not item.args.get("joins") and not _sampled(item)


def _sampled(item: exp.Expr) -> bool:
    return any(item.args.get(clause) for clause in ("sample", "pivots", "laterals")) or isinstance(item.this, exp.Anonymous)
