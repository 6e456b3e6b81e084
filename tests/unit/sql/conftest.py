"""The grammar of tests/cases/operators.toml and a Schema on a real DuckDB, for tests of the SQL room. Asks no operator anything."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from rvbbit.errors import SQLError, UnknownColumn
from rvbbit.pairwise import Pairs
from rvbbit.sql import parameters
from rvbbit.sql.binder import bind
from rvbbit.sql.dialect import Dialect
from rvbbit.sql.factors import Factoring
from rvbbit.sql.lowering import parameters as used_in
from rvbbit.sql.lowering import written
from rvbbit.sql.patterns import Grammar
from rvbbit.sql.plan import Plan
from rvbbit.sql.schema import Schema
from rvbbit.sql.statements import split
from rvbbit.types import Operator, Parameter

CASES = Path(__file__).parents[2] / "cases"
TABLES = """
CREATE TABLE t (id INTEGER, text VARCHAR, amount INTEGER, grp VARCHAR, "desc" VARCHAR, tags VARCHAR[], part STRUCT(name VARCHAR));
CREATE TABLE u (id INTEGER, word VARCHAR, grp VARCHAR);
"""


@dataclass(frozen=True)
class Planner:
    """Text → plan, before any rule."""

    connection: duckdb.DuckDBPyConnection
    grammar: Grammar

    def bind(self, text: str, values: Any = None) -> Plan:
        """The plan of the one statement in a text; parameters without values are null."""
        (statement,) = split(text)
        tree = Dialect(self.grammar).read(statement.text)
        given = parameters.named(tree, values)

        def describe(query: Any) -> list[tuple[str, str]]:
            used = {name: given[name] for name in used_in(query)}
            try:
                relation = self.connection.sql(written(query), params=used) if used else self.connection.sql(written(query))
            except duckdb.Error as error:
                raise (UnknownColumn if "Referenced column" in str(error) else SQLError)(str(error)) from error
            return list(zip(relation.columns, map(str, relation.types), strict=True))

        aggregates = frozenset({"max", "min", "count", "sum", "avg", "string_agg", "list", "bool_or"})
        return bind(tree, Schema(describe, aggregates), *statement.hints(), factoring=Factoring(Dialect(self.grammar).read))


@pytest.fixture(scope="session")
def grammar() -> Grammar:
    """MEANS, ABOUT (with a threshold), SIMILAR_TO, CLASSIFY, ASK, LIES FROM … UP TO, RELEVANCE TO and a few functions."""
    definitions = tomllib.loads((CASES / "operators.toml").read_text())
    return Grammar.of(
        [
            Operator(
                name=name,
                cascade_id=name,
                patterns=tuple(given["patterns"]),
                parameters=tuple(Parameter(p, type_, over=given.get("over", {}).get(p, "")) for p, type_ in given["parameters"].items()),
                returns=given["returns"],
                shape=given.get("shape", "scalar"),
                threshold=given.get("threshold"),
                descending=given.get("descending", False),
                group_by=given.get("group_by", ""),
                pairs=Pairs(**given.get("pairs", {})),
            )
            for name, given in definitions.items()
        ]
    )


@pytest.fixture(scope="session")
def planner(grammar: Grammar) -> Iterator[Planner]:
    """Tables t and u, empty."""
    with duckdb.connect() as connection:
        connection.execute(TABLES).fetchall()
        yield Planner(connection, grammar)
