"""OpenAI's batch API over a socket: one upload, one batch, answers by custom id, picked up again instead of paid twice."""

from __future__ import annotations

import asyncio
import json

import pytest

from rvbbit.errors import AuthenticationFailed, BudgetReached, ProviderError, Refused, TerminalError, Unavailable, Unsupported, UsageError
from rvbbit.providers import batches as batches_
from rvbbit.providers.batch_records import BatchRecord, BatchRecords
from rvbbit.providers.budgeted import Budget
from rvbbit.providers.registry import Registry
from rvbbit.providers.retrying import Patience
from rvbbit.settings import Price
from rvbbit.testing import FakeServer, question
from rvbbit.types import Message, Request
from support.batching import files, until
from support.families import BOOLEAN, no_sleep

MODEL = "openai:m"
PRICES = {MODEL: Price(10.0, 20.0)}
KEY = "sk-0123456789abcdef0123"


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(batches_, "QUIET", 0.03)
    monkeypatch.setattr(batches_, "SOONEST", 0.02)


@pytest.fixture
def server():
    with FakeServer(lambda body: "card" in question(body), key=KEY) as server:
        yield server


class World:
    """A process that asks: its registry over a folder that outlives it."""

    def __init__(self, server, folder, **options):
        env = {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": KEY}
        self.said = []
        self.registry = Registry(env=env, patience=Patience(attempts=3, sleep=no_sleep), prices=PRICES, batches=folder, **options)

    async def ask(self, *texts, budget=None, registry=None):
        provider = self.registry.batched(self.said.append, budget)(MODEL)
        return await asyncio.gather(*(provider.complete(request(text)) for text in texts), return_exceptions=True)


def request(text):
    return Request(MODEL, (Message("system", "card?"), Message("user", text)), output_schema=BOOLEAN)


@pytest.fixture
async def world(server, tmp_path):
    world = World(server, tmp_path)
    yield world
    await world.registry.close()


async def test_many_questions_are_one_batch_at_half_the_price(world, server, tmp_path):
    texts = [f"{'card' if number % 2 else 'note'} {number}" for number in range(20)]
    answers = await world.ask(*texts)
    assert [answer.text for answer in answers] == ["true" if "card" in text else "false" for text in texts]
    assert (server.calls, len(server.batches.begun), server.batches.lines) == (0, 1, 20)
    for answer in answers:
        assert answer.usage.cost_usd == pytest.approx((answer.usage.tokens_in * 10 + answer.usage.tokens_out * 20) / 1e6 / 2)
    assert world.said[0].startswith("batch batch_1: 20 requests to openai:m, about $")
    assert len(files(tmp_path)) == 1
    await world.registry.close()
    assert files(tmp_path) == []


async def test_the_file_is_what_openai_documents_and_holds_no_key(world, server):
    await world.ask("a card")
    (batch,) = server.batches.begun
    assert (batch["endpoint"], batch["completion_window"]) == ("/v1/chat/completions", "24h")
    (line,) = server.batches.content(batch["input_file_id"]).splitlines()
    asked = json.loads(line)
    assert set(asked) == {"custom_id", "method", "url", "body"}
    assert (asked["method"], asked["url"], asked["body"]["model"]) == ("POST", "/v1/chat/completions", "m")
    assert len(asked["custom_id"]) <= 64
    assert KEY.encode() not in line


async def test_a_process_that_dies_pays_once(server, tmp_path):
    server.batches.delay = 0.3
    first = World(server, tmp_path)
    asking = asyncio.ensure_future(first.ask("card 1", "note 2", "card 3"))
    await until(lambda: [record["batch"] for record in files(tmp_path)] == ["batch_1"])
    asking.cancel()
    await first.registry.close()
    second = World(server, tmp_path)
    assert [answer.text for answer in await second.ask("card 3", "card 1", "note 2")] == ["true", "true", "false"]
    assert len(server.batches.begun) == 1
    await second.registry.close()
    assert files(tmp_path) == []


async def test_a_batch_that_is_done_is_picked_up_by_rows_that_come_one_after_another(server, tmp_path):
    server.batches.delay = 0.3
    first = World(server, tmp_path)
    asking = asyncio.ensure_future(first.ask("card 1", "note 2"))
    await until(lambda: [record["batch"] for record in files(tmp_path)] == ["batch_1"])
    asking.cancel()
    await first.registry.close()
    await asyncio.sleep(0.3)
    second = World(server, tmp_path)
    for text, said in [("note 2", "false"), ("card 1", "true"), ("card 9", "true")]:
        (answer,) = await second.ask(text)
        assert answer.text == said
    assert [batch["request_counts"]["total"] for batch in server.batches.begun] == [2, 1]
    await second.registry.close()


async def test_an_answer_that_came_as_its_asker_left_is_there_for_the_next_one(world, server, monkeypatch):
    deliver = world.registry.batched(world.said.append)(MODEL).inner._batches
    given = deliver._deliver
    asking = asyncio.ensure_future(world.ask("card 1"))

    def gone(batch):
        given(batch)
        asking.cancel()

    monkeypatch.setattr(deliver, "_deliver", gone)
    with pytest.raises(asyncio.CancelledError):
        await asking
    monkeypatch.setattr(deliver, "_deliver", given)
    (answer,) = await world.ask("card 1")
    assert (answer.text, len(server.batches.begun)) == ("true", 1)


async def test_a_batch_whose_beginning_was_not_answered_is_found_by_its_mark(world, server):
    server.batches.lose_answers = 1
    assert [answer.text for answer in await world.ask("card 1", "note 2")] == ["true", "false"]
    assert len(server.batches.begun) == 1


async def test_a_process_that_died_before_it_began_a_batch_asks_anew(server, tmp_path):
    server.batches.delay = 60.0
    first = World(server, tmp_path)
    asking = asyncio.ensure_future(first.ask("card 1"))
    await until(lambda: [record["batch"] for record in files(tmp_path)] == ["batch_1"])
    asking.cancel()
    await first.registry.close()
    (record,) = files(tmp_path)
    server.batches.begun.clear()
    server.batches.delay = 0.0
    BatchRecords(tmp_path).write(BatchRecord(**{**record, "batch": None}))
    second = World(server, tmp_path)
    assert [answer.text for answer in await second.ask("card 1")] == ["true"]
    assert len(server.batches.begun) == 1
    await second.registry.close()
    assert files(tmp_path) == []


async def test_the_same_question_twice_is_two_requests_and_asked_again_a_new_one(world, server):
    assert [answer.text for answer in await world.ask("card", "card")] == ["true", "true"]
    assert server.batches.lines == 2
    await world.ask("card")
    assert server.batches.lines == 3


async def test_an_error_is_that_row_s_alone(world, server, tmp_path):
    server.batches.fails = lambda body: {"bad": 400, "busy": 500}.get(question(body))
    good, bad, busy = await world.ask("card", "bad", "busy")
    assert good.text == "true"
    assert type(bad) is TerminalError
    assert type(busy) is Unavailable
    server.batches.fails = lambda body: None
    (again,) = await world.ask("busy")
    assert again.text == "false"


async def test_a_refusal_in_a_batch_is_a_refusal(world, server):
    answer = server._answer
    server.batches.answer = lambda body: answer("", body, 0) | {"choices": [{"message": {"refusal": "no", "content": None}}]}
    (refused,) = await world.ask("card")
    assert isinstance(refused, Refused)


@pytest.mark.parametrize(("status", "kind"), [("failed", TerminalError), ("expired", Unavailable), ("cancelled", Unavailable)])
async def test_a_batch_that_ends_badly_says_so_and_what_it_answered_counts(world, server, tmp_path, status, kind):
    server.batches.status = status
    answers = await world.ask("card 1", "card 2", "card 3", "card 4")
    failed = [answer for answer in answers if isinstance(answer, ProviderError)]
    assert len(failed) == {"failed": 4, "expired": 2, "cancelled": 0}[status]
    assert all(type(error) is kind and "batch_1" in error.message for error in failed)
    server.batches.status = "completed"
    again = await world.ask("card 1")
    assert again[0].text == "true"


async def test_a_budget_is_reserved_before_a_batch_is_begun(world, server):
    answers = await world.ask(*(f"card {number}" for number in range(50)), budget=Budget(0.002))
    paid = [answer for answer in answers if not isinstance(answer, Exception)]
    assert paid
    assert all(isinstance(answer, BudgetReached) for answer in answers if isinstance(answer, Exception))
    assert sum(answer.usage.cost_usd for answer in paid) <= 0.002
    assert server.batches.lines == len(paid) < 50


async def test_transient_failures_of_the_api_are_tried_again(world, server, monkeypatch):
    seen = []
    state = world.registry._remote._connection("openai").get

    async def flaky(path, **options):
        seen.append(path)
        if len(seen) < 3:
            raise Unavailable("busy")
        return await state(path, **options)

    monkeypatch.setattr(world.registry._remote._connection("openai"), "get", flaky)
    assert [answer.text for answer in await world.ask("card")] == ["true"]
    assert len(server.batches.begun) == 1


async def test_a_wrong_key_fails_every_row_and_leaves_nothing(server, tmp_path):
    world = World(server, tmp_path)
    server.key = "another"
    answers = await world.ask("card 1", "card 2")
    assert all(isinstance(answer, AuthenticationFailed) for answer in answers)
    assert KEY not in str(answers)
    await world.registry.close()


async def test_a_folder_that_cannot_be_written_is_said_and_nothing_is_begun(server, tmp_path):
    (tmp_path / "file").write_text("")
    world = World(server, tmp_path / "file" / "batches")
    (error,) = await world.ask("card")
    assert isinstance(error, UsageError)
    assert "cannot be written down" in error.message
    assert server.batches.begun == []
    await world.registry.close()


async def test_servers_without_a_batch_api_are_refused_by_name(world):
    provider_for = world.registry.batched(world.said.append)
    with pytest.raises(Unsupported, match="no batch API of groq"):
        provider_for("groq:m")
    with pytest.raises(Unsupported, match="no batch API of google"):
        provider_for("google:m")


def test_records_of_others_rubbish_and_old_ones_are_passed_over(tmp_path):
    records = BatchRecords(tmp_path)
    mine = BatchRecord(MODEL, "here", ["a"])
    for record in (
        mine,
        BatchRecord("openai:other", "here", ["b"]),
        BatchRecord(MODEL, "there", ["c"]),
        BatchRecord(MODEL, "here", ["d"], begun=0.0),
    ):
        records.write(record)
    for name, text in (("x", "{"), ("y", "[]"), ("z", '{"model": 1}')):
        (tmp_path / f"{name}.json").write_text(text)
    assert records.read(MODEL, "here") == [mine]
    assert len(files_named(tmp_path)) == 6
    records.remove(mine)
    records.remove(mine)
    assert records.read(MODEL, "here") == []
    assert BatchRecords(None).read(MODEL, "here") == []


def files_named(folder):
    return list(folder.glob("*.json"))
