"""Where a student stands in for a model, and what it decided there, in the log: as its own answers, under keys of their own.

A key is the whole question (ADR 6), and what a student decides under a target is one about a population: the cell, the model in whose
place, the target, the examples' version, all arguments of the stage; and what people verified, where the target is held against that. So
the same query again is answered by the log, and no other ever is.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rvbbit.cascades.loader import Cascade
from rvbbit.cascades.pupil import MODEL
from rvbbit.cascades.spec import LLMCell
from rvbbit.cascades.student_stage import StudentStage, digest
from rvbbit.cascades.verified import Verified
from rvbbit.interfaces import CallLog
from rvbbit.targets import Target
from rvbbit.types import Arguments, CallContext, CallRecord, CellKey, Example, LocalTask, Value

TAUGHT = 100  # examples from which nothing is asked only to teach
EACH = 5  # the same, a label
MOST_TAUGHT = 400
AT_ONCE = 1_000  # records on their way to the log


@dataclass(frozen=True, slots=True)
class Post:
    """Where a student stands in: one cell, its task, the model in whose place, and the inputs that all questions share."""

    cascade: Cascade
    cell: CellKey
    spec: LLMCell
    task: LocalTask
    model: str
    shared: Arguments

    def fits(self, example: Example | Verified) -> bool:
        """Whether it is about the same thing and has an answer that a student could give."""
        about = all(digest(example.arguments.get(name)) == digest(value) for name, value in self.shared.items())
        kind = bool if self.task.task == "matches" else str
        return about and isinstance(example.answer, kind) and isinstance(example.arguments.get(self.task.text), str)

    @property
    def enough(self) -> int:
        """Examples from which nothing is asked only to teach."""
        labels = self.shared.get(self.task.labels or "")
        count = len(labels) if isinstance(labels, Sequence) and not isinstance(labels, str) else 2
        return min(MOST_TAUGHT, max(TAUGHT, EACH * count))


@dataclass(frozen=True, slots=True)
class StudentBook:
    """Of one stage. `version` is that of the curated examples; `held` names the verified answers, where the target is held against them."""

    log: CallLog
    post: Post
    stage: StudentStage
    target: Target
    context: CallContext
    version: str
    held: str = ""

    async def earlier(self, places: Sequence[int]) -> dict[int, Value]:
        """What was decided before on this same population, to this same target, by place."""
        keys = {place: self._key(place) for place in places}
        found = await self.log.answers(list(keys.values()))
        return {place: found[key] for place, key in keys.items() if key in found}

    async def enter(self) -> None:
        """Returns when everything the student decided is on disk. Raises DatabaseError."""
        places = list(self.stage.decided)
        for start in range(0, len(places), AT_ONCE):
            await asyncio.gather(*(self.log.append(self._record(place), last=True) for place in places[start : start + AT_ONCE]))

    def _key(self, place: int) -> str:
        about = [self.post.cascade.fingerprint, self.post.model, str(self.target), self.target.delta, self.version]
        about += [self.held] if self.held else []
        return digest(["student", *about, self.stage.population.hex(), self.stage.arguments[place]]).hex()

    @property
    def _request(self) -> dict[str, Value]:
        said: dict[str, Value] = {"in_place_of": self.post.model, "target": str(self.target), "delta": self.target.delta}
        return said | {"against": self.target.against} if self.held else said

    def _record(self, place: int) -> CallRecord:
        sure = self.stage.opinions[place].sure
        return CallRecord(
            trace_id=uuid.uuid4().hex,
            timestamp=datetime.now(UTC),
            session_id=self.context.session_id,
            cascade_id=self.post.cell.cascade_id,
            cell_name=self.post.cell.cell_name,
            kind="llm",
            arguments=self.stage.arguments[place],
            cascade_fingerprint=self.post.cascade.fingerprint,
            cell_fingerprint=self.post.cascade.fingerprint,
            query_id=self.context.query_id,
            caller_id=self.context.caller_id,
            source=self.context.source,
            model=MODEL,
            request={"student": self._request},
            response={"probability": sure},
            answer=self.stage.decided[place],
            cache_key=self._key(place),
            probability=sure,
            finish_reason="stop",
            set_version=self.version,
            run_id=uuid.uuid4().hex,
        )


def named(held: Sequence[Verified]) -> str:
    """What some verified answers are called: the same in any order; nothing where there are none."""
    return digest(sorted(digest([one.arguments, one.answer]).hex() for one in held)).hex() if held else ""
