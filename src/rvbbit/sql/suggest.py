"""A better error where a statement fails because a word is nearly an operator of ours."""

from __future__ import annotations

import difflib

from sqlglot.tokenizer_core import TokenType

from rvbbit.errors import SQLError, UnknownOperator
from rvbbit.sql.patterns import Grammar
from rvbbit.sql.statements import Statement

CUTOFF = 0.7


def improved(error: SQLError, statement: Statement, grammar: Grammar) -> SQLError:
    """The error for a word that stands like an operator: how it is called where it is one, UnknownOperator where it nearly is one."""
    words = {token.text.upper(): token for token in statement.tokens}
    known = grammar.words()
    for word, token in words.items():
        if word in grammar.infixes or not _stands_like_operator(word, statement, error):
            continue
        column = token.col - len(token.text) + 1
        if (function := grammar.functions.get(word)) is not None:
            hint = f"it is called {word}({', '.join(function.slots)})"
            return SQLError(f"{word} does not take these arguments", hint=hint, line=token.line, column=column)
        near = difflib.get_close_matches(word, known, n=1, cutoff=CUTOFF)
        if near and token.token_type == TokenType.VAR:  # LIKE is a word of its own, however near an operator's it is
            return UnknownOperator(f"no operator {token.text}", hint=f"did you mean {near[0]}?", line=token.line, column=column)
    return error


def _stands_like_operator(word: str, statement: Statement, error: SQLError) -> bool:
    """Whether a word is between two operands, or is the function that the error names."""
    texts = [token.text.upper() for token in statement.tokens]
    place = texts.index(word)
    after = statement.tokens[place + 1] if place + 1 < len(texts) else None
    if after is not None and after.text == "(":
        return f"name {word.lower()} " in error.message.lower()
    return place > 0 and after is not None and after.token_type.name in {"STRING", "VAR", "PARAMETER", "PLACEHOLDER", "NUMBER"}


def located(error: SQLError, statement: Statement) -> SQLError:
    """The error with its place in the statement as written; DuckDB counted in what it was sent. No place where none can be found."""
    error.line = error.column = None
    named = error.message.split('"')
    for name in named[1::2]:
        for token in statement.tokens:
            if token.text.lower() == name.lower():
                error.line, error.column = token.line, token.col - len(token.text) + 1
                return error
    return error
