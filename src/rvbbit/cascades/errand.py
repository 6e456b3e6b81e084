"""One errand: a query's or a run's calls of one cascade, with what they are made with and whom to tell. It decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rvbbit.cascades.flights import Flights
from rvbbit.cascades.lookups import Lookups
from rvbbit.cascades.plans import CascadePlan, CellPlan
from rvbbit.cascades.rows import Given
from rvbbit.cascades.workers import Crew
from rvbbit.interfaces import CallLog, Embedder, ExampleSelector, Listener, ProviderFor, RunSQL
from rvbbit.types import Answer, Arguments, CallContext, CallRecord, Notice, Value


@dataclass(frozen=True, slots=True)
class Tools:
    """What the engine hands to the runner. `concurrency` is how many remote calls are in flight at most."""

    provider_for: ProviderFor
    log: CallLog
    selector: ExampleSelector
    run_sql: RunSQL
    default_model: str
    concurrency: int
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    flights: Flights[Value]
    lookups: Lookups
    packs: Flights[Mapping[str, Given]]
    embedder: Embedder | None = None


@dataclass(frozen=True, slots=True)
class Errand:
    """`reuse` is False where every question is asked anew (`cache: false`, `rvbbit run`, tests). `keep` is False where answers must not
    be found again later. `records` collects what was logged, where somebody wants it; `landed` holds the keys of calls that ended since it
    began, its own and others'. `crew` is at work on it."""

    plan: CascadePlan
    context: CallContext
    tools: Tools
    listen: Listener | None
    reuse: bool
    keep: bool
    records: list[CallRecord] | None = None
    landed: Set[str] = frozenset()
    crew: Crew[Any] = field(default_factory=Crew)

    def tell(self, said: Answer | Notice, times: int = 1) -> None:
        if self.listen is not None:
            self.listen(said, times)

    async def remember(self, record: CallRecord, *, failed: bool = False) -> None:
        """Returns when the record is on disk; meanwhile other calls are made, unless this one `failed` for good. Raises DatabaseError."""
        if failed and self.context.on_error == "raise":
            self.crew.halt()
        await self.crew.away(lambda last: self.tools.log.append(record, last=last))
        if self.records is not None:
            self.records.append(record)

    def record(  # noqa: PLR0917 - what every cell says of a call
        self, cell: CellPlan, arguments: Arguments, fingerprint: str, started: datetime, duration: float, step: str = "", **more: Any
    ) -> CallRecord:
        """What every kind of cell logs: who, where, when, with what; `more` are other fields. `duration` in seconds."""
        context = self.context
        kind = "llm" if cell.prompt else "sql" if hasattr(cell.spec, "sql") else "python"
        return CallRecord(
            trace_id=self.tools.new_id(),
            timestamp=started,
            session_id=context.session_id,
            cascade_id=cell.key.cascade_id,
            cell_name=f"{cell.key.cell_name}.{step}" if step else cell.key.cell_name,
            kind=kind,  # type: ignore[arg-type]
            arguments=arguments,
            cascade_fingerprint=self.plan.cascade.fingerprint,
            cell_fingerprint=fingerprint,
            query_id=context.query_id,
            caller_id=context.caller_id,
            source=context.source,
            duration=duration,
            **more,
        )
