"""`POST /api/run`: one cascade with one input."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import ConfigDict, Field

from rvbbit.engine import Run
from rvbbit.engine.served import ID, Running
from rvbbit.errors import UsageError
from rvbbit.http.cascades import Yaml
from rvbbit.http.conversation import result
from rvbbit.http.face import Face
from rvbbit.http.sql import Model, Notice, Usage
from rvbbit.http.strict import Answer, Body, StrictRoute


class RunAsked(Body):
    """A cascade by its id or its operator's name, or `yaml`, a file that is not kept; and its inputs. `query_id` cancels it."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": [name], "properties": {name: {"type": "string"}}} for name in ("cascade", "yaml")],
        }
    )

    cascade: Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$", max_length=100)] | None = None
    yaml: Yaml | None = None
    inputs: dict[str, Any] = Field({})
    session_id: Annotated[str, Field(pattern=ID)] | None = None
    query_id: Annotated[str, Field(pattern=ID)] | None = None
    model: Model | None = None
    budget_usd: Annotated[float, Field(ge=0)] | None = None


class Ran(Answer):
    """One call of a run, or one sql or python cell of it; `duration` in seconds."""

    trace_id: str
    cell_name: str
    model: str
    duration: float


class RunShown(Answer):
    """`outputs` by cell; `output` is the last one. `records` are its calls, as `trace_ids` are in the log."""

    session_id: str
    cascade_id: str
    output: Any
    outputs: dict[str, Any]
    usage: Usage
    notices: list[Notice]
    trace_ids: list[str]
    records: list[Ran]


def routes(face: Face) -> APIRouter:
    """The route of one server."""
    db, router = face.db, APIRouter(prefix="/api", tags=["cascades"], route_class=StrictRoute)

    @router.post("/run")
    async def run(asked: RunAsked, request: Request) -> RunShown:
        """Run one cascade: every cell of it. Whoever goes away cancels it; so does DELETE /api/sql/{query_id}."""
        if (asked.cascade is None) == (asked.yaml is None):
            raise UsageError("give a cascade or yaml", hint="exactly one of the two")
        notices: list[Any] = []

        def listen(event: Any) -> None:
            notices.append(event)

        def work(_: Any, running: Running) -> Any:
            cascade = db.cascade_files.read(asked.yaml) if asked.yaml else db.cascade_files.named(asked.cascade or "")
            given = {"session_id": asked.session_id, "model": asked.model, "budget_usd": asked.budget_usd}
            return db.run(cascade, asked.inputs, **given, listen=listen, stop=running.stop)  # type: ignore[arg-type]

        done = await result(face.served.start(work, query_id=asked.query_id), request)
        return RunShown(
            session_id=done.session_id,
            cascade_id=done.cascade_id,
            output=done.output,
            outputs=dict(done.outputs),
            usage=_usage(done),
            notices=[Notice.model_validate(notice) for notice in notices],
            trace_ids=[record.trace_id for record in done.records],
            records=[Ran.model_validate(record) for record in done.records],
        )

    return router


def _usage(done: Run) -> Usage:
    usage = done.usage
    return Usage(
        calls=len(done.records),
        cached=sum(record.cached for record in done.records),
        tokens_in=usage.tokens_in,
        tokens_out=usage.tokens_out,
        tokens_cached=usage.tokens_cached,
        cost_usd=usage.cost_usd,
        seconds=sum(record.duration for record in done.records),
    )
