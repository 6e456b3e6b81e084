"""Blocks, the CTEs they see, and what reads differently."""

from __future__ import annotations

import duckdb
import pytest
from sqlglot import exp

from rvbbit.sql import scopes
from rvbbit.sql.dialect import Dialect
from rvbbit.sql.stability import reads_differently

AGGREGATES = frozenset({"string_agg", "list", "any_value", "sum", "min", "max", "count", "bool_or"})


def select_of(text: str, column: str) -> exp.Expr:
    tree = Dialect().read(text)
    found = next(c for c in tree.find_all(exp.Column) if c.name == column).find_ancestor(exp.Select)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("WITH a AS (SELECT 1), b AS (SELECT 2) SELECT here FROM a", ["a", "b"]),
        ("WITH a AS (SELECT 1), b AS (SELECT here FROM a), c AS (SELECT 3) SELECT 1", ["a"]),
        ("WITH a AS (SELECT 1) SELECT * FROM (WITH b AS (SELECT 2) SELECT here FROM b)", ["a", "b"]),
        ("WITH a AS (SELECT 1) SELECT * FROM (WITH a AS (SELECT 2) SELECT here FROM a)", ["a"]),
        ("SELECT here FROM t", []),
    ],
)
def test_a_block_sees_the_ctes_before_it_and_around_it(text: str, names: list[str]) -> None:
    assert [cte.alias for cte in scopes.visible_ctes(select_of(text, "here"))[0]] == names


def test_an_inner_cte_hides_an_outer_one_of_its_name() -> None:
    block = select_of("WITH a AS (SELECT 1 AS x) SELECT * FROM (WITH a AS (SELECT 2 AS y) SELECT here FROM a)", "here")
    ((cte,), _) = scopes.visible_ctes(block)
    assert "y" in cte.sql()


def test_blocks_come_after_all_they_read_from() -> None:
    text = "WITH a AS (SELECT x1 FROM t), b AS (SELECT x2 FROM a) SELECT x5, (SELECT x4 FROM u) FROM (SELECT x3 FROM b)"
    order = [[c.name for c in block.expressions if isinstance(c, exp.Column)] for block in scopes.in_order(Dialect().read(text))]
    flat = [name for names in order for name in names]
    assert flat.index("x1") < flat.index("x2") < flat.index("x5")
    assert flat.index("x2") < flat.index("x3") < flat.index("x5")
    assert flat[-1] == "x5"


@pytest.mark.parametrize(
    ("text", "recursive"),
    [
        ("WITH RECURSIVE r AS (SELECT 1 UNION ALL SELECT here FROM r) SELECT 1", True),
        ("WITH RECURSIVE r AS (SELECT 1 UNION ALL SELECT * FROM (SELECT here FROM r)) SELECT 1", True),
        ("WITH RECURSIVE r AS (SELECT 1 UNION ALL SELECT 2 FROM r) SELECT here FROM r", False),
        ("WITH RECURSIVE r AS (SELECT here FROM t) SELECT 1", False),
    ],
)
def test_only_the_body_of_a_cte_that_names_itself_is_recursive(text: str, recursive: bool) -> None:
    assert scopes.in_recursive_cte(select_of(text, "here")) is recursive


@pytest.mark.parametrize(
    ("text", "differently"),
    [
        ("SELECT * FROM t", False),
        ("SELECT max(a), count(*), bool_or(b) FROM t GROUP BY c", False),
        ("SELECT DISTINCT a FROM t", False),
        ("SELECT * FROM t LIMIT 3", True),
        ("SELECT * FROM t OFFSET 3", True),
        ("SELECT * FROM (SELECT * FROM t LIMIT 3)", True),
        ("SELECT DISTINCT ON (a) b FROM t", True),
        ("SELECT random() FROM t", True),
        ("SELECT * FROM t TABLESAMPLE 10%", True),
        ("SELECT string_agg(a, ',') FROM t", True),
        ("SELECT sum(a) FROM t", True),
        ("SELECT row_number() OVER (ORDER BY a) FROM t", True),
    ],
)
def test_what_threads_ties_or_chance_decide_reads_differently(text: str, differently: bool) -> None:
    assert reads_differently(Dialect().read(text), AGGREGATES) is differently


def test_every_volatile_function_of_duckdb_that_gives_values_is_known() -> None:
    query = "SELECT DISTINCT upper(function_name) FROM duckdb_functions() WHERE stability = 'VOLATILE' AND function_type = 'scalar'"
    harmless = {
        "CURRENT_CONNECTION_ID",
        "CURRENT_QUERY",
        "CURRENT_QUERY_ID",
        "CURRENT_TRANSACTION_ID",
        "ERROR",
        "STATS",
        "VECTOR_TYPE",
        "WRITE_LOG",
    }
    with duckdb.connect() as connection:
        found = {name for (name,) in connection.execute(query).fetchall()}
    assert found - harmless <= scopes.VOLATILE
