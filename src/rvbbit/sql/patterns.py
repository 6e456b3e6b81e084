"""How an operator is written: `"{{ text }} MEANS {{ criterion }}"` taken apart into slots and words.

A pattern is either *infix* (it starts with a slot: `a MEANS b`) or a *function* (`NAME({{ a }}, {{ b }})`). It never matches text: the
parser asks for its words and reads the operands itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rvbbit.errors import CascadeInvalid
from rvbbit.types import Operator


@dataclass(frozen=True, slots=True)
class Infix:
    """`slots[0] words[0] slots[1] words[1] …`: what stands between two operands is a run of upper-case words."""

    operator: Operator
    slots: tuple[str, ...]
    words: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Function:
    """`NAME(slots…)`; arguments left off the end take their defaults."""

    operator: Operator
    name: str
    slots: tuple[str, ...]


Pattern = Infix | Function


def read(operator: Operator) -> Iterator[Pattern]:
    """Every way to write the operator: its own patterns, and always `NAME(all its parameters)`. Raises CascadeInvalid."""
    yield Function(operator, operator.name.upper(), tuple(p.name for p in operator.parameters))
    for text in operator.patterns:
        pattern = _infix(operator, text) if text.lstrip().startswith("{{") else _function(operator, text)
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
        words.append(tuple(rest.upper().split()))
    last = words.pop()
    if last or len(slots) < 2 or not all(words):
        raise _invalid(operator, text, "an infix pattern reads `{{ a }} WORDS {{ b }}`")
    return Infix(operator, tuple(slots), tuple(words))


def _function(operator: Operator, text: str) -> Function | None:
    name, opened, rest = text.partition("(")
    slots = tuple(part.split("}}")[0].strip() for part in rest.split("{{")[1:])
    if not opened or not name.strip().isidentifier() or not rest.rstrip().endswith(")"):
        raise _invalid(operator, text, "a function pattern reads `NAME({{ a }}, {{ b }})`")
    declared = tuple(p.name for p in operator.parameters)
    if name.strip().upper() == operator.name.upper() and slots == declared:
        return None  # the one every operator has anyway
    return Function(operator, name.strip().upper(), slots)


def _invalid(operator: Operator, text: str, why: str) -> CascadeInvalid:
    return CascadeInvalid(
        f"operator {operator.name}: pattern {text!r}: {why}", problems=(f"{operator.origin}: sql_function.operators: {text!r}: {why}",)
    )


@dataclass(frozen=True, slots=True)
class Grammar:
    """All patterns the parser knows, found by the word that starts them."""

    infixes: dict[str, tuple[Infix, ...]]
    functions: dict[str, Function]

    @classmethod
    def of(cls, operators: Sequence[Operator]) -> Grammar:
        """The grammar of a catalog. Longer runs of words are tried first."""
        infixes: dict[str, list[Infix]] = {}
        functions: dict[str, Function] = {}
        for operator in operators:
            for pattern in read(operator):
                if isinstance(pattern, Infix):
                    infixes.setdefault(pattern.words[0][0], []).append(pattern)
                else:
                    functions.setdefault(pattern.name, pattern)
        ordered = {word: tuple(sorted(found, key=lambda p: -len(p.words[0]))) for word, found in infixes.items()}
        return cls(ordered, functions)

    def words(self) -> list[str]:
        """Every word that can start an operator, for suggestions."""
        return sorted({*self.infixes, *self.functions})
