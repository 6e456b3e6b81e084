"""`rvbbit.engine.Database`, through a server: SQL, cascades, operators, scoring, checks."""

from __future__ import annotations

import base64
import contextlib
import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa

from rvbbit import targets
from rvbbit.address import Address
from rvbbit.client import reading
from rvbbit.client.connection import NDJSON, Connection, path
from rvbbit.client.failures import broken, cut_off
from rvbbit.client.reading import read, read_all
from rvbbit.client.training import Training
from rvbbit.client.work import Work, told
from rvbbit.engine import Check, Scored, TestOutcome, Unscored
from rvbbit.engine.cascade_files import BUILTIN
from rvbbit.engine.query import Listen
from rvbbit.errors import Busy, CascadeNotFound, Error, NotFound
from rvbbit.result import Explained, QueryUsage, Result
from rvbbit.settings import Settings
from rvbbit.types import Arguments, Notice, Operator, Parameter, Value

_ARROW = f"{NDJSON}; rows=arrow"


@dataclass(frozen=True, slots=True)
class CascadeFile:
    """A cascade's file. `origin` is where it is."""

    origin: str
    yaml: str


@dataclass(frozen=True, slots=True)
class RanCall:
    """One call of a run; `duration` in seconds."""

    cell_name: str
    model: str
    duration: float


@dataclass(frozen=True, slots=True)
class Ran:
    """One run of a cascade. `outputs` by cell; `output` is the last one."""

    session_id: str
    cascade_id: str
    outputs: Mapping[str, Value]
    output: Value
    usage: QueryUsage
    records: tuple[RanCall, ...]


class Remote:
    """A session with a server: its temporary tables and its transaction last until it is closed, or nobody used it for a while.

    The server's settings hold, but for a model and a budget that this process's environment names.
    """

    def __init__(self, server: Address, settings: Settings) -> None:
        self.settings = settings
        self.server = server
        self._link = Connection(server.url, settings.token)
        self._work = Work(self._link)
        self._session, self._begun = uuid.uuid4().hex, False
        self._model = settings.model if settings.source("model").startswith("env ") else None
        self._budget = settings.budget_usd if settings.source("budget_usd").startswith("env ") else None
        self.training = Training(self._link)

    def sql(self, text: str, params: Any = None) -> Result:
        """The result of a script's last statement. Raises our errors."""
        last = Result(pa.table({}))
        for result in self.script(text, params):
            last = result
        return last

    def script(
        self,
        text: str,
        params: Any = None,
        *,
        budget_usd: float | None = None,
        model: str | None = None,
        listen: Listen | None = None,
    ) -> Iterator[Result]:
        """One result a statement, as each is done. Raises our errors."""
        asked = {"sql": text, "params": params, **self._given(model, budget_usd)}
        return self._results(asked, listen) if text else iter(())

    def explain(self, text: str, params: Any = None, *, model: str | None = None) -> Result:
        """The plan of one statement, as rows of one text column. Raises UsageError where there are more."""
        (plan,) = self._results({"sql": text, "params": params, "explain": True, "model": model or self._model}, None)
        return plan

    def cancel(self) -> None:
        """Stop what runs (a query, `run`, `score`), from any thread: it raises Cancelled, and what was answered is kept."""
        self._work.cancel()

    def run(self, cascade: str, inputs: Arguments, *, session_id: str | None = None, listen: Listen | None = None) -> Ran:
        """Run every cell of a cascade, by id, operator name or path. Raises CascadeNotFound, UsageError, CallError."""
        body = {**self._cascade(cascade), "inputs": dict(inputs), "session_id": session_id, **self._given(None, None)}
        with self._work.named() as id_:
            said = self._link.post(path("run"), {**body, "query_id": id_})
        if listen is not None:
            for notice in read_all(Notice, said["notices"]):
                listen(notice)
        return read(Ran, said, usage=read(QueryUsage, said["usage"]), records=read_all(RanCall, said["records"]))

    def score(
        self, limit: int | None = None, *, budget_usd: float | None = None, free: bool = False, listen: Listen | None = None
    ) -> Scored:
        """Give what is unscored its confidence. Raises BudgetReached, Cancelled, ProviderError; what was scored is kept."""
        body = {"limit": limit, "budget_usd": self._budget if budget_usd is None else targets.budget(budget_usd), "free": free}
        with self._work.named() as id_:
            for event in told(self._link.events(path("training", "score"), {**body, "query_id": id_}), listen, []):
                if event["event"] == "scored":
                    return read(Scored, event)
        raise cut_off(self.server.url)

    def unscored(self, *, free: bool = False) -> Unscored:
        """How many executions `score` would score, and what the judge is expected to cost."""
        return read(Unscored, self._link.get(path("training", "unscored"), {"free": free}))

    def operators(self) -> Sequence[Operator]:
        """Every operator there is now, by name."""
        said = self._link.get(path("operators"))["operators"]
        return [read(Operator, one, parameters=read_all(Parameter, one["parameters"])) for one in said]

    def problems(self) -> tuple[str, ...]:
        """What is wrong with operator files that are left out."""
        return tuple(self._link.get(path("operators"))["problems"])

    def cascade(self, name: str) -> CascadeFile:
        """A cascade's file by id, operator name or path. Raises CascadeNotFound, CascadeInvalid."""
        asked = self._cascade(name)
        if "yaml" in asked:
            return CascadeFile(name, asked["yaml"])
        said = self._link.get(path("cascades", name))
        if said["problems"]:
            raise broken(said["origin"], said["problems"])
        return CascadeFile(str(BUILTIN / said["origin"]) if said["builtin"] else said["origin"], said["yaml"])

    def test_operators(self, name: str | None = None, *, model: str | None = None) -> list[TestOutcome]:
        """Run the test cases inside the YAML of one operator, by name or path, or of all."""
        asked = {} if name is None else self._cascade(name)
        route = path("operators", asked.pop("cascade"), "test") if "cascade" in asked else path("operators", "test")
        said = self._link.post(route, {**asked, "model": model or self._model})["outcomes"]
        return list(read_all(TestOutcome, said))

    def tables(self) -> list[tuple[str, str, list[str]]]:
        """(schema, table, columns) of everything a query may name."""
        return [(one["schema_name"], one["name"], one["columns"]) for one in self._link.get(path("tables"))["tables"]]

    def doctor(self) -> list[Check]:
        """The server itself, then its checks of store, operators, models and versions."""
        server = self.server
        here = Check("server", True, f"{server.url}, process {server.pid}, started in {server.folder}")
        return [here, *read_all(Check, self._link.post(path("doctor"), {})["checks"])]

    def close(self) -> None:
        """End the session; an open transaction is rolled back. Safe to call twice."""
        if self._begun:
            self._begun = False
            with contextlib.suppress(Error):  # a server that is gone, or has closed it already, has nothing left to close
                self._link.delete(path("sql", "sessions", self._session))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _given(self, model: str | None, budget_usd: float | None) -> dict[str, Any]:
        return {"model": model or self._model, "budget_usd": self._budget if budget_usd is None else targets.budget(budget_usd)}

    def _results(self, asked: Mapping[str, Any], listen: Listen | None) -> Iterator[Result]:
        notices: list[Notice] = []
        parts: list[bytes] = []
        plan: Explained | None = None
        with self._work.named() as id_:
            for event in told(self._events({**asked, "query_id": id_, "each": True}), listen, notices):
                if event["event"] == "rows":
                    parts.append(base64.b64decode(event["arrow"]))
                elif event["event"] == "plan":
                    plan = reading.plan(event["plan"])
                elif event["event"] == "usage":
                    table = pa.ipc.open_stream(b"".join(parts)).read_all() if parts else pa.table({})
                    usage = read(QueryUsage, event["usage"])
                    yield Result(table, query_id=event["query_id"], usage=usage, notices=tuple(notices), plan=plan)
                    plan = None
                    notices.clear()
                    parts.clear()

    def _events(self, asked: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """In this session; where the server has closed it meanwhile nothing is run, and the next query begins a new one."""
        resume, self._begun = self._begun, True
        try:
            yield from self._link.events(path("sql"), {**asked, "session_id": self._session, "resume": resume}, _ARROW)
        except (NotFound, Busy) as error:
            if isinstance(error, NotFound):
                self._session = uuid.uuid4().hex
            self._begun = resume and isinstance(error, Busy)
            raise

    def _cascade(self, name: str) -> dict[str, str]:
        """How a server is told of a cascade: by id or name; a file by its text, for the path is ours. Raises CascadeNotFound."""
        if not name.endswith((".yaml", ".yml")) and os.sep not in name:
            return {"cascade": name}
        file = next((path for path in (Path(name), self.settings.home / name) if path.is_file()), None)
        if file is None:
            raise CascadeNotFound(f"no file {name!r}", hint="give the path of a .cascade.yaml file, or a cascade's id")
        return {"yaml": file.read_text("utf-8", "replace")}
