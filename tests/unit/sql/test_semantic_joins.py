"""SEMANTIC JOIN: read as a join that asks, and still a name where it is one."""

from __future__ import annotations

from typing import Any

import pytest
from sqlglot import exp

from rvbbit.errors import SQLSyntaxError
from rvbbit.sql.dialect import Dialect


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("SELECT * FROM t SEMANTIC JOIN u ON t.a SAME u.b", ""),
        ("SELECT * FROM t AS x semantic join u ON x.a SAME u.b", ""),
        ("SELECT * FROM t SEMANTIC INNER JOIN u ON t.a SAME u.b AND t.c = u.c", ""),
        ("SELECT * FROM t SEMANTIC LEFT JOIN u ON NOT t.a SAME u.b", "LEFT"),
        ("SELECT * FROM v JOIN t USING (id) SEMANTIC LEFT OUTER JOIN u ON t.a SAME u.b", "LEFT"),
        ("SELECT * FROM (SELECT 1 AS a) SEMANTIC JOIN u ON a SAME u.b", ""),
    ],
)
def test_it_is_a_join(grammar: Any, text: str, side: str) -> None:
    tree = Dialect(grammar).read(text)
    join = tree.args["joins"][-1]
    assert (join.side, join.this.name) == (side, "u")
    assert tree.args["from_"].this.alias.lower() != "semantic"


@pytest.mark.parametrize("on", ["", " ON t.a = u.a", " USING (a)"])
def test_it_needs_a_question(grammar: Any, on: str) -> None:
    with pytest.raises(SQLSyntaxError, match="SEMANTIC JOIN needs a question in its ON"):
        Dialect(grammar).read(f"SELECT * FROM t SEMANTIC JOIN u{on}")


@pytest.mark.parametrize(
    "text", ["SELECT semantic.a FROM t semantic", 'SELECT * FROM t "semantic" JOIN u ON "semantic".a SAME u.b', "FROM semantic"]
)
def test_it_may_be_a_name(grammar: Any, text: str) -> None:
    assert "semantic" in {table.alias_or_name for table in Dialect(grammar).read(text).find_all(exp.Table)}
