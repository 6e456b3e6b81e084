"""Operators read where DuckDB reads its own, and errors with their place."""

from __future__ import annotations

import pytest

from rvbbit.errors import SQLSyntaxError
from rvbbit.sql.dialect import Call, Dialect
from rvbbit.sql.patterns import Grammar


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("SELECT text MEANS 'x' FROM t", "SELECT MEANS(text, 'x') FROM t"),
        ("SELECT text means 'x' FROM t", "SELECT MEANS(text, 'x') FROM t"),
        ("SELECT a || b MEANS 'x' || 'y' FROM t", "SELECT MEANS(a || b, 'x' || 'y') FROM t"),
        ("SELECT text NOT MEANS 'x' FROM t", "SELECT NOT MEANS(text, 'x') FROM t"),
        ("SELECT NOT text MEANS 'x' AND b FROM t", "SELECT NOT MEANS(text, 'x') AND b FROM t"),
        ("SELECT a MEANS b OR c MEANS d FROM t", "SELECT MEANS(a, b) OR MEANS(c, d) FROM t"),
        ("SELECT text ABOUT 'x' > 0.7 FROM t", "SELECT ABOUT(text, 'x') > 0.7 FROM t"),
        ("SELECT text ABOUT 'x' BETWEEN 0.1 AND 0.5 FROM t", "SELECT ABOUT(text, 'x') BETWEEN 0.1 AND 0.5 FROM t"),
        ("SELECT text MEANS 'x' IS NULL FROM t", "SELECT MEANS(text, 'x') IS NULL FROM t"),
        ("SELECT t.text MEANS upper('x') FROM t", "SELECT MEANS(t.text, upper('x')) FROM t"),
        ("SELECT text::VARCHAR MEANS $1 FROM t", "SELECT MEANS(CAST(text AS TEXT), $1) FROM t"),
        ("SELECT (text MEANS 'x')::INT FROM t", "SELECT CAST((MEANS(text, 'x')) AS INT) FROM t"),
        ("SELECT a LIES FROM 'b' UP TO 'c' AND d FROM t", "SELECT LIES_WITHIN(a, 'b', 'c') AND d FROM t"),
        ("SELECT a RELEVANCE TO 'b' FROM t", "SELECT RELEVANCE(a, 'b') FROM t"),
        ("SELECT a ~ b, ~c, a !~ d FROM t", "SELECT SAME_ENTITY(a, b), ~c, NOT SAME_ENTITY(a, d) FROM t"),
        ("SELECT a LIKE b ~ c FROM t", "SELECT SAME_ENTITY(a LIKE b, c) FROM t"),
        ("SELECT id FROM t ORDER BY a RELEVANCE TO 'b'", "SELECT id FROM t ORDER BY RELEVANCE(a, 'b') DESC"),
        ("SELECT id FROM t ORDER BY a RELEVANCE TO 'b' ASC", "SELECT id FROM t ORDER BY RELEVANCE(a, 'b') ASC"),
        ("SELECT id FROM t ORDER BY length(a RELEVANCE TO 'b')", "SELECT id FROM t ORDER BY length(RELEVANCE(a, 'b'))"),
        ("SELECT semantic_case, t.semantic_case FROM t", "SELECT semantic_case, t.semantic_case FROM t"),
        ("SELECT semantic_case('a', ['b'])", "SELECT SEMANTIC_CASE('a', ['b'])"),
        ('SELECT "semantic_case" a FROM t', 'SELECT "semantic_case" AS a FROM t'),
        ("SELECT a NOT ABOUT 'x' > 0.7 AND b FROM t", "SELECT (NOT ABOUT(a, 'x') > 0.7) AND b FROM t"),
        ("SELECT a NOT MEANS 'x' IS NULL FROM t", "SELECT (NOT MEANS(a, 'x')) IS NULL FROM t"),
        ("SELECT CLASSIFY(text, ['a']) MEANS 'a' FROM t", "SELECT MEANS(CLASSIFY(text, ['a']), 'a') FROM t"),
        ("SELECT means FROM means AS about", "SELECT means FROM means AS about"),
        ("SELECT range MEANS 'x' FROM range(9) WHERE range < 3", "SELECT MEANS(range, 'x') FROM range(9) WHERE range < 3"),
        ("SELECT text means, id about FROM t", "SELECT text AS means, id AS about FROM t"),
        ("SELECT s.means(1) FROM t", "SELECT s.means(1) FROM t"),
        ("SELECT Upper(text), MyFunction(1) FROM t", "SELECT Upper(text), MyFunction(1) FROM t"),
        ("SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY a) FROM t", "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY a) FROM t"),
    ],
)
def test_what_is_read_is_written_with_calls_as_functions(grammar: Grammar, text: str, written: str) -> None:
    dialect = Dialect(grammar)
    assert dialect.write(dialect.read(text)) == written


def test_a_call_knows_its_place(grammar: Grammar) -> None:
    tree = Dialect(grammar).read("SELECT id,\n  text MEANS 'x',\n  CLASSIFY(text, 'a') FROM t")
    places = [(call.name, call.meta["line"], call.meta["column"]) for call in tree.find_all(Call)]
    assert sorted(places) == [("classify", 3, 3), ("means", 2, 8)]


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("SELECT CLASSIFY(text) FROM t", 1, 8),
        ("SELECT 1,\n CLASSIFY(a, b, c) FROM t", 2, 2),
        ("SELECT *\nFROM t\nWHERE", 3, 1),
        ("SELECT\n  1 +\n FROM t", 3, 2),
        ("SELECT (1", 1, 9),
        ("SELECT SEMANTIC_CASE text WHEN 'a' THEN 1 FROM t", 1, 43),
        ("SELECT SEMANTIC_CASE text WHEN 'a' 1 END FROM t", 1, 36),
        ("SELECT SEMANTIC_CASE text WHEN 'a' THEN END FROM t", 1, 41),
        ("SELECT SEMANTIC_CASE text WHEN 'a' THEN 1 ELSE END FROM t", 1, 48),
    ],
)
def test_syntax_errors_say_where(grammar: Grammar, text: str, line: int, column: int) -> None:
    with pytest.raises(SQLSyntaxError) as caught:
        Dialect(grammar).read(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert "sqlglot" not in caught.value.message


@pytest.mark.parametrize("text", ["", "SELECT 1; SELECT 2", "SELECT 'open"])
def test_anything_but_one_whole_statement_is_refused(grammar: Grammar, text: str) -> None:
    with pytest.raises(SQLSyntaxError):
        Dialect(grammar).read(text)


def test_a_dialect_without_a_grammar_reads_plain_duckdb() -> None:
    assert list(Dialect().read("SELECT means(a, b) FROM t").find_all(Call)) == []
