"""Words that are nearly operators."""

from __future__ import annotations

import pytest

from rvbbit.errors import SQLError, UnknownOperator
from rvbbit.sql.patterns import Grammar
from rvbbit.sql.statements import split
from rvbbit.sql.suggest import improved, missing


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


JOIN = ("SEMANTIC JOIN needs a question", "leave SEMANTIC out")


@pytest.mark.parametrize(
    ("text", "error", "message", "hint", "column"),
    [
        ("SELECT * FROM t SEMANTIC JOIN u ON t.id = u.id", 'Referenced table "t" not found!', *JOIN, 17),
        ("SELECT * FROM t SEMANTIC LEFT JOIN u", 'syntax error at or near "u"', *JOIN, 17),
        ("SELECT MEANS('x')", "Scalar Function with name means does not exist!", "not take these", "MEANS(text, criterion)", 8),
        ("SELECT id FROM t WHERE text MEANS", "29 Unexpected token", "MEANS lacks a side", "text MEANS criterion", 29),
        ("SELECT id FROM t WHERE MEANS 'x'", "Type with name MEANS does not exist!", "MEANS lacks a side", "text MEANS", 24),
        ("SELECT text RELEVANCE 'x' FROM t", "23 Unexpected token", "RELEVANCE lacks a side", "text RELEVANCE TO topic", 13),
    ],
)
def test_what_is_left_out_is_told(grammar: Grammar, text: str, error: str, message: str, hint: str, column: int) -> None:
    (statement,) = split(text)
    place = error.split(" ", maxsplit=1)[0]
    told = improved(SQLError(error, line=1, column=int(place) if place.isdigit() else None), statement, grammar)
    assert message in told.message and hint in str(told.hint)
    assert (told.line, told.column) == (1, column)


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO classify(text) VALUES ('x')",
        "INSERT INTO means(text) VALUES ('x')",
        "SELECT * FROM t SEMANTIC JOIN u ON SEMANTIC.id = u.id WHERE nothing",
        "SELECT * FROM t SEMANTIC JOIN u ON t.text MEANS u.word AND nothing",
        "SELECT * FROM classify",
    ],
)
def test_tables_called_like_operators_keep_duckdbs_words(grammar: Grammar, text: str) -> None:
    (statement,) = split(text)
    error = SQLError("Catalog Error: Table with name classify does not exist!")
    assert improved(error, statement, grammar) is error


def test_an_operator_with_both_sides_lacks_none(grammar: Grammar) -> None:
    (statement,) = split("PIVOT t ON text MEANS 'x' USING count(*)")
    error = SQLError("Invalid expression / Unexpected token, near 'MEANS'", line=1, column=17)
    assert improved(error, statement, grammar) is error


@pytest.mark.parametrize(
    "text",
    ["PREPARE p AS SELECT id FROM t WHERE text MEANS $1", "PREPARE p(VARCHAR) AS\nSELECT MEANS(text, $1) FROM t"],
)
def test_prepare_says_that_parameters_go_with_the_statement(grammar: Grammar, text: str) -> None:
    (statement,) = split(text)
    told = improved(SQLError("Scalar Function with name means does not exist!"), statement, grammar)
    assert told.message == "PREPARE cannot take a semantic expression" and "parameters" in str(told.hint)


def test_prepare_of_plain_sql_keeps_duckdbs_words(grammar: Grammar) -> None:
    (statement,) = split("PREPARE p AS SELECT means FROM nowhere")
    error = SQLError("Catalog Error: Table with name nowhere does not exist!")
    assert improved(error, statement, grammar) is error


def test_the_function_that_is_missing_has_a_name() -> None:
    assert missing(SQLError('Catalog Error: Scalar Function with name dup does not exist!\nDid you mean "upper"?')) == "dup"
    assert missing(SQLError("Catalog Error: Table with name dup does not exist!")) == ""
