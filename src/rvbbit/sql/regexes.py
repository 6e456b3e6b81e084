"""Whether a text looks like a regular expression: `a ~ '^A.*'` was one before `~` asked whether two names are of one thing."""

from __future__ import annotations

import re

from sqlglot import exp

from rvbbit.sql.call import Call

_SIGNS = re.compile(
    r"""^\^ | \$$               # it begins or ends there
    | \.[*+?]                 # any characters
    | \\[dwsbDWSB.]           # a class, or a full stop meant literally
    | \[[^\]]*-[^\]]*\]       # a range
    | [\])][*+?{]             # a class or group, repeated
    | \(\? | \([^)]*\|[^)]*\) # a group of its own kind, or of alternatives
    | \w\{\d+(,\d*)?\}        # so many times""",
    re.VERBOSE,
)


def looks_like_one(text: str) -> bool:
    """Signs that names of things do not have."""
    return _SIGNS.search(text) is not None


def notices(calls: list[Call]) -> tuple[str, ...]:
    """What to tell whoever wrote such a call: one line a pattern."""
    told = []
    for call in calls:
        right = call.arguments[-1].unnest() if call.arguments else None
        if call.meta.get("written") == "~" and isinstance(right, exp.Literal) and right.is_string and looks_like_one(right.name):
            what = right.sql(dialect="duckdb")
            told.append(
                f"~ asks a model whether both sides are the same thing; for the regular expression write regexp_full_match(…, {what})"
            )
    return tuple(dict.fromkeys(told))
