"""What an operator over two texts promises about its pairs, so that a join need not ask about every one. Nothing here does anything."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pairs:
    """Promises about an operator's first two arguments.

    `symmetric`: (a, b) is answered as (b, a). `reflexive`: a text and itself are TRUE. `blocked`: true pairs lie near each other, so that
    a join may ask about near pairs alone and take the others for FALSE. `factors`: SQL over both arguments, as slots, that comes to the
    same answer with questions about one of them at a time; "" where there is none.
    """

    symmetric: bool = False
    reflexive: bool = False
    blocked: bool = False
    factors: str = ""


NO_PROMISES = Pairs()
RECALL = 0.98
"""The share of true pairs that a join aims at where it asks about near ones alone and no hint says another."""
AGREEMENT = 0.9
"""The share of sampled pairs that labels must answer as the question about the pair does, where no hint says another."""


def aimed_at(blocking: bool | float | None) -> float:
    """The share of true pairs that a hint asks for, or the usual one."""
    return blocking if isinstance(blocking, float) else RECALL


def agreement(factorize: bool | float | None) -> float:
    """The share of sampled pairs that a hint wants to agree, or the usual one; 0: nobody asks."""
    return factorize if isinstance(factorize, float) else AGREEMENT


def pieces(factors: str) -> list[tuple[str, str | None]]:
    """`"f({{ a }}) = f({{ b }})"` as text before each slot and the slot, None behind the last text."""
    head, *chunks = factors.split("{{")
    found: list[tuple[str, str | None]] = []
    for chunk in chunks:
        slot, closed, rest = chunk.partition("}}")
        found.append((head, slot.strip() if closed else ""))
        head = rest
    return [*found, (head, None)]
