"""What people verified of a cell's answers, as a yardstick: how often a rule agrees with it, and how far a student may go by it. Pure.

A *rule* is who answers what: the student where it is sure enough, the model elsewhere. Verified questions are taken to be drawn at random,
each by itself, from the questions that the rule will meet. Nothing here can tell whether they were.

Why `widest` holds. Its student has seen none of the verified answers, so each cut makes a rule that does not depend on them, and a bad rule
passes its test with a chance of delta at most. Cuts are tested in a fixed order, from the model alone down to the student's least sure
answers, until one fails: for any bad rule to be chosen, the first bad one must pass, which it does with that chance. Each share of a
target is tested at all of delta: the first bad rule is bad in one of them, whose test must pass too.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from rvbbit.cascades import binomial
from rvbbit.cascades.pupil import Opinion
from rvbbit.errors import UsageError
from rvbbit.targets import Target
from rvbbit.types import Arguments, Notice, Value

ASSUMED = "if they are as drawn at random"
MORE = "verify more, drawn at random (`rvbbit training review --order random`)"


@dataclass(frozen=True, slots=True)
class Standing(Notice):
    """How good a stage's answers are: EXPLAIN ANALYZE says it beside the stage's figures, too."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A question that people answered. `said` is the model's own answer; None: it is not known, and counts as wrong where it is needed."""

    arguments: Arguments
    answer: Value
    said: Value


@dataclass(frozen=True, slots=True)
class Rule:
    """The student answers true from a sureness of `hits` on, and anything else from `others` on; the model answers the rest."""

    hits: float
    others: float

    def takes(self, opinion: Opinion) -> bool:
        """Whether the student's answer is given."""
        return opinion.answer is not None and opinion.sure >= (self.hits if opinion.answer is True else self.others)


MODEL_ALONE = Rule(math.inf, math.inf)


@dataclass(frozen=True, slots=True)
class Judged:
    """A verified question, and what a student thinks of it that has not seen its answer."""

    verified: Verified
    opinion: Opinion

    def given(self, rule: Rule) -> Value:
        """What the rule answers; None where nobody knows."""
        return self.opinion.answer if rule.takes(self.opinion) else self.verified.said


class Tally:
    """How often answers agree with verified ones, a share of the target each. What nobody knows is wrong in each."""

    def __init__(self, target: Target, pairs: Iterable[tuple[Value, Value]] = ()) -> None:
        self._target = target
        self.right = dict.fromkeys(target.shares, 0)
        self.draws = dict.fromkeys(target.shares, 0)
        for given, truth in pairs:
            self.count(given, truth)

    def count(self, given: Value, truth: Value, times: int = 1) -> None:
        """One answer more, or less."""
        said_true = given is True or given is None
        for name, counts in {"accuracy": True, "precision": said_true, "recall": truth is True}.items():
            if name in self.draws and counts:
                self.draws[name] += times
                self.right[name] += times * (given is not None and given == truth)

    @property
    def shown(self) -> bool:
        """Whether each share of the target is shown, but for a chance of its delta."""
        delta = self._target.delta
        return all(binomial.shows(self.right[name], self.draws[name], share, delta) for name, share in self._target.shares.items())

    @property
    def lacking(self) -> str | None:
        """The share of the target for which there are too few to show it even if all were right."""
        delta = self._target.delta
        return next((name for name, share in self._target.shares.items() if share ** self.draws[name] > delta), None)

    @property
    def least(self) -> dict[str, float]:
        """The bound of each share, all of them together, but for a chance of the target's delta."""
        delta = self._target.delta / len(self.draws)
        return {name: binomial.least(self.right[name], self.draws[name], delta) for name in self.draws}


def widest(judged: Sequence[Judged], target: Target) -> Rule | None:
    """The rule that lets the student decide most of those whose target the verified answers show; None where not even the model's is shown.

    The student must be taught without any of the verified answers.
    """
    tally = Tally(target, ((one.verified.said, one.verified.answer) for one in judged))
    if not tally.shown:
        return None
    eligible = [one for one in judged if _rule(target, 0.0).takes(one.opinion)]
    ranked = sorted(eligible, key=lambda one: -one.opinion.sure)
    for sure, equals in groupby(ranked, key=lambda one: one.opinion.sure):
        for one in equals:
            tally.count(one.verified.said, one.verified.answer, -1)
            tally.count(one.opinion.answer, one.verified.answer)
        if not tally.shown:
            return _rule(target, math.nextafter(sure, math.inf))
    return _rule(target, 0.0)


def check_reached(held: Sequence[Verified], target: Target, model: str) -> None:
    """Raises UsageError where there are too few verified answers for a target, or where the model alone is not shown to reach it."""
    tally = Tally(target, ((one.said, one.answer) for one in held))
    if (name := tally.lacking) is not None:
        some = {"accuracy": "", "precision": f" that {model} calls true", "recall": " that are true"}[name]
        needed = binomial.fewest(target.shares[name], target.delta)
        raise UsageError(
            f"{tally.draws[name]:,} verified answers{some} cannot show {name} >= {target.shares[name]:g}: {needed:,} are needed at least",
            hint=f"{MORE}, or leave `-- @ against: verified` out",
        )
    if not tally.shown:
        reached = ", ".join(f"{tally.right[name]:,} of {tally.draws[name]:,} right for {name}" for name in tally.draws)
        reached += _unknown([one.said for one in held], model)
        raise UsageError(
            f"{model} itself is not shown to reach {target} against verified answers: {reached}",
            hint=f"lower the target, mend the prompt or its examples, {MORE}, or leave `-- @ against: verified` out",
        )


def sure(target: Target) -> str:
    """How sure a bound is, never rounded up to certainty: `95%`, `99.9%`."""
    return f"{100 * (1 - target.delta):.10g}%"


def standing(pairs: Sequence[tuple[Value, Value]], target: Target, model: str) -> Standing | None:
    """What answers given to a target against the model come to against verified ones, each beside its own; None where too few can tell."""
    tally = Tally(target, pairs)
    if tally.lacking is not None:
        return None
    bounds = tally.least
    missed = {name: share for name, share in target.shares.items() if bounds[name] < share}
    shown = ", ".join(f"{name} >= {math.floor(1_000 * bound) / 1_000:g}" for name, bound in bounds.items())
    unknown = _unknown([given for given, _ in pairs], model)
    said = f"against {len(pairs):,} verified answers: {shown} ({sure(target)} sure), {ASSUMED}{unknown}"
    if not missed:
        return Standing(said)
    wanted = ", ".join(f"{name} >= {share:g}" for name, share in missed.items())
    return Standing(f"{said}; that does not show {wanted}: `-- @ against: verified` holds the target there", "warning")


def held_to(target: Target, held: Sequence[Verified]) -> Standing:
    """What is promised where the target is held against verified answers."""
    return Standing(f"against {len(held):,} verified answers: {target} ({sure(target)} sure), {ASSUMED}")


def _rule(target: Target, cut: float) -> Rule:
    """Precision alone lets the student answer true, recall alone anything else."""
    hits = math.inf if set(target.shares) == {"recall"} else cut
    return Rule(hits, math.inf if set(target.shares) == {"precision"} else cut)


def _unknown(given: Sequence[Value], model: str) -> str:
    count = sum(one is None for one in given)
    return f"; {count:,} of them {model} never answered, which count as wrong" if count else ""
