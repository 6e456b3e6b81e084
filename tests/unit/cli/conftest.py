"""A stand-in engine for the command line: answers what a test tells it to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

import rvbbit
from rvbbit.cli import main
from rvbbit.errors import Error
from rvbbit.result import QueryUsage, Result
from rvbbit.types import Notice, Operator


@dataclass
class FakeDatabase:
    """`results` are given back in turn, one a statement; an Error among them is raised."""

    results: list[Result | Error | Exception] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    asked: list[tuple[str, Any, Any]] = field(default_factory=list)
    outcomes: list[Any] = field(default_factory=list)
    checks: list[Any] = field(default_factory=list)
    ids: tuple[str, ...] = ()
    home: Path = Path()
    broken: tuple[str, ...] = ()

    @property
    def settings(self) -> Any:
        return SimpleNamespace(home=self.home, model="local:minilm")

    def __enter__(self) -> FakeDatabase:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def script(
        self, text: str, params: Any = None, *, budget_usd: float | None = None, model: str | None = None, listen: Any = None
    ) -> Iterator[Result]:
        self.asked.append((text, budget_usd, model))
        for notice in self.notices:
            listen(notice)
        for result in self.results:
            if isinstance(result, Exception):
                raise result
            yield result

    def sql(self, text: str, params: Mapping[str, str]) -> Result:
        """Ids that start as asked."""
        return Result(pa.table({"trace_id": [i for i in self.ids if i.startswith(params["start"])][:2]}))

    def explain(self, text: str, *, model: str | None = None) -> Result:
        return Result(pa.table({"plan": ["Scan tickets", "  Filter"]}))

    def operators(self) -> list[Operator]:
        return [
            Operator("means", "means", ("{{ text }} MEANS {{ criterion }}",), (), "BOOLEAN", description="true where the text means it")
        ]

    def problems(self) -> tuple[str, ...]:
        return self.broken

    def cascade(self, name: str) -> Any:
        return SimpleNamespace(yaml=f"cascade_id: {name}\n", origin=f"/project/{name}.cascade.yaml")

    def test_operators(self, name: str | None, *, model: str | None = None) -> list[Any]:
        return self.outcomes

    def doctor(self) -> list[Any]:
        return self.checks

    def cancel(self) -> None:
        pass


@pytest.fixture
def db(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeDatabase:
    """The database that every command opens."""
    fake = FakeDatabase(home=tmp_path)
    monkeypatch.setitem(vars(rvbbit), "connect", lambda *_, **__: fake)  # setattr would load the real one
    return fake


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


@pytest.fixture
def rvbbit_cli(capfd: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Run one command line: exit code, standard output, standard error."""

    def run(*arguments: str) -> Outcome:
        code = main.run(arguments)
        out, err = capfd.readouterr()
        return Outcome(code, out, err)

    return run


@pytest.fixture
def rows() -> Callable[..., Result]:
    """A result from columns by name."""

    def make(usage: QueryUsage | None = None, **columns: list[Any]) -> Result:
        return Result(pa.table(columns), usage=usage)

    return make
