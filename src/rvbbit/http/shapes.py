"""What routes about executions answer. One shape an execution has in lists, one when it is shown whole."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rvbbit.engine.history import Detail
from rvbbit.http.strict import Answer


class Example(Answer):
    """One execution and what was decided on it. `confidence` is null where unscored, `cost` (USD) where the price is not known."""

    trace_id: str
    session_id: str
    caller_id: str | None
    timestamp: datetime
    cascade_id: str
    cell_name: str
    model: str
    inputs: dict[str, Any]
    user_input: str | None
    answer: Any
    assistant_output: str | None
    corrected_output: Any
    trainable: bool
    verified: bool
    confidence: float | None
    calibrated: bool | None
    notes: str | None
    tags: list[str]
    cost: float | None
    tokens_in: int
    tokens_out: int
    duration_ms: float
    used: int


class Examples(Answer):
    """A page: `count` of them, `total` that match, and the cursor of the `next` page (null: there is none)."""

    count: int
    total: int
    examples: list[Example]
    next: str | None


class Injected(Answer):
    """An example that an answer was given."""

    trace_id: str
    user_input: str | None
    assistant_output: str | None
    corrected_output: Any
    verified: bool
    confidence: float | None


class Similar(Answer):
    """The newest execution that asked and answered so, of `asked` such. `similarity` is the cosine: 1 where the same is asked."""

    execution: Example
    similarity: float
    asked: int


class Neighbours(Answer):
    """The nearest first; `considered` executions were compared."""

    similar: list[Similar]
    considered: int


class Score(Answer):
    """One scorer's opinion; `value` null where it could not tell."""

    scorer: str
    version: str
    value: float | None
    reason: str
    timestamp: datetime
    calibrated: bool
    cost_usd: float | None


class Decision(Answer):
    """One decision; only the fields that `fields` names were decided. `batch` undoes it."""

    author: str
    timestamp: datetime
    batch: str
    fields: list[str]
    trainable: bool | None
    verified: bool | None
    confidence: float | None
    corrected_output: Any
    notes: str | None
    tags: list[str] | None
    reason: str | None
    undoes: str | None


class Whole(Example):
    """One logged call, whole. `sql` is the statement it came from; `examples` are those of `example_ids` that are still there."""

    query_id: str | None
    sql: str | None
    kind: str
    source: str
    cascade_fingerprint: str
    cell_fingerprint: str
    request: Any
    response: Any
    probability: float | None
    finish_reason: str | None
    attempt: int
    take: int
    tokens_cached: int
    tokens_cached_expected: int
    cached: bool
    set_version: str
    example_ids: list[str]
    examples: list[Injected]
    error: str | None
    error_code: str | None
    scores: list[Score]
    decisions: list[Decision]


def whole(detail: Detail, examples: list[Injected]) -> Whole:
    """The answer for a detail of the log."""
    own = Example.model_validate(detail.example).model_dump()
    rest = {name: getattr(detail, name) for name in Detail.__slots__ if name not in ("example", "scores", "decisions")}
    scores = [Score.model_validate(score) for score in detail.scores]
    decisions = [Decision.model_validate(decision) for decision in detail.decisions]
    return Whole(**own, **rest, examples=examples, scores=scores, decisions=decisions)
