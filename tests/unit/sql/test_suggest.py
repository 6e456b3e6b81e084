"""Words that are nearly operators."""

from __future__ import annotations

import pytest

from rvbbit.errors import SQLError, UnknownOperator
from rvbbit.sql.patterns import Grammar
from rvbbit.sql.statements import split
from rvbbit.sql.suggest import improved


@pytest.mark.parametrize(
    ("text", "message", "hint", "column"),
    [
        ("SELECT id FROM t WHERE text MEENS 'x'", 'syntax error at or near "MEENS"', "did you mean MEANS?", 29),
        ("SELECT CLASIFY(text, 'a') FROM t", "Scalar Function with name clasify does not exist!", "did you mean CLASSIFY?", 8),
    ],
)
def test_a_near_word_names_the_operator_and_its_place(grammar: Grammar, text: str, message: str, hint: str, column: int) -> None:
    (statement,) = split(text)
    error = improved(SQLError(message), statement, grammar)
    assert isinstance(error, UnknownOperator)
    assert error.hint == hint
    assert (error.line, error.column) == (1, column)


@pytest.mark.parametrize("text", ["SELECT meen FROM t WHERE nothing", "SELECT foo(text) FROM t", "SELECT id FROM t WHERE text LIKE 'x'"])
def test_other_errors_stay_as_they_are(grammar: Grammar, text: str) -> None:
    (statement,) = split(text)
    error = SQLError('Referenced column "nothing" not found')
    assert improved(error, statement, grammar) is error
