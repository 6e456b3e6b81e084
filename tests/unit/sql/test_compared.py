"""What a number can never equal is refused before anything is asked."""

from __future__ import annotations

from typing import Any

import pytest

from rvbbit.errors import TypeMismatch
from rvbbit.sql.compared import notices
from rvbbit.sql.dialect import Dialect
from rvbbit.sql.patterns import Grammar


@pytest.mark.parametrize(
    "condition",
    [
        "about(text, 'x') = 'negative'",
        "'negative' <> about(text, 'x')",
        "(about(text, 'x')) IN ('positive', 'negative')",
        "rate(amount) > 'many'",
    ],
)
def test_a_number_is_no_word(planner: Any, condition: str) -> None:
    with pytest.raises(TypeMismatch, match=r"gives a (DOUBLE|BIGINT), which is never '") as caught:
        planner.bind(f"SELECT id FROM t\nWHERE {condition}")
    assert caught.value.line == 2 and "CLASSIFY" in (caught.value.hint or "")


@pytest.mark.parametrize(
    "condition",
    [
        "about(text, 'x') > 0.5",
        "about(text, 'x') = '0.5'",
        "rate(amount) IN (1, 2)",
        "classify(text, 'a,b') = 'a'",
        "about(text, 'x') > amount",
    ],
)
def test_what_may_be_equal_is_left_alone(planner: Any, condition: str) -> None:
    assert planner.bind(f"SELECT id FROM t WHERE {condition}").blocks


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("SELECT bool_or(about(text, 'x')) FROM t", "bool_or takes TRUE or FALSE; ABOUT gives", "compare it: ABOUT(text, 'x') >= 0.5"),
        ("SELECT count_if(DISTINCT (text ABOUT 'x')) FROM t", "count_if takes", "compare it: ABOUT(text, 'x') >= 0.5"),
        ("SELECT id FROM t WHERE rate(amount)", "a condition is TRUE or FALSE; RATE gives", "compare it: RATE(amount) > 0"),
        ("SELECT CASE WHEN NOT rate(amount) THEN 1 END FROM t", "a condition is TRUE or FALSE", "compare it: RATE(amount) > 0"),
    ],
)
def test_a_number_is_neither_true_nor_false(planner: Any, text: str, message: str, hint: str) -> None:
    with pytest.raises(TypeMismatch, match=message) as caught:
        planner.bind(text)
    assert caught.value.hint == hint and caught.value.line == 1


@pytest.mark.parametrize(
    "text",
    [
        "SELECT bool_or(about(text, 'x') > 0.2) FROM t",
        "SELECT bool_or(text MEANS 'x') FROM t",
        "SELECT max(about(text, 'x')) FROM t",
        "SELECT id FROM t WHERE about(text, 'x')",
    ],
)
def test_what_is_true_or_false_is_taken(planner: Any, text: str) -> None:
    assert planner.bind(text).blocks


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("classify(text, 'billing, delivery') = 'biling'", "'biling', which is none of its labels: did you mean 'billing'?"),
        ("'Billing' <> (classify(text, ['billing', 'delivery']))", "did you mean 'billing'?"),
        ("classify(text, 'billing,delivery') IN ('billing', 'zzz')", "'zzz', which is none of its labels: they are 'billing', 'delivery'"),
        ("classify(text, 'billing,delivery') = 'billing'", None),
        ("classify(text, tags) = 'biling'", None),
        ("classify(text, 'a,b') = grp", None),
        ("'x' IN (classify(text, 'a,b'), grp)", None),
    ],
)
def test_a_label_that_is_none_is_named_with_the_nearest(grammar: Grammar, condition: str, told: str | None) -> None:
    found = notices(Dialect(grammar).read(f"SELECT id FROM t WHERE {condition}"))
    assert len(found) == (told is not None) and (told or "") in "".join(found)
