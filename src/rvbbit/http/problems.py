"""Every answer that is not what was asked for: one body, `{"error": {"code", "message", "hint"}}`, with a fitting status.

Nothing that is not ours gets into a body: an exception that nobody raised on purpose becomes `internal_error`, and its text the log's.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rvbbit.errors import CascadeInvalid, Error, RateLimited

log = logging.getLogger(__name__)

CLOSED = 499
"""The client cancelled, or went away: nginx's number, which `http.HTTPStatus` lacks."""

_HINTS = {
    404: "GET / lists the pages there are; GET /docs every route",
    405: "the Allow header says which methods this path takes",
}


class ErrorBody(BaseModel):
    """What went wrong. `line` and `column` point into SQL or YAML; `problems` lists everything that is wrong, where there are several."""

    code: str
    message: str
    hint: str | None
    line: int | None = None
    column: int | None = None
    problems: list[str] | None = None


class ErrorAnswer(BaseModel):
    """The body of every error."""

    error: ErrorBody


RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorAnswer, "description": "What was asked cannot be done; the body says why and what to do."},
    "5XX": {"model": ErrorAnswer, "description": "A model, the store or the server failed; the body says which."},
}


class Unread(Exception):
    """Whoever asked does not read the answer."""


class Problem(HTTPException):
    """An error that only HTTP has: a header, a media type, a body that is none."""

    def __init__(self, status: int, code: str, message: str, hint: str | None = None, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, message, headers)
        self.body = ErrorBody(code=code, message=message, hint=hint)


def answer(status: int, body: ErrorBody, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The response for an error."""
    content = body.model_dump(exclude_none=True) | {"hint": body.hint}
    return JSONResponse({"error": content}, status, headers)


def body_of(error: Error) -> ErrorBody:
    """The body for one of our errors."""
    problems = list(error.problems) if isinstance(error, CascadeInvalid) else None
    return ErrorBody(code=error.code, message=error.message, hint=error.hint, line=error.line, column=error.column, problems=problems)


def handle(app: FastAPI) -> None:
    """Make every error of an app look like that."""
    app.add_exception_handler(Error, _ours)
    app.add_exception_handler(HTTPException, _https)
    app.add_exception_handler(RequestValidationError, _invalid)


def internal() -> ErrorBody:
    """What a client hears of a bug."""
    return ErrorBody(code="internal_error", message="this is a bug in rvbbit", hint="the server's log has the details; please report them")


def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, Error)
    headers = {"Retry-After": "1"} if error.http_status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    if isinstance(error, RateLimited) and error.retry_after is not None:
        headers = {"Retry-After": str(max(1, round(error.retry_after)))}
    if error.http_status >= 500:
        log.warning("%s %s: %s", request.method, request.url.path, error.code)
    return answer(error.http_status, body_of(error), headers)


def _https(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if isinstance(error, Problem):
        return answer(error.status_code, error.body, error.headers)
    status = HTTPStatus(error.status_code)
    hint = _HINTS.get(error.status_code)
    headers = {"Allow": ", ".join(_allowed(request))} if status == HTTPStatus.METHOD_NOT_ALLOWED else error.headers
    code = status.phrase.lower().replace(" ", "_").replace("-", "_")
    message = f"{status.phrase.lower()}: {request.method} {request.url.path[:200]}"
    return answer(error.status_code, ErrorBody(code=code, message=message, hint=hint), headers)


def _allowed(request: Request) -> list[str]:
    """The methods of every route that this path matches: Starlette names those of the first."""
    scope = {**request.scope, "type": "http"}
    routes = (route for route in request.app.state.routes if route.matches(scope)[0] is not Match.NONE)
    return sorted({method for route in routes for method in route.methods})


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    told = [_told(one) for one in error.errors()]
    more = f" (and {len(told) - 1} more)" if len(told) > 1 else ""
    hint = "GET /docs says what this route takes"
    return answer(422, ErrorBody(code="invalid_request", message=told[0] + more, hint=hint, problems=told if more else None))


def _told(one: Mapping[str, Any]) -> str:
    """`body.confidence: Input should be …`: the place and the rule, never the value, which may be a secret in the wrong place."""
    place: Sequence[object] = one.get("loc", ())
    named = ".".join(str(part) for part in place if part not in ("query", "path"))
    return f"{named[:200]}: {str(one.get('msg', 'is not usable')).removeprefix('Value error, ')}"


class Bugs:
    """Middleware that answers for what nobody raised on purpose. Pure ASGI; the top of this face."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def heard(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, heard)
        except Unread:
            log.warning("%s %s: nobody reads the answer", scope.get("method"), scope.get("path"))
            raise
        except Exception as error:
            log.error("%s %s failed", scope.get("method"), scope.get("path"), exc_info=error)
            if started:  # half an answer cannot be taken back: the connection ends without the end of the body
                raise
            await answer(500, internal())(scope, receive, send)
