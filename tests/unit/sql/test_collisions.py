"""Patterns that SQL has a meaning for, and texts that look like regular expressions."""

from __future__ import annotations

import duckdb
import pytest

from rvbbit.sql.collisions import collisions
from rvbbit.sql.dialect import Call, Dialect
from rvbbit.sql.patterns import Grammar
from rvbbit.sql.regexes import looks_like_one, notices
from rvbbit.types import Operator, Parameter

FUNCTIONS = {"length": frozenset({1}), "translate": frozenset({3}), "concat": frozenset(range(1, 100))}


def parses(text: str) -> bool:
    try:
        duckdb.extract_statements(text)
    except duckdb.Error:
        return False
    return True


def operator(*patterns: str, name: str = "mine", optional: bool = False) -> Operator:
    return Operator(name, name, patterns, (Parameter("a"), Parameter("b", optional=optional)), "BOOLEAN")


@pytest.mark.parametrize(
    "pattern",
    [
        "{{ a }} SOUNDS_LIKE {{ b }}",
        "{{ a }} ~ {{ b }}",
        "{{ a }} ~> {{ b }}",
        "{{ a }} <~> {{ b }}",
        "{{ a }} IN SPIRIT OF {{ b }}",
        "TRANSLATE({{ a }}, {{ b }})",
        "WHICH {{ a }} WHEN {{ b }} END",
        "MINE({{ a }}, {{ b }})",
    ],
)
def test_what_sql_has_no_use_for_is_free(pattern: str) -> None:
    assert list(collisions(operator(pattern), FUNCTIONS, parses)) == []


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("{{ a }} AT TIME ZONE {{ b }}", "AT TIME ZONE … means something in SQL already"),
        ("{{ a }} IS DISTINCT FROM {{ b }}", "means something in SQL already"),
        ("{{ a }} SIMILAR TO {{ b }}", "means something in SQL already"),
        ("{{ a }} <-> {{ b }}", "means something in SQL already"),
        ("CONCAT({{ a }}, {{ b }})", "CONCAT with 2 arguments is a function of DuckDB's"),
        ("LENGTH({{ a }})", "LENGTH with 1 argument is a function of DuckDB's"),
    ],
)
def test_what_sql_means_already_is_told(pattern: str, said: str) -> None:
    ((place, what),) = collisions(operator(pattern), FUNCTIONS, parses)
    assert place == pattern and said in what


def test_the_name_itself_may_be_a_function_of_duckdb() -> None:
    ((place, what),) = collisions(operator(name="length", optional=True), FUNCTIONS, parses)
    assert (place, what) == ("length", "LENGTH with 1 argument is a function of DuckDB's")


@pytest.mark.parametrize("text", ["^A", "x$", "A.*", "a.+b", r"\d+", "[A-Z]", "(a|b)", "(ab)+", "x{2,3}", "(?i)a", r"a\.b"])
def test_regular_expressions_are_seen(text: str) -> None:
    assert looks_like_one(text)


@pytest.mark.parametrize(
    "text", ["", "IBM Corp.", "Yahoo!", "AT&T (US)", "C++", "Canon PGI-5BK [black]", "Who? Me.", "50 % off", "a|b", "3.5 in", "$5", "A^B"]
)
def test_names_are_not(text: str) -> None:
    assert not looks_like_one(text)


def test_only_the_sign_itself_is_told_about_and_once() -> None:
    grammar = Grammar.of([operator("{{ a }} ~ {{ b }}")])
    tree = Dialect(grammar).read("SELECT x ~ '^A.*', x !~ '^A.*', MINE(x, '^B.*'), x ~ y, x ~ 'A' FROM t")
    (told,) = notices(list(tree.find_all(Call)))
    assert "regexp_full_match(…, '^A.*')" in told
