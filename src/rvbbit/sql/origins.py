"""Where a text comes from: the column of a base table that an argument is, with nothing around it, and what tells the table's rows apart.

`SELECT EMBED(p.text) FROM products p JOIN …` is a column of `products`; `EMBED(upper(text))`, and a column of a subquery, are no table's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from sqlglot import exp

from rvbbit.sql import scopes


@dataclass(frozen=True, slots=True)
class Keyed:
    """A base table as `rvbbit_embeddings` names it. `key` are the columns that tell its rows apart, empty where only rowid does.

    `path` is the table in full, for queries. `lasting` is False for a temporary table, of which nothing is kept by row.
    """

    name: str
    path: tuple[str, ...]
    key: tuple[str, ...]
    kind: Literal["primary key", "unique column", "rowid"]
    lasting: bool = True

    def row(self, alias: str) -> exp.Expr:
        """A row's key: the column itself, or a struct of several."""
        if len(self.key) < 2:
            return _column(self.key[0] if self.key else "rowid", alias)
        fields = [exp.PropertyEQ(this=exp.to_identifier(name, quoted=True), expression=_column(name, alias)) for name in self.key]
        return exp.Struct(expressions=fields)

    def row_text(self, alias: str) -> exp.Expr:
        """A row's key as `rvbbit_embeddings` has it."""
        return exp.cast(self.row(alias), "VARCHAR", dialect="duckdb")

    def source(self, alias: str) -> exp.Table:
        """The table in a FROM of ours."""
        parts = [exp.to_identifier(part, quoted=True) for part in self.path]
        named = dict(zip(("this", "db", "catalog"), reversed(parts), strict=False))
        return exp.Table(**named, alias=exp.TableAlias(this=exp.to_identifier(alias)))


@dataclass(frozen=True, slots=True)
class Origin:
    """A column of a table that stands in a FROM under an alias."""

    table: Keyed
    column: str
    alias: str

    def row_text(self) -> exp.Expr:
        """The key of the row it is read from."""
        return self.table.row_text(self.alias)

    def moved(self, column: str, alias: str) -> Origin:
        """The same where the row's key is read from one column of what its table became."""
        return Origin(replace(self.table, key=(column,)), self.column, alias)


KeyedOf = Callable[[exp.Table], Keyed | None]
"""What is known of a table in FROM; None where it is no base table."""


def origin(argument: exp.Expr, block: exp.Expr, keyed: KeyedOf, columns: Callable[[exp.Table], list[str]]) -> Origin | None:
    """Where an argument of a block comes from; None where it is computed or its table cannot be told."""
    column = argument.unnest()
    if not isinstance(column, exp.Column) or isinstance(column.this, exp.Star) or column.args.get("db"):
        return None
    ctes = {cte.alias.lower() for cte in scopes.visible_ctes(block)[0]}
    tables = [source for source in scopes.sources(block) if isinstance(source, exp.Table)]
    if column.table:
        tables = [table for table in tables if table.alias_or_name.lower() == column.table.lower()]
    else:
        others = len(scopes.sources(block)) - len(tables)
        tables = tables if len(tables) == 1 and not others else [t for t in tables if column.name.lower() in columns(t)]
    if len(tables) != 1 or not isinstance(tables[0].this, exp.Identifier):
        return None
    table = tables[0]
    if (not table.db and table.name.lower() in ctes) or ((alias := table.args.get("alias")) is not None and alias.args.get("columns")):
        return None
    found = keyed(table)
    return None if found is None else Origin(found, column.name, table.alias_or_name)


def _column(name: str, alias: str) -> exp.Column:
    return exp.Column(this=exp.to_identifier(name, quoted=name != "rowid"), table=exp.to_identifier(alias, quoted=True))
