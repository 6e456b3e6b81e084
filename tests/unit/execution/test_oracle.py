"""Metamorphic: a query with calls gives what DuckDB alone gives when each call is a macro of the operator's rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TEXT = (Path(__file__).parents[2] / "cases" / "semantic.sql").read_text()
STATEMENTS = ["\n".join(line for line in part.splitlines() if not line.startswith("--")).strip() for part in (TEXT + "\n").split(";\n")]
CASES = [statement for statement in STATEMENTS if statement]


READING = [case for case in CASES if case.split()[0] in {"SELECT", "FROM"}]
OTHERS = [case for case in CASES if case not in READING]


@pytest.mark.parametrize("statement", READING)
def test_a_semantic_query_gives_what_its_rule_as_a_macro_gives(readable: Any, statement: str) -> None:
    readable.check(statement)
    assert readable.left_behind() == []


@pytest.mark.parametrize("statement", OTHERS)
def test_a_semantic_statement_does_what_its_rule_as_a_macro_does(bench: Any, statement: str) -> None:
    bench.check(statement)
    bench.check_tables("t", "u", "s", "n")
    assert bench.left_behind() == []


scalars = st.sampled_from(
    [
        "text",
        '"desc"',
        "grp",
        "ask(text, 'q')",
        "coalesce(\"desc\", 'none')",
        "upper(text)",
        "classify(text, ['a', 'b'])",
        "ask(ask(text, '1'), '2')",
    ]
)
plain = st.sampled_from(
    ["amount > 25", "grp = 'a'", "id <> 3", "amount IS NULL", "grp IN ('a', NULL)", "length(text) > 7", "NULL::BOOLEAN"]
)
semantic = st.builds(
    lambda template, x, word: template.format(x=x, word=word),
    st.sampled_from(
        [
            "means({x}, '{word}')",
            "about({x}, '{word}') > 0.4",
            "about({x}, '{word}') BETWEEN 0.2 AND 0.7",
            "classify({x}, ['a', 'b', 'c']) IN ('a', 'c')",
            "lies_within({x}, 'b', '{word}')",
            "means({x}, '{word}') IS NULL",
            "about({x}, '{word}') > about(\"desc\", 'zz')",
        ]
    ),
    scalars,
    st.sampled_from(["red", "e", "sky", "zzz"]),
)
conditions = st.recursive(
    plain | semantic,
    lambda inner: st.one_of(
        st.builds("({} AND {})".format, inner, inner),
        st.builds("({} OR {})".format, inner, inner),
        st.builds("(NOT {})".format, inner),
        st.builds("(CASE WHEN {} THEN {} ELSE {} END)".format, inner, inner, inner),
        st.builds("coalesce({}, {})".format, inner, inner),
        st.builds("({} IS NOT TRUE)".format, inner),
    ),
    max_leaves=5,
)
outputs = st.one_of(
    scalars,
    conditions,
    st.builds("CASE WHEN {} THEN {} WHEN {} THEN {} END".format, conditions, scalars, conditions, scalars),
    st.builds("coalesce({}, {})".format, scalars, scalars),
)
SHAPES = (
    "SELECT id, {o1} AS a, {o2} AS b FROM t WHERE {c1}",
    "SELECT id, {o1} AS a FROM t WHERE {c1} AND {c2} ORDER BY {s1}, id",
    "SELECT id, word, {o1} AS a FROM t JOIN (SELECT grp, word FROM u) AS w USING (grp) WHERE {c1} AND means(text, word)",
    "SELECT id, {o1} AS a, u.word FROM t LEFT JOIN (SELECT grp, word FROM u WHERE means(word, 'r')) u USING (grp) WHERE {c1}",
    "WITH c AS (SELECT *, {o1} AS a FROM t WHERE {c1}) SELECT id, a FROM c WHERE {c2}",
    "SELECT {s1} AS k, count(*) AS n, bool_or({c1}) AS any_of, count(*) FILTER (WHERE {c2}) AS f FROM t GROUP BY k",
    "SELECT grp, max({o1}) FILTER (WHERE {c1} AND {c2}) AS m, bool_or({c2}) FILTER (WHERE {c1}) AS any_of FROM t GROUP BY grp",
    'SELECT id, text, "desc", {o1} AS a FROM t GROUP BY id, text, "desc", grp, amount HAVING count(*) < 2 AND max(id) <> 4',
    "SELECT grp, max({s1}) AS m FROM t WHERE {c1} GROUP BY grp HAVING bool_or({c2}) ORDER BY grp",
    "SELECT id FROM t WHERE {c1} UNION SELECT id FROM t WHERE {c2}",
    "SELECT id FROM t WHERE id IN (SELECT id FROM t WHERE {c1}) OR {c2}",
    "SELECT DISTINCT {o1} AS a FROM t WHERE {c1}",
    "SELECT id, {c1} AS m, CASE WHEN m THEN {s1} END AS a FROM t WHERE m IS NOT FALSE",
    "SELECT id, row_number() OVER (PARTITION BY {c1} ORDER BY id) AS r FROM t WHERE {c2}",
    "SELECT id, {o1} AS a FROM t WHERE {c1} ORDER BY id LIMIT 3",
    "SELECT *, {o1} AS a FROM t WHERE {c1} AND {c2} ORDER BY amount, id LIMIT 2 OFFSET 1",
    "SELECT id, word FROM t JOIN u USING (id) WHERE {c1} AND ({c2} OR means(text, word)) ORDER BY id, word LIMIT 3",
    "SELECT id, EXISTS (SELECT {o1} FROM t WHERE {c2}) AS e FROM t WHERE {c1}",
    "SELECT x.id, (SELECT count(*) FROM t WHERE {c1} AND t.grp = x.grp) AS n FROM t AS x",
)


@st.composite
def queries(draw: st.DrawFn) -> str:
    shape = draw(st.sampled_from(SHAPES))
    return shape.format(o1=draw(outputs), o2=draw(outputs), c1=draw(conditions), c2=draw(conditions), s1=draw(scalars))


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(query=queries())
def test_any_mix_of_conditions_gives_what_the_macros_give(readable: Any, query: str) -> None:
    readable.check(query)
