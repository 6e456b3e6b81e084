"""Which texts are answers, and which are not."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rvbbit.cascades import sqltypes
from rvbbit.cascades.output import Output
from rvbbit.errors import OutputInvalid
from rvbbit.types import Value

BOOLEAN = {"type": "boolean"}
SCORE = {"type": "number", "minimum": 0, "maximum": 1}
LABEL = {"type": "string", "enum": "{{ input.labels }}"}
PERSON = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
LABELS: dict[str, Value] = {"labels": ["Billing", "Arts & Crafts"]}


def read(schema: dict[str, Any] | None, text: str, returns: str | None = None) -> Value:
    return Output(schema, sqltypes.parse(returns) if returns else None).read(text, LABELS)


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        (BOOLEAN, "true", True),
        (BOOLEAN, " False.\n", False),
        (BOOLEAN, "Yes", True),
        (BOOLEAN, '{"answer": false}', False),
        (BOOLEAN, '```json\n{"answer": true}\n```', True),
        (BOOLEAN, "```\ntrue\n```", True),
        (BOOLEAN, 'Here you are: {"answer": true} I hope it helps.', True),
        (SCORE, "0.25", 0.25),
        (SCORE, "1", 1),
        (LABEL, '"Billing"', "Billing"),
        (LABEL, "billing", "Billing"),
        (LABEL, '{"answer": "Arts & Crafts"}', "Arts & Crafts"),
        ({"type": "string"}, "plain words", "plain words"),
        (PERSON, '{"name": "Ada"}', {"name": "Ada"}),
        (PERSON, 'Sure! ```json\n{"name": "Ada"}\n``` Bye.', {"name": "Ada"}),
        ({"type": "array", "items": {"type": "integer"}}, "[1, 2]", [1, 2]),
        (None, "  any text at all \n", "any text at all"),
    ],
)
def test_what_is_certain_is_read(schema: dict[str, Any] | None, text: str, value: Value) -> None:
    answer = read(schema, text)
    assert answer == value
    assert type(answer) is type(value)


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        (BOOLEAN, "It is true that the text mentions it."),
        (BOOLEAN, "Yes, because it is green."),
        (BOOLEAN, "truefalse"),
        (BOOLEAN, "1"),
        (BOOLEAN, '"true"'),
        (BOOLEAN, "null"),
        (BOOLEAN, '{"answer": "yes"}'),
        (BOOLEAN, '{"answer": true} or {"answer": false}'),
        (BOOLEAN, "```\ntrue\n```\n```\nfalse\n```"),
        (BOOLEAN, '{"result": true}'),
        (SCORE, "1.5"),
        (SCORE, "NaN"),
        (SCORE, "Infinity"),
        (SCORE, "true"),
        (SCORE, "about 0.5"),
        (LABEL, "Shipping"),
        (LABEL, "Billing or Arts & Crafts"),
        ({"type": "string"}, '{"answer": "cut of'),
        (PERSON, '{"nam": "Ada"}'),
        (PERSON, "Ada"),
        (PERSON, '{"name": "Ada"} {"name": "Bob"}'),
        (PERSON, "{" * 100_000),
        (SCORE, "[" * 100_000),
        (SCORE, "9" * 10_000),
        (BOOLEAN, ""),
        (None, "  \n"),
    ],
)
def test_what_is_not_certain_is_invalid_with_a_reason(schema: dict[str, Any] | None, text: str) -> None:
    with pytest.raises(OutputInvalid) as raised:
        read(schema, text)
    assert 0 < len(raised.value.message) < 400


def test_the_reason_of_a_long_enumeration_is_short() -> None:
    with pytest.raises(OutputInvalid) as raised:
        Output(LABEL).read("none", {"labels": [f"label number {n}" for n in range(500)]})
    assert len(raised.value.message) < 300


@pytest.mark.parametrize("labels", [[], "Billing", None, 3])
def test_an_enumeration_needs_a_list_with_something_in_it(labels: Value) -> None:
    with pytest.raises(OutputInvalid, match="input labels"):
        Output(LABEL).read("Billing", {"labels": labels})


def test_the_schema_for_equal_lists_is_one_object_with_the_list_filled_in() -> None:
    output = Output(LABEL)
    first = output.schema({"labels": ["a", "b"]})
    assert first == {"type": "string", "enum": ["a", "b"]}
    assert output.schema({"labels": ["a", "b"]}) is first
    assert output.schema({"labels": ["c", "c"]}) == {"type": "string", "enum": ["c"]}


@pytest.mark.parametrize(
    ("returns", "text", "value"),
    [
        ("DOUBLE", "1", 1.0),
        ("INTEGER", "3.0", 3),
        ("DATE", '"2026-01-31"', "2026-01-31"),
        ("VARCHAR", "[1]", "[1]"),
        ("DOUBLE[]", "[1]", [1.0]),
    ],
)
def test_answers_are_fitted_to_what_sql_was_promised(returns: str, text: str, value: Value) -> None:
    answer = read({}, text, returns)
    assert (answer, type(answer)) == (value, type(value))


@pytest.mark.parametrize(
    ("returns", "text"),
    [("INTEGER", "3.5"), ("INTEGER", "99999999999"), ("BOOLEAN", "1"), ("DATE", '"tomorrow"'), ("DOUBLE", '"0.5"'), ("DOUBLE[]", "1")],
)
def test_what_sql_was_not_promised_is_invalid(returns: str, text: str) -> None:
    with pytest.raises(OutputInvalid):
        read({}, text, returns)


def test_a_correction_is_checked_without_its_arguments() -> None:
    Output(LABEL).accept("any label")
    with pytest.raises(OutputInvalid):
        Output(LABEL).accept(3)
    with pytest.raises(OutputInvalid):
        Output(BOOLEAN).accept("true")


@given(st.text())
def test_no_text_makes_reading_a_boolean_raise_anything_else(text: str) -> None:
    with suppress(OutputInvalid):
        assert isinstance(read(BOOLEAN, text), bool)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda x: st.lists(x, max_size=3),
        max_leaves=5,
    )
)
def test_what_an_example_says_is_read_back_as_the_same(value: Value) -> None:
    output = Output({})
    assert output.read(output.spoken(value), {}) == value


@pytest.mark.parametrize(
    "text", ["VARCHAR", "varchar[]", "DECIMAL(9, 2)", "STRUCT(a VARCHAR, b STRUCT(c DOUBLE[]))[]", "timestamp with time zone"]
)
def test_types_are_read(text: str) -> None:
    assert sqltypes.parse(text).name


@pytest.mark.parametrize("text", ["", "VARCHR", "DECIMAL(a)", "STRUCT(a)", "STRUCT(a VARCHAR", "DOUBLE(", "[]", "VARCHAR; DROP TABLE x"])
def test_other_types_are_not(text: str) -> None:
    with pytest.raises(ValueError, match=r"type|struct"):
        sqltypes.parse(text)
