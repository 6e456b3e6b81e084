"""The errors of a server, as the classes they were there; and what is said where it does not answer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from rvbbit.errors import CascadeInvalid, DatabaseError, Error, SettingsError, UsageError


def revived(told: Mapping[str, Any], status: int = 500) -> Error:
    """The error that a body tells of. One that only HTTP has is a UsageError where the client is to blame, else a DatabaseError."""
    kind = _KINDS.get(str(told.get("code"))) or (UsageError if status < 500 else DatabaseError)
    message, hint = str(told.get("message")), told.get("hint")
    if issubclass(kind, CascadeInvalid):
        return kind(message, problems=tuple(told.get("problems") or ()), hint=hint)
    error = kind(message, hint=hint)
    error.line, error.column = told.get("line"), told.get("column")
    return error


def broken(origin: str, problems: Sequence[Mapping[str, Any]]) -> CascadeInvalid:
    """The error for a cascade's file that a server shows with what is wrong in it."""
    told = tuple(f"{origin}:{one['line']}: {one['key']}: {one['message']}" for one in problems)
    more = f" (and {len(told) - 1} more)" if len(told) > 1 else ""
    return CascadeInvalid(told[0] + more, problems=told, hint="correct the file; it is read again at the next query")


def error_of(status: int, body: bytes, url: str) -> Error:
    """The error of an answer that is one."""
    if status == HTTPStatus.UNAUTHORIZED:
        return SettingsError(
            f"the server at {url} that holds this project wants another token", hint="set RVBBIT_TOKEN to what it was started with"
        )
    try:
        return revived(json.loads(body)["error"], status)
    except (ValueError, KeyError, TypeError, AttributeError):
        return DatabaseError(f"the server at {url} answers {status}, not as a server of rvbbit does", hint="look what listens there")


def gone(url: str, error: Exception) -> DatabaseError:
    """For a server that does not answer, or not to the end."""
    said = "nobody listens there" if isinstance(error, ConnectionRefusedError) else str(error) or type(error).__name__
    return DatabaseError(
        f"the server at {url} that held this project is gone: {said}",
        hint="run it again, with the server or without; nothing logged is lost",
    )


def cut_off(url: str) -> DatabaseError:
    """For a stream that ended before it said how."""
    return gone(url, EOFError("its answer was cut off"))


def _family(kind: type[Error]) -> Iterator[type[Error]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _family(child)


_KINDS = {kind("").code: kind for kind in _family(Error)}
