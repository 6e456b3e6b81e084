"""Every route on a page for people, drawn from the OpenAPI description. No script, and nothing from another host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from rvbbit.http.face import Face
from rvbbit.http.strict import StrictRoute

_CSS = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff }
code, pre { font: 14px/1.4 ui-monospace, monospace; background: #f4f4f4; padding: .1em .3em; overflow-wrap: anywhere }
pre { padding: .6em; white-space: pre-wrap }
details { border-top: 1px solid #ddd; padding: .4rem 0 } summary { cursor: pointer }
table { border-collapse: collapse; width: 100% } td { border-top: 1px solid #eee; padding: .2em .6em .2em 0; vertical-align: top }
.method { display: inline-block; width: 4.5rem; font-weight: 600 } .about { color: #555 }
@media (prefers-color-scheme: dark) { body { background: #16181c; color: #ddd } code, pre { background: #24272d } .about { color: #aaa }
details, td { border-color: #333 } a { color: #8ab4f8 } }
"""


def routes(face: Face) -> APIRouter:
    """The routes of one server."""
    router = APIRouter(route_class=StrictRoute, include_in_schema=False)

    @router.get("/docs")
    async def docs(request: Request) -> Response:
        return html("RVBBIT: the HTTP API", "".join(_described(request.app.openapi())))

    @router.get("/docs.css")
    async def css() -> Response:
        return Response(_CSS, media_type="text/css")

    return router


def html(title: str, body: str, status: int = 200) -> HTMLResponse:
    """A plain page. `body` is HTML."""
    head = (
        f"<meta charset=utf-8><meta name=viewport content='width=device-width'><title>{title}</title><link rel=stylesheet href=/docs.css>"
    )
    return HTMLResponse(f"<!doctype html><html lang=en><head>{head}</head><body><h1>{title}</h1>{body}</body></html>", status)


def _described(api: Mapping[str, Any]) -> Iterator[str]:
    also = "For programs: <a href='/openapi.json'>openapi.json</a>, <a href='/metrics'>metrics</a>. For people: <a href='/'>the Studio</a>."
    yield f"<p>{escape(api['info']['description'])} {also}</p>"
    for path, methods in api["paths"].items():
        for method, route in methods.items():
            yield f"<details><summary><span class=method>{method.upper()}</span> <code>{escape(path)}</code></summary>"
            yield f"<p>{escape(route.get('description', ''))}</p>{_parameters(route)}{_body(route, api)}{_answers(route, api)}</details>"


def _parameters(route: Mapping[str, Any]) -> str:
    rows = [
        (f"<code>{escape(one['name'])}</code> <span class=about>{one['in']}</span>", _told(one["schema"]), one.get("description", ""))
        for one in route.get("parameters", ())
    ]
    return _table(rows)


def _body(route: Mapping[str, Any], api: Mapping[str, Any]) -> str:
    content = route.get("requestBody", {}).get("content", {})
    return "".join(f"<p>Takes <code>{escape(kind)}</code></p>{_fields(one.get('schema', {}), api)}" for kind, one in content.items())


def _answers(route: Mapping[str, Any], api: Mapping[str, Any]) -> str:
    content = route["responses"].get("200", {}).get("content", {})
    return "".join(f"<p>Answers <code>{escape(kind)}</code></p>{_fields(one.get('schema', {}), api)}" for kind, one in content.items())


def _fields(schema: Mapping[str, Any], api: Mapping[str, Any]) -> str:
    model = api["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], {})
    about = f"<p class=about>{escape(model['description'])}</p>" if "description" in model else ""
    fields = model.get("properties", {})
    return about + _table([(f"<code>{escape(name)}</code>", _told(one), one.get("description", "")) for name, one in fields.items()])


def _told(schema: Mapping[str, Any]) -> str:
    """A schema in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(_told(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    kind = str(schema.get("type", "any"))
    return f"list of {_told(schema.get('items', {}))}" if kind == "array" else kind


def _table(rows: list[tuple[str, str, str]]) -> str:
    cells = "".join(f"<tr><td>{name}<td>{escape(kind)}<td>{escape(about)}" for name, kind, about in rows)
    return f"<table>{cells}</table>" if cells else ""
