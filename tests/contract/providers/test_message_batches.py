"""Anthropic's Message Batches over a socket: half the price, each request's own end, nothing paid twice, whatever is lost on the way."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from rvbbit.errors import AuthenticationFailed, ProviderError, RateLimited, Refused, TerminalError, Unavailable
from rvbbit.providers import anthropic_batches, batches
from rvbbit.providers.anthropic_batches import AnthropicBatches
from rvbbit.providers.batch_records import BatchRecord, BatchRecords
from rvbbit.providers.foreign import foreign
from rvbbit.providers.registry import Registry
from rvbbit.providers.retrying import Patience
from rvbbit.settings import Price
from rvbbit.testing import FakeServer, messages, question
from rvbbit.types import Message, Request
from support.batching import files, until
from support.families import BOOLEAN, no_sleep

MODEL = "anthropic:claude-haiku-4-5"
KEY = "sk-ant-0123456789abcdef"


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(batches, "QUIET", 0.03)
    monkeypatch.setattr(batches, "SOONEST", 0.02)


@pytest.fixture
def server():
    with FakeServer(lambda body: "card" in question(body), key=KEY) as server:
        yield server


class World:
    """A process that asks: its registry over a folder that outlives it."""

    def __init__(self, server, folder, key=KEY):
        env = {"ANTHROPIC_BASE_URL": server.base_url.removesuffix("/v1"), "ANTHROPIC_API_KEY": key}
        self.said = []
        patience = Patience(attempts=3, sleep=no_sleep)
        self.registry = Registry(env=env, patience=patience, prices={MODEL: Price(10.0, 20.0)}, batches=folder)

    async def ask(self, *texts, **options):
        provider = self.registry.batched(self.said.append)(MODEL)
        return await asyncio.gather(*(provider.complete(request(text, **options)) for text in texts), return_exceptions=True)


def request(text, **options):
    return Request(MODEL, (Message("system", "card?"), Message("user", text)), **{"output_schema": BOOLEAN, **options})


@pytest.fixture
async def world(server, tmp_path):
    world = World(server, tmp_path)
    yield world
    await world.registry.close()


async def left(server, folder, *texts):
    """A batch that is under way at the server, and the process that began it gone."""
    server.message_batches.delay = 60.0
    first = World(server, folder)
    asking = asyncio.ensure_future(first.ask(*texts))
    await until(lambda: [record["batch"] for record in files(folder)] == ["msgbatch_fake_1"])
    asking.cancel()
    await first.registry.close()
    server.message_batches.delay = 0.0
    (record,) = files(folder)
    return record


def over(server, number=1):
    server.message_batches._over[f"msgbatch_fake_{number}"] = 0.0


async def test_many_questions_are_one_batch_at_half_the_price_in_whatever_order_results_come(world, server, tmp_path):
    texts = [f"{'card' if number % 2 else 'note'} {number}" for number in range(20)]
    answers = await world.ask(*texts)
    assert [answer.text for answer in answers] == ["true" if "card" in text else "false" for text in texts]
    assert (server.calls, len(server.message_batches.begun), server.message_batches.lines) == (0, 1, 20)
    for answer in answers:
        assert answer.usage.cost_usd == pytest.approx((answer.usage.tokens_in * 10 + answer.usage.tokens_out * 20) / 1e6 / 2)
    assert world.said[0].startswith(f"batch msgbatch_fake_1: 20 requests to {MODEL}, about $")
    assert len(files(tmp_path)) == 1
    await world.registry.close()
    assert files(tmp_path) == []


async def test_a_request_is_what_anthropic_documents_and_holds_no_key(world, server):
    await world.ask("a card", temperature=0.0, max_tokens=50, stable=1)
    (asked,) = server.message_batches.asked["msgbatch_fake_1"]
    assert set(asked) == {"custom_id", "params"}
    assert asked["params"] == {
        "model": "claude-haiku-4-5",
        "max_tokens": 50,
        "temperature": 0.0,
        "system": [{"type": "text", "text": "card?", "cache_control": {"type": "ephemeral", "ttl": "5m"}}],
        "messages": [{"role": "user", "content": [{"type": "text", "text": "a card"}]}],
        "output_config": {
            "format": {
                "type": "json_schema",
                "schema": {
                    "type": "object",
                    "properties": {"answer": {"type": "boolean"}},
                    "required": ["answer"],
                    "additionalProperties": False,
                },
            }
        },
    }
    assert KEY not in json.dumps(asked)


async def test_a_request_says_what_a_single_call_says(world, server, monkeypatch):
    bodies = []

    async def handle(request):
        bodies.append(json.loads(await request.read()))
        raise ConnectionResetError

    asking = request("a card", temperature=0.5, stable=1)
    await world.registry.batched(world.said.append)(MODEL).complete(asking)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.base_url.removesuffix("/v1"))
    monkeypatch.setattr(server._http, "request_handler", handle)
    single = foreign(MODEL, {"ANTHROPIC_API_KEY": KEY})
    with pytest.raises(ProviderError):
        await single.complete(asking)
    await single.close()
    (asked,) = server.message_batches.asked["msgbatch_fake_1"]
    assert {name: value for name, value in bodies[0].items() if name != "stream"} == asked["params"]


async def test_each_request_ends_in_its_own_way_and_can_be_asked_again(world, server):
    fates = {
        "bad": ("invalid_request_error", TerminalError, 400),
        "busy": ("overloaded_error", Unavailable, 529),
        "fast": ("rate_limit_error", RateLimited, 429),
        "broke": ("billing_error", TerminalError, 402),
        "stopped": ("canceled", Unavailable, None),
        "late": ("expired", Unavailable, None),
    }
    server.message_batches.fails = lambda body: fates.get(question(body), (None,))[0]
    good, *failed = await world.ask("card", *fates)
    assert good.text == "true"
    for error, (fate, kind, status) in zip(failed, fates.values(), strict=True):
        assert (type(error), error.status) == (kind, status), fate
        assert MODEL in error.message
        assert error.hint
    assert "msgbatch_fake_1" in failed[-1].message
    assert "expired" in failed[-1].message
    server.message_batches.fails = lambda body: None
    assert [answer.text for answer in await world.ask(*fates)] == ["false"] * len(fates)
    assert [len(asked) for asked in server.message_batches.asked.values()] == [7, 6]


@pytest.mark.parametrize(("reason", "kind"), [("refusal", Refused), ("max_tokens", TerminalError)])
async def test_an_answer_of_no_use_is_an_error_with_what_it_cost(world, server, monkeypatch, reason, kind):
    spoil(monkeypatch, stop_reason=reason)
    (error,) = await world.ask("card")
    assert type(error) is kind
    assert error.usage.cost_usd == pytest.approx((error.usage.tokens_in * 10 + error.usage.tokens_out * 20) / 1e6 / 2)


async def test_cached_tokens_are_counted(world, monkeypatch):
    spoil(monkeypatch, usage={"input_tokens": 10, "output_tokens": 3, "cache_read_input_tokens": 64, "cache_creation_input_tokens": 30})
    (answer,) = await world.ask("card")
    usage = answer.usage
    assert (usage.tokens_in, usage.tokens_out, usage.tokens_cached, usage.tokens_written) == (104, 3, 64, 30)


async def test_a_message_that_is_none_is_that_row_s_error(world, monkeypatch):
    spoil(monkeypatch, content="text", usage=None)
    (error,) = await world.ask("card")
    assert type(error) is Unavailable
    assert "no message" in error.message


async def test_half_a_character_is_no_reason_to_lose_an_answer(world, monkeypatch):
    spoil(monkeypatch, content=[{"type": "text", "text": "cut \ud83d"}])
    (answer,) = await world.ask("card", output_schema=None)
    assert answer.text == "cut \ufffd"


def spoil(monkeypatch, **parts):
    whole = messages.message
    monkeypatch.setattr(messages, "message", lambda answer: whole(answer) | parts)


async def test_a_refused_key_fails_every_row_leaves_no_record_and_is_never_shown(server, tmp_path):
    wrong = "sk-ant-wrong-0123456789"
    world = World(server, tmp_path, key=wrong)
    answers = await world.ask("card 1", "card 2")
    assert all(isinstance(answer, AuthenticationFailed) for answer in answers)
    assert all("ANTHROPIC_API_KEY" in answer.hint for answer in answers)
    shown = "".join(f"{answer.message} {answer.hint} {answer!r}" for answer in answers) + "".join(world.said)
    assert wrong not in shown
    assert "[key]" in shown
    assert files(tmp_path) == []
    await world.registry.close()


async def test_a_batch_that_is_refused_is_not_looked_for(world, server, tmp_path, monkeypatch):
    monkeypatch.setattr(type(server.message_batches), "refused", lambda self, body: "too large")
    (error,) = await world.ask("card")
    assert (type(error), error.status) == (TerminalError, 400)
    assert files(tmp_path) == []


async def test_a_process_that_dies_pays_once(server, tmp_path):
    await left(server, tmp_path, "card 1", "note 2", "card 3")
    over(server)
    second = World(server, tmp_path)
    assert [answer.text for answer in await second.ask("card 3", "card 1", "note 2")] == ["true", "true", "false"]
    assert len(server.message_batches.begun) == 1
    await second.registry.close()
    assert files(tmp_path) == []


async def test_a_batch_whose_beginning_was_not_answered_is_known_by_its_results(world, server):
    server.message_batches.lose_answers = 1
    server.message_batches.delay = 0.2
    assert [answer.text for answer in await world.ask("card 1", "note 2")] == ["true", "false"]
    assert len(server.message_batches.begun) == 1
    assert any("msgbatch_fake_1 may hold these requests already" in said for said in world.said)


async def test_a_process_that_died_before_it_heard_the_id_finds_its_batch_among_others_of_its_size(server, tmp_path):
    record = await left(server, tmp_path, "card 1", "note 2")
    BatchRecords(tmp_path).write(BatchRecord(**{**record, "batch": None}))
    begun(server, "other-0", "other-1")
    begun(server, "a", "b", "c")
    second = World(server, tmp_path)
    asking = asyncio.ensure_future(second.ask("note 2", "card 1"))
    await until(lambda: any("msgbatch_fake_1 may hold" in said for said in second.said))
    assert not asking.done()
    over(server)
    assert [answer.text for answer in await asking] == ["false", "true"]
    assert len(server.message_batches.begun) == 3
    assert not any("msgbatch_fake_3" in said for said in second.said)
    await second.registry.close()
    assert files(tmp_path) == []


def begun(server, *ids):
    """A batch of somebody else's."""
    params = {"model": "claude-haiku-4-5", "max_tokens": 5, "messages": [{"role": "user", "content": "hello"}]}
    server.message_batches.begin({"requests": [{"custom_id": id_, "params": params} for id_ in ids]}, server.base_url)


async def test_a_process_that_died_before_it_began_a_batch_asks_anew_and_says_so(server, tmp_path):
    record = await left(server, tmp_path, "card 1")
    server.message_batches.begun.clear()
    begun(server, "other-0")
    BatchRecords(tmp_path).write(BatchRecord(**{**record, "batch": None}))
    second = World(server, tmp_path)
    assert [answer.text for answer in await second.ask("card 1")] == ["true"]
    assert any("is not at the provider" in said and "go into a new one" in said for said in second.said)
    await second.registry.close()
    assert files(tmp_path) == []


async def test_a_beginning_that_may_have_worked_is_looked_for_again_before_anything_is_paid_anew(world, server, tmp_path, monkeypatch):
    begin = AnthropicBatches.begin

    async def lost(self, bodies, mark):
        raise Unavailable("no answer")

    monkeypatch.setattr(AnthropicBatches, "begin", lost)
    (error,) = await world.ask("card")
    assert error.message == "no answer"
    (record,) = files(tmp_path)
    assert record["batch"] is None
    monkeypatch.setattr(AnthropicBatches, "begin", begin)
    params = {"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "card"}], "output_config": None}
    server.message_batches.begin({"requests": [{"custom_id": record["ids"][0], "params": params}]}, server.base_url)  # it had, and was late
    (answer,) = await world.ask("card", output_schema=BOOLEAN)
    assert answer.text == "true"
    assert len(server.message_batches.begun) == 1


async def test_who_asks_again_while_a_batch_begins_waits_for_that_one(world, server, monkeypatch):
    begin, go = AnthropicBatches.begin, asyncio.Event()

    async def slow(self, bodies, mark):
        await go.wait()
        return await begin(self, bodies, mark)

    monkeypatch.setattr(AnthropicBatches, "begin", slow)
    first = asyncio.ensure_future(world.ask("card"))
    await until(lambda: world.registry.batched(world.said.append)(MODEL).inner._batches._batches)
    first.cancel()
    second = asyncio.ensure_future(world.ask("card"))
    await asyncio.sleep(0.1)
    go.set()
    assert [answer.text for answer in await second] == ["true"]
    assert len(server.message_batches.begun) == 1


async def test_a_batch_that_is_not_there_any_more_is_not_paid_again_unasked(server, tmp_path):
    record = await left(server, tmp_path, "card 1")
    server.message_batches.begun.clear()
    second = World(server, tmp_path)
    (error,) = await second.ask("card 1")
    assert error.status == 404
    assert f".rvbbit/batches/{record['mark']}.json" in error.hint
    assert server.message_batches.begun == []
    await second.registry.close()
    assert len(files(tmp_path)) == 1


async def test_results_that_are_no_longer_kept_are_said(server, tmp_path):
    await left(server, tmp_path, "card 1")
    over(server)
    batch = server.message_batches.get("msgbatch_fake_1")
    batch["results_url"] = None
    second = World(server, tmp_path)
    (error,) = await second.ask("card 1")
    assert "no longer kept" in error.message
    await second.registry.close()


async def test_a_page_of_batches_leads_to_the_next_until_they_are_too_old(world, server, monkeypatch):
    monkeypatch.setattr(anthropic_batches, "LISTED", 2)
    for number in range(7):
        begun(server, f"one-{number}")
    record = BatchRecord(MODEL, "here", ["one"], begun=time.time())
    api = world.registry.batched(world.said.append)(MODEL).inner._batches._api
    assert await api.found(record) == [f"msgbatch_fake_{number}" for number in range(7, 0, -1)]
    old = datetime.now(UTC) - timedelta(hours=2)
    server.message_batches.begun[2]["created_at"] = old.isoformat().replace("+00:00", "Z")
    assert await api.found(record) == [f"msgbatch_fake_{number}" for number in range(7, 3, -1)]
    record.begun -= 3 * 3600
    assert await api.found(record) == ["msgbatch_fake_3"]


def test_the_limits_are_those_of_anthropic():
    assert (AnthropicBatches.most_requests, AnthropicBatches.most_bytes) == (100_000, 256_000_000)


async def test_what_is_too_much_for_one_batch_goes_into_several(world, server, monkeypatch):
    monkeypatch.setattr(AnthropicBatches, "most_requests", 3)
    await world.ask(*(f"card {number}" for number in range(7)))
    assert sorted(len(asked) for asked in server.message_batches.asked.values()) == [1, 3, 3]
    monkeypatch.setattr(AnthropicBatches, "most_bytes", 1500)
    await world.ask(*(f"note {number}" for number in range(4)))
    assert all(len(asked) < 3 for asked in list(server.message_batches.asked.values())[3:])


async def test_the_fake_refuses_what_anthropic_refuses(server):
    refused = server.message_batches.refused
    assert refused({"requests": []})
    assert refused({"requests": [{"custom_id": "a b"}]})
    assert refused({"requests": [{"custom_id": "x" * 65}]})
    assert refused({"requests": [{"custom_id": "a"}, {"custom_id": "a"}]})
    assert refused({"requests": [{"custom_id": "a-1"}]}) is None
