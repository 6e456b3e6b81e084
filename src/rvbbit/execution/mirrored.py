"""Answers that need no question: a pair and its mirror image, a text and itself, where the operator promises so.

The pair is always asked in the same order, so that it is one entry of the log and the cache, however a query has it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rvbbit.sql.plan import Ask
from rvbbit.types import Answer, Arguments, Operator

Answerer = Callable[[Ask, Sequence[Arguments]], list[Answer]]
"""Answers an ask for each of its distinct arguments, in order. Blocks; raises CallError, BudgetReached, Cancelled."""

Recaller = Callable[[Ask, Sequence[Arguments]], list[Answer | None]]
"""The same, None where that takes a call."""


def once(answer: Answerer) -> Answerer:
    """An answerer that asks another one only for what promises leave open."""

    def answered(ask: Ask, arguments: Sequence[Arguments]) -> list[Answer]:
        operator = ask.operator
        if not (operator.pairs.symmetric or operator.pairs.reflexive):
            return answer(ask, arguments)
        asked = needed(operator, arguments)
        answers = dict(zip(map(_key, asked), answer(ask, asked) if asked else [], strict=True))
        return [Answer(True) if _same(operator, one) else answers[_key(_ordered(operator, one))] for one in arguments]

    return answered


def recalled(recall: Recaller) -> Recaller:
    """The same for answers that take no call."""

    def found(ask: Ask, arguments: Sequence[Arguments]) -> list[Answer | None]:
        operator = ask.operator
        if not (operator.pairs.symmetric or operator.pairs.reflexive):
            return recall(ask, arguments)
        asked = needed(operator, arguments)
        answers = dict(zip(map(_key, asked), recall(ask, asked) if asked else [], strict=True))
        return [Answer(True) if _same(operator, one) else answers[_key(_ordered(operator, one))] for one in arguments]

    return found


def needed(operator: Operator, arguments: Sequence[Arguments]) -> list[Arguments]:
    """Those of the arguments that must be asked about, each once."""
    found: dict[tuple[str, ...], Arguments] = {}
    for one in arguments:
        if not _same(operator, one):
            ordered = _ordered(operator, one)
            found.setdefault(_key(ordered), ordered)
    return list(found.values())


def _same(operator: Operator, arguments: Arguments) -> bool:
    if not operator.pairs.reflexive:
        return False
    first, second = (arguments[parameter.name] for parameter in operator.parameters[:2])
    return first is not None and first == second


def _ordered(operator: Operator, arguments: Arguments) -> Arguments:
    if not operator.pairs.symmetric:
        return arguments
    one, other = (parameter.name for parameter in operator.parameters[:2])
    if str(arguments[one]) <= str(arguments[other]):
        return arguments
    return {**arguments, one: arguments[other], other: arguments[one]}


def _key(arguments: Arguments) -> tuple[str, ...]:
    return tuple(map(repr, arguments.values()))
