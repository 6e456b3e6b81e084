"""Texts that nobody writes a demo about: blank, very long, in emoji, from right to left, with markup and templates in them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import rvbbit

TEXTS: list[str | None] = [
    None, "", "   ", "\n\t", "long text about parcels " * 500, "😀😀", "👨‍👩‍👧‍👦 family", "שלום עולם", "مرحبا بالعالم", "الطرد متأخر",
    "the parcel is late", "the parcel is late!", "the parcel is late", "\0nul", '<text>&"x"</text>', "{{ input.text }}", "1", "\u200b",
]  # fmt: skip
BLANK = ["", "   ", "\n\t"]


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    home: Path = tmp_path_factory.mktemp("odd")
    with rvbbit.connect(home, store=":memory:", database=":memory:", model="local:minilm") as opened:
        opened.sql("CREATE TABLE d AS SELECT unnest($t) AS t", {"t": TEXTS})
        yield opened


def test_every_text_is_of_a_kind_and_blank_ones_of_their_own(db: Any) -> None:
    rows = db.sql("SELECT t, MEANING(t, 3) AS m FROM d").fetchall()
    assert [t for t, m in rows if m is None] == [None]
    assert [t for t, m in rows if m == "nothing"] == BLANK


@pytest.mark.parametrize("key", ["MEANING(t)", "MEANING(t, 2)", "TOPICS(t, 2)"])
def test_groups_by_meaning_hold_every_row(db: Any, key: str) -> None:
    found = dict(db.sql(f"SELECT {key} AS m, count(*) FROM d GROUP BY m").fetchall())
    assert sum(found.values()) == len(TEXTS) and found[None] == 1 and found["nothing"] == 3
    assert dict(db.sql(f"SELECT {key} AS m, count(*) FROM d WHERE trim(t, E' \\n\\t') = '' GROUP BY m").fetchall()) == {"nothing": 3}


def test_one_blank_stands_for_all_and_no_other_text_is_lost(db: Any) -> None:
    ((kept,),) = db.sql("SELECT DEDUPE(t) FROM d").fetchall()
    assert [text for text in kept if text in BLANK] == [""]
    assert sum("parcel is late" in text for text in kept) == 1
    assert {text for text in TEXTS if text and text not in BLANK and "is late" not in text} < set(kept)
    rows = [row for (row,) in db.sql("SELECT SEMANTIC DISTINCT t FROM d").fetchall()]
    assert sorted(row for row in rows if row is not None) == sorted(kept) and rows.count(None) == 1


def test_clusters_hold_every_text_once(db: Any) -> None:
    ((found,),) = db.sql("SELECT CLUSTER(t, 3) FROM d").fetchall()
    assert sorted(text for one in found for text in one["members"]) == sorted({text for text in TEXTS if text is not None})
    assert [one["members"] for one in found if one["label"] == "nothing"] == [sorted(BLANK)]
