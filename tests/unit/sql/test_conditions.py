"""Where a call is a condition, and what must hold before its answer is needed."""

from __future__ import annotations

import pytest

from rvbbit.sql.conditions import conjuncts, guards, is_condition
from rvbbit.sql.dialect import Call, Dialect
from rvbbit.sql.lowering import written
from rvbbit.sql.patterns import Grammar


def call_in(grammar: Grammar, text: str) -> tuple[Call, object]:
    tree = Dialect(grammar).read(text)
    call = next(c for c in tree.find_all(Call) if "asked" in written(c))
    return call, tree


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT 1 FROM t WHERE ASK(asked, 'q')", True),
        ("SELECT 1 FROM t WHERE a AND (b OR NOT ASK(asked, 'q'))", True),
        ("SELECT 1 FROM t JOIN u ON ASK(asked, 'q')", True),
        ("SELECT 1 FROM t GROUP BY a HAVING ASK(asked, 'q')", True),
        ("SELECT 1 FROM t QUALIFY ASK(asked, 'q')", True),
        ("SELECT CASE WHEN ASK(asked, 'q') THEN 1 END FROM t", True),
        ("SELECT if(ASK(asked, 'q'), 1, 2) FROM t", True),
        ("SELECT NOT if(ASK(asked, 'q'), a, b) FROM t", True),
        ("SELECT count(*) FILTER (WHERE ASK(asked, 'q')) FROM t", True),
        ("SELECT ASK(asked, 'q') IS TRUE FROM t", True),
        ("SELECT [x FOR x IN l IF ASK(asked, 'q')] FROM t", True),
        ("MERGE INTO t USING u ON t.a = u.a WHEN MATCHED AND ASK(asked, 'q') THEN DELETE", True),
        ("SELECT ASK(asked, 'q') FROM t", False),
        ("SELECT ASK(asked, 'q') IS NULL FROM t", False),
        ("SELECT 1 FROM t WHERE ASK(asked, 'q') > 1", False),
        ("SELECT CASE WHEN a THEN ASK(asked, 'q') END FROM t", False),
        ("SELECT CASE a WHEN ASK(asked, 'q') THEN 1 END FROM t", False),
        ("SELECT CASE ASK(asked, 'q') WHEN 1 THEN 1 END FROM t", False),
        ("SELECT if(a, ASK(asked, 'q'), 2) FROM t", False),
    ],
)
def test_a_condition_is_where_sql_wants_true_or_false(grammar: Grammar, text: str, expected: bool) -> None:
    call, _ = call_in(grammar, text)
    assert is_condition(call) is expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("ASK(asked, 'q')", []),
        ("a AND ASK(asked, 'q')", ["NOT (a) IS FALSE"]),
        ("ASK(asked, 'q') OR a", ["NOT (a) IS TRUE"]),
        ("NOT (a AND ASK(asked, 'q'))", ["NOT (a) IS FALSE"]),
        ("a AND (b OR ASK(asked, 'q'))", ["NOT (b) IS TRUE", "NOT (a) IS FALSE"]),
        ("CASE WHEN a THEN ASK(asked, 'q') END", ["a"]),
        ("CASE WHEN a THEN 1 WHEN b THEN ASK(asked, 'q') END", ["b", "NOT (a) IS TRUE"]),
        ("CASE WHEN a THEN 1 ELSE ASK(asked, 'q') END", ["NOT (a) IS TRUE"]),
        ("CASE WHEN a THEN 1 WHEN ASK(asked, 'q') THEN 2 END", ["NOT (a) IS TRUE"]),
        ("CASE a WHEN 1 THEN ASK(asked, 'q') END", []),
        ("CASE a WHEN 1 THEN 2 ELSE ASK(asked, 'q') END", []),
        ("if(a, ASK(asked, 'q'), b)", ["a"]),
        ("if(a, b, ASK(asked, 'q'))", ["NOT (a) IS TRUE"]),
        ("coalesce(a, ASK(asked, 'q'), b)", ["(a) IS NULL"]),
        ("coalesce(ASK(asked, 'q'), b)", []),
        ("ifnull(a, ASK(asked, 'q'))", ["(a) IS NULL"]),
        ("nullif(a, ASK(asked, 'q'))", []),
        ("a = ASK(asked, 'q')", []),
        ("max(ASK(asked, 'q')) FILTER (WHERE a)", ["a"]),
        ("max(CASE WHEN b THEN ASK(asked, 'q') END) FILTER (WHERE a AND (b OR c)) OVER (PARTITION BY d)", ["b", "a", "b OR c"]),
        ("count(*) FILTER (WHERE a AND ASK(asked, 'q'))", ["NOT (a) IS FALSE"]),
        ("max(a) FILTER (ASK(asked, 'q'))", []),
    ],
)
def test_guards_are_what_must_hold_for_sql_to_look(grammar: Grammar, expression: str, expected: list[str]) -> None:
    call, tree = call_in(grammar, f"SELECT {expression} FROM t")
    assert [written(guard) for guard in guards(call, tree)] == expected  # type: ignore[arg-type]


def test_conjuncts_open_parentheses_and_stop_at_or() -> None:
    tree = Dialect().read("SELECT 1 WHERE a AND (b AND (c OR d)) AND NOT (e AND f)")
    assert [written(part) for part in conjuncts(tree.args["where"].this)] == ["a", "b", "c OR d", "NOT (e AND f)"]


def test_a_very_long_condition_is_no_deep_recursion() -> None:
    tree = Dialect().read("SELECT 1 WHERE " + " AND ".join(f"a{i} = 1" for i in range(3000)))
    assert len(conjuncts(tree.args["where"].this)) == 3000
