"""JSON that is kept as it came or went: only where any parser reads the text as the value says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rvbbit import jsontext
from rvbbit.jsontext import Written, to_json, written


def test_a_document_is_kept_as_it_came() -> None:
    raw = '{ "a" : [1, 2.50, "é\\u00e9"],\n "b": null }'
    value = jsontext.read(f"\n\n{raw}\n".encode())
    assert value == {"a": [1, 2.5, "éé"], "b": None}
    assert to_json(value) == raw


@pytest.mark.parametrize("raw", ['{"a": NaN}', '{"a": -Infinity}', '{"a": "half \\ud83d"}', '{"a": "half \\uD83D"}'])
def test_what_other_parsers_would_not_read_is_written_anew(raw: str) -> None:
    value = jsontext.read(raw.encode())
    assert type(value) is dict
    assert json.loads(to_json(value), parse_constant=pytest.fail)


@pytest.mark.parametrize(("raw", "value"), [(b"[1]", [1]), (b'"x"', "x"), (b"null", None), ('{"a": "ü"}'.encode("utf-16"), {"a": "ü"})])
def test_what_is_no_object_or_in_another_encoding_is_its_value(raw: bytes, value: Any) -> None:
    assert jsontext.read(raw) == value
    assert type(jsontext.read(raw)) is not Written


@pytest.mark.parametrize("raw", [b"", b"{", b"<html>", b"\xff\xfe\xfa", b'{"a": 1} and more'])
def test_what_is_no_json_is_a_value_error(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        jsontext.read(raw)


def test_what_is_written_is_its_value_and_its_compact_text() -> None:
    one = written({"a": [1, "é"], "b": {"c": None}})
    assert one == {"a": [1, "é"], "b": {"c": None}}
    assert to_json(one) == one.text == '{"a":[1,"é"],"b":{"c":null}}'
    assert to_json({"in": one}) == '{"in":{"a":[1,"é"],"b":{"c":null}}}'
    assert json.dumps(one) == json.dumps(dict(one))


@pytest.mark.parametrize("levels", [2, 300, 900])
def test_what_is_nested_deep_is_read_and_written(levels: int) -> None:
    raw = '{"a":' + "[" * levels + "]" * levels + "}"
    value = jsontext.read(raw.encode())
    assert to_json(value) == to_json(dict(value)) == written(value).text == raw


def test_what_is_nested_without_end_is_no_json() -> None:
    with pytest.raises(ValueError, match="nested too deep"):
        jsontext.read(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}")


def test_numbers_are_written_as_they_always_were() -> None:
    assert to_json([5e-05, 1e16, 2.0, 10**30]) == "[5e-05,1e+16,2.0,1000000000000000000000000000000]"


@pytest.mark.parametrize(
    "value", [{"b": float("nan"), "c": [-float("inf")]}, {"a": "half \ud83d", "b": float("nan"), "c": [-float("inf")]}]
)
def test_odd_numbers_are_written_as_their_names(value: dict[str, Any]) -> None:
    assert json.loads(written(value).text) == {**value, "b": "NaN", "c": ["-Infinity"]}
