"""Routes that take what they say and nothing else: no unknown or repeated query parameter, no JSON that only Python would read."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Iterator
from typing import Any, get_origin

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import from_json
from starlette.requests import Request
from starlette.responses import Response

from rvbbit.http.problems import Problem


class Parameters(BaseModel):
    """What stands behind the ? of a URL: unknown names refused, no NaN, nothing changed afterwards. It is text, read as what it says."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Body(BaseModel):
    """A body of JSON: the same, and a value has the type that it should have: no "1" for 1, no true for 1."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=True)


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_whole)
"""For an `int` in a body, behind its bounds: JSON does not tell 3.0 from 3."""


class Answer(BaseModel):
    """Anything we send; read from the engine's values by their attributes."""

    model_config = ConfigDict(from_attributes=True)


class StrictRequest(Request):
    """A request whose JSON is JSON: no NaN, no half characters, no text in another encoding."""

    async def json(self) -> Any:
        """The body."""
        body = await self.body()
        try:
            return from_json(body, allow_inf_nan=False)
        except ValueError as error:
            raise Problem(400, "invalid_json", f"the body is not JSON: {error}", "send one object, in UTF-8") from error


class StrictRoute(APIRoute):
    """A route that answers 422 to query parameters it does not have, and 415 to a body that is not JSON where it takes JSON."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()
        several = dict(_parameters(self.dependant.query_params))
        takes_json = self.body_field is not None

        async def handler(request: Request) -> Response:
            _check_query(request, several)
            if takes_json:
                _check_media_type(request)
            return await inner(StrictRequest(request.scope, request.receive))

        return handler


def _parameters(fields: Iterable[Any]) -> Iterator[tuple[str, bool]]:
    """Each query parameter, and whether it may be repeated; a model stands for its fields."""
    for field in fields:
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            for name, one in kind.model_fields.items():
                yield one.alias or name, get_origin(one.annotation) is list
        else:
            yield field.alias, get_origin(kind) is list


def _check_query(request: Request, several: dict[str, bool]) -> None:
    names = [name for name, _ in request.query_params.multi_items()]
    for name in names:
        if name not in several:
            known = f"one of {', '.join(several)}" if several else "this route takes none"
            raise RequestValidationError([{"loc": ("query", name[:100]), "msg": f"there is no such parameter; {known}"}])
        if not several[name] and names.count(name) > 1:
            raise RequestValidationError([{"loc": ("query", name), "msg": "is given more than once"}])


def _check_media_type(request: Request) -> None:
    given = request.headers.get("content-type", "")
    main = given.partition(";")[0].strip().lower()
    if main != "application/json":
        raise Problem(415, "unsupported_media_type", f"a body of type {main[:60] or 'none'!r} is not read here", "send application/json")
