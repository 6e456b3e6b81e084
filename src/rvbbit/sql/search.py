"""One search of a statement's FROM, as values. Written and read in `searches`."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp

from rvbbit.errors import SQLError


@dataclass(frozen=True, slots=True)
class Search:
    """One search. `arguments` are constants in their order, `typed` is how it was written, `name` the table that takes its place.

    `block` is the query it stands in, `every` the name that all rows of the searched table have in `candidates`.
    """

    name: str
    every: str
    hybrid: bool
    arguments: tuple[exp.Expr, ...]
    typed: str
    line: int | None
    column: int | None
    block: exp.Expr = field(repr=False, compare=False)

    @property
    def columns(self) -> tuple[str, ...]:
        """What it gives: `id` and `text` of a row, and how near it is."""
        return ("id", "text", "score", "similarity", "distance") if self.hybrid else ("id", "text", "similarity", "distance")

    def refuse(self, message: str, hint: str | None = None) -> SQLError:
        """An error that stands at the search."""
        return SQLError(message, hint=hint, line=self.line, column=self.column)
