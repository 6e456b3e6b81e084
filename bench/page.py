"""Tables in `docs/` that programs of this folder write, between two markers that name the program."""

from __future__ import annotations

from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def put(page: str, program: str, text: str) -> None:
    """Lay the text between `<!-- measured: PROGRAM -->` and `<!-- end: PROGRAM -->`. Raises ValueError where the page has no such place."""
    path = DOCS / page
    begin, end = f"<!-- measured: {program} -->\n", f"<!-- end: {program} -->\n"
    before, begun, rest = path.read_text(encoding="utf-8").partition(begin)
    _, ended, after = rest.partition(end)
    if not (begun and ended):
        raise ValueError(f"{path} has no lines {begin.strip()} and {end.strip()}")
    path.write_text(f"{before}{begin}\n{text.strip()}\n\n{end}{after}", encoding="utf-8")
