"""Embedding for queries: a model of the registry within the query's budget, its calls in the log, its vectors in the store."""

from __future__ import annotations

import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from rvbbit.embeddings import embedding
from rvbbit.embeddings.embedding import BATCH, Column, Embedded, Model
from rvbbit.errors import ProviderError
from rvbbit.interfaces import Matrix
from rvbbit.logs.store import Store
from rvbbit.providers.counted import estimated
from rvbbit.providers.registry import Registry
from rvbbit.result import AskFigures
from rvbbit.sql.lowering import KEY, ROW
from rvbbit.sql.origins import Keyed, Origin
from rvbbit.sql.plan import Ask
from rvbbit.types import Answer, Arguments, CallContext, CallRecord, Notice, Usage

if TYPE_CHECKING:
    from rvbbit.engine.query import Landed, Query

NAME = "embed"
REMOTE_AT_ONCE = 8
SOUGHT = 1_000
"""Queries whose vectors are held in memory, the longest unused forgotten first."""
_ONE = Answer(None)
_BY_ROWID = "its rows are known by rowid, which changes when the table is written anew"


class Embeddings:
    """The vectors of one project. `default` is the model of the settings."""

    def __init__(self, store: Store, registry: Registry, default: str) -> None:
        self.store = store
        self.default = default
        self._registry = registry
        self._sought: OrderedDict[tuple[str, str], Matrix] = OrderedDict()
        self._door = threading.Lock()

    def embed(self, query: Query, ask: Ask, model: str | None, texts: pa.Array, rows: pa.Table) -> pa.Array:
        """The vectors of a stage's distinct texts, in order, kept by row where they have an origin. Raises CallError, BudgetReached."""
        name = model or self.default
        hashes = embedding.hashed(texts)
        self.ensure(query, name, texts, hashes, stage=ask.id, of=None if ask.origin is None else _column(ask.origin))
        if ask.origin is None:
            if ask.varying:
                query.say_once(Notice(f"{ask.call.meta['typed']} is no plain column of a table: its vectors are kept by text, not by row"))
        elif ask.origin.table.lasting:
            self.say_key(query, ask.origin.table)
            text_of = rows[f"{KEY}0"].cast(pa.string())
            known = pa.table({"row_key": rows[ROW], "content_hash": hashes.take(pc.index_in(text_of, texts).combine_chunks())})
            embedding.place(self.store.vectors, name, _column(ask.origin), known.filter(pc.is_valid(known["row_key"])))
        return embedding.aligned(self.store.vectors, name, hashes)

    def ensure(self, query: Query, model: str, texts: pa.Array, hashes: pa.Array, *, stage: int, of: Column | None = None) -> None:
        """Have distinct texts embedded as a stage of a query, with its progress."""

        def work(landed: Landed) -> Coroutine[Any, Any, None]:
            def told(count: int, usage: Usage | None) -> None:
                if usage is None:
                    landed(Answer(None, cached=True), count)
                else:
                    landed(Answer(None, usage=usage, calls=1), 1)
                    landed(_ONE, count - 1)

            asked = self.model(model, query, of)
            return embedding.ensure(self.store.vectors, asked, texts, hashes, told)

        query.staged(stage, NAME, len(texts), work)

    def vector(self, query: Query, model: str, text: str, *, stage: int) -> Matrix:
        """The vector of one text that somebody looks for: those looked for last are at hand. Raises as `embed`."""
        known = (model, text)
        with self._door:
            vector = self._sought.pop(known, None)
        if vector is None:
            vector = self._one(query, model, pa.array([text], pa.string()), stage)
        with self._door:
            self._sought[known] = vector
            if len(self._sought) > SOUGHT:
                self._sought.popitem(last=False)
        return vector

    def _one(self, query: Query, model: str, text: pa.Array, stage: int) -> Matrix:
        hashes = embedding.hashed(text)
        vectors = embedding.aligned(self.store.vectors, model, hashes)
        if vectors.null_count:
            self.ensure(query, model, text, hashes, stage=stage)
            vectors = embedding.aligned(self.store.vectors, model, hashes)
        vector: Matrix = embedding.matrix(vectors)[0]
        return vector

    def model(self, name: str, query: Query, of: Column | None = None) -> Model:
        """A model whose calls are logged and paid by a query. Raises ModelNotFound, AuthenticationFailed, UsageError."""
        counted = self._registry.counting(name, query.funds())
        about: Arguments = {} if of is None else {"table": of.table, "column": of.column}
        context = query.context()

        async def embed(texts: Sequence[str]) -> Embedded:
            began, moment = time.monotonic(), datetime.now(UTC)
            record = _record(name, {**about, "texts": len(texts)}, context, moment)
            try:
                vectors, usage = await counted.embed(texts)
            except ProviderError as error:
                await self.store.append(_ended(record, began, Usage(), error), last=True)
                raise
            await self.store.append(_ended(record, began, usage), last=True)
            return Embedded(vectors, usage)

        return Model(name, embed, 1 if name.startswith("local:") else REMOTE_AT_ONCE)

    def expected(self, model: str | None, texts: Sequence[str], rows: int) -> AskFigures:
        """What embedding texts would take."""
        name, distinct = model or self.default, pa.array(dict.fromkeys(texts), pa.string())
        new = distinct.filter(embedding.missing(self.store.vectors, name, embedding.hashed(distinct)))
        usage = estimated(new.to_pylist()) if len(new) else Usage()
        cost = self._registry.prices.cost(name, usage)
        return AskFigures(rows, len(distinct), len(distinct) - len(new), -(-len(new) // BATCH), usage.tokens_in, 0, cost, None)

    def say_key(self, query: Query, table: Keyed) -> None:
        """Tell that a table's rows are known by rowid alone."""
        if table.kind == "rowid":
            query.say_once(Notice(f"{table.name} has neither a primary key nor a unique column that is never null: {_BY_ROWID}"))


def _record(model: str, arguments: Arguments, context: CallContext, moment: datetime) -> CallRecord:
    return CallRecord(
        trace_id=uuid.uuid4().hex,
        timestamp=moment,
        session_id=context.session_id,
        cascade_id=NAME,
        cell_name=NAME,
        kind="embedding",
        arguments=arguments,
        cascade_fingerprint="",
        cell_fingerprint="",
        query_id=context.query_id,
        caller_id=context.caller_id,
        source=context.source,
        model=model,
    )


def _ended(record: CallRecord, began: float, usage: Usage, error: ProviderError | None = None) -> CallRecord:
    done = replace(record, usage=usage, duration=time.monotonic() - began)
    return done if error is None else replace(done, error=error.message, error_code=error.code)


def _column(origin: Origin) -> Column:
    return Column(origin.table.name, origin.column)
