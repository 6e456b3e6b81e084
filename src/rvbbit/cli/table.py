"""A result as psql shows it: aligned columns, or one field a line (expanded). Text in, lines out; it never asks what terminal there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import click
import pyarrow as pa

from rvbbit.cli.text import NULL, cut, visible, width
from rvbbit.values import column_values, plain

_NARROWEST = 12
"""A cut column keeps at least this many cells: less says nothing."""


@dataclass(frozen=True, slots=True)
class Style:
    """How to draw. `cells`: the width to fit into, None for as wide as it takes; `colour`: whether NULL and headings may be styled."""

    cells: int | None = None
    colour: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One column as text. `texts` has None for NULL; `right` for numbers."""

    name: str
    texts: list[str | None]
    right: bool

    def natural(self) -> int:
        """Cells its widest entry takes."""
        return max([width(self.name), *(width(NULL if text is None else text) for text in self.texts)])


def aligned(table: pa.Table, style: Style, *, more: str = "") -> Iterator[str]:
    """Lines of an aligned table and its row count. `more` says in the footer how to see what was cut, where something was.

    Shape: heading, rule, one line a row, `(n rows)`.
    """
    columns = _columns(table)
    natural = [column.natural() for column in columns]
    widths = natural if style.cells is None else fit(natural, style.cells)
    paired = list(zip(columns, widths, strict=True))
    yield _bold(" " + " | ".join(_padded(column.name, cells, centre=True) for column, cells in paired).rstrip(), style)
    yield f"-{'-+-'.join('-' * cells for cells in widths)}-"
    for row in range(table.num_rows):
        yield (" " + " | ".join(_cell(column, row, cells, style) for column, cells in paired)).rstrip()
    yield _footer(table.num_rows, more if widths != natural else "")


def too_wide(table: pa.Table, cells: int) -> bool:
    """Whether the columns do not fit into `cells` however much is cut."""
    return sum(min(column.natural(), _NARROWEST) + 3 for column in _columns(table.slice(0, 100))) - 1 > cells


def expanded(table: pa.Table, style: Style) -> Iterator[str]:
    """One field a line, nothing cut; newlines stay."""
    columns = _columns(table, flat=False)
    label = max((width(column.name) for column in columns), default=0)
    for row in range(table.num_rows):
        yield _bold(f"-[ row {row + 1} ]".ljust(label + 2, "-"), style)
        for column in columns:
            text = column.texts[row]
            first, *rest = (_null(style) if text is None else text).split("\n")
            yield f"{_padded(column.name, label)} | {first}".rstrip()
            yield from (f"{' ' * label} | {line}".rstrip() for line in rest)
    yield _footer(table.num_rows)


def fit(natural: Sequence[int], cells: int) -> list[int]:
    """Widths that fit into `cells`, taken from the widest columns first. None goes under `_NARROWEST`: many columns may still not fit."""
    widths = list(natural)
    lines = 3 * len(widths) - 1
    while sum(widths) + lines > cells:
        widest = max(widths)
        if widest <= _NARROWEST:
            break
        level = max([_NARROWEST, *(w for w in widths if w < widest)])
        at_widest = [i for i, w in enumerate(widths) if w == widest]
        excess = sum(widths) + lines - cells
        share, left = divmod(excess, len(at_widest))
        for position, index in enumerate(at_widest):
            widths[index] = max(level, widest - share - (position < left))
    return widths


def _columns(table: pa.Table, *, flat: bool = True) -> list[Column]:
    return [
        Column(visible(name), _texts(table.column(i), flat), _is_number(table.schema.types[i])) for i, name in enumerate(table.column_names)
    ]


def _texts(column: pa.ChunkedArray, flat: bool) -> list[str | None]:
    if flat:
        return [None if value is None else visible(plain(value)) for value in column_values(column)]
    return [None if value is None else "\n".join(map(visible, plain(value).split("\n"))) for value in column_values(column)]


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _cell(column: Column, row: int, cells: int, style: Style) -> str:
    text = column.texts[row]
    if text is None:
        blank = " " * (cells - len(NULL))
        return blank + _null(style) if column.right else _null(style) + blank
    return _padded(cut(text, cells), cells, right=column.right)


def _padded(text: str, cells: int, *, right: bool = False, centre: bool = False) -> str:
    text = cut(text, cells)
    missing = cells - width(text)
    if centre:
        return " " * (missing // 2) + text + " " * (missing - missing // 2)
    return " " * missing + text if right else text + " " * missing


def _footer(rows: int, more: str = "") -> str:
    return f"({rows:,} {'row' if rows == 1 else 'rows'}{f'; {more}' if more else ''})"


def _null(style: Style) -> str:
    return click.style(NULL, dim=True, italic=True) if style.colour else NULL


def _bold(text: str, style: Style) -> str:
    return click.style(text, bold=True) if style.colour else text
