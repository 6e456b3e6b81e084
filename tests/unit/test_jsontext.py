"""JSON that is kept as it came or went: only where any parser reads the text as the value says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rvbbit import jsontext
from rvbbit.jsontext import Written, to_json, written


def test_a_document_is_kept_as_it_came() -> None:
    raw = '{ "a" : [1, 2.50, "é\\u00e9"],\n "b": null }'
    value = jsontext.read(raw.encode())
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
