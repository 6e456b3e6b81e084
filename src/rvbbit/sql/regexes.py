"""Whether a text looks like a regular expression: `a ~ '^A.*'` was one before `~` asked whether two names are of one thing."""

from __future__ import annotations

import re

from sqlglot import exp

from rvbbit.sql.call import Call

_SIGNS = re.compile(
    r"""^\^[^\s^_]                # it begins there
    | (?<=[a-z.)\]*+?}])\$$     # it ends there; US$ and 5$ are money
    | \.[*+] | \.\{            # any characters; a sentence goes on with ? alone
    | (?<!\s)\.\?\S
    | \\[dwsDWS](?![a-z])       # a class, and no C:\data
    | \\[bB](?![a-z]*\\[a-z]{2}) | \\[.()\[\]|+*?^$]
    | \[[^\]]*-[^\]]*\]         # a range
    | [a-z]\[[a-z]+\][a-z]      # one letter of these
    | [\])][*+?{]              # a class or group, repeated
    | \(\? | \S\|\S            # a group of its own kind; alternatives
    | \w\{\d+(,\d*)?\}         # so many times""",
    re.VERBOSE,
)
_ONE_WORD = re.compile(
    r"""^(?!.*[/:=@]) [^\s.]* (
      (?<![a-z])[a-z] \. [a-z]+  # any letter, beside one: a.c, and no file.txt
    | [a-z]+ \. [a-z](?![a-z])
    | [a-z]\?[a-z]              # perhaps a letter
    ) [^\s.]*$""",
    re.VERBOSE,
)


def looks_like_one(text: str) -> bool:
    """Signs that names of things and sentences about them do not have."""
    return _SIGNS.search(text) is not None or _ONE_WORD.search(text) is not None


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
