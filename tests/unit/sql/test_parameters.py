"""Parameters under names of their own."""

from __future__ import annotations

from typing import Any

import pytest

from rvbbit.errors import UsageError
from rvbbit.sql.dialect import Dialect
from rvbbit.sql.parameters import named


@pytest.mark.parametrize(
    ("text", "values", "written", "found"),
    [
        ("SELECT ? WHERE a = ? LIMIT ?", [1, "b", 3], "SELECT $p_1 WHERE a = $p_2 LIMIT $p_3", {"p_1": 1, "p_2": "b", "p_3": 3}),
        ("SELECT $2, $1, $2", ["x", "y"], "SELECT $p_2, $p_1, $p_2", {"p_1": "x", "p_2": "y"}),
        ("SELECT $a, $b", {"a": 1, "b": None}, "SELECT $p_a, $p_b", {"p_a": 1, "p_b": None}),
        ("SELECT '?', '$1' -- ?", None, "SELECT '?', '$1'", {}),
        ("SELECT $1,$2", ["x", "y"], "SELECT $p_1, $p_2", {"p_1": "x", "p_2": "y"}),
        ("SELECT f($t,$l)", {"t": 1, "l": 2}, "SELECT f($p_t, $p_l)", {"p_t": 1, "p_l": 2}),
        ("SELECT 1", [], "SELECT 1", {}),
    ],
)
def test_each_mark_gets_its_value(text: str, values: Any, written: str, found: dict[str, Any]) -> None:
    tree = Dialect().read(text)
    assert named(tree, values) == found
    assert Dialect().write(tree) == written


@pytest.mark.parametrize(
    ("text", "values", "message"),
    [
        ("SELECT ?, ?", [1], "parameter 2 has no value"),
        ("SELECT ?", None, "parameter 1 has no value"),
        ("SELECT ?", [1, 2], "2 parameters were given and 1 are used"),
        ("SELECT $a", {"b": 1}, r"\$a has no value"),
        ("SELECT $a", {"a": 1, "b": 2}, "2 parameters were given and 1 are used"),
        ("SELECT 1", [1], "1 parameters were given and 0 are used"),
    ],
)
def test_too_few_and_too_many_values_are_refused(text: str, values: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        named(Dialect().read(text), values)
