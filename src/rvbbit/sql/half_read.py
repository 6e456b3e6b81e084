"""Statements of which sqlglot does not read every form: where one of the others holds a call, what to write in its place is said.

`PIVOT t ON text MEANS 'c'` ends for it before MEANS; `INSERT BY NAME` in a MERGE is for it the column BY, called NAME. Without a call they
are DuckDB's, which reads them as they are.
"""

from __future__ import annotations

from typing import Any

from sqlglot.errors import ParseError
from sqlglot.parsers.duckdb import DuckDBParser
from sqlglot.tokenizer_core import Token, TokenType

from rvbbit.sql.call import Call
from rvbbit.sql.patterns import Grammar

INSTEAD = {
    ("INSERT", "BY"): "write INSERT (id, name) VALUES (s.id, s.name)",
    ("INSERT", "DEFAULT"): "write INSERT (id) VALUES (DEFAULT)",
    ("UPDATE", "BY"): "write UPDATE SET name = s.name",
    ("ERROR",): "find such rows with a SELECT before",
}
"""What may stand behind THEN in a MERGE that DuckDB runs and nobody here reads, and what does the same."""


class HalfRead(DuckDBParser):
    """Reads them as far as it goes."""

    @property
    def grammar(self) -> Grammar:
        """The operators there are."""
        raise NotImplementedError

    def _parse_simplified_pivot(self, *args: Any, **kwargs: Any) -> Any:
        pivot = super()._parse_simplified_pivot(*args, **kwargs)
        token = self._next if self._curr is not None and self._curr.token_type == TokenType.NOT else self._curr
        if token is not None and token.token_type != TokenType.IDENTIFIER and token.text.upper() in self.grammar.infixes:
            self.raise_error("PIVOT reads an operator in parentheses alone: write PIVOT … ON (x MEANS 'c') USING …", token)
        return pivot

    def _parse_merge(self) -> Any:
        start = self._index
        try:
            merge = super()._parse_merge()
        except ParseError:
            self._refuse(start)
            raise
        if merge.find(Call) is not None:
            self._refuse(start)
        return merge

    def _refuse(self, start: int) -> None:
        for place, token in enumerate(self._tokens[start:], start):
            if token.token_type == TokenType.THEN and (words := _unread(self._tokens[place + 1 :])) is not None:
                first = self._tokens[place + 1]
                instead = INSTEAD[words]
                self.raise_error(f"{' '.join(words)} … is not read in a MERGE with an operator: {instead}", first)


def _unread(tokens: list[Token]) -> tuple[str, ...] | None:
    texts = tuple(token.text.upper() for token in tokens[:2])
    return next((words for words in INSTEAD if texts[: len(words)] == words), None)
