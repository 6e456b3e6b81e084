"""What is asked of the training view and what comes back: a filter, a page, and figures. Values only; a store does the work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from rvbbit.types import Arguments, CellKey, Value

Sort = Literal["timestamp", "confidence", "cost", "duration_ms", "tokens_in", "tokens_out", "cascade_id", "cell_name", "model"]
Order = Literal["asc", "desc"]


@dataclass(frozen=True, slots=True)
class ExampleFilter:
    """Which executions. None and () ask nothing; conditions are joined by AND, the values of a tuple by OR.

    `label` is the answer that holds (corrected, where corrected) as text; `search` is found in arguments or answer, in any case; `since` is
    inclusive, `until` is not. An unscored execution passes no bound on confidence. `criterion` is the argument of that name as text; `used`
    asks whether an answer was given it as an example. `limit` None is all; a page starts at `offset`, or after the row that `cursor` names:
    the `next` of the page before, with the same filter, sort and order.
    """

    trace_ids: tuple[str, ...] = ()
    cascade_id: tuple[str, ...] = ()
    cell_name: tuple[str, ...] = ()
    session_id: str | None = None
    caller_id: str | None = None
    model: str | None = None
    trainable: bool | None = None
    verified: bool | None = None
    scored: bool | None = None
    min_confidence: float | None = None
    max_confidence: float | None = None
    label: str | None = None
    tag: str | None = None
    criterion: str | None = None
    source: str | None = None
    query_id: str | None = None
    used: bool | None = None
    min_cost: float | None = None
    max_cost: float | None = None
    search: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    sort: Sort = "timestamp"
    order: Order = "desc"
    limit: int | None = 100
    offset: int = 0
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class ExampleRow:
    """One execution with what was decided on it: a row of `training_examples_with_annotations`.

    `cost` in USD, None where unknown. `used` counts the answers that were given it as an example. `calibrated` is None where the
    confidence is a person's own or there is none.
    """

    trace_id: str
    session_id: str
    caller_id: str | None
    timestamp: datetime
    cascade_id: str
    cell_name: str
    model: str
    inputs: Arguments
    user_input: str | None
    answer: Value
    assistant_output: str | None
    corrected_output: Value
    trainable: bool
    verified: bool
    confidence: float | None
    notes: str | None
    tags: tuple[str, ...]
    cost: float | None
    tokens_in: int
    tokens_out: int
    duration_ms: float
    calibrated: bool | None = None
    used: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, how many there are in all, and where the next page starts (None: there is none). Unpacks as `total, rows`."""

    total: int
    rows: tuple[ExampleRow, ...]
    next: str | None = None

    def __iter__(self) -> Iterator[Any]:
        return iter((self.total, self.rows))


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts over executions. `cost` in USD is None where no call's price is known.

    `confidence` is the mean of all that are `scored`, `calibrated_confidence` of those whose score is `calibrated`; None where none is.
    """

    executions: int
    trainable: int
    verified: int
    corrected: int
    scored: int
    confidence: float | None
    calibrated: int
    calibrated_confidence: float | None
    cost: float | None
    tokens_in: int
    tokens_out: int


@dataclass(frozen=True, slots=True)
class Stats:
    """Figures of everything that can teach, and of each cell.

    `scoring_cost` in USD is what the judge's calls took, `scoring_messages` how many executions it judged, `execution_cost` what all other
    priced calls took: a message's cost and the judge's share follow from them.
    """

    total: Figures
    cells: Mapping[CellKey, Figures]
    scoring_cost: float = 0.0
    scoring_messages: int = 0
    execution_cost: float = 0.0
