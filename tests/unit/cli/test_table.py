"""Tables as psql draws them."""

from __future__ import annotations

import pyarrow as pa

from rvbbit.cli.table import Style, aligned, expanded, fit, too_wide
from rvbbit.cli.text import width


def drawn(table: pa.Table, cells: int | None = None) -> list[str]:
    return list(aligned(table, Style(cells=cells), more="cut"))


def test_columns_are_aligned_and_numbers_stand_right() -> None:
    assert drawn(pa.table({"id": [1, 20], "name": ["ann", "b"]})) == [
        " id | name",
        "----+------",
        "  1 | ann",
        " 20 | b",
        "(2 rows)",
    ]


def test_null_is_told_from_the_empty_string() -> None:
    assert drawn(pa.table({"x": ["", None, "y"]}))[2:5] == ["", " NULL", " y"]


def test_one_row_is_a_row() -> None:
    assert drawn(pa.table({"x": [1]}))[-1] == "(1 row)"


def test_no_rows_still_show_their_columns() -> None:
    assert drawn(pa.table({"x": pa.array([], pa.int64()), "y": pa.array([], pa.string())})) == [" x | y", "---+---", "(0 rows)"]


def test_wide_characters_take_two_cells() -> None:
    lines = drawn(pa.table({"city": ["東京", "Rome"], "n": [1, 2]}))
    assert len({width(line[: line.index("|")]) for line in lines if "|" in line}) == 1


def test_control_characters_of_a_row_never_reach_the_terminal() -> None:
    text = "".join(drawn(pa.table({"x": ["\x1b[31mred\x07", "two\nlines", "\u202eabc"]})))
    assert "\x1b" not in text and "\x07" not in text and "\u202e" not in text
    assert "\\x1b[31mred\\x07" in text and "two↵lines" in text


def test_long_text_is_cut_to_the_width_and_the_footer_says_how_to_see_it() -> None:
    lines = drawn(pa.table({"id": [1], "text": ["x" * 200]}), cells=40)
    assert max(map(width, lines[:-1])) <= 40
    assert lines[2].endswith("…") and lines[-1] == "(1 row; cut)"


def test_without_a_width_nothing_is_cut() -> None:
    lines = drawn(pa.table({"text": ["x" * 500]}))
    assert "x" * 500 in lines[2] and lines[-1] == "(1 row)"


def test_the_widest_column_gives_way_first() -> None:
    assert fit([5, 100, 20], 60) == [5, 60 - 8 - 25, 20]


def test_columns_that_cannot_fit_are_known() -> None:
    many = pa.table({f"a_long_column_{i}": ["some long text here"] for i in range(10)})
    assert too_wide(many, 80) and not too_wide(many, 200)


def test_expanded_shows_one_field_a_line_and_cuts_nothing() -> None:
    assert list(expanded(pa.table({"id": [7], "note": ["a\nb"]}), Style())) == ["-[ row 1 ]", "id   | 7", "note | a", "     | b", "(1 row)"]
