"""`FROM a SEMANTIC JOIN b ON a.name ~ b.name`: a join whose ON holds a question, and otherwise a join like any other."""

from __future__ import annotations

from typing import Any

from sqlglot.parsers.duckdb import DuckDBParser
from sqlglot.tokenizer_core import Token, TokenType

from rvbbit.sql.call import Call

WORD = "SEMANTIC"
AFTER = {TokenType.JOIN, TokenType.LEFT, TokenType.RIGHT, TokenType.FULL, TokenType.INNER}


def is_semantic_join(token: Token | None, following: Token | None) -> bool:
    """Whether two tokens begin one."""
    if token is None or following is None or token.token_type in {TokenType.IDENTIFIER, TokenType.STRING}:
        return False
    return token.text.upper() == WORD and following.token_type in AFTER


class SemanticJoins(DuckDBParser):
    """Reads them."""

    def _parse_table_alias(self, *args: Any, **kwargs: Any) -> Any:
        """The word is no alias where a join follows it."""
        return None if is_semantic_join(self._curr, self._next) else super()._parse_table_alias(*args, **kwargs)

    def _parse_join(self, *args: Any, **kwargs: Any) -> Any:
        if not is_semantic_join(self._curr, self._next):
            return super()._parse_join(*args, **kwargs)
        token = self._curr
        self._advance()
        join = super()._parse_join(*args, **kwargs)
        on = None if join is None else join.args.get("on")
        if on is None or on.find(Call) is None:
            self.raise_error("SEMANTIC JOIN needs a question in its ON, such as a.name ~ b.name", token)
        return join
