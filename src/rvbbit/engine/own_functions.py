"""Functions of the user's own that are called like an operator: `CREATE MACRO mood(x) AS …` is what `mood(x)` means from then on.

Nobody who has such a macro wants a model asked in its place. The operator is written `rvbbit.mood(x)`, and a notice says so. To look
through DuckDB's functions takes long beside a plan, so it is done when a statement may have changed them, not before each.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import duckdb
from sqlglot.tokenizer_core import Token, TokenType

from rvbbit.execution.database import own_functions
from rvbbit.sql.patterns import Grammar
from rvbbit.sql.statements import Statement, split
from rvbbit.types import Notice

_OPENING = frozenset({TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE})
_CLOSING = frozenset({TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE})
_BEFORE = frozenset({"EXPLAIN", "ANALYZE"})
_IN_FROM = frozenset({"FROM", "JOIN"})
_BEHIND_FROM = frozenset({"SELECT", "WHERE", "ON", "USING", "GROUP", "HAVING", "QUALIFY", "WINDOW", "ORDER", "LIMIT", "SET", "VALUES"})
_MAKE = frozenset({"MACRO", "FUNCTION"})
_MAY_CHANGE = frozenset({"DROP", "ATTACH", "DETACH", "USE", "SET", "RESET", "PRAGMA", "COMMIT", "END", "ROLLBACK", "ABORT", "EXECUTE"})


@dataclass(slots=True)
class Changes:
    """How often the functions of a project may have changed, in whichever session."""

    count: int = 0


@dataclass(slots=True)
class OwnFunctions:
    """Those that one connection sees: the names in lower case and whether they give a table, with their parameters.

    A macro that gives a table is meant in FROM alone, any other one everywhere else. `statement` is the one that runs.
    """

    connection: duckdb.DuckDBPyConnection
    changes: Changes = field(default_factory=Changes)
    statement: Statement | None = None
    _seen: int = -1
    _functions: Mapping[tuple[str, bool], Sequence[str]] = field(default_factory=dict)

    def ran(self, statement: Statement) -> None:
        """Told of every statement that DuckDB ran."""
        words = statement.words
        if words and (words[0] in _MAY_CHANGE or (words[0] == "CREATE" and not _MAKE.isdisjoint(words))):
            self.changes.count += 1

    def beside(self, grammar: Grammar) -> Grammar:
        """The grammar in which calls of those functions are theirs."""
        shared = dict(grammar.shared)
        for name, in_from in self._called(grammar):
            shared[name] = shared.get(name, frozenset()) | self._takes(name, in_from)
        return replace(grammar, shared=shared) if shared != grammar.shared else grammar

    def notices(self, grammar: Grammar) -> list[Notice]:
        """What to say of the calls of the statement that are theirs."""
        found = []
        for (name, in_from), counts in self._called(grammar).items():
            if counts & self._takes(name, in_from):
                theirs = f"{name.lower()}({', '.join(self._functions[name.lower(), in_from])})"
                said = f"{name} is your own function {theirs} here; the operator is written rvbbit.{name.lower()}(…)"
                found.append(Notice(said, "warning"))
        return found

    def _takes(self, name: str, in_from: bool) -> frozenset[int]:
        """Numbers of arguments: some may have a default, which DuckDB does not tell."""
        return frozenset(range(len(self._functions[name.lower(), in_from]) + 1))

    def _called(self, grammar: Grammar) -> dict[tuple[str, bool], set[int]]:
        """Functions of theirs that the statement calls by an operator's name, and with how many arguments."""
        calls = [] if self.statement is None else [call for call in _calls(self.statement) if call[0] in grammar.functions]
        if not calls:
            return {}
        if self._seen != self.changes.count:
            self._functions, self._seen = own_functions(self.connection), self.changes.count
        found: dict[tuple[str, bool], set[int]] = {}
        for name, in_from, count in calls:
            if (name.lower(), in_from) in self._functions:
                found.setdefault((name, in_from), set()).add(count)
        return found


def _calls(statement: Statement) -> Iterator[tuple[str, bool, int]]:
    """The names in front of parentheses, those behind a dot left out, in upper case; whether they stand as an item of FROM; and the number
    of arguments."""
    while statement.words[:1] and statement.words[0] in _BEFORE:  # whatever stands behind them is one token
        behind = next(split(statement.text[statement.tokens[0].end + 1 :]), None)
        if behind is None:
            return
        statement = behind
    tokens = statement.tokens
    inside = [False]  # whether FROM was the last clause to begin, at each depth of parentheses
    for place, (token, following) in enumerate(itertools.pairwise(tokens)):
        before = tokens[place - 1] if place > 0 else None
        word = token.text.upper()
        if token.token_type in _OPENING:
            inside.append(False)
        elif token.token_type in _CLOSING:
            inside = inside[:-1] or [False]
        elif word in _IN_FROM or word in _BEHIND_FROM:
            inside[-1] = word in _IN_FROM
        if following.token_type == TokenType.L_PAREN and (before is None or before.token_type != TokenType.DOT):
            item = before is not None and (before.token_type == TokenType.COMMA or before.text.upper() in {*_IN_FROM, "LATERAL"})
            yield word, inside[-1] and item, _arguments(tokens[place + 2 :])


def _arguments(tokens: Sequence[Token]) -> int:
    """How many there are up to the parenthesis that closes."""
    depth, count = 0, 0
    for place, token in enumerate(tokens):
        if token.token_type in _CLOSING and depth == 0:
            return count + (place > 0)
        depth += (token.token_type in _OPENING) - (token.token_type in _CLOSING)
        count += depth == 0 and token.token_type == TokenType.COMMA
    return count
