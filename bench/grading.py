"""How right the rows of a scenario's answer are, 0 to 1, by the truth of `workload`. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from bench.scenarios import TEN, Scenario
from bench.workload import GROUPS, RELEVANT, Question, products, questions, summary

Rows = Sequence[Sequence[Any]]


def accuracy(scenario: Scenario, rows: Rows) -> float | None:
    """None where no truth is known."""
    asked = questions()[: scenario.below]
    match scenario.kind:
        case "all":
            kept = {row[0] for row in rows}
            return statistics.mean((one.id in kept) == one.about_cards for one in asked)
        case "some":
            return of_ten(rows, [one.id for one in asked if one.about_cards])
        case "top":
            return of_ten(rows, [one.id for one in asked if one.label == RELEVANT])
        case "labels":
            said = {row[0]: str(row[1]).strip() for row in rows}
            return statistics.mean(said.get(one.id) == one.label for one in asked)
        case "pairs":
            return f1({(row[0], row[1]) for row in rows}, {(one.id, one.id) for one in products()[0]})
        case "groups":
            return summed_up(rows, asked)
    return None


def of_ten(rows: Rows, right: Sequence[int]) -> float:
    """The share of ten rows that are right; one that is missing or comes twice is not."""
    return len({row[0] for row in rows[:TEN]} & set(right)) / TEN


def f1(found: set[tuple[Any, Any]], true: set[tuple[Any, Any]]) -> float:
    return 2 * len(found & true) / (len(found) + len(true))


def summed_up(rows: Rows, asked: Sequence[Question]) -> float:
    """The share of groups whose summary names all that their rows are about, and nothing else."""
    said = {row[0]: str(row[1]).strip() for row in rows}
    true = {part: summary({one.label for one in asked if one.part == part}) for part in range(GROUPS)}
    return statistics.mean(said.get(part) == text for part, text in true.items())
