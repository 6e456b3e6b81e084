"""Text on a terminal: how wide it is, cut to a width, made safe to show.

Rows are data from outside: control characters in them are shown, never sent, so that a row cannot move the cursor or recolour a terminal.
"""

from __future__ import annotations

from rich.cells import cell_len

NULL = "NULL"
_SHOWN = {c: f"\\x{c:02x}" for c in [*range(0x20), *range(0x7F, 0xA0)]} | {ord("\n"): "↵", ord("\t"): "\\t", ord("\r"): "\\r"}
_UNSAFE_DIRECTIONS = {c: f"\\u{c:04x}" for c in [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]}
_VISIBLE = _SHOWN | _UNSAFE_DIRECTIONS


def width(text: str) -> int:
    """How many terminal cells a text takes: 2 for a wide character, 0 for a combining one."""
    return cell_len(text)


def cut(text: str, cells: int) -> str:
    """The text in at most `cells` cells, with … where something was cut off."""
    if width(text) <= cells:
        return text
    used, kept = 0, []
    for character in text:
        used += width(character)
        if used > cells - 1:
            break
        kept.append(character)
    return "".join(kept) + "…"


def visible(text: str) -> str:
    """The text on one line: a newline as ↵, other control characters as escapes."""
    return text.translate(_VISIBLE)
