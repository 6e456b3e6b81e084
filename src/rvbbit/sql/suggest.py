"""A better error where a statement fails because a word is nearly an operator of ours."""

from __future__ import annotations

import difflib
import itertools
import re

from sqlglot.tokenizer_core import Token, TokenType

from rvbbit.errors import SQLError, SQLSyntaxError, UnknownOperator
from rvbbit.sql.dialect import Call, Dialect
from rvbbit.sql.patterns import Grammar, Infix
from rvbbit.sql.semantic_joins import WORD, is_semantic_join
from rvbbit.sql.statements import Statement, split

CUTOFF = 0.7
_MISSING = re.compile(r"function with name \"?(\w+)\"? does not exist", re.IGNORECASE)
_OPERANDS = {TokenType.STRING, TokenType.VAR, TokenType.NUMBER, TokenType.IDENTIFIER, TokenType.L_PAREN, TokenType.PARAMETER}
"""What a right side begins with: an operator in front of one has it, and stands where none may."""


def improved(error: SQLError, statement: Statement, grammar: Grammar) -> SQLError:
    """The error for a word that stands like an operator: how it is called where it is one, UnknownOperator where it nearly is one."""
    if (token := _questionless(statement, grammar)) is not None:
        hint = "without a question it is a JOIN like any other: leave SEMANTIC out"
        return SQLError(
            f"{WORD} JOIN needs a question in its ON, such as a.name ~ b.name", hint=hint, line=token.line, column=_column(token)
        )
    if prepares(statement, grammar):
        token = statement.tokens[0]
        hint = "run the statement itself each time and give it its parameters: db.sql(text, params), over HTTP `params`"
        return SQLError("PREPARE cannot take a semantic expression", hint=hint, line=token.line, column=_column(token))
    if (found := _alone(error, statement, grammar)) is not None:
        token, infix = found
        spelled = " ".join(part for slot, run in zip(infix.slots, [*infix.words, ()], strict=True) for part in (slot, *run))
        return SQLSyntaxError(f"{token.text.upper()} lacks a side", hint=f"it is written {spelled}", line=token.line, column=_column(token))
    words = {token.text.upper(): token for token in statement.tokens}
    known = grammar.words()
    for word, token in words.items():
        if (word in grammar.infixes and word not in grammar.functions) or not _stands_like_operator(word, statement, error, grammar):
            continue
        column = _column(token)
        if (function := grammar.functions.get(word)) is not None:
            hint = f"it is called {word}({', '.join(function.slots)})"
            return SQLError(f"{word} does not take these arguments", hint=hint, line=token.line, column=column)
        near = difflib.get_close_matches(word, known, n=1, cutoff=CUTOFF)
        if near and token.token_type == TokenType.VAR:  # LIKE is a word of its own, however near an operator's it is
            return UnknownOperator(f"no operator {token.text}", hint=f"did you mean {near[0]}?", line=token.line, column=column)
    return error


def missing(error: SQLError) -> str:
    """The name of the function that an error says is not there; empty where it says something else."""
    found = _MISSING.search(error.message)
    return found[1] if found else ""


def prepares(statement: Statement, grammar: Grammar) -> bool:
    """Whether it is PREPARE … AS and a statement with a call; DuckDB, whose it is, knows no operator."""
    if statement.words[:1] != ["PREPARE"]:
        return False
    inner = next(split(statement.text[statement.tokens[0].end + 1 :]), None)
    begin = next((token.end + 1 for token in inner.tokens if token.text.upper() == "AS"), None) if inner is not None else None
    if inner is None or begin is None:
        return False
    try:
        return Dialect(grammar).read(inner.text[begin:]).find(Call) is not None
    except SQLSyntaxError:
        return False


def _stands_like_operator(word: str, statement: Statement, error: SQLError, grammar: Grammar) -> bool:
    """Whether a word is between two operands, or is the function that the error names."""
    texts = [token.text.upper() for token in statement.tokens]
    place = texts.index(word)
    after = statement.tokens[place + 1] if place + 1 < len(texts) else None
    if after is not None and after.text == "(":
        return f"function with name {word.lower()} " in error.message.lower()
    return (
        word not in grammar.infixes
        and place > 0
        and after is not None
        and after.token_type.name in {"STRING", "VAR", "PARAMETER", "PLACEHOLDER", "NUMBER"}
    )


def _questionless(statement: Statement, grammar: Grammar) -> Token | None:
    """The word SEMANTIC in front of a join behind which no operator stands."""
    tokens = statement.tokens
    pairs = list(itertools.pairwise(tokens))
    if any(token.text.upper() == WORD and following.token_type == TokenType.DOT for token, following in pairs):
        return None  # a table's alias
    for place, (token, following) in enumerate(pairs):
        if is_semantic_join(token, following):
            operators = {*grammar.infixes, *grammar.functions, *grammar.choices}
            return token if operators.isdisjoint(one.text.upper() for one in tokens[place + 1 :]) else None
    return None


def _alone(error: SQLError, statement: Statement, grammar: Grammar) -> tuple[Token, Infix] | None:
    """The infix operator at which reading failed, or behind which it did."""
    for token, following in zip(statement.tokens, (*statement.tokens[1:], None), strict=False):
        patterns = grammar.infixes.get(token.text.upper()) if token.token_type in {TokenType.VAR, TokenType.TILDE} else None
        if not patterns:
            continue
        failed = "Unexpected token" in error.message and (error.line, error.column) in (
            {_place(following)} if following is not None and following.token_type in _OPERANDS else {_place(token), _place(following)}
        )
        if failed or f"type with name {token.text.lower()} " in error.message.lower():
            return token, patterns[0]
    return None


def _place(token: Token | None) -> tuple[int, int] | None:
    return None if token is None else (token.line, _column(token))


def _column(token: Token) -> int:
    return token.col - (token.end - token.start)


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
