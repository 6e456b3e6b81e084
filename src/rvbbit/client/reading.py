"""Values out of a server's JSON: fields by name, times as times, arrays as tuples. What a value has no field for is left out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from rvbbit.result import Asked, AskFigures, Explained, Progress, Step
from rvbbit.types import Notice

T = TypeVar("T")


def read(kind: type[T], said: Mapping[str, Any], **given: Any) -> T:
    """One value of a dataclass; `given` stands for what the JSON has in another shape."""
    fields = {field.name: str(field.type) for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    found = {name: _value(fields[name], said[name]) for name in fields if name in said}
    return kind(**{**found, **given})


def read_all(kind: type[T], said: Iterable[Mapping[str, Any]]) -> tuple[T, ...]:
    """Several of them."""
    return tuple(read(kind, one) for one in said)


def heard(event: Mapping[str, Any]) -> Progress | Notice | None:
    """What a server says while it works; None for what is no news to who waits."""
    if event["event"] == "notice":
        return read(Notice, event)
    return read(Progress, event) if event["event"] == "progress" else None


def plan(said: Mapping[str, Any]) -> Explained:
    """What EXPLAIN found."""
    return read(Explained, said, blocks=tuple(map(_step, said["blocks"])), fallback=tuple(map(_asked, said["fallback"])))


def _step(said: Mapping[str, Any]) -> Step:
    return read(Step, said, asks=tuple(map(_asked, said["asks"])), children=tuple(map(_step, said["children"])))


def _asked(said: Mapping[str, Any]) -> Asked:
    return read(Asked, said, figures=None if said["figures"] is None else read(AskFigures, said["figures"]))


def _value(kind: str, value: Any) -> Any:
    if value is not None and kind.startswith("datetime"):
        return datetime.fromisoformat(value)
    return tuple(value) if isinstance(value, list) and kind.startswith("tuple") else value
