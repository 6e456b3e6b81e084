"""`-- @ batch` with an `anthropic:` model as a user meets it, on a fake of Anthropic's Message Batches: half the price, and paid once."""

from __future__ import annotations

import json
import re
import signal
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rvbbit.errors import AuthenticationFailed, Unavailable
from rvbbit.providers import batches
from rvbbit.testing import FakeServer, question

MODEL = "anthropic:claude-haiku-4-5"
KEY = "sk-ant-0123456789abcdef"
ROWS = 60
TEXT = "'note ' || i || CASE WHEN i % 3 = 0 THEN ' on a card' ELSE '' END"
TEXTS = f"CREATE TABLE notes AS SELECT i AS id, {TEXT} AS text FROM range({ROWS}) r(i)"
SQL = "SELECT id FROM notes WHERE text MEANS 'about a card' ORDER BY id"
RIGHT = [(number,) for number in range(0, ROWS, 3)]


@pytest.fixture
def project(remote: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A project whose model says yes to what speaks of a card, at a dollar a million tokens."""
    monkeypatch.setattr(batches, "QUIET", 0.2)
    monkeypatch.setattr(batches, "SOONEST", 0.05)
    with FakeServer(lambda body: "card" in question(body), key=KEY) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.base_url.removesuffix("/v1"))
        monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
        (remote.home / "rvbbit.toml").write_text(f'[prices]\n"{MODEL}" = {{input = 1, output = 1}}\n')
        yield replace(remote, server=server)


@pytest.fixture
def db(project: Any) -> Iterator[Any]:
    with project.connect(model=MODEL) as opened:
        opened.sql(TEXTS)
        yield opened


def files(home: Path) -> list[Path]:
    return list((home / ".rvbbit" / "batches").glob("*.json"))


def test_a_query_in_a_batch_gives_its_rows_at_half_the_price_and_no_single_call(db: Any, project: Any) -> None:
    said = "\n".join(row[0] for row in db.sql(f"EXPLAIN -- @@ batch\n{SQL}").fetchall())
    single = "\n".join(row[0] for row in db.sql(f"EXPLAIN {SQL}").fetchall())
    result = db.sql(f"-- @@ batch\n{SQL}")
    assert result.fetchall() == RIGHT
    begun = project.server.message_batches
    assert (project.server.calls, len(begun.begun), begun.lines) == (0, 1, ROWS)
    usage = result.usage
    assert usage.cost_usd == pytest.approx((usage.tokens_in + usage.tokens_out) / 1e6 / 2)
    assert db.sql("SELECT sum(cost) FROM rvbbit.unified_logs").fetchall()[0][0] == pytest.approx(usage.cost_usd)
    expected, alone = (float(text.rpartition("$")[2].split(",")[0].split("]")[0]) for text in (said, single))
    assert expected == pytest.approx(alone / 2, abs=1e-4)
    assert any(notice.message.startswith(f"batch msgbatch_fake_1: {ROWS} requests to {MODEL}, about $") for notice in result.notices)
    assert db.sql(SQL).usage.calls == 0  # an answer is an answer: the log knows it


def test_labels_and_packs_come_as_they_would_alone(db: Any, project: Any) -> None:
    project.server.answer = lambda body: "card" if "card" in question(body) else "none"
    labels = db.sql("-- @@ batch\nSELECT DISTINCT CLASSIFY(text, 'card, none') AS label FROM notes ORDER BY label").fetchall()
    assert labels == [("card",), ("none",)]
    project.server.answer = lambda body: "card" in question(body)
    begun = project.server.message_batches
    begun.lines, begun.answer = 0, lambda body: project.server._answer("", reading(body), 0)
    result = db.sql(f"-- @@ batch\n-- @@ pack: 16\n{SQL}")
    assert result.fetchall() == RIGHT
    assert begun.lines == result.usage.calls < ROWS / 6


def reading(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The request of one that reads the schema in its instructions, where nothing else holds it."""
    if "response_format" in body:
        return body
    text = "".join(part["text"] for part in body["messages"][0]["content"])
    schema = re.search(r"with this schema:\n\n(.*)\n", text)
    assert schema is not None
    return {**body, "response_format": {"type": "json_schema", "json_schema": {"schema": json.loads(schema[1])}}}


@pytest.mark.parametrize("fate", ["overloaded_error", "canceled", "expired"])
def test_rows_that_failed_in_a_batch_are_asked_again_and_the_others_are_kept(db: Any, project: Any, fate: str) -> None:
    project.server.message_batches.fails = lambda body: fate if "note 7<" in question(body) else None
    with pytest.raises(Unavailable):
        db.sql(f"-- @@ batch\n{SQL}")
    project.server.message_batches.fails = lambda body: None
    result = db.sql(f"-- @@ batch\n{SQL}")
    assert (result.fetchall(), result.usage.calls, result.usage.cached) == (RIGHT, 1, ROWS - 1)


def test_a_refused_key_is_named_and_not_shown(db: Any, project: Any) -> None:
    project.server.key = "another"
    with pytest.raises(AuthenticationFailed) as caught:
        db.sql(f"-- @@ batch\n{SQL}")
    assert "ANTHROPIC_API_KEY" in str(caught.value.hint)
    assert KEY not in f"{caught.value} {caught.value.message} {caught.value.hint}"
    assert KEY not in str(db.sql("SELECT * FROM rvbbit.unified_logs").fetchall())
    assert files(project.home) == []


def killed(project: Any, rvbbit_in: Any, how: signal.Signals, until: str) -> None:
    """A command that has a batch under way, ended once its record holds a text."""
    with project.connect(model=MODEL) as db:
        db.sql(TEXTS)
    running = rvbbit_in(project.home).start("sql", f"{SQL} -- @@ batch", "--model", MODEL)
    late = time.monotonic() + 60
    while not (files(project.home) and until in files(project.home)[0].read_text()) and running.poll() is None:
        assert time.monotonic() < late
        time.sleep(0.05)
    running.send_signal(how)
    _, told = running.communicate(timeout=60)
    assert running.returncode == (130 if how == signal.SIGINT else -signal.SIGKILL), told
    assert KEY not in told


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_batch_outlives_the_process_that_began_it_and_is_paid_once(project: Any, rvbbit_in: Any, how: signal.Signals) -> None:
    begun = project.server.message_batches
    begun.delay = 600.0
    killed(project, rvbbit_in, how, "msgbatch_fake_1")
    begun._over["msgbatch_fake_1"] = 0.0
    with project.connect(model=MODEL) as db:
        result = db.sql(f"-- @@ batch\n{SQL}")
        assert result.fetchall() == RIGHT
        assert (len(begun.begun), begun.lines, project.server.calls) == (1, ROWS, 0)
    assert files(project.home) == []


def test_a_process_killed_before_it_heard_the_id_pays_once(project: Any, rvbbit_in: Any) -> None:
    begun = project.server.message_batches
    begun.delay = 600.0
    killed(project, rvbbit_in, signal.SIGKILL, "msgbatch_fake_1")
    (file,) = files(project.home)
    file.write_text(json.dumps(json.loads(file.read_text()) | {"batch": None}))
    begun._over["msgbatch_fake_1"] = 0.0
    with project.connect(model=MODEL) as db:
        result = db.sql(f"-- @@ batch\n{SQL}")
        assert result.fetchall() == RIGHT
        assert any("may hold these requests already" in notice.message for notice in result.notices)
        assert (len(begun.begun), begun.lines) == (1, ROWS)
