"""Which candidates are found out where some are enough in each group: so many passed, or too few are left that could.

A round asks about as many rows of each group as it still lacks, or as few as decide that it cannot get them: those must be asked about
in any case. Only where all groups together leave calls idle, further rows fill the round. A row counts once it is known to pass, in
whatever order; rows that are alike are one profile.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from rvbbit.execution.batches import Share, needed
from rvbbit.execution.questions import Places

Numbers: TypeAlias = npt.NDArray[np.int64]
"""One a row."""
OPEN, PASSED, FAILED = 0, 1, 2


class Outcomes:
    """What became of each profile: it is open until it has passed or failed."""

    def __init__(self, size: int) -> None:
        self._state = np.zeros(size, np.int8)

    def decide(self, places: Places, passed: Places) -> None:
        """All of these are decided; some of them passed."""
        self._state[places] = FAILED
        self._state[passed] = PASSED


class Quotas(Outcomes):
    """`rows` is the profile of each candidate, `groups` its group, from 1. `wanted` None: every row. `least`: fewer are as good as none."""

    def __init__(self, rows: Places, groups: Places, size: int, wanted: int | None, least: int) -> None:
        super().__init__(size)
        self._rows = rows
        self._groups = groups
        self._wanted = len(rows) if wanted is None else max(0, wanted)
        self._least = least

    @property
    def enough(self) -> bool:
        return not len(self._undecided()[0])

    def batch(self, seen: int, share: Share, at_once: int, *, many_rounds: bool) -> tuple[Places, bool]:
        """The profiles below `seen` to ask about next, and whether they keep everybody busy."""
        rows, missing, spare = self._undecided()
        there = self._rows[rows] < seen
        rows, missing, spare = rows[there], missing[there], spare[there]
        if not len(rows):
            return np.empty(0, np.int64), False
        turn = _turns(self._groups[rows])
        must = np.unique(self._rows[rows[turn < _wanted(missing, spare, share, len(self._rows), many_rounds=True)]])
        if many_rounds or len(must) >= at_once:
            return must, len(must) >= at_once
        likely = turn < _wanted(missing, spare, share, at_once, many_rounds=False)
        more = self._rows[rows[likely]][np.argsort(turn[likely], kind="stable")]
        extra = [place for place in dict.fromkeys(more.tolist()) if place not in set(must.tolist())]
        batch = np.union1d(must, np.array(extra[: at_once - len(must)], np.int64)).astype(np.int64)
        return batch, len(batch) >= at_once

    def chosen(self, before: int) -> Places:
        """The rows to go on with, by their numbers among all candidates: all that are known to pass."""
        return np.flatnonzero(self._state[self._rows] == PASSED)[before:]

    def _undecided(self) -> tuple[Places, Numbers, Numbers]:
        """The rows that may still have to be asked about, how many their group lacks, and how many it can still lose."""
        state = self._state[self._rows]
        most = int(self._groups.max(initial=0)) + 1
        passed = np.bincount(self._groups[state == PASSED], minlength=most)
        possible = passed + np.bincount(self._groups[state == OPEN], minlength=most)
        missing, spare = self._wanted - passed, possible - self._least
        live = (missing > 0) & (spare >= 0)
        rows = np.flatnonzero((state == OPEN) & live[self._groups])
        return rows.astype(np.int64), missing[self._groups[rows]], spare[self._groups[rows]]


def _wanted(missing: Numbers, spare: Numbers, share: Share, at_once: int, *, many_rounds: bool) -> Numbers:
    """How many rows of its group to ask about, for each row: until it has what it lacks, or has lost one more than it can."""
    failing = Share(share.tried, share.tried - share.passed)
    pairs, place = np.unique(np.stack([missing, spare + 1]), axis=1, return_inverse=True)
    wanted = [
        min(needed(int(lack), share, at_once, many_rounds=many_rounds), needed(int(lose), failing, at_once, many_rounds=many_rounds))
        for lack, lose in pairs.T
    ]
    return np.array(wanted, np.int64)[place.reshape(-1)]


def _turns(groups: Places) -> Places:
    """The place of each row among those of its group before it."""
    order = np.argsort(groups, kind="stable")
    ordered = groups[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    turns = np.empty(len(groups), np.int64)
    turns[order] = np.arange(len(groups)) - np.repeat(starts, np.diff(np.r_[starts, len(groups)]))
    return turns
