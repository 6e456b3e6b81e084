"""`/api/training`: executions, and what people decide about them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field

from rvbbit.errors import UsageError
from rvbbit.http.face import Face
from rvbbit.http.filters import Executions, Filter, Fraction, PageOfExecutions, Short
from rvbbit.http.shapes import Example, Examples, Injected, Neighbours, Whole, whole
from rvbbit.http.strict import Answer, Body, StrictRoute

Ids = Annotated[list[Short], Field(max_length=200_000)]
Who = Annotated[str, Field(min_length=1, max_length=200)]


_ONE_OF_TWO: dict[str, Any] = {
    "oneOf": [
        {"required": ["trace_ids"], "properties": {"trace_ids": {"type": "array"}}},
        {"required": ["filter"], "properties": {"filter": {"type": "object"}}},
    ]
}


class Which(Body):
    """Executions by their ids, or everything a filter finds: exactly one of the two. The filter {} is everything."""

    model_config = ConfigDict(json_schema_extra=_ONE_OF_TWO)

    trace_ids: Ids | None = None
    filter: Filter | None = None

    def reached(self) -> dict[str, Any]:
        """As the engine takes it. Raises UsageError unless one of the two is given."""
        if (self.trace_ids is None) == (self.filter is None):
            raise UsageError("give trace_ids or a filter", hint="exactly one of the two; the filter {} is everything")
        return {"trace_ids": self.trace_ids} if self.filter is None else {"filter": self.filter.given()}


class Mark(Which):
    """Only the fields given change; null clears a field. `tags` replace those that there are, `add_tags` and `remove_tags` change them."""

    model_config = ConfigDict(
        json_schema_extra=_ONE_OF_TWO | {"examples": [{"trace_ids": ["0f3a…"], "trainable": True, "corrected_output": "billing"}]}
    )

    trainable: bool | None = None
    verified: bool | None = None
    confidence: Fraction | None = None
    corrected_output: Any = None
    notes: Annotated[str, Field(max_length=100_000)] | None = None
    tags: Annotated[list[Short], Field(max_length=100)] | None = None
    add_tags: Annotated[list[Short], Field(max_length=100)] | None = None
    remove_tags: Annotated[list[Short], Field(max_length=100)] | None = None
    reason: Annotated[str, Field(max_length=10_000)] | None = None
    author: Who | None = None

    def decided(self) -> dict[str, Any]:
        """The fields given, absent ones left out."""
        names = self.model_fields_set - {"trace_ids", "filter", "reason", "author"}
        return {name: getattr(self, name) for name in type(self).model_fields if name in names}


class Marked(Answer):
    """How many executions changed; `undo` takes it back, null where there was nothing to change."""

    updated: int
    undo: str | None


class Undo(Body):
    """The `undo` of a decision."""

    undo: Short
    author: Who | None = None


class Figures(Answer):
    """Counts over executions. `cost` is null where no price is known, `confidence` (the mean) where none is scored.

    `calibrated_confidence` is the mean of the `calibrated` ones, null where none is.
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


class CellFigures(Figures):
    """Those of one cell."""

    cascade_id: str
    cell_name: str


class Stats(Answer):
    """Totals, then the cells, the busiest first. `scoring` is what judging took: USD a message, and its share of what execution cost."""

    total: Figures
    cells: list[CellFigures]
    scoring_cost: float
    scoring_messages: int
    execution_cost: float
    scoring_cost_a_message: float | None
    scoring_share: float | None


class FilterOptions(Answer):
    """The values to filter by, each with its count, the most frequent first."""

    cascade_id: dict[str, int]
    cell_name: dict[str, int]
    model: dict[str, int]
    session_id: dict[str, int]
    label: dict[str, int]
    tag: dict[str, int]
    source: dict[str, int]
    criterion: dict[str, int]


def routes(face: Face) -> APIRouter:
    """The routes of one server."""
    db, router = face.db, APIRouter(prefix="/api/training", tags=["training"], route_class=StrictRoute)

    @router.get("/examples")
    def examples(asked: Annotated[PageOfExecutions, Query()]) -> Examples:
        """One page of executions that can teach, newest first unless sorted otherwise, with the exact number that match."""
        page = db.training.examples(**asked.given())
        rows = [Example.model_validate(row) for row in page.rows]
        return Examples(count=len(rows), total=page.total, examples=rows, next=page.next)

    @router.get("/examples/{trace_id}")
    def example(trace_id: str) -> Whole:
        """One execution, whole: any logged call, also one that failed."""
        detail = db.history.detail(trace_id)
        found = db.training.examples(trace_ids=detail.example_ids, limit=None).rows if detail.example_ids else ()
        return whole(detail, [Injected.model_validate(row) for row in found])

    @router.get("/examples/{trace_id}/similar")
    def similar(trace_id: str, limit: Annotated[int, Query(ge=1, le=100)] = 10) -> Neighbours:
        """What was asked in the same cell that is nearest, by the embedding of its arguments: among its newest and what teaches there."""
        return Neighbours.model_validate(db.training.similar(trace_id, limit))

    @router.post("/mark-trainable")
    def mark(asked: Mark) -> Marked:
        """Decide on executions: all of them or, where one cannot be marked so, none."""
        return Marked.model_validate(db.training.mark(**asked.reached(), author=asked.author, reason=asked.reason, **asked.decided()))

    @router.post("/undo")
    def undo(asked: Undo) -> Marked:
        """Take back what one call decided; it is a decision too, and its own undo brings it back."""
        return Marked.model_validate(db.training.undo(asked.undo, author=asked.author))

    @router.get("/stats")
    def stats() -> Stats:
        """Figures of everything that can teach, and of each cell."""
        found = db.training.stats()
        cells = [
            CellFigures(cascade_id=key.cascade_id, cell_name=key.cell_name, **Figures.model_validate(figures).model_dump())
            for key, figures in found.cells.items()
        ]
        return Stats(
            total=Figures.model_validate(found.total),
            cells=cells,
            scoring_cost=found.scoring_cost,
            scoring_messages=found.scoring_messages,
            execution_cost=found.execution_cost,
            scoring_cost_a_message=found.scoring_cost / found.scoring_messages if found.scoring_messages else None,
            scoring_share=found.scoring_cost / found.execution_cost if found.execution_cost else None,
        )

    @router.get("/filter-options")
    def filter_options(asked: Annotated[Executions, Query()]) -> FilterOptions:
        """The values of everything that a filter finds: at most 100 a field."""
        return FilterOptions.model_validate(db.history.facets(**asked.given()))

    return router
