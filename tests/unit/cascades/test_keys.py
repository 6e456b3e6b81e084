"""The cache key of a question: quick to make, and the one that older logs hold."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rvbbit.cascades.model_cell import hashed, key_of

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5)


@given(arguments=st.dictionaries(st.text(), VALUES), version=st.text(), take=st.integers(0, 9))
def test_a_key_is_the_hash_of_the_whole_question(arguments: dict[str, Any], version: str, take: int) -> None:
    assert key_of("f", arguments, version, take) == hashed(["f", arguments, version, take])
