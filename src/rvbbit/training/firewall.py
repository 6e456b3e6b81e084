"""What may enter a set: one example of each question, and none where approved answers contradict each other. It decides nothing itself.

Examples that ask the same (the same normalised question, or one that the caller found near) are one group. Where they agree, the newest
verified one stands for all, or the newest. Where they do not, the group is a *contradiction* and stays out, all of it, until a person
chooses: by taking examples out, or by verifying one answer, which holds against answers that nobody verified.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from rvbbit.training.questions import canonical
from rvbbit.types import Example

Asked: TypeAlias = tuple[str, Example]
"""An example behind the question it answers."""

Near: TypeAlias = Callable[[int], Sequence[int]]
"""A place in the sequence checked → other places whose questions are as good as the same."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An example that another stands for."""

    example: Example
    stands: Example


@dataclass(frozen=True, slots=True)
class Contradiction:
    """The newest example of each answer given to one question, newest first. `holds` is the verified one, None where all stay out."""

    examples: tuple[Example, ...]
    holds: Example | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """What enters, in the order given; what does not, and why."""

    kept: tuple[Asked, ...] = ()
    duplicates: tuple[Duplicate, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()


def check(asked: Sequence[Asked], near: Near | None = None) -> Checked:
    """`asked` comes newest first."""
    kept: list[int] = []
    duplicates: list[Duplicate] = []
    contradictions: list[Contradiction] = []
    for group in _groups(asked, near):
        answers = _answers(asked, group)
        stands = _standing(asked, answers)
        if len(answers) > 1:
            firsts = tuple(asked[places[0]][1] for places in answers.values())
            contradictions.append(Contradiction(firsts, None if stands is None else asked[stands][1]))
        if stands is not None:
            kept.append(stands)
            agreeing = answers[canonical(asked[stands][1].answer)]
            duplicates += [Duplicate(asked[place][1], asked[stands][1]) for place in agreeing if place != stands]
    return Checked(tuple(asked[place] for place in sorted(kept)), tuple(duplicates), tuple(contradictions))


def _groups(asked: Sequence[Asked], near: Near | None) -> Iterator[list[int]]:
    """Places that ask the same. The newest leads; nearness does not chain, or a set of small steps would collapse into one."""
    same: dict[str, list[int]] = {}
    for place, (question, _) in enumerate(asked):
        same.setdefault(question, []).append(place)
    led: set[str] = set()
    for question, places in same.items():
        if question in led:
            continue
        led.add(question)
        group = list(places)
        for place in near(places[0]) if near is not None else ():
            if (other := asked[place][0]) not in led:
                led.add(other)
                group += same[other]
        yield sorted(group)


def _answers(asked: Sequence[Asked], group: Sequence[int]) -> dict[str, list[int]]:
    answers: dict[str, list[int]] = {}
    for place in group:
        answers.setdefault(canonical(asked[place][1].answer), []).append(place)
    return answers


def _standing(asked: Sequence[Asked], answers: dict[str, list[int]]) -> int | None:
    """The place that stands for a group; None where its answers contradict each other and no single one is verified."""
    verified = [[place for place in places if asked[place][1].verified] for places in answers.values()]
    vouched = [places[0] for places in verified if places]
    if len(vouched) == 1:
        return vouched[0]
    return next(iter(answers.values()))[0] if len(answers) == 1 else None
