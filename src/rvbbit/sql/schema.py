"""What the binder may ask of the database, and what it knows of its functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from rvbbit.errors import SQLError
from rvbbit.sql import scopes, stability
from rvbbit.sql.origins import KeyedOf


@dataclass(frozen=True, slots=True)
class Schema:
    """`describe` gives (name, DuckDB type) of each column of a query; raises SQLError.

    `aggregates` are functions over groups, in lower case.
    """

    describe: Callable[[exp.Expr], list[tuple[str, str]]]
    aggregates: frozenset[str] = frozenset()
    keyed: KeyedOf = lambda _: None

    def describes(self, query: exp.Expr) -> bool:
        """Whether the database could run a query."""
        try:
            self.describe(query)
        except SQLError:
            return False
        return True

    def has_aggregate(self, tree: exp.Expr) -> bool:
        """Whether a tree computes over groups or windows."""
        return any(isinstance(node, exp.Window | exp.AggFunc) or self._aggregates(node) for node in scopes.own_nodes(tree))

    def aggregates_rows(self, tree: exp.Expr) -> bool:
        """Whether a tree computes over groups, window functions aside."""
        plain = (node for node in scopes.own_nodes(tree) if not isinstance(node.parent, exp.Window))
        return any(isinstance(node, exp.AggFunc) or self._aggregates(node) for node in plain)

    def reads_differently(self, tree: exp.Expr) -> bool:
        """Whether reading a tree twice could give different rows or values."""
        return stability.reads_differently(tree, self.aggregates)

    def _aggregates(self, node: exp.Expr) -> bool:
        return isinstance(node, exp.Anonymous) and node.name.lower() in self.aggregates
