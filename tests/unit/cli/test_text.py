"""Text on a terminal."""

from __future__ import annotations

from rvbbit.cli.text import cut, width


def test_cutting_counts_cells_not_characters() -> None:
    assert width(cut("東京東京東京", 7)) <= 7
    assert cut("short", 5) == "short"
