"""Whatever a value holds, it stays a value: no filter, id, cursor or page of any listing becomes SQL, ends in the database's own error or
changes what is there."""

from __future__ import annotations

import typing
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime
from types import NoneType
from typing import Any

import pytest

from rvbbit.errors import UsageError
from rvbbit.logs import cursor
from rvbbit.logs.examples import ExampleFilter
from rvbbit.logs.history import CostFilter, QueryFilter, SessionFilter
from rvbbit.logs.schema import QueryRecord
from rvbbit.logs.store import Store
from support.store import CELL, START, Backend, call, decision, score

TEXTS = {
    "quotes": "' OR '1'='1",
    "a second statement": "x'; DROP TABLE unified_logs; --",
    "a comment": "*/ OR true /*",
    "double quotes": '") OR ("" = "',
    "backticks": "` OR true OR `",
    "backslashes": "\\' OR true -- \\",
    "a wildcard": "%",
    "another": "_",
    "a pattern": "(.*)+$",
    "a parameter": "$search {search:String} ? :name @x",
    "braces": "{{condition}} {0} {}",
    "nothing": "",
    "nul": "a\x00b",
    "half a pair": "\ud83d",
    "another half": "\udc00\ud800",
    "an emoji": "🐇",
    "a bell": "\x07\x1b[31m\r\n",
    "JSON": '{"$ne": null}',
    "NULL": "NULL",
    "ClickHouse's NULL": "\\N",
    "a name": "rvbbit.main.unified_logs",
    "a megabyte": "x" * 1_000_000,
    "a megabyte of quotes": "'" * 1_000_000,
}
NUMBERS = [float("nan"), float("inf"), float("-inf"), -0.0, 5e-324, -1e308, 1e308, 2**63, -(2**200)]
MOMENTS = [
    datetime.min,
    datetime.max,
    datetime.min.replace(tzinfo=UTC),
    datetime.max.replace(tzinfo=UTC),
    datetime(1582, 10, 10, tzinfo=UTC),
    datetime(2262, 4, 12, tzinfo=UTC),
]
PAGES = [-1, -(2**63), 2**31, 2**63 - 1, 2**63, 2**64, 10**30]

_LISTINGS: dict[type, Callable[[Store, Any], object]] = {
    ExampleFilter: lambda store, asked: store.page(asked).total,
    SessionFilter: lambda store, asked: store.sessions(asked).total,
    QueryFilter: lambda store, asked: store.queries(asked).total,
    CostFilter: lambda store, asked: sum(one.calls for one in store.costs(asked)),
}
_PAGING = {"limit", "offset", "cursor", "sort", "order", "by"}


def _of(listing: type, kind: type) -> list[str]:
    """Its fields that take such a value."""
    hints = typing.get_type_hints(listing)
    return [
        one.name
        for one in fields(listing)
        if kind in (set(typing.get_args(hints[one.name])) | {hints[one.name]}) - {NoneType} and one.name not in _PAGING
    ]


FIELDS = [(listing, name, str) for listing in _LISTINGS for name in _of(listing, str)]
BOUNDS = [(listing, name) for listing in _LISTINGS for name in _of(listing, float)]
DATES = [(listing, name) for listing in _LISTINGS for name in _of(listing, datetime)]
_SEVERAL = {"trace_ids", "cascade_id", "cell_name"}


@pytest.fixture(scope="module")
def filled(held: tuple[Backend, Store]) -> Store:
    """With two of everything."""
    _, store = held
    store.take_in([call("a"), call("b", session_id="other")], [decision("a", trainable=True, tags=("t",))], [score("a", 0.5)])
    store.record_query(QueryRecord("q", "session", START, "SELECT 1"))
    return store


@pytest.fixture
def store(held: tuple[Backend, Store], filled: Store) -> typing.Iterator[Store]:
    """All of it is there afterwards."""
    yield filled
    assert [len(held[0].rows(table, "*")) for table in ("unified_logs", "training_annotations", "scores", "query_log")] == [2, 1, 1, 1]
    assert filled.page(ExampleFilter()).total == 2


def asked(store: Store, listing: type, **values: Any) -> object:
    """How much is found; None where the value is refused in our words."""
    try:
        return _LISTINGS[listing](store, listing(**values))
    except UsageError as error:
        assert error.message and error.hint
        assert len(error.message) < 1_000, "it does not repeat a megabyte"
        return None


def test_every_text_field_is_tried() -> None:
    assert {name for _, name, _ in FIELDS} >= {
        "trace_ids",
        "search",
        "label",
        "tag",
        "criterion",
        "session_id",
        "query_id",
        "model",
        "source",
    }
    assert {name for _, name in BOUNDS} == {"min_confidence", "max_confidence", "min_cost", "max_cost"}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_finds_nothing_that_is_not_it(store: Store, text: str) -> None:
    for listing, name, _ in FIELDS:
        value: object = (text, text) if name in _SEVERAL else text
        found = asked(store, listing, **{name: value})
        likely = (name == "search" and (text == "" or text.lower() in "query 1 select text is about money true session")) or value is None
        assert found in (0, None) or likely or (name in _SEVERAL and not text and found == 0), (listing.__name__, name)
    by_id = store.page(ExampleFilter(trace_ids=("a", text[:1_000]))).total
    assert by_id == 1


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
async def test_an_id_that_nothing_has_is_absent(store: Store, text: str) -> None:
    short = text[:40_000]
    assert store.detail(short) is None
    assert store.calls(short).total == 0
    assert list(store.executions(trace_ids=[text], batch=short)) == []
    assert store.take_back(short, decision("", "undo")) is None
    assert len(store.missing(["a", text, "b"])) == 1
    assert await store.answers([text]) == {}


@pytest.mark.parametrize("listing", _LISTINGS)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_sort_order_cursor_or_group_is_one_that_there_is(store: Store, listing: type, text: str) -> None:
    given = {one.name for one in fields(listing)} & {"sort", "order", "cursor", "by"}
    for name in given:
        with pytest.raises(UsageError) as raised:
            _LISTINGS[listing](store, listing(**{name: text}))
        assert len(raised.value.message) < 1_000
    if "cursor" in given:
        kind = {ExampleFilter: "examples model desc", SessionFilter: "sessions", QueryFilter: "queries"}[listing]
        own = text if listing is ExampleFilter else START
        forged = cursor.write(kind, (own, text[:500].replace("\ud83d", "").replace("\udc00\ud800", "")))
        more = {"sort": "model"} if listing is ExampleFilter else {}
        asked(store, listing, cursor=forged, **more)


@pytest.mark.parametrize("number", NUMBERS, ids=str)
def test_a_number_of_any_size_is_a_bound(store: Store, number: float) -> None:
    for listing, name in BOUNDS:
        assert asked(store, listing, **{name: number}) in (0, 1, 2, None), name


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_a_moment_of_any_year_is_a_bound(store: Store, moment: datetime) -> None:
    past = moment.year < 2026
    for listing, name in DATES:
        everything = past == (name == "since")
        assert asked(store, listing, **{name: moment}) in (({1, 2} if everything else {0}) | {None}), (listing.__name__, name)


@pytest.mark.parametrize("size", PAGES, ids=str)
def test_a_page_of_any_size_is_given_or_refused(store: Store, size: int) -> None:
    for listing in _LISTINGS:
        found = asked(store, listing, limit=size)
        assert found is None if size < 0 else found in (1, 2)
    assert asked(store, ExampleFilter, offset=size) in ((None,) if size < 0 else (2,))
    if size >= 0:
        assert store.calls("session", size).total == 1


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_decision_keeps_what_it_says_and_no_more(backend: Backend, text: str) -> None:
    store = backend.open()
    store.take_in([call("a"), call("b")], [decision("a", trainable=True)])
    kept = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    values = {"notes": text, "tags": (text,), "corrected_output": {"x": text}}
    store.annotate([decision("b", "odd", **values)])
    (row,) = (row for row in store.page(ExampleFilter()).rows if row.trace_id == "b")
    assert (row.notes, row.tags, row.corrected_output) == (kept, (kept,), {"x": kept})
    assert store.take_back("odd", decision("", "undo")) == 1
    assert [example.trace_id for example in store.trainable(CELL)] == ["a"]
    store.close()
