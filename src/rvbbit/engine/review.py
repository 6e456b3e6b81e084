"""`db.training.review()`: what people should look at next, why, and whether looking at more would still help. It decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from rvbbit.engine.rooms import Rooms
from rvbbit.engine.sets import TrainingSets
from rvbbit.errors import UsageError
from rvbbit.interfaces import Matrix
from rvbbit.logs.examples import ExampleFilter, ExampleRow, Page
from rvbbit.result import Progress
from rvbbit.training import review
from rvbbit.training.questions import canonical, is_list, question, text
from rvbbit.training.review import ENOUGH, Order, Outlook, Question, ordered, outlook, share, until
from rvbbit.types import CellKey, TrainingPolicy

NEWEST = 20_000  # executions looked at; older ones wait until these are done
AT_ONCE = 512  # texts embedded between two reports
LATELY = 100  # reviewed executions whose corrections are counted

Kind = Literal["contradiction", "value", "random", "newest"]


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """An execution to be looked at. `asked` executions have its arguments, so that one decision answers for all of them.

    `why` is for people. `priority`, 0-1: which share of all that is open a decision on it bears upon; 1 for a contradiction, 0 where the
    order is not by value.
    """

    execution: ExampleRow
    kind: Kind
    why: str
    priority: float
    asked: int


@dataclass(frozen=True, slots=True)
class ReviewQueue:
    """What comes next. `left` counts questions nobody reviewed among the newest `considered` of `total` executions.

    `outlook` is what the last doubling of decisions brought, None where that cannot be told. `enough`: looking at more would hardly help.
    `signal` says all that in words. `corrected` of the `verified` newest reviewed answers were wrong. `reviewed` questions of those
    considered were looked at; `until` more are expected to be enough, 0 where it is, None where that cannot be told.
    """

    items: tuple[ReviewItem, ...]
    left: int
    considered: int
    total: int
    enough: bool
    signal: str
    outlook: Outlook | None
    verified: int
    corrected: int
    reviewed: int = 0
    until: int | None = None


@dataclass(slots=True)
class _Asked:
    """One question: its executions, newest first, and what it is embedded as."""

    key: str
    group: str
    text: str
    rows: list[ExampleRow]

    @property
    def reviewed(self) -> ExampleRow | None:
        """The newest execution of it that a person looked at."""
        return next((row for row in self.rows if _reviewed(row)), None)


class Review:
    """The queue of one project."""

    def __init__(self, rooms: Rooms, sets: TrainingSets) -> None:
        self._rooms = rooms
        self._sets = sets

    def queue(
        self,
        cascade_id: str | None = None,
        cell_name: str | None = None,
        order: Order = "value",
        limit: int = 20,
        listen: Callable[[Progress], None] | None = None,
    ) -> ReviewQueue:
        """What to look at next, of one cascade, one cell, or of all: the same until something is decided or asked.

        `value`: contradictions among examples first, then what teaches most; `random`: a draw; `newest`. Texts that were never embedded
        are, which `listen` hears of. Raises UsageError, ProviderError.
        """
        if order not in get_args(Order):
            raise UsageError(f"there is no order {order!r}", hint=f"one of: {', '.join(get_args(Order))}")
        if limit < 1:
            raise UsageError(f"a queue of {limit} shows nothing", hint="use 1 or more")
        cascades, cells = (() if name is None else (name,) for name in (cascade_id, cell_name))
        page = self._rooms.store.page(ExampleFilter(cascade_id=cascades, cell_name=cells, limit=NEWEST))
        asked = self._asked(page.rows)
        vectors = self._embedded([one.text for one in asked], listen)
        items = [] if order != "value" else list(self._contradictions(page.rows))[:limit]
        shown = {item.execution.trace_id for item in items}
        picks = ordered(order, [_question(one) for one in asked], vectors, limit)
        items += [item for item in (_item(order, asked[pick.place], pick) for pick in picks) if item.execution.trace_id not in shown]
        return self._told(tuple(items[:limit]), page, asked, vectors)

    def _told(self, items: tuple[ReviewItem, ...], page: Page, asked: Sequence[_Asked], vectors: Matrix) -> ReviewQueue:
        """The queue with its stop signal."""
        left = sum(one.reviewed is None for one in asked)
        done = [(one, row, place) for place, one in enumerate(asked) if (row := one.reviewed) is not None]
        said = outlook(vectors[[place for *_, place in done]], [_held(row) for _, row, _ in done], *_named(one for one, *_ in done))
        lately = sorted((row for row in page.rows if row.verified), key=lambda row: row.timestamp, reverse=True)[:LATELY]
        wrong, older = sum(_wrong(row) for row in lately), page.total - len(page.rows)
        signal = "; ".join([*_left(left, older), *(_more(len(done), said) if left else ()), *_corrected(wrong, len(lately))])
        enough = not left or (said is not None and said.enough)
        more = 0 if enough else until(len(done), left, said)
        return ReviewQueue(items, left, len(page.rows), page.total, enough, signal, said, len(lately), wrong, len(done), more)

    def _asked(self, rows: Sequence[ExampleRow]) -> list[_Asked]:
        """The questions, the one asked last first."""
        policies: dict[CellKey, TrainingPolicy | None] = {}
        found: dict[tuple[str, str], _Asked] = {}
        for row in rows:
            cell = CellKey(row.cascade_id, row.cell_name)
            if cell not in policies:
                policies[cell] = self._sets.policy(cell)
            scope = policy.scope if (policy := policies[cell]) else ()
            shared = [value for name in scope if not is_list(value := row.inputs.get(name))]
            group, key = canonical([cell.cascade_id, cell.cell_name, *shared]), question(row.inputs, scope)
            found.setdefault((group, key), _Asked(key, group, text(row.inputs, scope), [])).rows.append(row)
        return list(found.values())

    def _embedded(self, texts: Sequence[str], listen: Callable[[Progress], None] | None) -> Matrix:
        unique = list(dict.fromkeys(texts))
        parts = []
        for start in range(0, len(unique), AT_ONCE):
            parts.append(self._rooms.loop.run(self._rooms.embedder.embed(unique[start : start + AT_ONCE])))
            if listen is not None:
                listen(Progress("embed", min(start + AT_ONCE, len(unique)), len(unique), 0, 0.0))
        if not parts:
            return np.empty((0, 1), np.float32)
        place = {one: number for number, one in enumerate(unique)}
        found: Matrix = np.concatenate(parts)[[place[one] for one in texts]]
        return found

    def _contradictions(self, rows: Sequence[ExampleRow]) -> Iterator[ReviewItem]:
        """The newest example of each question whose approved answers differ and none of which is verified."""
        known = {row.trace_id: row for row in rows}
        for cell in dict.fromkeys(CellKey(row.cascade_id, row.cell_name) for row in rows if row.trainable):
            for one in self._sets.checked(cell.cascade_id, cell.cell_name).contradictions:
                row = next((known[example.trace_id] for example in one.examples if example.trace_id in known), None)
                if one.holds is None and row is not None:
                    why = f"{len(one.examples)} approved answers to this question differ: none is used until one is chosen or verified"
                    yield ReviewItem(row, "contradiction", why, 1.0, len(one.examples))


def _question(one: _Asked) -> Question:
    newest, decided = one.rows[0], one.reviewed
    confidence = newest.confidence if newest.calibrated else None
    return Question(f"{one.group}\n{one.key}", one.group, _held(decided or newest), len(one.rows), confidence, decided is not None)


def _item(order: Order, one: _Asked, pick: review.Pick) -> ReviewItem:
    row = one.rows[0]
    said = [f"asked {len(one.rows):,} times" if len(one.rows) > 1 else "asked once"]
    said.append("unscored" if row.confidence is None else f"confidence {row.confidence:.2f}{'' if row.calibrated else ', uncalibrated'}")
    if order == "value":
        said.append(f"{pick.near:,} unreviewed executions ask something close" if pick.near else "nothing unreviewed is close")
        said.append("the first of its kind" if pick.known is None else f"similarity {pick.known:.2f} to the nearest one reviewed or above")
    return ReviewItem(row, order, "; ".join(said), pick.priority, len(one.rows))


def _left(left: int, older: int) -> list[str]:
    and_older = f" and {older:,} older executions" if older else ""
    return [f"{left:,} questions left{and_older}" if left else f"nothing is left{and_older and ' but' + and_older[4:]}"]


def _more(reviewed: int, said: Outlook | None) -> list[str]:
    """What more decisions would bring, in words."""
    if reviewed < ENOUGH:
        return [f"too few are reviewed to say what more would bring ({reviewed} of {ENOUGH})"]
    if said is None:
        return ["answers here hardly repeat, so what more would bring cannot be told"]
    gain = f"{100 * said.gain:+.1f} points of accuracy ({100 * said.low:+.1f} to {100 * said.high:+.1f})"
    more = "looking at more would hardly help" if said.enough else "looking at more helps"
    return [f"{more}: the last doubling of decisions brought {gain}"]


def _corrected(wrong: int, verified: int) -> list[str]:
    if not verified:
        return []
    low, high = share(wrong, verified)
    return [f"{wrong} of the {verified} newest verified answers were wrong ({low:.0%} to {high:.0%})"]


def _named(asked: Iterator[_Asked]) -> tuple[list[str], list[str]]:
    both = [(f"{one.group}\n{one.key}", one.group) for one in asked]
    return [key for key, _ in both], [group for _, group in both]


def _reviewed(row: ExampleRow) -> bool:
    """A person looked at it: verified or corrected it, or said how sure they are."""
    return row.verified or row.corrected_output is not None or (row.confidence is not None and row.calibrated is None)


def _wrong(row: ExampleRow) -> bool:
    """What was answered did not stand."""
    corrected = row.corrected_output is not None and canonical(row.corrected_output) != canonical(row.answer)
    return corrected or (row.calibrated is None and row.confidence is not None and row.confidence < 0.5)


def _held(row: ExampleRow) -> str:
    return canonical(row.answer if row.corrected_output is None else row.corrected_output)
