"""How near texts are to what an operator scores them against, by embedding: which rows of a top k are worth a call.

Told by the `local:` block of a cascade that scores by similarity; nothing where it has none, or where a local model answers by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from rvbbit.cascades.catalog import Catalog
from rvbbit.cascades.spec import LLMCell
from rvbbit.embeddings import embedding
from rvbbit.engine.embedding import Embeddings
from rvbbit.interfaces import Embedder
from rvbbit.sql.plan import Ask
from rvbbit.types import Arguments, LocalTask

if TYPE_CHECKING:
    from rvbbit.engine.query import Query


class Closeness:
    """Of one project. `default` is the model of cells that name none. A local embedding model is asked without more ado; a remote one's
    vectors are paid for as those of EMBED are, and kept like them."""

    def __init__(self, catalog: Catalog, embeddings: Embeddings, local: Embedder, default: str) -> None:
        self._catalog = catalog
        self._embeddings = embeddings
        self._local = local
        self._default = default

    def of(self, query: Query, ask: Ask, arguments: Sequence[Arguments], model: str | None) -> list[float] | None:
        """One similarity an arguments, in order; None where nothing tells. Raises CallError, BudgetReached."""
        task = self._task(ask.operator.cascade_id, model)
        if task is None or task.against is None:
            return None
        against = task.against
        texts = [(str(given[task.text]), str(given[against])) for given in arguments]
        distinct = list(dict.fromkeys(text for pair in texts for text in pair))
        vectors = dict(zip(distinct, self._vectors(query, ask, distinct), strict=True))
        return [float(vectors[text] @ vectors[other]) for text, other in texts]

    def _vectors(self, query: Query, ask: Ask, texts: list[str]) -> Sequence[np.ndarray]:
        if self._embeddings.default.startswith("local:"):
            return list(query.loop.run(self._local.embed(texts), query.stop))
        column = pa.array(texts, pa.string())
        hashes = embedding.hashed(column)
        self._embeddings.ensure(query, self._embeddings.default, column, hashes, stage=-ask.id)
        found = embedding.aligned(self._embeddings.store.vectors, self._embeddings.default, hashes)
        return [np.asarray(vector, np.float32) for vector in found.to_pylist()]

    def _task(self, cascade_id: str, model: str | None) -> LocalTask | None:
        cells = self._catalog.find(cascade_id).spec.cells
        (cell,) = cells if len(cells) == 1 else (None,)
        if not isinstance(cell, LLMCell) or cell.local is None or (model or cell.model or self._default).startswith("local:"):
            return None
        task = cell.local.as_task()
        return task if task.task == "similarity" else None
