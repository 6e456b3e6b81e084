"""Rubbish in: the right error with a hint comes out, nothing is lost, nothing wrong is kept, and nobody sees a traceback."""

from __future__ import annotations

import functools
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rvbbit import errors
from rvbbit.providers.retrying import Patience
from rvbbit.testing import question

LOST = "SELECT id FROM tickets WHERE text MEANS 'a lost thing' ORDER BY id"
TICKETS = "CREATE TABLE tickets AS SELECT range AS id, 'card ' || range AS text FROM range({rows})"
PRICES = '[prices]\n"openai:fake" = {input = 1000.0, output = 1000.0}\n'
KEPT = "SELECT count(*) FILTER (error IS NULL), count(*) FILTER (error IS NOT NULL) FROM rvbbit.unified_logs"
CACHED_FAILURES = "SELECT count(*) FROM rvbbit.unified_logs WHERE error IS NOT NULL AND cache_key IS NOT NULL"

MEANS = """\
cascade_id: means
sql_function:
  name: means
  operators: ["{{ text }} MEANS {{ criterion }}"]
  args: [{name: text}, {name: criterion}]
  returns: BOOLEAN
cells:
  - name: judge
    instructions: Does <text>{{ input.text }}</text> mean <criterion>{{ input.criterion }}</criterion>?
    output_schema: {type: boolean}
    rules: {timeout: SECONDS}
"""


@pytest.fixture
def project(remote: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A project whose model says yes to everything, and whose retries are as many as ever but quick."""
    monkeypatch.setattr("rvbbit.providers.registry.Patience", functools.partial(Patience, base=0.01))
    remote.server.answer = lambda body: True
    return remote


@pytest.fixture
def opened(project: Any) -> Any:
    """Opens the project with a table of so many distinct tickets."""
    databases: list[Any] = []

    def open(rows: int, **settings: Any) -> Any:
        databases.append(db := project.connect(**settings))
        db.sql(TICKETS.format(rows=rows))
        return db

    yield open
    for db in databases:
        db.close()


@pytest.fixture
def command(remote: Any, rvbbit_in: Any) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`rvbbit sql --model openai:fake …` in the project, in a process of its own; stderr is looked at for tracebacks."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        done: subprocess.CompletedProcess[str] = rvbbit_in(remote.home)("sql", "--model", "openai:fake", *arguments)
        assert "Traceback" not in done.stderr
        assert "this is a bug" not in done.stderr
        return done

    return run


def kept(db: Any) -> tuple[int, int]:
    """(answers, failures) in the log, none of the failures to be served again."""
    assert db.sql(CACHED_FAILURES).fetchall() == [(0,)]
    ((answers, failures),) = db.sql(KEPT).fetchall()
    return answers, failures


def about(body: Any, number: int) -> bool:
    """Whether a request, be it the first or a repeated one, is about that ticket."""
    return any(f">card {number}<" in message["content"] for message in body["messages"])


# What the model does wrong


def test_prose_is_never_true(opened: Any, project: Any, command: Any) -> None:
    db = opened(1)
    project.server.answer = lambda body: "It is true that one could say yes to this, in a manner of speaking."
    with pytest.raises(errors.OutputInvalid) as raised:
        db.sql(LOST)
    assert project.server.calls == 3
    assert "3 times" in raised.value.message and "card 0" in raised.value.message and raised.value.hint
    assert "cannot be used" in question(project.server.requests[-1]), "the model is told why it is asked again"
    assert kept(db) == (0, 3)
    project.server.answer = lambda body: False
    assert (db.sql(LOST).fetchall(), db.sql(LOST).usage.cached) == ([], 1)
    project.server.answer = lambda body: "Who can say?"
    db.sql("UPDATE tickets SET text = 'another'")
    db.close()
    done = command(LOST)
    assert (done.returncode, done.stdout) == (1, "") and "hint:" in done.stderr


def test_prose_that_is_mended_on_the_second_try_is_an_answer(opened: Any, project: Any) -> None:
    db = opened(1)
    project.server.prose(times=1)
    result = db.sql(LOST)
    assert (result.fetchall(), result.usage.calls, project.server.calls) == ([(0,)], 2, 2)
    assert kept(db) == (1, 1)


def test_a_row_that_fails_loses_no_other(opened: Any, project: Any) -> None:
    db = opened(20, concurrency=1)
    project.server.answer = lambda body: "Hmm." if about(body, 13) else True
    with pytest.raises(errors.OutputInvalid, match="card 13"):
        db.sql(LOST)
    answers, failures = kept(db)
    assert failures == 3 and 0 < answers < 20
    assert answers >= project.server.calls - 4, "all but the failed and the one in flight are kept"
    project.server.answer = lambda body: True
    result = db.sql(LOST)
    assert (len(result), result.usage.calls, result.usage.cached) == (20, 20 - answers, answers)


def test_on_error_null_leaves_the_row_out_and_says_so(opened: Any, project: Any) -> None:
    db = opened(5)
    project.server.answer = lambda body: "Hmm." if about(body, 3) else True
    result = db.sql("-- @@ on_error: null\nSELECT id, text MEANS 'a lost thing' AS yes FROM tickets ORDER BY id")
    assert result.fetchall() == [(0, True), (1, True), (2, True), (3, None), (4, True)]
    assert [notice for notice in result.notices if notice.severity == "warning" and "1 " in notice.message], result.notices
    assert kept(db) == (4, 3)


PASSING: dict[str, Callable[[Any], None]] = {
    "429 with Retry-After": lambda server: server.fail(429, retry_after=0.2, times=3),
    "500": lambda server: server.fail(500, times=3),
    "503": lambda server: server.fail(503, times=3),
    "closed socket": lambda server: server.close_socket(times=3),
    "malformed JSON": lambda server: server.malformed(times=3),
    "hang": lambda server: server.hang(times=3),
}
LASTING: dict[str, tuple[Callable[[Any], None], type[errors.Error], str]] = {
    "429": (lambda server: server.fail(429, share=1.0), errors.RateLimited, "RVBBIT_CONCURRENCY"),
    "500": (lambda server: server.fail(500, share=1.0), errors.Unavailable, "tried 6 times"),
    "closed socket": (lambda server: server.close_socket(times=1000), errors.Unavailable, "tried 6 times"),
    "malformed JSON": (lambda server: server.malformed(times=1000), errors.Unavailable, "tried 6 times"),
    "hang": (lambda server: server.hang(times=1000), errors.ProviderTimeout, "timeout"),
    "400": (lambda server: server.fail(400, share=1.0), errors.TerminalError, "provider"),
    "401": (lambda server: server.fail(401, share=1.0), errors.AuthenticationFailed, "OPENAI_API_KEY"),
    "404": (lambda server: server.fail(404, share=1.0), errors.ModelNotFound, "model"),
    "refusal": (lambda server: server.refuse(times=1000), errors.Refused, "rephrase"),
    "cut off": (lambda server: server.cut_off(times=1000), errors.TerminalError, "max_tokens"),
}


@pytest.mark.parametrize("trouble", PASSING)
def test_trouble_that_passes_is_not_seen(opened: Any, project: Any, trouble: str) -> None:
    project.cascade("means", MEANS.replace("SECONDS", "1" if trouble == "hang" else "30"))
    db = opened(10)
    PASSING[trouble](project.server)
    result = db.sql(LOST)
    assert len(result) == 10
    assert project.server.calls == 13
    assert kept(db)[0] == 10


@pytest.mark.parametrize("trouble", LASTING)
def test_trouble_that_lasts_is_an_error_and_keeps_what_was_answered(opened: Any, project: Any, trouble: str) -> None:
    project.cascade("means", MEANS.replace("SECONDS", "0.3" if trouble == "hang" else "30"))
    begin, kind, hint = LASTING[trouble]
    db = opened(6, concurrency=1)

    def answer(body: Any) -> bool:
        if project.server.calls == 4:
            begin(project.server)
        return True

    project.server.answer = answer
    with pytest.raises(kind) as raised:
        db.sql(LOST)
    assert hint in str(raised.value.hint) and "card" in raised.value.message
    assert kept(db)[0] == 4
    project.server.script.clear()
    project.server.reset()
    project.server.answer = lambda body: True
    result = db.sql(LOST)
    assert (len(result), project.server.calls, result.usage.cached) == (6, 2, 4)


def test_a_pause_is_as_long_as_the_server_asked(opened: Any, project: Any) -> None:
    db = opened(1)
    project.server.fail(429, retry_after=1, times=1)
    started = time.monotonic()
    assert len(db.sql(LOST)) == 1
    assert time.monotonic() - started >= 1


def test_an_unknown_model_is_told_before_anything_is_asked(opened: Any, project: Any, command: Any) -> None:
    db = opened(2)
    with pytest.raises(errors.ModelNotFound) as raised:
        db.sql(LOST, model="opneai:fake")
    assert "openai" in str(raised.value.hint)
    project.server.models = ("fake",)
    with pytest.raises(errors.ModelNotFound, match="no-such"):
        db.sql(LOST, model="openai:no-such")
    assert kept(db)[0] == 0
    db.close()
    done = command("--model", "opneai:fake", LOST)
    assert done.returncode == 1 and "openai:fake" in done.stderr


def test_a_missing_key_names_its_variable(remote: Any, command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL")
    monkeypatch.delenv("OPENAI_API_KEY")
    with remote.connect() as db:
        db.sql(TICKETS.format(rows=1))
        with pytest.raises(errors.AuthenticationFailed) as raised:
            db.sql(LOST)
        assert "OPENAI_API_KEY" in f"{raised.value.message} {raised.value.hint}"
        assert kept(db) == (0, 0)
    done = command(LOST)
    assert done.returncode == 1 and "OPENAI_API_KEY" in done.stderr


def test_a_wrong_key_is_neither_shown_nor_logged(opened: Any, project: Any) -> None:
    project.server.key = "sk-right"
    db = opened(1)
    with pytest.raises(errors.AuthenticationFailed) as raised:
        db.sql(LOST)
    assert "sk-anything" not in f"{raised.value.message} {raised.value.hint}"
    assert "sk-anything" not in str(db.sql("SELECT * FROM rvbbit.unified_logs").fetchall())


# Money


def test_a_budget_is_never_passed_and_the_rest_is_asked_later(opened: Any, project: Any, command: Any) -> None:
    (project.home / "rvbbit.toml").write_text(PRICES)
    db = opened(60)
    with pytest.raises(errors.BudgetReached) as raised:
        db.sql(LOST, budget_usd=3.0)
    answers, failures = kept(db)
    ((spent,),) = db.sql("SELECT sum(cost) FROM rvbbit.unified_logs").fetchall()
    assert 0 < answers < 60 and failures == 0 and project.server.calls == answers
    assert 1.5 < spent <= 3.0
    assert f"{answers} of 60" in raised.value.message and raised.value.hint
    db.close()
    done = command("--budget", "0.5", LOST)
    assert done.returncode == 3 and "budget" in done.stderr and "hint:" in done.stderr
    more = project.server.calls - answers
    assert more < 60 - answers
    with project.connect() as db:
        result = db.sql(LOST)
    assert (len(result), result.usage.cached, project.server.calls) == (60, answers + more, 60)


def test_a_budget_needs_a_known_price(opened: Any, project: Any) -> None:
    with pytest.raises(errors.UsageError) as raised:
        opened(1).sql(LOST, budget_usd=1.0)
    assert "prices" in str(raised.value.hint)
    assert project.server.calls == 0


def test_a_price_that_is_not_known_is_not_zero(opened: Any) -> None:
    assert opened(2).sql(LOST).usage.cost_usd is None


# The machine


def test_a_locked_project_says_who_holds_it(opened: Any, command: Any) -> None:
    db = opened(2)
    done = command(LOST)
    assert (done.returncode, done.stdout) == (1, "")
    assert "held by" in done.stderr and "hint:" in done.stderr
    script = (
        "import rvbbit, sys\n"
        "try:\n    rvbbit.connect(sys.argv[1])\n"
        "except rvbbit.Error as error:\n    print(type(error).__name__, bool(error.hint))\n"
    )
    other = subprocess.run([sys.executable, "-c", script, db.settings.home], capture_output=True, text=True, timeout=60, check=True)
    assert other.stdout.strip() == "DatabaseLocked True"
    assert len(db.sql(LOST)) == 2


def test_a_full_disk_loses_nothing_that_was_acknowledged(opened: Any, project: Any, rvbbit_in: Any) -> None:
    """The kernel refuses writes beyond a file size, as it does on a full disk."""
    opened(4000).close()
    store = Path(project.home, ".rvbbit", "store.duckdb")
    room = store.stat().st_size + 1_500_000
    command = rvbbit_in(project.home)
    limited = [sys.executable, "-c", "from rvbbit.cli.main import main; main()", "sql", "--model", "openai:fake", LOST]
    full = subprocess.run(
        limited,
        cwd=project.home,
        env=dict(command.env),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
    )
    assert (full.returncode, full.stdout) == (1, "")
    assert "could not write" in full.stderr and "hint: free some space" in full.stderr and "Traceback" not in full.stderr
    asked = project.server.calls
    with project.connect() as db:
        answers, _ = kept(db)
        assert 0 < answers <= asked < 4000
        result = db.sql(LOST)
        assert (len(result), result.usage.cached, result.usage.calls) == (4000, answers, 4000 - answers)


def test_ctrl_c_ends_at_once_and_says_what_is_kept(opened: Any, project: Any, rvbbit_in: Any) -> None:
    opened(3000).close()
    project.server.latency = 0.2
    process = rvbbit_in(project.home).start("sql", "--model", "openai:fake", LOST)
    while project.server.calls < 200 and process.poll() is None:
        time.sleep(0.01)
    project.server.latency = 3600.0  # what is in flight now is never answered: who waits for it never ends
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=50)
    assert (process.returncode, stdout) == (130, "") and "Traceback" not in stderr
    said = re.search(r"([\d,]+) of 3,000 answers of MEANS are kept", stderr)
    assert said, stderr
    project.server.latency = 0.0
    project.server.reset()
    with project.connect() as db:
        answers, failures = kept(db)
        assert failures == 0 and 0 < int(said[1].replace(",", "")) <= answers
        assert len(db.sql(LOST)) == 3000
    assert project.server.calls == 3000 - answers
