"""Numbers in an answer stand for the items of a list."""

from __future__ import annotations

from typing import Any

import pytest

from rvbbit.cascades.output import Output
from rvbbit.cascades.picks import Picks
from rvbbit.cascades.sqltypes import parse
from rvbbit.errors import OutputInvalid

TEXTS = ["a", "a", "b", "c"]
NUMBERS = {"type": "array", "items": {"type": "integer"}}


def read(text: str, schema: Any = NUMBERS, returns: str = "VARCHAR[]", *, each_once: bool = False, items: Any = TEXTS) -> Any:
    return Output(schema, parse(returns), Picks("texts", each_once)).read(text, {"texts": items})


def test_numbers_count_the_distinct_items_from_one() -> None:
    assert read("[3, 1]") == ["c", "a"]


def test_numbers_deep_inside_are_items_too() -> None:
    schema = {"type": "array", "items": {"type": "object"}}
    found = read('[{"label": "x", "members": [1, 3]}]', schema, "STRUCT(label VARCHAR, members VARCHAR[])[]")
    assert found == [{"label": "x", "members": ["a", "c"]}]


def test_an_object_stands_for_what_is_in_its_list() -> None:
    parts = [{"label": "x", "members": ["a", "b"]}, {"label": "y", "members": ["c"]}]
    schema = {"type": "array", "items": {"type": "object"}}
    found = read('[{"label": "z", "members": [1, 2]}]', schema, "STRUCT(label VARCHAR, members VARCHAR[])[]", items=parts)
    assert found == [{"label": "z", "members": ["a", "b", "c"]}]


@pytest.mark.parametrize("text", ["[4]", "[0]", "[-1]"])
def test_a_number_that_is_no_items_is_refused(text: str) -> None:
    with pytest.raises(OutputInvalid, match="numbered from 1 to 3"):
        read(text)


@pytest.mark.parametrize(("text", "said"), [("[1, 2]", "missing: 3"), ("[1, 2, 3, 2]", "given twice: 2"), ("[]", "missing: 1, 2, 3")])
def test_each_once_says_what_is_missing_and_what_is_twice(text: str, said: str) -> None:
    with pytest.raises(OutputInvalid, match=said):
        read(text, each_once=True)
    assert read("[2, 3, 1]", each_once=True) == ["b", "c", "a"]


def test_what_the_model_says_must_fit_the_schema() -> None:
    with pytest.raises(OutputInvalid):
        read('["a"]')


def test_an_answer_that_has_its_items_already_is_taken_as_it_is() -> None:
    output = Output(NUMBERS, parse("VARCHAR[]"), Picks("texts"))
    assert output.fit(["c"], {"texts": TEXTS}) == ["c"]
    output.accept(["c"])
    with pytest.raises(OutputInvalid):
        output.fit("c", {"texts": TEXTS})


def test_the_model_is_told_which_numbers_there_are() -> None:
    asked = Output(NUMBERS, parse("VARCHAR[]"), Picks("texts")).schema({"texts": TEXTS})
    assert asked == {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 3}}
