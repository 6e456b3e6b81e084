"""The check of an operator's patterns: `"{{ text }} MEANS {{ criterion }}"`, `"CLASSIFY({{ text }}, {{ labels }})"` or
`"SEMANTIC_CASE {{ text }} WHEN {{ cases }} END"`.

The parser that uses them is the SQL room's; here is only what must be right before it sees them, and when two of them are the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

SLOT = re.compile(r"\{\{\s*(\w*)\s*\}\}")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[~!@#^&|*<>=+-]+")
_FUNCTION = re.compile(r"\s*([A-Za-z_]\w*)\s*\((.*)\)\s*", re.DOTALL)
_CHOICE = re.compile(r"\s*([A-Za-z_]\w*)\s*\{\{[^{}]*\}\}\s*([A-Za-z_]+)\s*\{\{[^{}]*\}\}\s*END\s*", re.IGNORECASE)

_RESERVED = """
    ALL AND ANALYZE ANY AS ASC ASOF BETWEEN BY CASE CAST COLLATE CREATE CROSS DELETE DESC DISTINCT DROP ELSE END ESCAPE EXCEPT EXISTS
    FETCH FILTER FOR FROM FULL GLOB GROUP HAVING ILIKE IN INNER INSERT INTERSECT INTO IS ISNULL JOIN LATERAL LEFT LIKE LIMIT NATURAL
    NOT NOTNULL NULL OFFSET ON OR ORDER OUTER OVER OVERLAPS PARTITION POSITIONAL QUALIFY RETURNING RIGHT SELECT SEMI SIMILAR SOME
    TABLE THEN TO TRY_CAST UNION UPDATE USING VALUES WHEN WHERE WINDOW WITH
"""
KEYWORDS = frozenset(_RESERVED.split())
_OPERATORS = "+ - * / // % = == < > <= >= <> != || & && | ^ ** << >> -> ->> @> <@ ^@ @ ! <-> <=> ~~ ~~* !~~ !~~* ~~~ ~* !~ !~*"
_SYMBOLS = frozenset(_OPERATORS.split())
"""DuckDB's operators. `~`, which is its regexp_full_match, is free: two things being the same is worth the sign more."""
_BINDS_FIRST = ("+", "-", "*", "/", "&", "|", "^", "#", "@")
"""What a symbol may not begin with: SQL would read that much of it as arithmetic."""


def signature(pattern: str) -> str:
    """What two patterns share when SQL could not tell them apart: `"{{ a }} means {{ b }}"` → `_ MEANS _`."""
    if choice := _CHOICE.fullmatch(pattern):
        return f"{choice[1].upper()} _ {choice[2].upper()}"
    function = _FUNCTION.fullmatch(pattern)
    return f"{function[1].upper()}()" if function else " ".join(SLOT.sub(" _ ", pattern).upper().split())


def problems(pattern: str, names: Sequence[str], required: Sequence[str]) -> Iterator[str]:
    """What is wrong with a pattern, given the declared arguments and those among them that a call cannot leave off."""
    slots = SLOT.findall(pattern)
    function = _FUNCTION.fullmatch(pattern)
    if choice := _CHOICE.fullmatch(pattern):
        yield from (f"{word.upper()} is a SQL keyword" for word in choice.groups()[:1] if word.upper() in KEYWORDS)
    else:
        yield from (_call(function[1], function[2]) if function else _infix(pattern))
    for slot in slots:
        if slot not in names:
            yield f"{{{{ {slot} }}}} is not an argument; there are {', '.join(names) or 'none'}"
    for slot in sorted({slot for slot in slots if slots.count(slot) > 1}):
        yield f"{{{{ {slot} }}}} stands twice"
    for name in required:
        if name not in slots:
            yield f"{{{{ {name} }}}} is missing, and it has no default"


def _call(name: str, inside: str) -> Iterator[str]:
    if name.upper() in KEYWORDS:
        yield f"{name.upper()} is a SQL keyword"
    if any(SLOT.fullmatch(part.strip()) is None for part in inside.split(",") if inside.strip()):
        yield "a function pattern reads NAME({{ a }}, {{ b }})"


def _infix(pattern: str) -> Iterator[str]:
    pieces = [piece.strip() for piece in SLOT.sub("\0", pattern).split("\0")]
    if len(pieces) < 3 or pieces[0] or pieces[-1]:
        yield "an infix pattern reads {{ a }} WORD {{ b }}, a function NAME({{ a }}, {{ b }}), a choice NAME {{ a }} WHEN {{ b }} END"
        return
    for between in pieces[1:-1]:
        words = between.upper().split()
        if not words:
            yield "two arguments stand side by side; put a word between them"
        elif bad := [word for word in words if not _WORD.fullmatch(word)]:
            yield f"{bad[0]!r} is not a word SQL can read"
        elif words[0] == "NOT":
            yield "NOT forms come by themselves; leave NOT out"
        elif all(word in KEYWORDS or word in _SYMBOLS for word in words):
            yield f"{' '.join(words)} already means something in SQL"
        elif comment := [word for word in words if "--" in word or "/*" in word]:
            yield f"{comment[0]!r} would begin a comment in SQL"
        elif words[0].startswith(_BINDS_FIRST):
            yield f"{words[0]!r} begins with {words[0][0]}, which SQL would read as arithmetic"
