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


REGULAR_EXPRESSIONS = r"""
^A          x$          ^x$         A.*         a.+b        .*          a.c         gr.y        .{3}
\d          \d+         \w+@\w+     \bcat\b     a\.b        \s          [A-Z]       [0-9]+      [^a-z]
(a|b)       a|b         cat|dog     (ab)+       [ab]*       x{2,3}      x{2}        (?i)a       gr[ae]y
colou?r     .?a         (ab)?c      \(x\)       ^[A-Z].*$   Inc\.?
"""
NAMES = """
IBM Corp.
Yahoo!
AT&T (US)
C++
Canon PGI-5BK [black]
Who? Me.
Who is it? The one with 3.5 in.
Where is my parcel?
It never arrived. I want my money back.
Is it red... or blue?
50 % off
Sony | black
3.5 in
v1.2
$5
US$
5$
A^B
^_^
amazon.com
node.js
U.S.A.
e.g. a dog
e.g.
p.m.
J.R.R. Tolkien
C:\\data\\new
https://example.com/a?b=c
me@example.com
(really?) no
What (if any) is it?
M*A*S*H
f**k
Disney+
5*
don't ask
wait...what
"""


@pytest.mark.parametrize("text", REGULAR_EXPRESSIONS.split())
def test_regular_expressions_are_seen(text: str) -> None:
    assert looks_like_one(text)


@pytest.mark.parametrize("text", ["", *NAMES.strip().splitlines()])
def test_names_and_sentences_are_not(text: str) -> None:
    assert not looks_like_one(text)


def test_only_the_sign_itself_is_told_about_and_once() -> None:
    grammar = Grammar.of([operator("{{ a }} ~ {{ b }}")])
    tree = Dialect(grammar).read("SELECT x ~ '^A.*', x !~ '^A.*', MINE(x, '^B.*'), x ~ y, x ~ 'A' FROM t")
    (told,) = notices(list(tree.find_all(Call)))
    assert "regexp_full_match(…, '^A.*')" in told
