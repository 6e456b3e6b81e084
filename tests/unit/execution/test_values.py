"""Values of every type: into the question as they are, out of the answer as declared."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from rvbbit.errors import OutputInvalid, TypeMismatch
from rvbbit.sql.patterns import Grammar
from rvbbit.sql.plan import Ask
from rvbbit.types import Answer, Arguments, Operator, Parameter


@pytest.mark.parametrize(
    "value",
    [
        "''",
        "'日本 🎉 é'",
        "'it''s \"quoted\"'",
        "chr(0) || 'after'",
        "repeat('long ', 40000)",
        "E'line\\nbreak\\t'",
        "'--not a comment; $1 ? {{ x }}'",
        "'a'::ENUM('a', 'b')",
        "'550e8400-e29b-41d4-a716-446655440000'::UUID",
        "'{\"a\": 1}'::JSON",
    ],
)
def test_unusual_texts_find_their_answers(bench: Any, value: str) -> None:
    ((text,),) = bench.ours.execute(f"SELECT ({value})::VARCHAR").fetchall()
    table = bench.run(f"SELECT ASK(v, 'q') AS a FROM (SELECT {value} AS v UNION ALL SELECT NULL) ORDER BY v NULLS LAST")
    assert table["a"].to_pylist() == [f"{text}?q", None]
    assert bench.asked == [("ask", (text, "q"))]


VALUES = {
    "1::HUGEINT + 170141183460469231731687303715884105726": "170141183460469231731687303715884105727",
    "1.50::DECIMAL(10, 2)": 1.5,
    "'NaN'::DOUBLE": "nan",
    "'inf'::DOUBLE": "inf",
    "42": 42,
    "true": True,
    "DATE '2024-02-29'": "2024-02-29",
    "TIMESTAMP '2024-01-01 10:00:00.123456'": "2024-01-01T10:00:00.123456",
    "TIMESTAMPTZ '2024-01-01 10:00:00+00'": "2024-01-01T10:00:00+00:00",
    "TIMETZ '12:00:01+02'": "12:00:01+02",
    "INTERVAL '1 month 2 days'": "1 month 2 days",
    "'101'::BIT": "101",
    "'abc'::BLOB": "616263",
    "{'a': NULL::INTEGER, 'b': 'x'}": {"a": None, "b": "x"},
    "[1, NULL, 2]": [1, None, 2],
    "MAP {'k': 1}": {"k": 1},
    "[{'a': [1]}]": [{"a": [1]}],
}


@pytest.mark.parametrize("value", VALUES)
def test_values_of_any_type_are_asked_once_and_find_their_answers(bench: Any, value: str) -> None:
    bench.grammar = Grammar.of([Operator("echo", "echo", (), (Parameter("value", "ANY"),), "VARCHAR")])
    seen: list[Arguments] = []

    def answer(ask: Ask, arguments: Sequence[Arguments]) -> list[Answer]:
        seen.extend(arguments)
        return [Answer("echoed") for _ in arguments]

    bench.answers = answer
    table = bench.run(f"SELECT echo(v) AS a FROM (SELECT {value} AS v FROM range(3) UNION ALL SELECT NULL)")
    assert sorted(map(str, table["a"].to_pylist())) == ["None", "echoed", "echoed", "echoed"]
    assert seen == [{"value": VALUES[value]}]


def test_a_date_beyond_python_is_a_type_error_with_a_way_out(bench: Any) -> None:
    bench.grammar = Grammar.of([Operator("echo", "echo", (), (Parameter("value", "ANY"),), "VARCHAR")])
    with pytest.raises(TypeMismatch) as caught:
        bench.run("SELECT echo(v) FROM (SELECT 'infinity'::DATE AS v)")
    assert "cast" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("returns", "answer", "expected"),
    [
        ("STRUCT(first VARCHAR, size BIGINT)", {"first": "r", "size": 1}, {"first": "r", "size": 1}),
        ("JSON", {"n": [1, None]}, '{"n":[1,null]}'),
        ("DECIMAL(10, 2)", 1.25, Decimal("1.25")),
        ("DATE", "2024-02-29", dt.date(2024, 2, 29)),
        ("BOOLEAN", None, None),
        ("VARCHAR[]", ["a", None], ["a", None]),
        ("STRUCT(a INTEGER)[]", [{"a": 1}], [{"a": 1}]),
        ("MAP(VARCHAR, INTEGER)", {"a": 1}, [("a", 1)]),
    ],
)
@pytest.mark.parametrize("call", ["made(text)", "(SELECT made(t.text) FROM u LIMIT 1)"])
def test_answers_come_back_as_the_declared_type(bench: Any, returns: str, answer: Any, expected: Any, call: str) -> None:
    bench.grammar = Grammar.of([Operator("made", "made", (), (Parameter("text"),), returns)])
    bench.answers = lambda ask, arguments: [Answer(answer) for _ in arguments]
    table = bench.run(f"SELECT {call} AS a FROM t WHERE id = 1")
    value = table["a"].to_pylist()[0]
    assert (value.replace(" ", "") if returns == "JSON" else value) == expected
    assert table.schema.field("a").type == bench.ours.sql(f"SELECT NULL::{returns} AS a").to_arrow_table().schema.field("a").type


@pytest.mark.parametrize(("operator", "answer"), [("rate", "prose"), ("when_said", "someday"), ("means", "yes"), ("parts", 3)])
def test_an_answer_of_the_wrong_type_is_an_error_of_ours(bench: Any, operator: str, answer: Any) -> None:
    bench.answers = lambda ask, arguments: [Answer(answer) for _ in arguments]
    call = {"rate": "rate(amount)", "means": "means(text, 'x')"}.get(operator, f"{operator}(text)")
    with pytest.raises(OutputInvalid, match=f"an answer of {operator} does not fit"):
        bench.run(f"SELECT {call} FROM t")
    assert bench.left_behind() == []


AS_TEXT = {
    "'10101'::BIT": "10101",
    "340282366920938463463374607431768211455::UHUGEINT": "340282366920938463463374607431768211455",
    "TIMETZ '12:00:00+01'": "12:00:00+01",
    "12345678901234567890123456789012345678901234567890::BIGNUM": "12345678901234567890123456789012345678901234567890",
    "[TIMETZ '12:00:00+01', NULL]": ["12:00:00+01", None],
    "['1'::BIT, '0'::BIT]::BIT[2]": ["1", "0"],
    "{'a \"b': '1'::BIT, 'c': 2}": {'a "b': "1", "c": 2},
    "MAP {'k': ['1'::BIT]}": [("k", ["1"])],
    "row(1, '1'::BIT)": {"element1": 1, "element2": "1"},
}


@pytest.mark.parametrize("value", AS_TEXT)
def test_what_arrow_cannot_hold_is_text_and_the_rest_is_as_it_was(bench: Any, value: str) -> None:
    table = bench.run(
        f'SELECT 1 AS dup, {value} AS "a ""v""", 2 AS dup, {value} IS NULL AS other UNION ALL SELECT 3, NULL, 4, NULL ORDER BY 1'
    )
    assert table.column_names == ["dup", 'a "v"', "dup", "other"]
    assert [column.to_pylist() for column in table.columns] == [[1, 3], [AS_TEXT[value], None], [2, 4], [False, None]]
