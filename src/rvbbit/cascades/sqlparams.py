"""The `$name` parameters in a piece of SQL: found by stepping over strings and comments, never by changing the text."""

from __future__ import annotations

import re

_TOKENS = re.compile(
    r"""--[^\n]*            # a comment to the end of the line
    | /\*.*?\*/            # a comment between marks
    | '(?:[^']|'')*'       # a string
    | "(?:[^"]|"")*"       # a quoted name
    | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$   # a dollar-quoted string
    | (?<![\w$])\$(?P<name>[A-Za-z_]\w*)""",
    re.DOTALL | re.VERBOSE,
)


def parameters(sql: str) -> tuple[str, ...]:
    """The names, once each, in the order they first appear."""
    return tuple(dict.fromkeys(match["name"] for match in _TOKENS.finditer(sql) if match["name"]))
