"""A bench that runs semantic SQL on a real DuckDB with answers by rule, beside an oracle: DuckDB alone, the rule as a macro.

Never a model: the answerer works out each answer in Python from the arguments it was asked, and remembers them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from rvbbit.execution import database
from rvbbit.execution.executor import Executor
from rvbbit.execution.failures import translated
from rvbbit.execution.joining import Joining, Paired
from rvbbit.interfaces import Matrix
from rvbbit.pairwise import Pairs
from rvbbit.sql import parameters
from rvbbit.sql.binder import bind
from rvbbit.sql.dialect import Dialect
from rvbbit.sql.factors import Factoring
from rvbbit.sql.lowering import parameters as used_in
from rvbbit.sql.lowering import written
from rvbbit.sql.patterns import Grammar
from rvbbit.sql.plan import Ask, Plan
from rvbbit.sql.rules import optimise
from rvbbit.sql.schema import Schema
from rvbbit.sql.statements import split
from rvbbit.types import Answer, Arguments, Operator, Parameter, Value

Values = Sequence[Any] | Mapping[str, Any] | None
CASES = Path(__file__).parents[2] / "cases"
DEFINITIONS: dict[str, Any] = tomllib.loads((CASES / "operators.toml").read_text())


def operators() -> list[Operator]:
    """Every operator of operators.toml."""
    return [
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
        for name, given in DEFINITIONS.items()
    ]


RULES: Mapping[str, Callable[..., Value]] = {
    "means": lambda text, criterion: criterion in text,
    "about": lambda text, criterion: ((len(text) * 7 + len(criterion)) % 10) / 10,
    "similar_to": lambda text, other: ((len(text) * 3 + len(other)) % 10) / 10,
    "classify": lambda text, labels: labels[len(text) % len(labels)],
    "same": lambda a, b: a in b or b in a,
    "alike": lambda a, b: len(a) % 2 == len(b) % 2,
    "akin": lambda a, b: len(a) % 2 == len(b) % 2,
    "ask": lambda text, question: f"{text}?{question}",
    "lies_within": lambda text, low, high: low <= text <= high,
    "relevance": lambda text, topic: ((len(text) * 3 + len(topic)) % 7) / 7,
    "rate": lambda amount: round(amount) % 5,
    "parts": lambda text: {"first": text[:1], "size": len(text)},
    "when_said": lambda text: f"2024-01-{1 + len(text):02}",
    "facts": lambda text: {"n": len(text)},
    "tags": lambda text: text.split(" "),
    "same_entity": lambda text, other: text[:1].lower() == other[:1].lower(),
    "semantic_case": lambda text, cases: next((case for case in cases if case in text), "none of these"),
    "condense": lambda texts, focus: "+".join(texts) + focus,
    "summarize": lambda texts, focus: "+".join(texts) + focus,
    "words": lambda texts: sorted({word for text in texts for word in text.split(" ")}),
    "dedupe": lambda texts: sorted({min(t for t in texts if t.split(" ")[-1:] == text.split(" ")[-1:]) for text in texts}),
    "meanings": lambda texts, n: sorted({text.split(" ")[-1] for text in texts})[:n],
    "meaning": lambda text, n, topics: next((topic for topic in topics if text.endswith(topic)), "other"),
    "topics": lambda texts, n: "+".join(texts),
}


@dataclass
class Bench:
    """One database for us, an equal one for the oracle."""

    ours: duckdb.DuckDBPyConnection
    oracle: duckdb.DuckDBPyConnection
    answers: Callable[[Ask, Sequence[Arguments]], list[Answer]] | None = None
    asked: list[tuple[str, tuple[Value, ...]]] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    paired: list[Paired] = field(default_factory=list)
    embeds: bool = True
    queries: int = 0
    plan: Plan | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.grammar = Grammar.of(operators())
        query = "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'aggregate'"
        self.aggregates = frozenset(name for (name,) in self.oracle.execute(query).fetchall())
        for name, given in DEFINITIONS.items():
            if "rule" in given:
                self.oracle.execute(f"CREATE MACRO {name}({', '.join(given['parameters'])}) AS {given['rule']}")

    def setup(self, script: str) -> None:
        """Run on both."""
        self.ours.execute(script).fetchall()
        self.oracle.execute(script).fetchall()

    def run(self, text: str, values: Values = None, *, connection: Any = None, in_transaction: bool = False) -> pa.Table:
        """One semantic statement, as an engine runs it."""
        connection = connection or self.ours
        (statement,) = split(text)
        tree = Dialect(self.grammar).read(statement.text)
        given = parameters.named(tree, values)

        def describe(query: Any) -> list[tuple[str, str]]:
            used = {name: given[name] for name in used_in(query)}
            try:
                relation = connection.sql(written(query), params=used) if used else connection.sql(written(query))
            except duckdb.Error as error:
                raise translated(error) from error
            return list(zip(relation.columns, map(str, relation.types), strict=True))

        factoring = Factoring(Dialect(self.grammar).read)
        schema = Schema(describe, self.aggregates, views=lambda: database.views(connection))
        self.plan = optimise(bind(tree, schema, *statement.hints(), factoring=factoring))
        self.queries += 1
        joining = Joining(embedded, lambda ask, paired: self.paired.append(paired)) if self.embeds else None
        executor = Executor(connection, self.answers or self.by_rule, f"__rv{self.queries}", joining=joining)
        return executor.run(self.plan, given, in_transaction=in_transaction)

    def by_rule(self, ask: Ask, arguments: Sequence[Arguments]) -> list[Answer]:
        """The answer of the operator's rule to each arguments; notes what was asked."""
        self.batches.append(len(arguments))
        for given in arguments:
            self.asked.append((ask.operator.name, tuple(tuple(v) if isinstance(v, list) else v for v in given.values())))
        return [Answer(RULES[ask.operator.name](**given)) for given in arguments]

    def check(self, text: str, values: Any = None) -> pa.Table | None:
        """Our rows, after asserting that they are the oracle's: as many of each, their order where one was asked for, types too."""
        theirs = self.oracle.sql(text, params=values) if values else self.oracle.sql(text)
        expected = None if theirs is None else theirs.to_arrow_table()
        mine = self.run(text, values)
        if expected is not None:
            assert bag(mine) == bag(expected), text
            assert [f.type for f in mine.schema] == [f.type for f in expected.schema], text
            if ordered(text):
                assert list_of(mine) == list_of(expected), text
        return mine

    def check_tables(self, *names: str) -> None:
        """Assert that tables hold the same in both."""
        for name in names:
            query = f"FROM {name} ORDER BY ALL"
            assert self.ours.sql(query).fetchall() == self.oracle.sql(query).fetchall(), name

    def left_behind(self) -> list[str]:
        """Our tables, views and functions that are still there."""
        query = (
            "SELECT table_name FROM duckdb_tables() WHERE table_name LIKE '\\_\\_rv%' ESCAPE '\\'"
            " UNION ALL SELECT view_name FROM duckdb_views() WHERE view_name LIKE '\\_\\_rv%' ESCAPE '\\'"
            " UNION ALL SELECT function_name FROM duckdb_functions() WHERE function_name LIKE '\\_\\_rv%' ESCAPE '\\'"
        )
        return [name for (name,) in self.ours.execute(query).fetchall()]


def embedded(texts: Sequence[str]) -> Matrix:
    """Texts that share letters lie near each other: no model, but unit rows of a width of its own."""
    rows = np.zeros((len(texts), 32), np.float32)
    for row, text in zip(rows, texts, strict=True):
        for letter in text or " ":
            row[ord(letter) % 32] += 1
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def list_of(table: pa.Table) -> list[str]:
    """A table's rows as text."""
    return [repr(row) for row in zip(*(column.to_pylist() for column in table.columns), strict=True)]


def bag(table: pa.Table) -> list[str]:
    """A table's rows without their order."""
    return sorted(list_of(table))


def ordered(text: str) -> bool:
    """Whether a statement ends in an ORDER BY of its own, outside parentheses."""
    depth, place = 0, -1
    for i, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and text.startswith("ORDER BY", i):
            place = i
    return place >= 0


DATA = """
CREATE TABLE t (id INTEGER, text VARCHAR, amount INTEGER, grp VARCHAR, "desc" VARCHAR);
INSERT INTO t VALUES
 (1, 'red apple', 10, 'a', 'sweet'), (2, 'red apple', 20, 'b', 'sour'), (3, 'green pear', 30, 'a', NULL), (4, NULL, 40, 'b', 'sweet'),
 (5, 'blue sky', NULL, 'a', 'wide'), (6, '', 60, NULL, ''), (7, 'red sky', 70, 'b', 'wide'), (8, 'green apple', 80, 'c', 'sour');
CREATE TABLE u (id INTEGER, word VARCHAR, grp VARCHAR);
INSERT INTO u VALUES (1, 'red', 'a'), (3, 'green', 'a'), (5, NULL, 'b'), (9, 'sky', 'c'), (3, 'apple', NULL);
CREATE TABLE s (id INTEGER, part STRUCT(name VARCHAR, size INTEGER), words VARCHAR[], "Mixed Name" VARCHAR);
INSERT INTO s VALUES
 (1, {'name': 'red one', 'size': 3}, ['red', 'blue'], 'Ab'), (2, {'name': NULL, 'size': 5}, [], 'ab'), (3, NULL, ['sky', NULL], NULL);
CREATE TABLE n (id INTEGER, text VARCHAR COLLATE NOCASE);
INSERT INTO n VALUES (1, 'RED'), (2, 'red'), (3, 'blue'), (4, NULL), (5, 'Blue'), (6, 'red');
"""


@pytest.fixture
def bench() -> Iterator[Bench]:
    """Small tables t, u and s in both databases."""
    yield from _bench()


@pytest.fixture(scope="module")
def readable() -> Iterator[Bench]:
    """The same for tests that only read."""
    yield from _bench()


def _bench() -> Iterator[Bench]:
    with duckdb.connect() as ours, duckdb.connect() as oracle:
        made = Bench(ours, oracle)
        made.setup(DATA)
        yield made
