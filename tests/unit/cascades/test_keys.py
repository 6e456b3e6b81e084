"""The cache key of a question: quick to make, and the one that older logs hold."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rvbbit.cascades.keys import hashed, keys_of

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5)
ARGUMENTS = st.dictionaries(st.text(max_size=3), VALUES)


def keys(rows: list[tuple[dict[str, Any], str]], take: int) -> list[str]:
    return keys_of("f", [arguments for arguments, _ in rows], [version for _, version in rows], take)


@given(rows=st.lists(st.tuples(ARGUMENTS, st.text())), take=st.integers(0, 9))
def test_a_key_is_the_hash_of_the_whole_question(rows: list[tuple[dict[str, Any], str]], take: int) -> None:
    assert keys(rows, take) == [hashed(["f", arguments, version, take]) for arguments, version in rows]


@given(texts=st.lists(st.text() | SCALARS), criterion=VALUES, version=st.text())
def test_rows_that_share_some_arguments_have_keys_of_their_own(texts: list[Any], criterion: Any, version: str) -> None:
    rows = [({"text": text, "criterion": criterion}, version) for text in texts]
    assert keys(rows, 0) == [hashed(["f", arguments, version, 0]) for arguments, version in rows]


def test_a_key_of_an_older_log_is_found_again() -> None:
    assert keys([({"text": "bamboo", "criterion": "eco"}, "v1")], 0) == ["0bc8abd70613cc929177cff6fcb373c2"]
