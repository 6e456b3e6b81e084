"""`-- @ batch` as a user meets it: half the price in one batch, which outlives Ctrl-C and kill -9 and is paid once."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rvbbit.errors import BudgetReached, Unsupported
from rvbbit.providers import batches
from rvbbit.providers.batch_records import BatchRecord, BatchRecords
from rvbbit.testing import question

ROWS = 120
TEXT = "'note ' || i || CASE WHEN i % 3 = 0 THEN ' on a card' ELSE '' END"
TEXTS = f"CREATE TABLE notes AS SELECT i AS id, {TEXT} AS text FROM range({ROWS}) r(i)"
SQL = "SELECT id FROM notes WHERE text MEANS 'about a card' ORDER BY id"
RIGHT = [(number,) for number in range(0, ROWS, 3)]


@pytest.fixture
def project(remote: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A project whose model says yes to what speaks of a card, at a dollar a million tokens."""
    monkeypatch.setattr(batches, "QUIET", 0.2)
    monkeypatch.setattr(batches, "SOONEST", 0.05)
    remote.server.answer = lambda body: "card" in question(body)
    (remote.home / "rvbbit.toml").write_text('[prices]\n"openai:fake" = {input = 1, output = 1}\n')
    return remote


@pytest.fixture
def db(project: Any) -> Iterator[Any]:
    with project.connect() as opened:
        opened.sql(TEXTS)
        yield opened


def files(home: Path) -> list[Path]:
    return list((home / ".rvbbit" / "batches").glob("*.json"))


def test_a_query_in_a_batch_gives_its_rows_at_half_the_price_and_no_single_call(db: Any, project: Any) -> None:
    said = "\n".join(row[0] for row in db.sql(f"EXPLAIN -- @@ batch\n{SQL}").fetchall())
    single = "\n".join(row[0] for row in db.sql(f"EXPLAIN {SQL}").fetchall())
    result = db.sql(f"-- @@ batch\n{SQL}")
    assert result.fetchall() == RIGHT
    assert (project.server.calls, len(project.server.batches.begun), project.server.batches.lines) == (0, 1, ROWS)
    usage = result.usage
    assert usage.cost_usd == pytest.approx((usage.tokens_in + usage.tokens_out) / 1e6 / 2)
    expected, alone = (float(text.rpartition("$")[2].split(",")[0].split("]")[0]) for text in (said, single))
    assert expected == pytest.approx(alone / 2, abs=1e-4)
    assert any(notice.message.startswith(f"batch batch_1: {ROWS} requests to openai:fake, about $") for notice in result.notices)
    assert db.sql(SQL).usage.calls == 0  # an answer is an answer: the log knows it


def test_a_limit_takes_a_batch_a_round_and_enough_rows_are_asked_about_in_one(db: Any, project: Any) -> None:
    assert db.sql(f"-- @@ batch\n{SQL} LIMIT 30").fetchall() == RIGHT[:30]
    rounds = len(project.server.batches.begun)
    assert rounds >= 2 and 88 <= project.server.batches.lines < ROWS, "the thirtieth is the 88th row"
    before = project.server.batches.lines
    texts = "SELECT DISTINCT id % 2 FROM notes WHERE text MEANS 'a card of any kind'"
    assert len(db.sql(f"-- @@ batch\n{texts}")) == 2
    assert (len(project.server.batches.begun), project.server.batches.lines) == (rounds + 1, before + ROWS)


def test_packs_go_in_batches_too(db: Any, project: Any) -> None:
    result = db.sql(f"-- @@ batch\n-- @@ pack: 16\n{SQL}")
    assert result.fetchall() == RIGHT
    assert project.server.batches.lines == result.usage.calls < ROWS / 8


@pytest.mark.parametrize("lost", [0, 1])
def test_a_batch_whose_id_cannot_be_written_down_is_paid_once(db: Any, project: Any, monkeypatch: pytest.MonkeyPatch, lost: int) -> None:
    project.server.batches.lose_answers = lost
    write, written = BatchRecords.write, []

    def full(records: BatchRecords, record: BatchRecord) -> None:
        written.append(record.batch)
        if record.batch is not None:
            raise OSError(28, "No space left on device")
        write(records, record)

    monkeypatch.setattr(BatchRecords, "write", full)
    result = db.sql(f"-- @@ batch\n{SQL}")
    assert (result.fetchall(), len(project.server.batches.begun), written) == (RIGHT, 1, [None, "batch_1"])
    assert any("cannot be written down" in notice.message for notice in result.notices)
    assert db.sql(f"-- @@ batch\n{SQL}").usage.calls == 0


def test_nothing_is_measured_in_a_batch(db: Any, project: Any) -> None:
    result = db.sql(f"-- @@ batch\n-- @@ pack: auto\n{SQL}")
    assert result.usage.calls == ROWS
    assert any("a batch is no place to measure" in notice.message for notice in result.notices)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_batch_outlives_the_process_that_began_it_and_is_paid_once(project: Any, rvbbit_in: Any, how: signal.Signals) -> None:
    project.server.batches.delay = 600.0
    with project.connect() as db:
        db.sql(TEXTS)
    running = rvbbit_in(project.home).start("sql", f"{SQL} -- @@ batch", "--model", "openai:fake")
    until = time.monotonic() + 60
    while not (files(project.home) and "batch_1" in files(project.home)[0].read_text()) and running.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.05)
    running.send_signal(how)
    _, told = running.communicate(timeout=60)
    assert running.returncode == (130 if how == signal.SIGINT else -signal.SIGKILL), told
    project.server.batches._over["batch_1"] = 0.0
    with project.connect() as db:
        result = db.sql(f"-- @@ batch\n{SQL}")
        assert result.fetchall() == RIGHT
        assert (len(project.server.batches.begun), project.server.batches.lines, project.server.calls) == (1, ROWS, 0)
    assert files(project.home) == []


def test_rows_that_failed_in_a_batch_are_asked_again_and_the_others_are_kept(db: Any, project: Any) -> None:
    project.server.batches.fails = lambda body: 500 if "note 7<" in question(body) else None
    with pytest.raises(Exception, match="500"):
        db.sql(f"-- @@ batch\n{SQL}")
    project.server.batches.fails = lambda body: None
    result = db.sql(f"-- @@ batch\n{SQL}")
    assert (result.fetchall(), result.usage.calls, result.usage.cached) == (RIGHT, 1, ROWS - 1)


def test_a_budget_holds_for_batches(db: Any, project: Any) -> None:
    with pytest.raises(BudgetReached):
        db.sql(f"-- @@ batch\n{SQL}", budget_usd=0.001)
    spent = db.sql("SELECT sum(cost) FROM rvbbit.unified_logs").fetchall()[0][0]
    assert 0 < spent <= 0.001


def test_a_model_without_a_batch_api_says_so_and_one_of_our_own_just_answers(db: Any) -> None:
    with pytest.raises(Unsupported, match="no batch API of groq"):
        db.sql(f"-- @@ batch\n{SQL}", model="groq:llama")
    assert db.sql(f"-- @@ batch\n{SQL}", model="local:minilm").usage.calls == ROWS
