"""How an operator is written: `"{{ text }} MEANS {{ criterion }}"` taken apart into slots and words.

A pattern is *infix* (it starts with a slot: `a MEANS b`), a *function* (`NAME({{ a }}, {{ b }})`) or a *choice*
(`NAME {{ a }} WHEN {{ b }} END`). It never matches text: the parser asks for its words and reads the operands itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlglot.dialects.duckdb import DuckDB

from rvbbit.errors import CascadeInvalid
from rvbbit.types import Operator

NONE = "none of these"
"""What a choice answers where no condition holds."""
DUCKDB = DuckDB()


@dataclass(frozen=True, slots=True)
class Infix:
    """`slots[0] words[0] slots[1] words[1] …`: what stands between two operands is a run of tokens, words in upper case."""

    operator: Operator
    slots: tuple[str, ...]
    words: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Function:
    """`NAME(slots…)`; arguments left off the end take their defaults."""

    operator: Operator
    name: str
    slots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """`NAME slots[0] word c1 THEN v1 word c2 THEN v2 … ELSE v END`; the conditions are a list in slots[1]."""

    operator: Operator
    name: str
    slots: tuple[str, ...]
    word: str


Pattern = Infix | Function | Choice


def read(operator: Operator) -> Iterator[Pattern]:
    """Every way to write the operator: its own patterns, and always `NAME(all its parameters)`. Raises CascadeInvalid."""
    yield Function(operator, operator.name.upper(), tuple(p.name for p in operator.parameters if not p.over))
    for text in operator.patterns:
        if text.lstrip().startswith("{{"):
            yield _infix(operator, text)
            continue
        pattern = _choice(operator, text) if text.rstrip().upper().endswith("}} END") else _function(operator, text)
        if pattern is not None:
            yield pattern


def _infix(operator: Operator, text: str) -> Infix:
    slots: list[str] = []
    words: list[tuple[str, ...]] = []
    for chunk in text.split("{{")[1:]:
        slot, closed, rest = chunk.partition("}}")
        if not closed:
            raise _invalid(operator, text, "a slot is not closed")
        slots.append(slot.strip())
        words.append(tuple(token.text.upper() for token in DUCKDB.tokenize(rest)))
    last = words.pop()
    if last or len(slots) < 2 or not all(words):
        raise _invalid(operator, text, "an infix pattern reads `{{ a }} WORDS {{ b }}`")
    return Infix(operator, tuple(slots), tuple(words))


def _choice(operator: Operator, text: str) -> Choice:
    (name, text_slot, word, list_slot, end), wrong = _pieces(text), "a choice reads `NAME {{ text }} WHEN {{ list }} END`"
    if not name.isidentifier() or not text_slot or not list_slot or not word or end.upper() != "END":
        raise _invalid(operator, text, wrong)
    return Choice(operator, name.upper(), (text_slot, list_slot), word.upper())


def _pieces(text: str) -> list[str]:
    """Words and slots by turns; empty ones where there are not two slots."""
    pieces = [piece.strip() for chunk in text.split("{{") for piece in chunk.split("}}")]
    return pieces if len(pieces) == 5 else [""] * 5


def _function(operator: Operator, text: str) -> Function | None:
    name, opened, rest = text.partition("(")
    slots = tuple(part.split("}}")[0].strip() for part in rest.split("{{")[1:])
    if not opened or not name.strip().isidentifier() or not rest.rstrip().endswith(")"):
        raise _invalid(operator, text, "a function pattern reads `NAME({{ a }}, {{ b }})`")
    declared = tuple(p.name for p in operator.parameters if not p.over)
    if name.strip().upper() == operator.name.upper() and slots == declared:
        return None  # the one every operator has anyway
    return Function(operator, name.strip().upper(), slots)


def _invalid(operator: Operator, text: str, why: str) -> CascadeInvalid:
    return CascadeInvalid(
        f"operator {operator.name}: pattern {text!r}: {why}", problems=(f"{operator.origin}: sql_function.operators: {text!r}: {why}",)
    )


@dataclass(frozen=True, slots=True)
class Grammar:
    """All patterns the parser knows, found by the word that starts them.

    `shared` are functions of DuckDB's that a pattern is also called like, with the numbers of arguments DuckDB takes: those calls are its.
    `cascades` are what CASCADE('id', …) may name: how each is called, or what is wrong with its file.
    """

    infixes: dict[str, tuple[Infix, ...]]
    functions: dict[str, Function]
    choices: dict[str, Choice] = field(default_factory=dict)
    shared: Mapping[str, frozenset[int]] = field(default_factory=dict)
    cascades: Mapping[str, Operator | str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        operators: Sequence[Operator],
        taken: Mapping[str, frozenset[int]] | None = None,
        cascades: Mapping[str, Operator | str] | None = None,
    ) -> Grammar:
        """The grammar of a catalog. Longer runs of words are tried first. `taken`: DuckDB's functions, by name in lower case."""
        infixes: dict[str, list[Infix]] = {}
        functions: dict[str, Function] = {}
        choices: dict[str, Choice] = {}
        for operator in operators:
            for pattern in read(operator):
                match pattern:
                    case Infix():
                        infixes.setdefault(pattern.words[0][0], []).append(pattern)
                    case Choice():
                        choices.setdefault(pattern.name, pattern)
                    case Function():
                        functions.setdefault(pattern.name, pattern)
        ordered = {word: tuple(sorted(found, key=_longest_first)) for word, found in infixes.items()}
        shared = {name: taken[name.lower()] for name in functions if taken and name.lower() in taken}
        return cls(ordered, functions, choices, shared, cascades or {})

    def words(self) -> list[str]:
        """Every word that can start an operator, for suggestions."""
        return sorted({*self.infixes, *self.functions, *self.choices, *(["CASCADE"] if self.cascades else [])})


def _longest_first(pattern: Infix) -> tuple[int, int]:
    return -len(pattern.words[0]), -len(pattern.words)
