"""The cache of vectors: bounded in memory and on disk, shared, and never a reason to fail."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from rvbbit.providers.local.vectors import Vector, Vectors


def row(number: int, size: int = 8) -> tuple[bytes, Vector]:
    return number.to_bytes(16, "big"), Vector(bytes([number]) * size, number)


def rows(*numbers: int) -> dict[bytes, Vector]:
    return dict(map(row, numbers))


def test_what_was_put_is_found_and_nothing_else() -> None:
    vectors = Vectors()
    vectors.put(rows(1, 2))
    assert vectors.get(rows(2, 3)) == rows(2)


def test_the_longest_unused_is_forgotten_first() -> None:
    vectors = Vectors(memory_bytes=16)
    vectors.put(rows(1, 2))
    vectors.get(rows(1))
    vectors.put(rows(3))
    assert vectors.get(rows(1, 2, 3)) == rows(1, 3)


def test_what_memory_forgot_is_read_from_the_file(tmp_path: Path) -> None:
    vectors = Vectors(tmp_path, memory_bytes=8)
    vectors.put(rows(1, 2, 3))
    assert vectors.get(rows(1, 2, 3)) == rows(1, 2, 3)
    vectors.close()


def test_two_processes_see_what_the_other_put(tmp_path: Path) -> None:
    one, other = Vectors(tmp_path), Vectors(tmp_path)
    one.put(rows(1))
    other.put(rows(1, 2))
    assert one.get(rows(1, 2)) == rows(1, 2)
    one.close()
    other.close()


def test_the_file_keeps_the_newest_within_its_size(tmp_path: Path) -> None:
    first = Vectors(tmp_path, file_bytes=16)
    for number in range(1, 6):
        first.put(rows(number))
    first.close()
    again = Vectors(tmp_path)
    assert again.get(rows(1, 2, 3, 4, 5)) == rows(4, 5)
    again.close()


def test_more_keys_than_one_statement_takes_are_found(tmp_path: Path) -> None:
    many = {number.to_bytes(16, "big"): Vector(b"12345678", 1) for number in range(3000)}
    first = Vectors(tmp_path)
    first.put(many)
    first.close()
    again = Vectors(tmp_path)
    assert again.get(many) == many
    again.close()


@pytest.mark.parametrize("breakage", ["rubbish", "a file in the way"])
def test_a_file_that_cannot_be_used_is_done_without_and_reported_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, breakage: str
) -> None:
    place = tmp_path / "cache"
    if breakage == "rubbish":
        place.mkdir()
        (place / "vectors.sqlite").write_bytes(b"this is no database, " * 1000)
    else:
        place.write_text("not a directory")
    vectors = Vectors(place)
    with caplog.at_level(logging.WARNING):
        vectors.put(rows(1))
        vectors.put(rows(2))
        assert vectors.get(rows(1, 2, 3)) == rows(1, 2)
    assert len(caplog.records) == 1 and "embedded again" in caplog.text
