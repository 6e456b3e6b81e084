"""Embeddings in every store: a vector a content, what holds for each row, and the view of both."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from rvbbit.interfaces import Matrix
from rvbbit.logs.store import Store
from support.store import Backend

MODEL = "local:minilm"


def matrix(*rows: tuple[float, ...]) -> Matrix:
    return np.array(rows, np.float32)


def hashes(*names: str) -> pa.Array:
    return pa.array(names, pa.string())


def placed(**rows: str | None) -> pa.Table:
    return pa.table({"row_key": hashes(*rows), "content_hash": pa.array(rows.values(), pa.string())})


def found(store: Store, *names: str, model: str = MODEL) -> dict[str, list[float]]:
    table = store.vectors.vectors(model, hashes(*names))
    return {row["content_hash"]: row["vector"] for row in table.to_pylist()}


def held(store: Store, table: str = "products", column: str = "text") -> dict[str, str]:
    return {row["row_key"]: row["content_hash"] for row in store.vectors.rows(table, column, MODEL).to_pylist()}


def test_an_empty_store_has_no_vectors(store: Store) -> None:
    assert store.vectors.known(MODEL, hashes("a")).to_pylist() == []
    assert found(store, "a") == {}
    assert held(store) == {}


def test_vectors_come_back_as_they_went_in(store: Store) -> None:
    store.vectors.keep(MODEL, ["a", "b"], matrix((0.6, 0.8), (1.0, 0.0)))
    assert sorted(store.vectors.known(MODEL, hashes("b", "a", "c")).to_pylist()) == ["a", "b"]
    assert found(store, "a", "c") == {"a": [np.float32(0.6), np.float32(0.8)]}


def test_a_model_has_its_own_vectors(store: Store) -> None:
    store.vectors.keep(MODEL, ["a"], matrix((1.0, 0.0)))
    store.vectors.keep("openai:small", ["a"], matrix((0.0, 1.0, 0.0)))
    assert found(store, "a") == {"a": [1.0, 0.0]}
    assert found(store, "a", model="openai:small") == {"a": [0.0, 1.0, 0.0]}
    assert store.vectors.known("openai:large", hashes("a")).to_pylist() == []


def test_what_is_there_already_stays(store: Store, backend: Backend) -> None:
    store.vectors.keep(MODEL, ["a"], matrix((1.0, 0.0)))
    store.vectors.keep(MODEL, ["a", "b"], matrix((0.0, 1.0), (0.0, 1.0)))
    assert found(store, "a", "b") == {"a": [1.0, 0.0], "b": [0.0, 1.0]}
    assert len(backend.rows("embedding_vectors")) == 2


def test_of_a_row_the_newest_fact_holds(store: Store) -> None:
    store.vectors.place("products", "text", MODEL, placed(one="a", two="b", three="c"))
    store.vectors.place("products", "text", MODEL, placed(two="d", three=None))
    assert held(store) == {"one": "a", "two": "d"}


def test_columns_and_tables_are_apart(store: Store) -> None:
    store.vectors.place("products", "text", MODEL, placed(one="a"))
    store.vectors.place("products", "title", MODEL, placed(one="b"))
    store.vectors.place("shop.products", "text", MODEL, placed(one="c"))
    assert (held(store), held(store, column="title"), held(store, "shop.products")) == ({"one": "a"}, {"one": "b"}, {"one": "c"})


def test_the_view_says_what_holds_with_its_vector(store: Store, backend: Backend) -> None:
    store.vectors.keep(MODEL, ["a", "b"], matrix((0.5, 0.5), (1.0, 0.0)))
    store.vectors.place("products", "text", MODEL, placed(one="a", two="b", three="b", four="not embedded"))
    store.vectors.place("products", "text", MODEL, placed(three=None))
    names = ("row_key", "table_name", "column_name", "model", "content_hash", "dims", "vector")
    rows = sorted(backend.rows("rvbbit_embeddings", *names), key=lambda row: str(row["row_key"]))
    assert [tuple(row.values()) for row in rows] == [
        ("one", "products", "text", MODEL, "a", 2, [0.5, 0.5]),
        ("two", "products", "text", MODEL, "b", 2, [1.0, 0.0]),
    ]
    assert all(row["timestamp"] is not None for row in backend.rows("rvbbit_embeddings", "timestamp"))


def test_embeddings_outlive_the_store(backend: Backend) -> None:
    store = backend.open()
    store.vectors.keep(MODEL, ["a"], matrix((1.0, 0.0)))
    store.vectors.place("products", "text", MODEL, placed(one="a"))
    store.close()
    again = backend.open()
    assert (found(again, "a"), held(again)) == ({"a": [1.0, 0.0]}, {"one": "a"})
    again.close()


def test_hostile_names_are_kept_as_they_are(store: Store) -> None:
    table, key = "a'; DROP TABLE x; --", 'quote " and \\ and 🐇'
    store.vectors.place(table, "'", MODEL, pa.table({"row_key": hashes(key), "content_hash": hashes("a")}))
    assert held(store, table, "'") == {key: "a"}
