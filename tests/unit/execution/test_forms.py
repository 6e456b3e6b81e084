"""Operators as people write them, beside what that means in DuckDB's own words, each run on its side of the bench."""

from __future__ import annotations

import pytest

from .conftest import Bench, bag, list_of

FORMS = {
    "a ~ b asks about the same thing": (
        "SELECT id FROM t WHERE text ~ 'Roof'",
        "SELECT id FROM t WHERE same_entity(text, 'Roof')",
    ),
    "a !~ b leaves out what is unknown": (
        "SELECT id FROM t WHERE text !~ 'Roof'",
        "SELECT id FROM t WHERE NOT same_entity(text, 'Roof')",
    ),
    "NOT a ~ b": ('SELECT id, NOT text ~ "desc" AS x FROM t', 'SELECT id, NOT same_entity(text, "desc") AS x FROM t'),
    "~ takes its sides whole": (
        "SELECT id FROM t WHERE 'x' || text ~ text || 'x' OR amount + 1 > 70",
        "SELECT id FROM t WHERE same_entity('x' || text, text || 'x') OR amount + 1 > 70",
    ),
    "~ after LIKE is still ours": (
        "SELECT id FROM t WHERE (text LIKE 'r%') AND text ~ 'r'",
        "SELECT id FROM t WHERE text LIKE 'r%' AND same_entity(text, 'r')",
    ),
    "a tilde in front is DuckDB's": (
        "SELECT id, ~id AS x, text ~ 'r' AS y FROM t",
        "SELECT id, ~id AS x, same_entity(text, 'r') AS y FROM t",
    ),
    "NOT ABOUT has the threshold": ("SELECT id FROM t WHERE text NOT ABOUT 'abc'", "SELECT id FROM t WHERE NOT about(text, 'abc') >= 0.5"),
    "NOT ABOUT with a comparison of its own": (
        "SELECT id FROM t WHERE text NOT ABOUT 'abc' > 0.7",
        "SELECT id FROM t WHERE NOT (about(text, 'abc') > 0.7)",
    ),
    "NOT ABOUT BETWEEN": (
        "SELECT id, text NOT ABOUT 'abc' BETWEEN 0.1 AND 0.5 AS x FROM t",
        "SELECT id, NOT (about(text, 'abc') BETWEEN 0.1 AND 0.5) AS x FROM t",
    ),
    "NOT MEANS IS NULL": (
        "SELECT id FROM t WHERE text NOT MEANS 'red' IS NULL",
        "SELECT id FROM t WHERE (NOT means(text, 'red')) IS NULL",
    ),
    "NOT MEANS IS NOT TRUE": (
        "SELECT id FROM t WHERE text NOT MEANS 'red' IS NOT TRUE",
        "SELECT id FROM t WHERE (NOT means(text, 'red')) IS NOT TRUE",
    ),
    "NOT MEANS as a value": (
        "SELECT id, text NOT MEANS 'red' = (amount > 20) AS x FROM t",
        "SELECT id, (NOT means(text, 'red')) = (amount > 20) AS x FROM t",
    ),
    "relevance: the highest first": (
        "SELECT id FROM t ORDER BY text RELEVANCE TO 'abc', id",
        "SELECT id FROM t ORDER BY relevance(text, 'abc') DESC, id",
    ),
    "relevance: DESC changes nothing": (
        "SELECT id FROM t ORDER BY text RELEVANCE TO 'abc' DESC, id LIMIT 3",
        "SELECT id FROM t ORDER BY relevance(text, 'abc') DESC, id LIMIT 3",
    ),
    "relevance: ASC is ascending": (
        "SELECT id FROM t ORDER BY text RELEVANCE TO 'abc' ASC NULLS FIRST, id",
        "SELECT id FROM t ORDER BY relevance(text, 'abc') ASC NULLS FIRST, id",
    ),
    "a choice has values of any type": (
        "SELECT id, SEMANTIC_CASE text WHEN 'red' THEN 1.5 WHEN 'sky' THEN 2 ELSE id END AS x FROM t",
        "SELECT id, CASE WHEN contains(text, 'red') THEN 1.5 WHEN contains(text, 'sky') THEN 2 ELSE id END AS x FROM t",
    ),
    "a choice without ELSE is NULL": (
        "SELECT id, SEMANTIC_CASE text WHEN 'sky' THEN DATE '2026-01-02' END AS x FROM t",
        "SELECT id, CASE WHEN contains(text, 'sky') THEN DATE '2026-01-02' END AS x FROM t",
    ),
    "the first of two conditions that hold": (
        "SELECT id, SEMANTIC_CASE text WHEN 'sky' THEN 's' WHEN 'red' THEN 'r' ELSE '-' END AS x FROM t",
        "SELECT id, CASE WHEN contains(text, 'sky') THEN 's' WHEN contains(text, 'red') THEN 'r' ELSE '-' END AS x FROM t",
    ),
    "a condition written twice counts once": (
        "SELECT id, SEMANTIC_CASE text WHEN 'red' THEN 1 WHEN 'red' THEN 2 END AS x FROM t",
        "SELECT id, CASE WHEN contains(text, 'red') THEN 1 END AS x FROM t",
    ),
    "conditions may come from the row": (
        "SELECT t.id, SEMANTIC_CASE text WHEN word THEN 'w' ELSE '-' END AS x FROM t JOIN u USING (id) WHERE word IS NOT NULL",
        "SELECT t.id, CASE WHEN contains(text, word) THEN 'w' ELSE '-' END AS x FROM t JOIN u USING (id) WHERE word IS NOT NULL",
    ),
    "a choice in WHERE, and a call in a value": (
        "SELECT id FROM t WHERE SEMANTIC_CASE text WHEN 'red' THEN text MEANS 'apple' WHEN 'sky' THEN TRUE END",
        "SELECT id FROM t WHERE CASE WHEN contains(text, 'red') THEN contains(text, 'apple') WHEN contains(text, 'sky') THEN TRUE END",
    ),
    "a choice to group by": (
        "SELECT SEMANTIC_CASE text WHEN 'red' THEN 'r' ELSE 'other' END AS k, count(*) AS n FROM t GROUP BY k",
        "SELECT CASE WHEN contains(text, 'red') THEN 'r' ELSE 'other' END AS k, count(*) AS n FROM t GROUP BY k",
    ),
}


@pytest.mark.parametrize(("ours", "theirs"), FORMS.values(), ids=FORMS)
def test_a_form_means_what_it_says(readable: Bench, ours: str, theirs: str) -> None:
    mine, expected = readable.run(ours), readable.oracle.sql(theirs).to_arrow_table()
    assert bag(mine) == bag(expected)
    assert [field.type for field in mine.schema] == [field.type for field in expected.schema]
    if "ORDER BY" in ours:
        assert list_of(mine) == list_of(expected)


def test_a_choice_asks_once_a_text_for_all_its_branches(bench: Bench) -> None:
    bench.run("SELECT SEMANTIC_CASE text WHEN 'red' THEN 1 WHEN 'green' THEN 2 WHEN 'sky' THEN 3 ELSE 4 END FROM t")
    texts = [arguments[0] for _, arguments in bench.asked]
    assert sorted(texts) == sorted(set(texts)) == ["", "blue sky", "green apple", "green pear", "red apple", "red sky"]
    assert {arguments[1] for _, arguments in bench.asked} == {("red", "green", "sky", "none of these")}


def test_a_call_in_a_branch_is_made_for_its_rows_alone(bench: Bench) -> None:
    bench.run("SELECT SEMANTIC_CASE text WHEN 'sky' THEN ASK(text, 'how blue?') WHEN 'pear' THEN 'p' ELSE 'x' END FROM t")
    assert sorted(arguments[0] for name, arguments in bench.asked if name == "ask") == ["blue sky", "red sky"]
