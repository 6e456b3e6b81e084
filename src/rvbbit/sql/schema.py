"""What the binder may ask of the database, and what it knows of its functions."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass

from sqlglot import exp

from rvbbit.errors import SQLError
from rvbbit.sql import scopes, stability
from rvbbit.sql.call import Call
from rvbbit.sql.origins import KeyedOf


@dataclass(frozen=True, slots=True)
class Schema:
    """`describe` gives (name, DuckDB type) of each column of a query; raises SQLError. So does `check` where a statement cannot be run.

    `aggregates` are functions over groups, `views` gives the names of views, both in lower case: what a view reads is not seen here.
    """

    describe: Callable[[exp.Expr], list[tuple[str, str]]]
    aggregates: frozenset[str] = frozenset()
    keyed: KeyedOf = lambda _: None
    views: Callable[[], Set[str]] = frozenset
    check: Callable[[exp.Expr], object] = lambda _: None

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

    def reads_again(self, block: exp.Expr) -> bool:
        """Whether the rows of a block's FROM can be read once more and be the same: no sample, call or view, also not in its CTEs."""
        ons = [join.args["on"] for join in block.args.get("joins") or () if join.args.get("on")]
        read = [*scopes.sources(block), *(block.args.get("laterals") or ()), *ons]
        if block.args.get("sample") or scopes.in_recursive_cte(block) or any(map(self.reads_differently, read)):
            return False
        read += scopes.visible_ctes(block)[0]
        if any(part.find(Call) is not None for part in read):
            return False
        tables = {table.name.lower() for part in read for table in part.find_all(exp.Table)}
        return not tables or not tables & self.views()

    def _aggregates(self, node: exp.Expr) -> bool:
        return isinstance(node, exp.Anonymous) and node.name.lower() in self.aggregates
