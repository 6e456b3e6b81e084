"""The log as the answer cache: the newest good answer of a question, and never a failure."""

from __future__ import annotations

import asyncio

from rvbbit.logs.store import Store
from support.store import call, fill


async def test_answers_are_found_by_key_and_absent_keys_are_absent(store: Store) -> None:
    await fill(store, call(cache_key="a", answer="one"), call(cache_key="b", answer=None), call(answer="no key"))
    assert await store.answers(["a", "b", "c"]) == {"a": "one", "b": None}
    assert await store.answers([]) == {}


async def test_the_newest_good_answer_wins(store: Store) -> None:
    old, new, failed = call(cache_key="a", answer="old"), call(cache_key="a", answer="new"), call(cache_key="a", answer=None, error="no")
    await fill(store, failed, new, old)
    assert await store.answers(["a"]) == {"a": "new"}


async def test_a_failure_is_never_an_answer(store: Store) -> None:
    await store.append(call(cache_key="a", answer=None, error="429", error_code="rate_limited"))
    assert await store.answers(["a"]) == {}


async def test_answers_come_back_with_their_types(store: Store) -> None:
    values = {"bool": True, "int": 7, "float": 0.5, "text": "ü 'quoted'", "list": [1, "b"], "object": {"a": None}}
    await fill(store, *(call(cache_key=key, answer=value) for key, value in values.items()))
    assert await store.answers(list(values)) == values


async def test_many_questions_at_once_while_calls_are_written(store: Store) -> None:
    await fill(store, *(call(cache_key=f"k{n}", answer=n) for n in range(100)))

    async def ask(n: int) -> None:
        await store.append(call())
        assert await store.answers([f"k{n}"]) == {f"k{n}": n}

    await asyncio.gather(*(ask(n) for n in range(100)))
