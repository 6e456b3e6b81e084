"""The work on one cell: what each scorer says of its executions, what they come to together, and the fit that makes it a probability."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rvbbit.errors import Error
from rvbbit.interfaces import ScoreStore
from rvbbit.scoring import calibration
from rvbbit.scoring.calibration import ENOUGH, Calibration, Opinions
from rvbbit.scoring.judge import Judge
from rvbbit.scoring.rules import Rules
from rvbbit.scoring.scorer import Scorer, Verdict
from rvbbit.types import Scorable, Score

CONFIDENCE = "confidence"
"""The scorer that the others come to together."""
ASKED = "asked"
"""Not a scorer: a person's request to score an execution, kept among its scores. It is open until a confidence is newer."""
ONCE, AGAIN = "once", "again"
"""Versions of a request: `again` wants the judge to speak anew."""
MOST_JUDGED = 400  # verified executions that the judge sees before a fit, so that its opinion is calibrated too

Verdicts = dict[str, Verdict]
"""What each scorer says of one execution."""


@dataclass(slots=True)
class CellWork:
    """`free` scorers cost nothing; `version` is that of the confidence they give."""

    store: ScoreStore
    free: Sequence[Scorer]
    judge: Judge | None
    version: str
    clock: Callable[[], datetime]
    calibration: Calibration | None = None

    async def score(self, batch: Sequence[Scorable]) -> tuple[int, float | None, Error | None]:
        """How many are on disk, what they cost in USD, and what kept the others from it."""
        verdicts = await self.freely(batch)
        error = await self._judged(batch, verdicts)
        done = [one for one in batch if one.trace_id in verdicts]
        scores = [score for one in done for score in self._scores(one, verdicts[one.trace_id])]
        cost = _sum([score.cost_usd for score in scores])
        together = self._together([_opinions(one, verdicts[one.trace_id]) for one in done])
        scores += [self._confidence(one, value) for one, value in zip(done, together, strict=True)]
        await asyncio.to_thread(self.store.record, scores)
        return len(done), cost, error

    async def calibrate(self, verified: Sequence[Scorable]) -> tuple[float | None, Error | None]:
        """Fit to what people verified; what that cost in USD, and what kept the judge from it: then nothing is fitted.

        What the judge says is paid for once and kept.
        """
        verdicts = await self.freely(verified)
        shown = verified[:MOST_JUDGED]
        error = await self._judged(shown, verdicts)
        cost: float | None = 0.0
        if self.judge is not None:
            known = [(one, verdicts.get(one.trace_id, {}).get(self.judge.name)) for one in shown]
            scores = [score for one, verdict in known if verdict for score in self._scores(one, {self.judge.name: verdict})]
            await asyncio.to_thread(self.store.record, scores)
            cost = _sum([score.cost_usd for score in scores])
        if error is None:
            opinions = [_opinions(one, verdicts[one.trace_id]) for one in verified]
            self.calibration = calibration.fit(opinions, [bool(one.right) for one in verified])
        return cost, error

    async def freely(self, batch: Sequence[Scorable]) -> dict[str, Verdicts]:
        """What the free scorers say of each, by trace id."""
        found: dict[str, Verdicts] = {one.trace_id: {} for one in batch}
        for scorer in self.free:
            for one, verdict in zip(batch, await scorer.score(batch), strict=True):
                if isinstance(verdict, Verdict):
                    found[one.trace_id][scorer.name] = verdict
        return found

    async def _judged(self, batch: Sequence[Scorable], verdicts: dict[str, Verdicts]) -> Error | None:
        """Add what the judge says of those it has not seen. Those it could not be asked about leave; the first reason is returned."""
        if self.judge is None:
            return None
        error: Error | None = None
        asked = [one for one in batch if not self._seen(one, self.judge)]
        for one, verdict in zip(asked, await self.judge.score(asked), strict=True):
            if isinstance(verdict, Error):
                error = error or verdict
                del verdicts[one.trace_id]
            else:
                verdicts[one.trace_id][self.judge.name] = verdict
        return error

    def _seen(self, one: Scorable, judge: Judge) -> bool:
        """Whether this judge spoke, and nobody has asked since to hear it again."""
        said = _newest(one, judge.name)
        return said is not None and said.version == judge.version and not one.again

    def _scores(self, one: Scorable, verdicts: Mapping[str, Verdict]) -> list[Score]:
        """The rows of the scorers that could tell; the judge's in any case, so that it is not asked and paid again."""
        versions = {scorer.name: scorer.version for scorer in (*self.free, *((self.judge,) if self.judge else ()))}
        return [
            Score(one.trace_id, name, versions[name], said.value, said.reason, self.clock(), cost_usd=said.cost_usd)
            for name, said in verdicts.items()
            if said.value is not None or name == Judge.name
        ]

    def _together(self, opinions: Sequence[Opinions]) -> list[float | None]:
        """The confidence of each."""
        if self.calibration is None or not opinions:
            return [uncalibrated(said) for said in opinions]
        return [float(value) for value in self.calibration.confidence(opinions)]

    def _confidence(self, one: Scorable, value: float | None) -> Score:
        calibrated = self.calibration is not None
        reason = "calibrated on verified answers" if calibrated else f"uncalibrated: fewer than {ENOUGH} answers of this cell are verified"
        return Score(one.trace_id, CONFIDENCE, self.version, value, reason, self.clock(), calibrated)


def uncalibrated(said: Opinions) -> float | None:
    """Before anything is known of a cell: the mean of what others say times what the rules leave of it; the rules alone where no other
    scorer could tell."""
    others = [value for name, value in said.items() if value is not None and name != Rules.name]
    rules = said.get(Rules.name)
    if not others:
        return rules
    return sum(others) / len(others) * (1.0 if rules is None else rules)


def _newest(one: Scorable, scorer: str) -> Score | None:
    return next((score for score in one.scores if score.scorer == scorer), None)


def _opinions(one: Scorable, verdicts: Mapping[str, Verdict]) -> Opinions:
    """What is said now, and what a judge said before."""
    before = {score.scorer: score.value for score in one.scores if score.scorer == Judge.name}
    return {**before, **{name: verdict.value for name, verdict in verdicts.items()}}


def _sum(costs: Sequence[float | None]) -> float | None:
    known = [cost for cost in costs if cost is not None]
    return sum(known) if len(known) == len(costs) else None
