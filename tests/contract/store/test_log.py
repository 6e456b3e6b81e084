"""What every log store promises of calls: acknowledged means kept, whole and once, odd values too."""

from __future__ import annotations

import asyncio
import json

import pytest

from rvbbit.errors import DatabaseError
from rvbbit.logs.examples import ExampleFilter
from rvbbit.logs.store import Store
from rvbbit.types import Usage
from support.store import Backend, call, fill


async def test_an_acknowledged_call_is_read_back_whole(store: Store, backend: Backend) -> None:
    record = call(
        "whole",
        query_id="q1",
        caller_id="c1",
        source="run",
        request={"messages": [{"role": "user", "content": 'say "hi"\n'}]},
        response={"text": "hi"},
        answer={"label": "é", "score": 0.5},
        cache_key="k",
        probability=0.75,
        finish_reason="stop",
        attempt=2,
        take=1,
        usage=Usage(10, 5, 3, 0.25),
        duration=0.5,
        set_version="v1",
        example_ids=("a", "b"),
        cached=True,
        tokens_cached_expected=2,
        run_id="r1",
    )
    await store.append(record)
    (row,) = backend.rows("unified_logs")
    assert row == {
        "trace_id": "whole",
        "session_id": "session",
        "caller_id": "c1",
        "query_id": "q1",
        "timestamp": record.timestamp,
        "source": "run",
        "cascade_id": "semantic_means",
        "cell_name": "judge",
        "kind": "llm",
        "cascade_fingerprint": "cascade-print",
        "cell_fingerprint": "cell-print",
        "model": "openai:gpt",
        "arguments": row["arguments"],
        "request": '{"messages":[{"role":"user","content":"say \\"hi\\"\\n"}]}',
        "response": '{"text":"hi"}',
        "answer": '{"label":"é","score":0.5}',
        "cache_key": "k",
        "probability": 0.75,
        "finish_reason": "stop",
        "attempt": 2,
        "take": 1,
        "tokens_in": 10,
        "tokens_out": 5,
        "tokens_cached": 3,
        "cost": 0.25,
        "duration_ms": 500.0,
        "cached": True,
        "set_version": "v1",
        "example_ids": ["a", "b"],
        "error": None,
        "error_code": None,
        "tokens_cached_expected": 2,
        "run_id": "r1",
    }


async def test_an_unknown_price_is_null_and_a_free_call_costs_nothing(store: Store, backend: Backend) -> None:
    await fill(store, call("unknown", usage=Usage(cost_usd=None)), call("free", usage=Usage(cost_usd=0.0)))
    assert backend.rows("unified_logs", "trace_id", "cost") == [{"trace_id": "free", "cost": 0.0}, {"trace_id": "unknown", "cost": None}]


@pytest.mark.parametrize("odd", ["half an emoji \ud83d", "nul \x00 inside", "'; DROP TABLE unified_logs; --", float("nan"), float("inf")])
async def test_odd_values_are_logged_without_harm_to_their_neighbours(store: Store, backend: Backend, odd: str | float) -> None:
    await fill(store, call(), call(arguments={"text": odd}, answer=odd, finish_reason=str(odd)), call())
    rows = backend.rows("unified_logs", "arguments")
    assert len([row for row in rows if "text" in json.loads(row["arguments"])]) == 3
    assert store.page(ExampleFilter()).total == 3


async def test_many_appends_at_once_all_land_once(store: Store, backend: Backend) -> None:
    await fill(store, *(call() for _ in range(5_000)))
    ids = [row["trace_id"] for row in backend.rows("unified_logs", "trace_id")]
    assert (len(ids), len(set(ids))) == (5_000, 5_000)


async def test_closing_writes_what_waits(store: Store, backend: Backend) -> None:
    waiting = [asyncio.ensure_future(store.append(call())) for _ in range(100)]
    await asyncio.sleep(0)
    store.close()
    await asyncio.gather(*waiting)
    assert len(backend.rows("unified_logs", "trace_id")) == 100


async def test_a_closed_store_refuses_by_name(store: Store) -> None:
    store.close()
    store.close()
    with pytest.raises(DatabaseError, match="closed"):
        await store.append(call())
    with pytest.raises(DatabaseError):
        store.stats()
