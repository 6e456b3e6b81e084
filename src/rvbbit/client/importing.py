"""Files sent to a server to be imported, one after the other, and what came of them together."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from rvbbit.client.connection import Connection, path
from rvbbit.client.failures import cut_off
from rvbbit.client.reading import read_all
from rvbbit.client.work import told
from rvbbit.engine import Problem
from rvbbit.engine.exchange import KEPT, Source, files, opened
from rvbbit.engine.query import Listen
from rvbbit.types import Arguments, Value

_ANY = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Previewed:
    """An execution as it is, or would be, logged."""

    cascade_id: str
    cell_name: str
    model: str
    arguments: Arguments
    answer: Value


@dataclass(slots=True)
class Imported:
    """What came of an import, as the engine tells it: counts, and the first problems and executions."""

    added: int = 0
    known: int = 0
    skipped: int = 0
    rejected: int = 0
    decisions: int = 0
    problems: list[tuple[str, Problem]] = field(default_factory=list)
    mapping: dict[str, str] = field(default_factory=dict)
    left: tuple[str, ...] = ()
    preview: list[Previewed] = field(default_factory=list)

    def add(self, name: str, said: Mapping[str, Any]) -> None:
        """What came of one more file."""
        for count in ("added", "known", "skipped", "rejected", "decisions"):
            setattr(self, count, getattr(self, count) + said[count])
        problems = [(name, Problem(one["line"], one["reason"])) for one in said["problems"]]
        self.problems += problems[: KEPT - len(self.problems)]
        self.mapping |= said["mapping"]
        self.left = tuple(sorted({*self.left, *said["left"]} - self.mapping.keys()))
        self.preview = self.preview or list(read_all(Previewed, said["preview"]))


def pairs(map_: Mapping[str, str], constants: Arguments) -> dict[str, list[str]]:
    """Columns' fields and constants as the API takes them."""
    return {
        "map": [f"{column}={name}" for column, name in map_.items()],
        "constant": [f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in constants.items()],
    }


def take(link: Connection, source: Source, asked: Mapping[str, Any], listen: Listen | None) -> Imported:
    """Send a file, a directory of files or an open binary file. Raises UsageError; what landed before stays."""
    report = Imported()
    for name, file in _opened(source):
        named = {} if name is None else {"name": name}
        for event in told(link.send(path("training", "import"), file, _ANY, {**asked, **named}), listen, []):
            if event["event"] == "imported":
                report.add(name or "the file", event)
                break
        else:
            raise cut_off(link.url)
    return report


def _opened(source: Source) -> Iterator[tuple[str | None, BinaryIO]]:
    if not isinstance(source, str | os.PathLike):
        yield None, source
        return
    for file in files(Path(source)):
        with opened(file, "rb") as body:
            yield file.name, body
