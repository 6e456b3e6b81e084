"""Types, lowering and the errors that stop a statement before anything runs."""

from __future__ import annotations

from typing import Any

import pytest

from rvbbit.errors import SQLError, TypeMismatch, UnknownColumn
from rvbbit.sql.lowering import Final, Keep, Stage, steps, written
from rvbbit.sql.rules import optimise


@pytest.mark.parametrize(
    ("call", "fits"),
    [
        ("text MEANS 'x'", True),
        ("text::JSON MEANS 'x'", True),
        ("text::UUID MEANS 'x'", True),
        ("text::ENUM('a') MEANS 'x'", True),
        ("NULL MEANS 'x'", True),
        ("amount MEANS 'x'", False),
        ("tags MEANS 'x'", False),
        ("part MEANS 'x'", False),
        ("CLASSIFY(text, ['a'])", True),
        ("CLASSIFY(text, 'a,b')", True),
        ("CLASSIFY(text, tags)", True),
        ("CLASSIFY(text, amount)", False),
        ("RATE(amount)", True),
        ("RATE(1.5)", True),
        ("RATE(text)", False),
    ],
)
def test_arguments_are_held_against_the_declared_types(planner: Any, call: str, fits: bool) -> None:
    statement = f"SELECT id,\n {call} FROM t"
    if fits:
        planner.bind(statement)
        return
    with pytest.raises(TypeMismatch) as caught:
        planner.bind(statement)
    assert caught.value.line == 2
    assert caught.value.hint


def test_an_unknown_column_stops_the_binding(planner: Any) -> None:
    with pytest.raises(UnknownColumn, match="nothing"):
        planner.bind("SELECT nothing MEANS 'x' FROM t")


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE VIEW v AS SELECT text MEANS 'x' AS m FROM t",
        "CREATE MACRO m(x) AS x MEANS 'x'",
        "CREATE TABLE made (a BOOLEAN DEFAULT ('a' MEANS 'b'))",
        "ALTER TABLE t ALTER text TYPE VARCHAR USING ASK(text, 'q')",
    ],
)
def test_a_definition_that_would_keep_a_call_is_refused_with_a_way_out(planner: Any, statement: str) -> None:
    with pytest.raises(SQLError) as caught:
        planner.bind(statement)
    assert caught.value.hint


def made(planner: Any, statement: str) -> list[str]:
    texts = []
    for step in steps(optimise(planner.bind(statement)), "p"):
        match step:
            case Keep(name, query):
                texts.append(f"keep {name}: {written(query)}")
            case Stage(name, _, rows, constants):
                texts.append(f"ask {name}: {written(rows)} / {constants and written(constants)}")
            case Final(query):
                texts.append(written(query))
    return texts


def test_a_stage_reads_distinct_arguments_and_the_statement_looks_answers_up(planner: Any) -> None:
    stage, final = made(planner, "SELECT id FROM t WHERE text MEANS 'x' AND amount > 3")
    assert stage == (
        'ask p_answers_1: SELECT DISTINCT __rv_k0 FROM (SELECT text COLLATE "binary" AS __rv_k0 FROM t WHERE (amount > 3)) AS __rv_rows'
        " WHERE NOT __rv_k0 IS NULL / SELECT 'x' AS __rv_k1"
    )
    assert final == (
        "SELECT id FROM t WHERE (SELECT __rv_a.__rv_value FROM p_answers_1 AS __rv_a"
        ' WHERE __rv_a.__rv_k0 = (text) COLLATE "binary") AND amount > 3'
    )


def test_a_later_stage_repeats_the_answers_of_earlier_ones(planner: Any) -> None:
    _, second, _ = made(planner, "SELECT ASK(text, 'q') FROM t WHERE text MEANS 'x'")
    assert "p_answers_2" in second.partition("FROM (SELECT")[2]


def test_what_reads_differently_is_kept_under_a_name_of_its_own(planner: Any) -> None:
    keep, stage, final = made(planner, "SELECT id FROM (SELECT * FROM t LIMIT 5) AS x WHERE text MEANS 'x'")
    assert keep == "keep p_kept_1: SELECT * FROM (SELECT * FROM t LIMIT 5)"
    assert "FROM p_kept_1 AS x" in stage
    assert "FROM p_kept_1 AS x" in final


def test_fallback_calls_of_one_operator_share_one_function(planner: Any) -> None:
    (final,) = made(planner, "SELECT list_filter(tags, lambda x: means(x, 'r')), list_filter(tags, lambda y: means(y, 's')) FROM t")
    assert final.count("p_call_1(") == 2


def test_values_that_arrow_would_change_are_keyed_as_text_or_as_declared(planner: Any) -> None:
    stage, final = made(planner, "SELECT RATE(a) FROM (SELECT id::HUGEINT AS a FROM t)")
    assert "CAST(a AS DOUBLE) AS __rv_k0" in stage
    assert "= CAST((a) AS DOUBLE)" in final
