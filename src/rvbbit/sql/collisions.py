"""Whether SQL has a meaning already for how an operator is written. Asked when its file is read, not when a query uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from rvbbit.errors import SQLError
from rvbbit.sql.dialect import Call, Dialect
from rvbbit.sql.patterns import Choice, Function, Grammar, Infix, read
from rvbbit.types import Operator

OURS = (("~",),)
"""What SQL has a meaning for and we took over: docs/operators.md says how the old one is written."""
Parses = Callable[[str], bool]
"""Whether DuckDB takes a statement."""


def collisions(operator: Operator, functions: Mapping[str, frozenset[int]], parses: Parses) -> Iterator[tuple[str, str]]:
    """(pattern or name, what is wrong) of each way to write an operator that SQL would read otherwise. `functions` are DuckDB's."""
    for text in ("", *operator.patterns):
        itself, *written = read(replace(operator, patterns=(text,) if text else ()))
        for pattern in written if text else (itself,):
            what = _call(pattern, functions) if isinstance(pattern, Function) else _words(pattern, parses)
            if what:
                yield text or operator.name, what


def _call(pattern: Function, functions: Mapping[str, frozenset[int]]) -> str:
    required = sum(not parameter.optional for parameter in pattern.operator.parameters if parameter.name in pattern.slots)
    both = sorted(functions.get(pattern.name.lower(), frozenset()) & frozenset(range(required, len(pattern.slots) + 1)))
    return f"{pattern.name} with {both[0]} argument{'s' * (both[0] != 1)} is a function of DuckDB's" if both else ""


def _words(pattern: Infix | Choice, parses: Parses) -> str:
    if isinstance(pattern, Choice):
        return ""
    words = [" ".join(run) for run in pattern.words]
    text = " ".join(["a0", *(f"{word} a{number}" for number, word in enumerate(words, 1))])
    shown = " … ".join(["", *words, ""]).strip()
    if pattern.words != OURS and parses(f"SELECT {text}"):
        return f"{shown} means something in SQL already"
    try:
        tree = Dialect(Grammar.of([pattern.operator])).read(f"SELECT {text} FROM t")
    except SQLError as error:
        return f"{shown} cannot be read in SQL: {error.message}"
    read_as = tree.expressions[0]
    return "" if isinstance(read_as, Call) else f"{shown} reads as something else in SQL"
