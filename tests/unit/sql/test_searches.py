"""Searches taken out of a statement, and the query for the rows they are among."""

from __future__ import annotations

import itertools

import pytest

from rvbbit.errors import SQLError
from rvbbit.sql.dialect import Dialect
from rvbbit.sql.lowering import written
from rvbbit.sql.patterns import Grammar
from rvbbit.sql.searches import candidates, holds_searches, take_out, with_rows, with_types
from rvbbit.types import Operator, Parameter

MEANS = Operator("means", "means", ("{{ a }} MEANS {{ b }}",), (Parameter("a"), Parameter("b")), "BOOLEAN")
V = "VECTOR_SEARCH('shoes', 'products.text', 10)"


def taken(sql: str):
    tree = Dialect(Grammar.of([MEANS])).read(sql)
    numbers = itertools.count(1)
    return tree, take_out(tree, lambda: next(numbers))


def narrowed(sql: str) -> str | None:
    _, (search,) = taken(sql)
    found = candidates(search)
    return None if found is None else written(found)


def test_a_search_becomes_a_table_of_what_was_found() -> None:
    tree, (search,) = taken(f"SELECT v.id FROM {V} AS v")
    assert written(tree) == "SELECT v.id FROM __rv_found_1 AS v"
    assert (search.typed, search.hybrid, search.line, search.column) == (V, False, 1, 18)


def test_one_without_an_alias_is_called_by_its_function() -> None:
    tree, _ = taken(f"SELECT hybrid_search.id FROM {V.replace('VECTOR', 'hybrid').replace('_SEARCH', '_search')}")
    assert written(tree) == "SELECT hybrid_search.id FROM __rv_found_1 AS hybrid_search"


def test_a_function_of_that_name_is_found_wherever_it_stands() -> None:
    assert holds_searches(Dialect().read(f"SELECT 1 WHERE 2 IN (SELECT id FROM {V})"))
    assert not holds_searches(Dialect().read("SELECT 'VECTOR_SEARCH(1)', vector_search FROM t"))


@pytest.mark.parametrize(
    ("sql", "narrow"),
    [
        pytest.param(f"SELECT * FROM {V}", None, id="nothing else"),
        pytest.param(f"SELECT * FROM {V} v WHERE similarity > 0.5 AND v.distance < 1", None, id="its own measures come after"),
        pytest.param(
            f"SELECT * FROM {V} v WHERE v.text LIKE 'a%' AND similarity > 0.5",
            "SELECT DISTINCT v.id FROM __rv_every_1 AS v WHERE (v.text LIKE 'a%')",
            id="its text goes before",
        ),
        pytest.param(
            f"SELECT * FROM {V} v JOIN products p ON p.id = v.id WHERE p.price < 5",
            "SELECT DISTINCT v.id FROM __rv_every_1 AS v JOIN products AS p ON p.id = v.id WHERE (p.price < 5)",
            id="a join and its condition",
        ),
        pytest.param(
            f"SELECT * FROM products p, {V} v WHERE p.id = v.id AND p.text MEANS 'x'",
            "SELECT DISTINCT v.id FROM products AS p, __rv_every_1 AS v WHERE (p.id = v.id)",
            id="what needs a model comes after",
        ),
        pytest.param(
            f"SELECT * FROM {V} v JOIN products p USING (id) WHERE random() < 0.5",
            "SELECT DISTINCT v.id FROM __rv_every_1 AS v JOIN products AS p USING (id)",
            id="chance comes after",
        ),
        pytest.param(
            f"WITH c AS (SELECT * FROM products WHERE price < 5) SELECT * FROM {V} v JOIN c ON c.id = v.id",
            "WITH c AS (SELECT * FROM products WHERE price < 5) SELECT DISTINCT v.id FROM __rv_every_1 AS v JOIN c ON c.id = v.id",
            id="a CTE",
        ),
        pytest.param(f"SELECT * FROM {V} v JOIN (SELECT * FROM t WHERE x MEANS 'y') t USING (id)", None, id="a source that needs a model"),
        pytest.param(f"SELECT * FROM {V} v JOIN p ON p.x < v.similarity", None, id="a join by its measure"),
        pytest.param(f"SELECT text AS t FROM {V} v WHERE t LIKE 'a%'", None, id="a name of the output"),
        pytest.param(f"SELECT * FROM {V} AS v(a, b, c, d) WHERE b LIKE 'a%'", None, id="columns renamed"),
    ],
)
def test_conditions_that_need_no_model_go_before_the_search(sql: str, narrow: str | None) -> None:
    assert narrowed(sql) == narrow


def test_two_searches_beside_each_other_are_not_narrowed() -> None:
    _, found = taken(f"SELECT * FROM {V} a, {V} b WHERE a.id = b.id")
    assert [candidates(search) for search in found] == [None, None]


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        (f"SELECT {V}", "stands in FROM|gives rows"),
        ("SELECT * FROM VECTOR_SEARCH('x')", "not 1 arguments"),
        ("SELECT * FROM VECTOR_SEARCH('x', 'y', 1, 0.5, 2)", "not 5 arguments"),
        ("SELECT * FROM t, VECTOR_SEARCH(t.x, 'y', 1)", "query is t.x, which may differ from row to row"),
        ("SELECT * FROM VECTOR_SEARCH('x', 'y', (SELECT 3))", "k is"),
    ],
)
def test_what_is_no_search_says_why_and_where(sql: str, words: str) -> None:
    with pytest.raises(SQLError, match=words) as caught:
        taken(sql)
    assert caught.value.line == 1


def test_what_was_found_can_be_described_before_it_was() -> None:
    tree, (search,) = taken(f"SELECT v.id FROM {V} AS v")
    described = with_types(tree, {search.name: (search, "INTEGER")})
    assert written(described) == (
        "SELECT v.id FROM (SELECT CAST(NULL AS INT) AS id, CAST(NULL AS TEXT) AS text, "
        "CAST(NULL AS DOUBLE) AS similarity, CAST(NULL AS DOUBLE) AS distance) AS v"
    )
    assert written(tree) == "SELECT v.id FROM __rv_found_1 AS v"


def test_every_row_takes_the_place_of_its_name() -> None:
    _, (search,) = taken(f"SELECT * FROM {V} v WHERE v.text LIKE 'a%'")
    found = candidates(search)
    assert found is not None
    assert written(with_rows(found, search, "SELECT id, text FROM products")) == (
        "SELECT DISTINCT v.id FROM (SELECT id, text FROM products) AS v WHERE (v.text LIKE 'a%')"
    )
