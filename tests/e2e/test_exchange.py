"""Logs from elsewhere, as a user brings them in: they teach a cell, survive `kill -9` in the middle, and leave as they came."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

import rvbbit
from rvbbit import datasets
from rvbbit.errors import TrainingError
from rvbbit.testing import question

INJECTED = "📚 Injected 5 training examples (recent strategy)"
ROWS = 12_000

KILLED = """
import sys, rvbbit

with rvbbit.connect(sys.argv[1]) as db:
    db.training.import_(sys.argv[2], listen=lambda event: print(event.done, flush=True))
"""


def lines(number: int) -> str:
    return "".join(json.dumps({"id": n, "prompt": f"question {n} {'x' * 200}", "response": f"answer {n}"}) + "\n" for n in range(number))


def labelled(path: Path, rows: Any) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["ticket", "intent", "source"], *rows])
    return path


def texts(table: pa.Table, label: str) -> list[str]:
    found: list[str] = table.filter(pc.equal(table["label"], label))["text"].to_pylist()
    return found


def test_imported_labels_that_are_marked_teach_the_embedded_model(tmp_path: Path) -> None:
    train, test, labels = datasets.banking77()
    some = labels[:12]
    shown = [(text, label, "helpdesk") for label in some for text in texts(train, label)[:15]]
    asked = [(text, label) for label in some for text in texts(test, label)[:12]]
    file = labelled(tmp_path / "tickets.csv", shown)
    with rvbbit.connect(tmp_path) as db:
        db.sql(
            "CREATE TABLE held_out AS SELECT unnest($texts) AS text, unnest($labels) AS label",
            dict(zip(("texts", "labels"), map(list, zip(*asked, strict=True)), strict=True)),
        )
        query = f"SELECT avg((CLASSIFY(text, '{','.join(some)}') = label)::INT) FROM held_out"
        before = db.sql(query).fetchall()[0][0]
        report = db.training.import_(file, cascade_id="classify", map={"ticket": "user_input"}, constants={"labels": list(some)})
        assert (report.added, report.rejected) == (len(shown), 0)
        assert db.sql(query).fetchall()[0][0] == before, "what nobody marked teaches nothing"
        marked = db.training.mark(filter={"cascade_id": "classify", "session_id": "import"}, trainable=True, verified=True)
        assert marked.updated == len(shown)
        after = db.sql(query).fetchall()[0][0]
        assert after >= before + 0.08
        db.training.undo(marked.undo)
        assert db.sql(query).fetchall()[0][0] == before


def test_a_prompt_holds_the_imported_examples_and_the_log_cites_them(remote: Any, tmp_path: Path) -> None:
    remote.server.answer = lambda body: "delivery"
    rows = [(f"parcel {n} is late", "delivery", "chat") for n in range(5)]
    file = labelled(tmp_path / "tickets.csv", rows)
    with remote.connect() as db:
        db.sql("CREATE TABLE tickets AS SELECT 'where is my box?' AS text")
        query = "SELECT CLASSIFY(text, 'billing,delivery') FROM tickets"
        db.training.import_(file, cascade_id="classify", map={"ticket": "inputs.text"})
        found = db.training.examples(search="parcel", cascade_id="classify")
        assert found.total == 5 and {row.cell_name for row in found.rows} == {"label"}
        db.training.mark([row.trace_id for row in found.rows], trainable=True)
        assert INJECTED in [notice.message for notice in db.sql(query).notices]
        body = next(body for body in remote.server.requests if "where is my box?" in question(body))
        sent = json.dumps(body["messages"])
        assert all(text in sent for text, *_ in rows)
        cited = db.sql("SELECT example_ids FROM rvbbit.unified_logs WHERE source = 'query'").fetchall()[-1][0]
        assert set(cited) == {row.trace_id for row in found.rows}
        with pytest.raises(TrainingError, match="does not fit"):
            db.training.mark([found.rows[0].trace_id], corrected_output=5)


def test_kill_9_in_the_middle_of_an_import_is_resumed_by_running_it_again(tmp_path: Path) -> None:
    home, file = tmp_path / "project", tmp_path / "logs.jsonl"
    home.mkdir()
    file.write_text(lines(ROWS))
    client = subprocess.Popen([sys.executable, "-c", KILLED, home, file], stdout=subprocess.PIPE, text=True)
    assert client.stdout
    said = [client.stdout.readline() for _ in range(2)]
    os.kill(client.pid, signal.SIGKILL)
    client.communicate()
    assert client.returncode == -signal.SIGKILL and all(said), "it was killed in the middle, not done"
    with rvbbit.connect(home) as db:
        landed = db.training.examples(limit=1).total
        assert 4_000 <= landed < ROWS, "every batch it told of is on disk"
        report = db.training.import_(file)
        assert (report.added, report.known) == (ROWS - landed, landed)
        assert db.sql("SELECT count(*), count(DISTINCT trace_id) FROM rvbbit.unified_logs").fetchall() == [(ROWS, ROWS)]
        assert db.training.import_(file).added == 0


def test_the_command_imports_what_is_good_and_names_what_is_not(rvbbit_command: Any) -> None:
    (rvbbit_command.home / "logs.jsonl").write_text(lines(3) + "{broken\n" + json.dumps({"prompt": "p"}) + "\n")
    done = rvbbit_command("training", "import", "logs.jsonl")
    assert done.returncode == 0 and "imported 3 executions, 0 known" in done.stdout and "2 rejected" in done.stdout
    assert "logs.jsonl:4: it is not JSON" in done.stderr and "logs.jsonl:5: nothing says what was answered" in done.stderr
    assert "imported 0 executions, 3 known" in rvbbit_command.ok("training", "import", "logs.jsonl")
    (rvbbit_command.home / "bad.jsonl").write_text("no\n")
    assert rvbbit_command("training", "import", "bad.jsonl").returncode == 1
    missing = rvbbit_command("training", "import", "missing.jsonl")
    assert missing.returncode == 2 and "missing.jsonl" in missing.stderr and "Traceback" not in missing.stderr


def test_a_dry_run_shows_and_logs_nothing(rvbbit_command: Any) -> None:
    (rvbbit_command.home / "logs.csv").write_text("ask,reply,stars\nwhy?,because,5\n")
    flags = ["--map", "ask=user_input", "--map", "reply=answer", "--set", "tone=dry"]
    done = rvbbit_command("training", "import", "logs.csv", "--dry-run", *flags)
    assert done.returncode == 0 and "would import 1 execution" in done.stdout
    assert "because" in done.stdout and '"tone": "dry"' in done.stdout
    assert "ask = user_input, reply = answer" in done.stderr and "not taken: stars" in done.stderr
    assert json.loads(rvbbit_command.ok("training", "list", "--format", "json")) == []
    typo = rvbbit_command("training", "import", "logs.csv", "--dry-run", "--cascade-id", "clasify", *flags)
    assert "no operator or cascade 'clasify'" in typo.stderr and "clasify.answer" in typo.stdout
    wrong = rvbbit_command("training", "import", "logs.csv", "--map", "ask=userinput")
    assert wrong.returncode == 2 and "there is no field 'userinput'" in wrong.stderr


@pytest.mark.parametrize("format", ["jsonl", "csv", "parquet"])
def test_an_export_goes_from_one_project_to_another_through_the_command(
    rvbbit_command: Any, tmp_path: Path, rvbbit_in: Any, format: str
) -> None:
    home = rvbbit_command.home
    (home / "logs.jsonl").write_text(lines(20))
    rvbbit_command.ok("training", "import", "logs.jsonl")
    rvbbit_command.ok("training", "mark", "--search", "question 1", "--verified", "--note", "=SUM(A1)", "--tag", "kept")
    rvbbit_command.ok("training", "export", f"out.{format}")
    other = rvbbit_in(tmp_path / "other")
    other.home.mkdir()
    other.ok("init")
    assert "imported 20 executions" in other.ok("training", "import", str(home / f"out.{format}"))
    listed = ["training", "list", "--format", "json", "--sort", "timestamp"]
    assert json.loads(other.ok(*listed)) == json.loads(rvbbit_command.ok(*listed))


def test_an_export_for_fine_tuning_asks_as_the_cell_asks(rvbbit_command: Any) -> None:
    (rvbbit_command.home / "t.csv").write_text("text,label\nI was charged twice,billing\nwhere is it?,delivery\n")
    rvbbit_command.ok("training", "import", "t.csv", "--cascade-id", "classify", "--set", 'labels=["billing", "delivery"]')
    rvbbit_command.ok("training", "mark", "--search", "charged")
    (line,) = rvbbit_command.ok("training", "export", "-", "--format", "openai", "--trainable").splitlines()
    system, user, assistant = json.loads(line)["messages"]
    assert "billing" in system["content"] and user["content"] == "<text>I was charged twice</text>" and assistant["content"] == "billing"


def test_an_export_that_cannot_be_written_leaves_nothing_behind(rvbbit_command: Any) -> None:
    done = rvbbit_command("training", "export", "no/such/place.csv")
    assert done.returncode == 2 and "no/such/place.csv" in done.stderr
    (rvbbit_command.home / "logs.jsonl").write_text(lines(3))
    rvbbit_command.ok("training", "import", "logs.jsonl")
    rvbbit_command.ok("training", "export", "out.csv")
    assert [path.name for path in rvbbit_command.home.glob("out*")] == ["out.csv"]


def test_an_open_file_and_a_pipe_are_imported_too(rvbbit_command: Any) -> None:
    assert "imported 2 executions" in rvbbit_command("training", "import", "-", stdin=lines(2)).stdout
    with rvbbit.connect(rvbbit_command.home) as db:
        assert db.training.import_(io.BytesIO(lines(3).encode())).added == 1
        sink = io.BytesIO()
        assert db.training.export(sink) == len(sink.getvalue()) == len(b"".join(db.training.exported()))
