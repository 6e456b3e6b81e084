"""Carries out a Sift: asks about batches of profiles until enough rows have passed, or all are found out, dearest questions last.

The bookkeeping is in places, the numbers of profiles. A batch never holds more than are asked at once where rows beyond the
limit would be asked in vain.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import duckdb
import numpy as np
import pyarrow as pa

from rvbbit.execution.batches import Share, needed, rank
from rvbbit.execution.ordering import Ordering, Ranked
from rvbbit.execution.questions import Asking, Places, Questions, places
from rvbbit.execution.quotas import OPEN, PASSED, Outcomes, Quotas
from rvbbit.sql.sift import Junction, Part, Question, Sift, Stop, parts

LOOKED_AT = 256
"""Profiles whose answers are looked for in the log before any is asked; doubled each time that was not enough."""
MOST_LOOKED_AT = 4_096


class Sifter:
    """One Sift on one connection. `query` runs SQL, with what stands before it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, sift: Sift, asking: Asking, query: Callable[..., pa.Table]) -> None:
        self._connection = connection
        self._sift = sift
        self._asking = asking
        self._query = query
        self._questions = Questions(connection, sift, asking, query)
        self._shares: dict[int, Share] = {}
        self._costs: dict[str, float] = {}

    def run(self) -> None:
        """Every answer that was needed is registered; with a stop, the chosen rows are in its table."""
        size = self._questions.begin()
        if self._sift.stop is None:
            self._all(size)
        else:
            self._some(self._sift.stop, size)
        self.tell_order()

    def tell_order(self) -> None:
        """Say in which order the parts are asked: as it is now."""
        for junction in _junctions(self._sift.condition):
            self._asking.ordered(Ordering(junction.any, tuple(map(self._ranked, self._ordered(junction)))))

    def _ranked(self, part: Part | Junction) -> Ranked:
        share = self._shares.get(id(part), Share())
        asks = tuple({question.ask.id: question.ask for one in parts(part) for question in one.questions}.values())
        return Ranked(_text(part), asks, round(share.tried), round(share.passed))

    def _all(self, size: int) -> None:
        """Batches grow, so that most of the questions are asked in the order that the first ones showed to be best."""
        start, batch = 0, self._asking.at_once
        while start < size:
            self._passing(self._sift.condition, places(start, min(size, start + batch)))
            start, batch = start + batch, batch * 8

    def _some(self, stop: Stop, size: int) -> None:
        bounds = self._query(stop.bounds).to_pylist()[0]
        before = int(bounds["before"] or 0)
        rows, rowids, *groups = (column.to_numpy() for column in self._query(stop.rows).columns)
        search: _Search | Quotas
        if stop.in_groups:
            search = Quotas(rows, groups[0], size, bounds["rows"], bounds["least"] or 0)
        else:
            search = _Search(rows, size, len(rows) if bounds["rows"] is None else int(bounds["rows"]) + before, stop.ordered)
        share, window, seen = Share(), LOOKED_AT, 0
        while not search.enough:
            batch, busy = search.batch(seen, share, self._at_once(), many_rounds=self._sift.many_rounds)
            if not busy and seen < size:
                seen, looked = min(size, seen + window), places(seen, min(size, seen + window))
                window = min(2 * window, MOST_LOOKED_AT)
                found, unknown = self._known_of(self._sift.condition, looked)
                decided = np.setdiff1d(looked, unknown)
                search.decide(decided, found)
                share.add(len(decided), len(found))
                continue
            if not len(batch):
                break
            found = self._passing(self._sift.condition, batch)
            search.decide(batch, found)
            share.add(len(batch), len(found))
        self._connection.register(stop.chosen, pa.table({"place": rowids[search.chosen(before)]}))
        self._query(stop.kept, f"CREATE TEMP TABLE {stop.name} AS ")

    def _at_once(self) -> int:
        """Profiles that take no more than one round of the part that is asked first."""
        first = min((len(part.questions) for part in parts(self._sift.condition) if part.questions), default=1)
        return max(1, self._asking.at_once // first)

    # Conditions

    def _passing(self, condition: Part | Junction, batch: Places) -> Places:
        """The places of a batch for which a condition is true, whatever has to be asked for that."""
        if not len(batch):
            return batch
        if isinstance(condition, Part):
            for question in condition.questions:
                self._questions.answer(question, batch)
            found = self._true(condition, batch)
        else:
            found = self._joined(condition, batch)
        self._shares.setdefault(id(condition), Share()).add(len(batch), len(found))
        return found

    def _joined(self, junction: Junction, batch: Places) -> Places:
        left, found = batch, batch[:0]
        for part in self._ordered(junction):
            passed = self._passing(part, left)
            if junction.any:
                found, left = np.union1d(found, passed), np.setdiff1d(left, passed)
            else:
                left = passed
        return found if junction.any else left

    def _known_of(self, condition: Part | Junction, batch: Places) -> tuple[Places, Places]:
        """The places for which a condition is true, and those for which that takes a call to say."""
        if isinstance(condition, Part):
            unknown = batch[:0]
            for question in condition.questions:
                unknown = np.union1d(unknown, self._questions.recall(question, np.setdiff1d(batch, unknown)))
            return self._true(condition, np.setdiff1d(batch, unknown)), unknown
        true, unknown = (batch[:0], batch[:0]) if condition.any else (batch, batch[:0])
        for part in condition.parts:
            found, open_ = self._known_of(part, np.setdiff1d(batch, true) if condition.any else true)
            if condition.any:
                true, unknown = np.union1d(true, found), np.setdiff1d(np.union1d(unknown, open_), found)
            else:
                true, unknown = np.union1d(found, open_), np.intersect1d(np.union1d(unknown, open_), np.union1d(found, open_))
        return np.setdiff1d(true, unknown), unknown

    def _ordered(self, junction: Junction) -> list[Part | Junction]:
        """Its parts, the ones that are done with most rows for least first; as they were written where nothing tells them apart."""
        return sorted(junction.parts, key=lambda part: rank(self._cost(part), self._share(part), any_=junction.any))

    def _cost(self, condition: Part | Junction) -> float:
        return sum(self._cost_of(question) for part in parts(condition) for question in part.questions)

    def _cost_of(self, question: Question) -> float:
        if question.name not in self._costs:
            self._costs[question.name] = self._asking.cost(question.ask)
        return self._costs[question.name]

    def _share(self, condition: Part | Junction) -> float:
        return self._shares.get(id(condition), Share()).value

    def _true(self, part: Part, batch: Places) -> Places:
        return self._questions.places(part.passing, batch)


def _junctions(condition: Part | Junction) -> Iterator[Junction]:
    """The outermost first."""
    if isinstance(condition, Junction):
        yield condition
        for part in condition.parts:
            yield from _junctions(part)


def _text(condition: Part | Junction) -> str:
    if isinstance(condition, Part):
        return condition.text
    return "(" + (" OR " if condition.any else " AND ").join(map(_text, condition.parts)) + ")"


class _Search(Outcomes):
    """Which candidates are found out. `rows` is the profile of each, in order; `wanted` of them are looked for."""

    def __init__(self, rows: Places, size: int, wanted: int, ordered: bool) -> None:
        super().__init__(size)
        self._rows = rows
        self._wanted = wanted
        self._ordered = ordered

    @property
    def enough(self) -> bool:
        return len(self._passing()) >= self._wanted

    def batch(self, seen: int, share: Share, at_once: int, *, many_rounds: bool) -> tuple[Places, bool]:
        """The profiles below `seen` to ask about next, and whether these are as many as are wanted."""
        open_ = self._open(seen)
        count = needed(self._missing, share, at_once, many_rounds=many_rounds)
        return open_[:count], len(open_) >= count

    @property
    def _missing(self) -> int:
        """Profiles that must still pass, as far as one can tell. In order, rows further on do not count at once."""
        rows = max(1, self._wanted - int((self._state[self._rows] == PASSED).sum()))
        return rows if self._ordered else math.ceil(rows * self._state.size / max(1, self._rows.size))

    def _open(self, seen: int) -> Places:
        """Places below `seen` that may have to be asked about, in order."""
        places = np.flatnonzero(self._state[:seen] == OPEN)
        found = np.flatnonzero(self._state[self._rows] == PASSED)
        if self._ordered and len(found) >= self._wanted > 0:  # what comes behind the last wanted row changes nothing
            before = np.unique(self._rows[: found[self._wanted - 1]])
            places = np.intersect1d(places, before)
        return places.astype(np.int64)

    def chosen(self, before: int) -> Places:
        """The rows to go on with, by their numbers among all candidates."""
        return self._passing()[: self._wanted][before:]

    def _passing(self) -> Places:
        """Rows that certainly count: in order, none behind one that is not found out."""
        state = self._state[self._rows]
        if self._ordered and (open_ := np.flatnonzero(state == OPEN)).size:
            state = state[: open_[0]]
        return np.flatnonzero(state == PASSED)
