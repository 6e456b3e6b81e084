"""How far one cell's confidences can be believed, measured on what people verified there. It changes nothing and keeps nothing.

From 50 scored and verified answers on, each answer's confidence comes from a fit on the others (five folds; equal arguments are in one), so
that no answer vouches for itself. With fewer, it is the uncalibrated confidence that is measured.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import md5
from typing import Literal

import numpy as np

from rvbbit.scoring import calibration
from rvbbit.scoring.calibration import ENOUGH, MANY, Array, Opinions
from rvbbit.scoring.cell import ASKED, CONFIDENCE, uncalibrated
from rvbbit.scoring.reliability import Bin, reliability
from rvbbit.scoring.scorer import is_prose
from rvbbit.types import Arguments, CellKey, Scorable, Value

Method = Literal["uncalibrated", "platt", "platt_isotonic"]

FOLDS = 5
MOST_ANSWERS = 100
"""Different answers up to which it is shown which one was taken for which."""


@dataclass(frozen=True, slots=True)
class Mistaken:
    """So many verified executions answered `answer` where `held` holds; equal where it stood. `held` None: wrong, and nobody said what is
    right."""

    answer: Value
    held: Value
    number: int


@dataclass(frozen=True, slots=True)
class CellCalibration:
    """One cell. `verified` answers, `right` of them; `measured` are those that scorers have spoken of.

    `ece` is the mean distance between confidence and share right, `low` and `high` its 95 % interval; with `brier` None where nothing is
    measured; `auc` also where all are right or none is. `confusion`: the most frequent first, None where answers are prose or too many.
    """

    cascade_id: str
    cell_name: str
    method: Method
    verified: int
    right: int
    measured: int
    ece: float | None
    low: float | None
    high: float | None
    brier: float | None
    auc: float | None
    bins: tuple[Bin, ...]
    confusion: tuple[Mistaken, ...] | None


def report(cell: CellKey, verified: Sequence[Scorable]) -> CellCalibration:
    """The figures of a cell's verified executions, each with the newest of its scores."""
    scored = [one for one in verified if any(score.scorer == CONFIDENCE for score in one.scores)]
    method: Method = "uncalibrated" if len(scored) < ENOUGH else "platt" if len(scored) < MANY else "platt_isotonic"
    confidence = _raw(scored) if method == "uncalibrated" else _held_out(scored)
    known = ~np.isnan(confidence)
    truth = np.array([one.right is True for one in scored], dtype=np.float64)[known]
    found = reliability(confidence[known], truth) if known.any() else None
    return CellCalibration(
        cell.cascade_id,
        cell.cell_name,
        method,
        verified=len(verified),
        right=sum(one.right is True for one in verified),
        measured=int(known.sum()),
        ece=found.ece if found else None,
        low=found.low if found else None,
        high=found.high if found else None,
        brier=found.brier if found else None,
        auc=found.auc if found else None,
        bins=found.bins if found else (),
        confusion=_confusion(verified),
    )


def _raw(scored: Sequence[Scorable]) -> Array:
    """Uncalibrated confidences; NaN where no scorer could tell."""
    return np.array([np.nan if (value := uncalibrated(_opinions(one))) is None else value for one in scored], dtype=np.float64)


def _held_out(scored: Sequence[Scorable]) -> Array:
    """Of each answer, the confidence by a fit that has not seen it."""
    opinions, right = [_opinions(one) for one in scored], [one.right is True for one in scored]
    folds = [_fold(one.arguments) for one in scored]
    confidence = np.full(len(scored), np.nan)
    for fold in range(FOLDS):
        ours = [place for place, own in enumerate(folds) if own == fold]
        others = [place for place, own in enumerate(folds) if own != fold]
        fitted = calibration.fit([opinions[place] for place in others], [right[place] for place in others], enough=1)
        if fitted is not None and ours:
            confidence[ours] = fitted.confidence([opinions[place] for place in ours])
    return confidence


def _fold(arguments: Arguments) -> int:
    """The same for equal arguments, on every day and every server."""
    return md5(json.dumps(dict(arguments), sort_keys=True).encode(), usedforsecurity=False).digest()[0] % FOLDS


def _opinions(one: Scorable) -> Opinions:
    return {score.scorer: score.value for score in one.scores if score.scorer not in (CONFIDENCE, ASKED)}


def _confusion(verified: Sequence[Scorable]) -> tuple[Mistaken, ...] | None:
    pairs = [(_text(one.answer), None if not one.right and one.held == one.answer else _text(one.held)) for one in verified]
    answers = {answer for answer, _ in pairs} | {held for _, held in pairs if held is not None}
    if len(answers) > MOST_ANSWERS or any(is_prose(one.answer) for one in verified):
        return None
    counts = sorted(Counter(pairs).items(), key=lambda pair: (-pair[1], pair[0][0], pair[0][1] or ""))
    return tuple(Mistaken(json.loads(answer), None if held is None else json.loads(held), number) for (answer, held), number in counts)


def _text(answer: Value) -> str:
    return json.dumps(answer, sort_keys=True, ensure_ascii=False)
