"""What an operator over two texts promises about its pairs, so that a join need not ask about every one. Nothing here does anything."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pairs:
    """Promises about an operator's first two arguments.

    `symmetric`: (a, b) is answered as (b, a). `reflexive`: a text and itself are TRUE. `blocked`: true pairs lie near each other, so that
    a join may ask about near pairs alone and take the others for FALSE.
    """

    symmetric: bool = False
    reflexive: bool = False
    blocked: bool = False


NO_PROMISES = Pairs()
RECALL = 0.98
"""The share of true pairs that a join aims at where it asks about near ones alone and no hint says another."""


def aimed_at(blocking: bool | float | None) -> float:
    """The share of true pairs that a hint asks for, or the usual one."""
    return blocking if isinstance(blocking, float) else RECALL
