"""What a number can never equal is refused before anything is asked."""

from __future__ import annotations

from typing import Any

import pytest

from rvbbit.errors import TypeMismatch


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
