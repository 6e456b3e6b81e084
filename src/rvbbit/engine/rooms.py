"""The rooms of one open project, introduced to each other: here, and only here, concrete stores meet concrete providers."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from rvbbit import targets
from rvbbit.cascades.catalog import Catalog
from rvbbit.cascades.runner import Runner
from rvbbit.cascades.student_first import Desk
from rvbbit.engine.activity import Activity
from rvbbit.engine.alternatives import Alternatives
from rvbbit.engine.closeness import Closeness
from rvbbit.engine.embedding import Embeddings
from rvbbit.engine.events import Events
from rvbbit.engine.expecting import Expecting
from rvbbit.engine.loop import Loop
from rvbbit.engine.own_functions import Changes
from rvbbit.engine.query import Options, Query
from rvbbit.engine.searching import Searching
from rvbbit.engine.statements import check_plain
from rvbbit.engine.stores import opened
from rvbbit.engine.students import Students, logged, vouched
from rvbbit.errors import Error
from rvbbit.execution import database
from rvbbit.execution.arguments import plain
from rvbbit.interfaces import Matrix
from rvbbit.providers.budgeted import Budget
from rvbbit.providers.limited import Rate
from rvbbit.providers.local.minilm import MiniLM
from rvbbit.providers.local.provider import LocalProvider
from rvbbit.providers.registry import Registry
from rvbbit.settings import MEMORY, Settings, is_server
from rvbbit.sql.collisions import collisions
from rvbbit.sql.embeds import EMBED
from rvbbit.sql.patterns import Grammar
from rvbbit.sql.statements import split
from rvbbit.training.curation import Curation
from rvbbit.training.selection import Selector
from rvbbit.training.sets import Sets
from rvbbit.types import Arguments, Operator, Value

LOCAL = "local:minilm"
BATCHED = 50_000
"""Calls that wait for batches at the same time."""


class Embedding:
    """The embedding model of the settings, looked for when first used: a project opens without its key. Raises as the registry does."""

    def __init__(self, registry: Registry, model: str) -> None:
        self._registry = registry
        self._model = model

    async def embed(self, texts: Sequence[str]) -> Matrix:
        """One unit-length row a text, in order."""
        return await self._registry.embedder(self._model).embed(texts)


class Rooms:
    """Everything sessions share. Raises DatabaseLocked and DatabaseError when opened; close it when done."""

    def __init__(self, settings: Settings, env: Mapping[str, str] | None = None) -> None:
        self.settings = settings
        self.events = Events()
        self.duck = database.Database(_path(settings.database), _path(settings.store))
        try:
            self._log = opened(settings.store, self.duck.cursor(), self.events.changed)
        except Error:
            self.duck.close()
            raise
        self.store, self.server, self.show = self._log.store, self._log.server, self._log.show
        self.aggregates = self.duck.aggregates()
        self.loop = Loop()
        self.activity = Activity()
        self.embedder = MiniLM(settings.home / ".rvbbit" / "vectors" if settings.store != MEMORY else None)
        self.local = LocalProvider(self.embedder)
        self.registry = Registry(
            env=os.environ if env is None else env,
            concurrency=settings.concurrency,
            providers={LOCAL: self.local},
            embedders={LOCAL: self.embedder},
            prices=settings.prices,
            batches=settings.home / ".rvbbit" / "batches" if settings.store != MEMORY else None,
            rates={name: Rate(rate.requests, rate.tokens) for name, rate in settings.rates.items()},
        )
        if (home := str(settings.home)) not in sys.path:
            sys.path.append(home)  # python cells find the project's modules; behind all others, so that none is shadowed
        self.sets = Sets(self.store.sets)
        self.embedding = Embedding(self.registry, settings.embed_model)
        self.embeddings = Embeddings(self.store, self.registry, settings.embed_model)
        self.searching = Searching(self.embeddings, settings.home / ".rvbbit" / "embeddings" if settings.store != MEMORY else None)
        self.selector = Selector(self.store, self.embedding, self.sets)
        self.functions = self.duck.functions()
        self.functions_changed = Changes()
        self.catalog = Catalog(settings.home, lambda operator: collisions(operator, self.functions, database.parses))
        self.runner = Runner(
            self.catalog,
            self.registry,
            self.store,
            self.selector,
            self.run_sql,
            settings.model,
            concurrency=settings.concurrency,
            embedder=self.embedder,
        )
        known, held = partial(logged, self.store), partial(vouched, self.store)
        desk = Desk(self.catalog.find, self.registry, self.store, self.selector, known, settings.model, held)
        self.students = Students(desk, settings.accuracy, settings.delta, self.runner)
        self.near = Closeness(self.catalog, self.embeddings, self.embedding, settings.model)
        self.expecting = Expecting(self.catalog, self.store, self.registry.prices, settings.model, settings.concurrency)
        self.alternatives = Alternatives(self.catalog, [settings.model, settings.judge_model])
        self.curation = Curation(self.store, check=self.runner.check_output)
        self._grammar: tuple[tuple[Operator, ...], Mapping[str, Operator | str], Grammar] | None = None

    def grammar(self) -> Grammar:
        """How the operators there are now are written; made again only when one changed."""
        operators, cascades = tuple(self.catalog.operators()), self.catalog.callable()
        if self._grammar is None or self._grammar[:2] != (operators, cascades):
            self._grammar = (operators, cascades, Grammar.of((EMBED, *operators), self.functions, cascades))
        return self._grammar[2]

    def query(self, session_id: str, options: Options) -> Query:
        """A query about to run; where its caller names no budget, with that of the settings."""
        query = Query(self.loop, self.caller, session_id, **options, each=self.expecting.each, embeddings=self.embeddings, near=self.near)
        query.pack, query.batched = self.settings.pack, self.batched
        query.embedder = self.embedder
        query.beside, query.taught = self.students.beside, self.students.taught
        query.budget_usd = self.settings.budget_usd if query.budget_usd is None else targets.budget(query.budget_usd)
        return query

    def caller(self, budget: Budget | float | None) -> Runner:
        """Who answers a query's operators, within its budget, made or in USD (None: the settings' own, if there is one).

        Raises UsageError for what is no amount.
        """
        limit = self.settings.budget_usd if budget is None else budget
        limit = limit if isinstance(limit, Budget) else targets.budget(limit)
        if limit is None:
            return self.runner
        return self.runner.bound(self.registry.budgeted(limit if isinstance(limit, Budget) else Budget(limit)))

    def batched(self, budget: Budget | None, say: Callable[[str], None]) -> Runner:
        """Who answers a query's operators through batch APIs, within its budget; `say` hears of the batches."""
        return self.runner.bound(self.registry.batched(say, budget), at_once=BATCHED)

    def run_sql(self, sql: str, parameters: Arguments) -> list[dict[str, Value]]:
        """Rows of plain SQL on a connection of its own, for sql cells and wards."""
        for statement in split(sql):
            check_plain(statement)
            self.show(statement)
        cursor = self.duck.cursor()
        try:
            rows = database.run(cursor, sql, dict(parameters)).to_pylist()
        finally:
            cursor.close()
        return [{name: plain(value) for name, value in row.items()} for row in rows]

    def close(self) -> None:
        """Finish what is under way, write what waits, give everything back."""
        try:
            self.loop.run(self._close())
        finally:
            self.loop.close()
            self.close_files()

    def close_files(self) -> None:
        """Write what waits and give the files back, whatever else is under way. Safe to call twice."""
        self._log.close()
        self.duck.close()

    async def _close(self) -> None:
        await self.runner.drain()
        await self.registry.close()
        await self.local.close()
        await self.embedder.close()


def _path(setting: str) -> Path | None:
    return None if setting == MEMORY or is_server(setting) else Path(setting)
