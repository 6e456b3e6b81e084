"""Executions in and out: export of a filter, import of a file, and traces as OpenTelemetry sends them. Bodies are streams on both sides."""

from __future__ import annotations

import asyncio
import io
import tempfile
import zlib
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal

from fastapi import APIRouter, Query, Request
from pydantic import Field
from pydantic_core import from_json
from starlette.responses import Response, StreamingResponse

from rvbbit.engine.exchange import MEDIA_TYPES
from rvbbit.engine.served import Running
from rvbbit.errors import Cancelled, UsageError
from rvbbit.http import formats
from rvbbit.http.conversation import Conversation, end_of, outcome
from rvbbit.http.face import Face, begun, chunked
from rvbbit.http.filters import ExportedExecutions, Short
from rvbbit.http.limits import LARGEST_TRACES
from rvbbit.http.problems import Problem
from rvbbit.http.streamed import streamed
from rvbbit.http.strict import Answer, Parameters, StrictRoute
from rvbbit.result import Progress

_FORMATS = {"text/csv": "csv", "application/x-ndjson": "jsonl", "application/jsonl": "jsonl", "application/vnd.apache.parquet": "parquet"}
_FILE: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
}
_TRACES: dict[str, Any] = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}
_STREAM: dict[int | str, dict[str, Any]] = {200: {"content": {formats.NDJSON: {}}}}
_MEDIA: dict[int | str, dict[str, Any]] = {200: {"content": {kind: {} for kind in MEDIA_TYPES.values()}, "description": "The file"}}


class Import(Parameters):
    """How to read the file, and what its executions teach. `map` is `column=field`, `constant` is `input=JSON`; both may be repeated."""

    format: Literal["auto", "jsonl", "csv", "parquet", "openai", "langfuse", "otlp"] = "auto"
    cascade_id: Short | None = None
    cell_name: Short | None = None
    map: list[Short] = Field([])
    constant: list[Short] = Field([])
    dry_run: bool = Field(False, description="read and check everything, keep nothing")
    name: Short | None = Field(None, description="what the file is called; its ending says the format where nothing else does")
    author: Annotated[str, Field(min_length=1, max_length=200)] | None = None

    def pairs(self) -> dict[str, Any]:
        """`map` and `constants` as the engine takes them. Raises UsageError."""
        return {"map": dict(map(_pair, self.map)), "constants": {name: _json(text) for name, text in map(_pair, self.constant)}}


class Wrong(Answer):
    """A record that could not be taken: its line (row, element), from 1, and why."""

    line: int
    reason: str


class Previewed(Answer):
    """An execution as it is, or would be, logged."""

    cascade_id: str
    cell_name: str
    model: str
    arguments: dict[str, Any]
    answer: Any


class Imported(Answer):
    """Every record is `added`, `known` (it was there), `skipped` (no model call) or `rejected`; `problems` are the first of those.

    `preview` has the first executions.
    """

    added: int
    known: int
    skipped: int
    rejected: int
    decisions: int
    problems: list[Wrong]
    mapping: dict[str, str]
    left: list[str]
    preview: list[Previewed]


class PartialSuccess(Answer):
    """What of an export of traces was not taken; empty where everything was."""

    rejectedSpans: int | None = None  # noqa: N815  OTLP's own name
    errorMessage: str | None = None  # noqa: N815


class Traces(Answer):
    """OTLP's ExportTraceServiceResponse."""

    partialSuccess: PartialSuccess  # noqa: N815


def routes(face: Face) -> APIRouter:
    """The routes of one server."""
    db, router = face.db, APIRouter(tags=["exchange"], route_class=StrictRoute)
    folder = db.settings.home / ".rvbbit"

    @router.get("/api/training/export", response_class=Response, responses=_MEDIA)
    def export(asked: Annotated[ExportedExecutions, Query()]) -> Response:
        """Everything that the filter finds, as a file that imports back to the same state (`openai`: for fine-tuning)."""
        parts = begun(chunked(db.training.exported(asked.format, **{k: v for k, v in asked.given().items() if k != "format"})))
        ending = "jsonl" if asked.format == "openai" else asked.format
        headers = {"Content-Disposition": f'attachment; filename="executions.{ending}"'}
        return StreamingResponse(parts, media_type=MEDIA_TYPES[asked.format], headers=headers)

    @router.post("/api/training/import", openapi_extra=_FILE, response_model=Imported, responses=_STREAM)
    async def import_(asked: Annotated[Import, Query()], request: Request) -> Response:
        """Log executions from elsewhere: the body is the file. Safe to repeat: what is there already is not logged twice.

        With `Accept: application/x-ndjson` events tell how far it is, and the last one, `imported`, what came of it.
        """
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind.startswith("multipart/"):
            raise Problem(415, "unsupported_media_type", "the body is the file itself, not a form", "curl --data-binary @FILE")
        format_ = _FORMATS.get(kind, "auto") if asked.format == "auto" else asked.format
        given = {"format": format_, **asked.pairs(), **asked.model_dump(include={"cascade_id", "cell_name", "author", "dry_run", "name"})}
        streaming = formats.accepted(request.headers.get("accept", "")) == formats.NDJSON
        file = await _spooled(request, folder if folder.is_dir() else None)
        return await _answered(face, file, request, given, streaming=streaming)

    @router.post("/v1/traces", openapi_extra=_TRACES, tags=["otlp"], response_model_exclude_none=True)
    async def traces(request: Request) -> Traces:
        """Spans with `gen_ai.*` attributes, as OTLP/HTTP exporters send them in JSON. Others are taken and left out."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            hint = (
                "set OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/json, or let a collector translate (its otlphttp exporter: `encoding: json`)"
            )
            raise Problem(415, "unsupported_media_type", f"traces as {kind[:60] or 'nothing'!r} are not read here", hint)
        body = _plain(await request.body(), request.headers.get("content-encoding", "identity").strip().lower())
        spans = _object(body)
        if not spans:
            return Traces(partialSuccess=PartialSuccess())
        found = await asyncio.to_thread(_take, face, io.BytesIO(body), format="otlp", author="otlp")
        if not found.rejected:
            return Traces(partialSuccess=PartialSuccess())
        return Traces(partialSuccess=PartialSuccess(rejectedSpans=found.rejected, errorMessage=found.problems[0].reason))

    return router


async def _answered(face: Face, file: BinaryIO, request: Request, given: dict[str, Any], *, streaming: bool) -> Response:
    """What came of an import, or how far it is as it happens. It goes on where the client goes away, unless that one listened."""
    talk = Conversation(asyncio.get_running_loop())

    def work(_: Any, running: Running) -> Imported:
        tell = talk.listener(lambda _: None)

        def listen(progress: Progress) -> None:  # after what was read so far is on disk
            if running.stop.is_set():
                raise Cancelled("the import was cancelled; what was read is kept", hint="run it again: it goes on from there")
            tell(progress)

        with file:
            done = _take(face, file, listen=listen, **given)
        talk.give(iter([formats.line({"event": "imported", **done.model_dump(mode="json")})]))
        return done

    running = face.served.start(work)
    if streaming:
        return await streamed(running, talk, request)
    done = await outcome(end_of(running))
    return Response(done.model_dump_json(), media_type=formats.JSON)


async def _spooled(request: Request, folder: Path | None) -> BinaryIO:
    """The body as a file without a name."""
    file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  whoever takes it closes it
    try:
        async for part in request.stream():
            await asyncio.to_thread(file.write, part)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


def _take(face: Face, file: BinaryIO, **given: Any) -> Imported:
    found = face.db.training.import_(file, **given)
    problems = [Wrong(line=problem.number, reason=problem.reason) for _, problem in found.problems]
    counts = {name: getattr(found, name) for name in ("added", "known", "skipped", "rejected", "decisions")}
    preview = [Previewed.model_validate(record) for record in found.preview]
    return Imported(**counts, problems=problems, mapping=found.mapping, left=list(found.left), preview=preview)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise UsageError(f"{text!r} is not like name=value", hint='map=question=input.text, constant=teams=["billing"]')
    return name, value


def _json(text: str) -> Any:
    """A constant: JSON, or text that is none."""
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError:
        return text


def _plain(body: bytes, encoding: str) -> bytes:
    """The body, unpacked where it is packed. Raises Problem."""
    if encoding in ("identity", ""):
        return body
    if encoding != "gzip":
        raise Problem(415, "unsupported_media_type", "this content encoding is not read here", "send it plain, or as gzip")
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(body, LARGEST_TRACES)
    except zlib.error as error:
        raise Problem(400, "invalid_body", "the body is not gzip", "send what Content-Encoding says") from error
    if unpacker.unconsumed_tail:
        raise Problem(413, "content_too_large", f"unpacked, the body has more than {LARGEST_TRACES:,} bytes", "send fewer spans at a time")
    if not unpacker.eof:
        raise Problem(400, "invalid_body", "the body is gzip cut short", "send the whole of it")
    return plain


def _object(body: bytes) -> Any:
    """The request of an exporter; empty where it has no spans. Raises Problem."""
    try:
        found = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise Problem(400, "invalid_json", f"the body is not JSON: {error}", "send an ExportTraceServiceRequest") from error
    if not isinstance(found, dict) or not isinstance(found.get("resourceSpans", found.get("resource_spans", [])), list):
        raise Problem(400, "invalid_body", "the body is no ExportTraceServiceRequest", 'it is like {"resourceSpans": […]}')
    return found.get("resourceSpans", found.get("resource_spans", []))
