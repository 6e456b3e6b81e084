"""How many rows a request may carry, as hints and settings say it."""

from __future__ import annotations

import pytest

from rvbbit.packing import OFF, Pack, parse


@pytest.mark.parametrize(
    ("text", "pack"),
    [
        ("off", OFF),
        ("auto", Pack(None)),
        (" AUTO ", Pack(None)),
        ("auto 0.95", Pack(None, 0.95)),
        ("3", Pack(3)),
        ("64", Pack(64)),
    ],
)
def test_what_is_written_is_read(text: str, pack: Pack) -> None:
    assert parse(text) == pack
    assert parse(str(pack)) == pack


@pytest.mark.parametrize(
    "text", ["", "on", "0", "1", "2", "65", "-4", "1.5", "auto 1", "auto 0.2", "auto x", "auto nan", "off 3", "１６", "16 rows"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse(text)
