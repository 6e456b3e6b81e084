"""What a statement gives back: rows, what they cost and what was said on the way. It never runs anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa

from rvbbit.errors import UsageError
from rvbbit.types import Notice, Value

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl


@dataclass(frozen=True, slots=True)
class QueryUsage:
    """What a query took. `calls` went to a model, `cached` answers did not have to; `cost_usd` is None where a price is not known."""

    calls: int = 0
    cached: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    cost_usd: float | None = 0.0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one semantic stage of a query has come. `done` of `total` distinct arguments; `cost_usd` so far in the whole query."""

    stage: str
    done: int
    total: int
    cached: int
    cost_usd: float | None


@dataclass(frozen=True, slots=True)
class AskFigures:
    """What a question of a plan takes: expected by EXPLAIN, taken where EXPLAIN ANALYZE ran it.

    `rows` need an answer; of their `distinct` arguments `cached` ones are known, and the others take `calls`. Tokens, USD and seconds are
    None where nobody can say. `at_most`: other questions, or enough rows, may spare some of the calls. Where the query has a target,
    `student` of them are a student's; `note` says what else there is to know. `pairs`: of so many distinct pairs of two tables only
    `distinct` are asked about; None where all are.
    """

    rows: int | None
    distinct: int
    cached: int
    calls: int
    tokens_in: int | None
    tokens_out: int | None
    cost_usd: float | None
    seconds: float | None
    at_most: bool = False
    student: int | None = None
    note: str | None = None
    pairs: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to an operator, as it was typed. `guard` must hold for a row to be asked about; `figures` None: `note` says why.

    `recall`: it is asked about near pairs of two tables alone, which are to hold that share of the true ones.
    """

    id: int
    operator: str
    text: str
    guard: str | None
    figures: AskFigures | None
    note: str | None
    recall: float | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plan. `keeps` are parts that are read once; `children` are the steps whose rows it takes."""

    kind: Literal["Project", "SemanticMap", "TopK", "Limit", "Reorder", "SemanticFilter", "Filter", "Scan"]
    detail: str
    keeps: tuple[str, ...]
    asks: tuple[Asked, ...]
    children: tuple[Step, ...]

    def walk(self) -> Iterator[Step]:
        """Itself and all below."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Explained:
    """The plan of a semantic statement: a tree a query block, innermost block first; `fallback` is asked where no step reaches.

    `ran`: by EXPLAIN ANALYZE, and gave so many `rows`. `sampled` is what EXPLAIN (SAMPLE n) measured, a line of text each: a question, and
    indented below it each way to answer it; then what the sample took.
    """

    blocks: tuple[Step, ...]
    fallback: tuple[Asked, ...]
    ran: bool
    rows: int | None
    sampled: tuple[str, ...] = ()


class Result:
    """The rows of one statement as an Arrow table, with its usage and notices.

    A statement that returns nothing (`CREATE TABLE`) has no columns. Iterating gives tuples. `plan` is what EXPLAIN's rows of text say.
    """

    def __init__(
        self,
        table: pa.Table,
        *,
        query_id: str = "",
        usage: QueryUsage | None = None,
        notices: tuple[Notice, ...] = (),
        plan: Explained | None = None,
    ) -> None:
        self.query_id = query_id
        self.usage = usage or QueryUsage()
        self.notices = notices
        self.plan = plan
        self._table = table

    @property
    def columns(self) -> list[str]:
        """Names in order."""
        return list(self._table.column_names)

    def arrow(self) -> pa.Table:
        """The table itself, not a copy."""
        return self._table

    def fetchall(self) -> list[tuple[Value, ...]]:
        """Rows as tuples of Python values; SQL NULL is None."""
        columns: list[list[Any]] = [column.to_pylist() for column in self._table.columns]
        return list(zip(*columns, strict=True)) if columns else []

    def df(self) -> pd.DataFrame:
        """A pandas data frame. Raises UsageError where pandas is not installed."""
        try:
            frame: pd.DataFrame = self._table.to_pandas()
        except ModuleNotFoundError as error:
            raise UsageError("df() needs pandas", hint="pip install 'rvbbit[frames]'") from error
        return frame

    def pl(self) -> pl.DataFrame:
        """A polars data frame. Raises UsageError where polars is not installed."""
        try:
            import polars  # optional, and slow to load
        except ModuleNotFoundError as error:
            raise UsageError("pl() needs polars", hint="pip install 'rvbbit[frames]'") from error
        frame = polars.from_arrow(self._table)
        assert isinstance(frame, polars.DataFrame)
        return frame

    def __repr__(self) -> str:
        return f"Result({len(self):,} rows: {', '.join(self.columns)})"

    def __iter__(self) -> Any:
        return iter(self.fetchall())

    def __len__(self) -> int:
        return int(self._table.num_rows)
