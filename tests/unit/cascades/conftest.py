"""In-memory fakes of what the engine hands to the runner: a provider, a call log, an example selector. They stand in for nothing else."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rvbbit.cascades.catalog import Catalog
from rvbbit.cascades.runner import Runner
from rvbbit.errors import Error
from rvbbit.types import (
    NO_EXAMPLES,
    Answer,
    Arguments,
    CallContext,
    CallRecord,
    CellKey,
    Completion,
    Example,
    ExampleSet,
    Notice,
    Request,
    TrainingPolicy,
    Usage,
    Value,
)

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


CELL = """\
cascade_id: judge
sql_function:
  name: judge
  args: [{{name: text}}]
  returns: {returns}
  {function}
cells:
  - name: cell
    instructions: "<text>{{{{ input.text }}}}</text>"
    {cell}
"""


class FakeProvider:
    """Answers by a function of the request: a str is text of a model that writes, an Error is raised, anything else is a typed value."""

    def __init__(self, answer: Callable[[Request], Any], *, reads_messages: bool = True) -> None:
        self.answer = answer
        self.reads_messages = reads_messages
        self.cached_from: int | None = None
        self.requests: list[Request] = []
        self.gate: asyncio.Event | None = None
        self.flying = self.most = self.cancelled = 0

    async def complete(self, request: Request) -> Completion:
        self.requests.append(request)
        self.flying += 1
        self.most = max(self.most, self.flying)
        try:
            await (self.gate.wait() if self.gate else asyncio.sleep(0))
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.flying -= 1
        said = self.answer(request)
        if isinstance(said, Error):
            raise said
        text, value = (said, None) if isinstance(said, str) and self.reads_messages else (None, said)
        return Completion(text, request.model, Usage(10, 1, 0, 0.001), value, sent={"model": request.model}, received={"said": said})

    async def close(self) -> None:
        pass


class FakeLog:
    """Remembers records in order, and which were said to be the last; `gate`, if set, holds appends back."""

    def __init__(self) -> None:
        self.records: list[CallRecord] = []
        self.lookups: list[Sequence[str]] = []
        self.gate: asyncio.Event | None = None
        self.last: list[bool] = []

    async def append(self, record: CallRecord, *, last: bool = False) -> None:
        self.last.append(last)
        await (self.gate.wait() if self.gate else asyncio.sleep(0))
        self.records.append(record)

    async def answers(self, keys: Sequence[str]) -> Mapping[str, Value]:
        self.lookups.append(keys)
        await asyncio.sleep(0)
        known = {record.cache_key: record.answer for record in self.records if record.cache_key}
        return {key: known[key] for key in keys if key in known}


class FakeSelector:
    """One set for every cell; counts what it is asked."""

    def __init__(self, examples: ExampleSet = NO_EXAMPLES) -> None:
        self.examples = examples
        self.versions = 0
        self.selected: list[TrainingPolicy] = []

    async def version(self, cell: CellKey, policy: TrainingPolicy, arguments: Arguments) -> str:
        self.versions += 1
        return self.examples.version

    async def select(self, cell: CellKey, policy: TrainingPolicy, arguments: Arguments) -> ExampleSet:
        self.selected.append(policy)
        return ExampleSet(self.examples.version, self.examples.examples, policy.strategy) if self.examples.version else NO_EXAMPLES


class World:
    """A project folder, the fakes, and a runner between them."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.catalog = Catalog(home)
        self.log = FakeLog()
        self.selector = FakeSelector()
        self.provider = FakeProvider(lambda request: "true")
        self.models: list[str] = []
        self.sql: list[tuple[str, Arguments]] = []
        self.rows: Callable[[str, Arguments], list[dict[str, Value]]] = lambda sql, arguments: [{"met": True}]
        self.heard: list[Answer | Notice] = []
        ids = itertools.count(1)
        self.runner = Runner(
            self.catalog,
            self.provider_for,
            self.log,
            self.selector,
            self.run_sql,
            "fake:default",
            concurrency=4,
            clock=lambda: NOON,
            new_id=lambda: f"trace-{next(ids)}",
        )

    def judge(self, cell: str = "output_schema: {type: boolean}", returns: str = "BOOLEAN", function: str = "cache: true") -> str:
        """Writes an operator `judge(text)` of one cell, and returns its YAML."""
        yaml = CELL.format(cell=cell.replace("\n", "\n    "), returns=returns, function=function)
        self.write(yaml)
        return yaml

    def write(self, yaml: str, name: str = "one") -> Path:
        path = self.home / "cascades" / f"{name}.cascade.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml, "utf-8")
        return path

    def provider_for(self, model: str) -> FakeProvider:
        self.models.append(model)
        return self.provider

    def run_sql(self, sql: str, arguments: Arguments) -> list[dict[str, Value]]:
        self.sql.append((sql, arguments))
        return self.rows(sql, arguments)

    def says(self, answer: Callable[[Request], Any], *, reads_messages: bool = True) -> None:
        self.provider.answer, self.provider.reads_messages = answer, reads_messages

    def teach(self, *examples: tuple[Mapping[str, Value], Value], version: str = "v1") -> None:
        made = tuple(Example(f"old-{number}", arguments, answer, NOON) for number, (arguments, answer) in enumerate(examples))
        self.selector.examples = ExampleSet(version, made)

    async def answer(self, operator: str, *arguments: Arguments, **context: Any) -> list[Answer]:
        return await self.runner.answer(operator, arguments, CallContext("session-1", "query-1", "caller-1", **context), self.hear)

    def hear(self, said: Answer | Notice, times: int) -> None:
        self.heard += [said] * times

    @property
    def notices(self) -> list[str]:
        return [heard.message for heard in self.heard if isinstance(heard, Notice)]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)
