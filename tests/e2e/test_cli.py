"""The command line for real: own processes, a real terminal, the embedded model."""

from __future__ import annotations

import json
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pexpect
import pytest

TICKETS = """CREATE TABLE tickets AS SELECT * FROM (VALUES
  (1, 'my card was stolen on the train'), (2, 'someone stole my credit card'), (3, 'how do I change my address?'),
  (4, 'my card was stolen on the train'), (5, NULL)) t(id, text)"""
MANY = "CREATE TABLE many AS SELECT 'question ' || range || ' about a card that was stolen' AS text FROM range(20000)"
MEANS = "SELECT id FROM tickets WHERE text MEANS 'a card was stolen'"
SLOW = "SELECT count(*) FROM many WHERE text MEANS 'a card was stolen'"


@pytest.fixture(scope="module")
def filled(rvbbit_in: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the tables `tickets` and `many`, made once and copied from then on."""
    command = rvbbit_in(tmp_path_factory.mktemp("filled"))
    command.ok("init")
    command.ok("sql", f"{TICKETS};\n{MANY}")
    home: Path = command.home
    return home


@pytest.fixture
def project(filled: Path, rvbbit_in: Any, tmp_path: Path) -> Any:
    """The command in a project of its own with the tables `tickets` and `many`."""
    return rvbbit_in(shutil.copytree(filled, tmp_path / "project"))


def objects(text: str) -> list[dict[str, Any]]:
    return list(json.loads(text))


def test_the_example_operator_of_a_new_project_passes_its_own_tests(rvbbit_command: Any) -> None:
    assert "2 of 2 passed" in rvbbit_command.ok("operators", "test", "team")
    assert '"TEAM({{ text }})"' in rvbbit_command.ok("operators", "show", "team")
    assert json.loads(rvbbit_command.ok("run", "team", "--input", '{"text": "I was charged twice for the same order"}')) == "billing"


def test_a_new_operator_can_be_used_at_once(rvbbit_command: Any) -> None:
    rvbbit_command.ok("operators", "new", "wants")
    answer = rvbbit_command.ok("sql", "--format", "json", "SELECT WANTS('I want my money back', 'asks for a refund') AS yes")
    assert objects(answer) == [{"yes": True}]
    assert "1 of 1 passed" in rvbbit_command.ok("operators", "test", "wants")


def test_a_semantic_query_asks_once_and_then_never_again(project: Any) -> None:
    first = project("sql", "--format", "json", MEANS)
    assert {1, 4} <= {row["id"] for row in objects(first.stdout)} and "3 calls, 0 cached, $0, " in first.stderr
    again = project("sql", "--format", "json", MEANS)
    assert again.stdout == first.stdout and "0 calls, 3 cached, $0, " in again.stderr


def test_explain_names_the_calls_and_makes_none(project: Any) -> None:
    assert "means" in project.ok("sql", "--explain", MEANS).lower()
    assert objects(project.ok("sql", "--format", "json", "SELECT count(*) AS n FROM rvbbit.unified_logs")) == [{"n": 0}]


def test_curating_from_the_shell_changes_the_answer(rvbbit_command: Any) -> None:
    query = "SELECT CLASSIFY('the machine ate my card', 'card stolen,card swallowed,address') AS label"
    rvbbit_command.ok("sql", query)
    (logged,) = objects(rvbbit_command.ok("training", "list", "--cascade-id", "classify", "--format", "json"))
    assert "machine ate" in logged["input"] and logged["trainable"] is False
    marked = rvbbit_command(
        "training", "mark", logged["trace_id"], "--correct", "address", "--verified", "--note", "house rule", "--tag", "odd"
    )
    assert marked.returncode == 0, marked.stderr
    (decided,) = objects(rvbbit_command.ok("training", "list", "--trainable", "--format", "json"))
    assert (decided["corrected"], decided["verified"], decided["notes"], decided["tags"]) == ("address", True, "house rule", "odd")
    asked = rvbbit_command("sql", "--format", "json", query)
    assert "1 call, 0 cached" in asked.stderr and "📚 Injected" in asked.stderr
    undo = marked.stderr.split()[-1]
    assert "1 execution" in rvbbit_command.ok("training", "undo", undo)
    assert objects(rvbbit_command.ok("training", "list", "--trainable", "--format", "json")) == []
    assert "classify" in rvbbit_command.ok("training", "stats")


def test_unmarking_takes_an_example_out(rvbbit_command: Any) -> None:
    rvbbit_command.ok("sql", "SELECT 'a card was stolen' MEANS 'theft'")
    (logged,) = objects(rvbbit_command.ok("training", "list", "--format", "json"))
    rvbbit_command.ok("training", "mark", logged["trace_id"], "--correct", "true")
    assert rvbbit_command("training", "mark", logged["trace_id"], "--correct", "perhaps").returncode == 2
    rvbbit_command.ok("training", "unmark", logged["trace_id"])
    assert objects(rvbbit_command.ok("training", "list", "--trainable", "--format", "json")) == []


def test_marking_what_is_not_there_says_so(rvbbit_command: Any) -> None:
    done = rvbbit_command("training", "mark", "no-such-id")
    assert done.returncode == 1 and "no-such-id" in done.stderr and "hint:" in done.stderr


def test_doctor_finds_a_new_project_in_order(rvbbit_command: Any) -> None:
    assert "everything is in order" in rvbbit_command.ok("doctor")


@pytest.mark.parametrize(
    ("sql", "code", "told"),
    [
        ("SELECT 1;\nSELEC 2", 1, ["LINE 2: SELEC 2\n        ^"]),
        ("SELECT * FROM nowhere", 1, ["nowhere"]),
        ("SELECT CLASIFY('x', 'a,b')", 1, ["CLASIFY", "CLASSIFY"]),
        ("SELECT CASCADE_X('x') MEANS", 1, []),
    ],
)
def test_broken_sql_ends_in_one_error_without_a_traceback(rvbbit_command: Any, sql: str, code: int, told: list[str]) -> None:
    done = rvbbit_command("sql", sql)
    assert done.returncode == code and "error: " in done.stderr
    assert "Traceback" not in done.stderr and "this is a bug" not in done.stderr
    assert all(part in done.stderr for part in told), done.stderr


def test_a_home_that_is_not_there_is_bad_usage(rvbbit_command: Any) -> None:
    done = rvbbit_command("--home", "/no/such/place", "sql", "SELECT 1")
    assert done.returncode == 2 and "/no/such/place" in done.stderr


def test_sql_comes_from_a_pipe(rvbbit_command: Any) -> None:
    done = rvbbit_command("sql", "--format", "csv", stdin="SELECT 1 AS x; SELECT 2 AS y;")
    assert done.stdout == "x\n1\ny\n2\n"


def test_a_reader_that_leaves_early_is_no_error(rvbbit_command: Any) -> None:
    running = rvbbit_command.start("sql", "--format", "csv", "SELECT range AS x FROM range(500000)")
    assert running.stdout is not None and running.stderr is not None
    assert running.stdout.readline() == "x\n"
    running.stdout.close()
    assert running.stderr.read() == "" and running.wait(60) == 0


def test_a_project_held_by_another_process_is_said_to_be(project: Any) -> None:
    shell = project.terminal("sql")
    shell.expect("rvbbit=>")
    done = project("sql", "SELECT 1")
    shell.sendeof()
    shell.expect(pexpect.EOF)
    assert done.returncode == 1 and "held by another process" in done.stderr and "hint:" in done.stderr


def test_an_interrupt_cancels_and_keeps_what_was_answered(project: Any) -> None:
    terminal = project.terminal("sql", SLOW)
    terminal.expect(r"means .* [1-9][\d,]*/20,000")
    terminal.sendintr()
    terminal.expect("error:.*kept")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 130
    kept = objects(project.ok("sql", "--format", "json", "SELECT count(*) AS n FROM rvbbit.unified_logs"))[0]["n"]
    assert 0 < kept < 20000


def test_an_interrupt_stops_plain_sql_too(rvbbit_command: Any) -> None:
    """DuckDB makes the file when the query begins, and no row is ever found to end it."""
    endless = "SELECT a.range FROM range(100000000000) a WHERE hash(a.range) = 0 AND a.range < 0"
    running = rvbbit_command.start("sql", f"COPY ({endless}) TO 'begun.csv'")
    while not list(rvbbit_command.home.glob("*begun.csv")) and running.poll() is None:
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130 and err.startswith("error: ") and "Traceback" not in err


@pytest.fixture
def shell(project: Any) -> Any:
    terminal = project.terminal("sql")
    terminal.expect("rvbbit=>")
    yield terminal
    terminal.close(force=True)


def enter(shell: Any, *lines: str) -> None:
    for line in lines:
        shell.send(line + "\r")


def test_the_shell_runs_what_ends_with_a_semicolon(shell: Any) -> None:
    enter(shell, "SELECT id")
    shell.expect("rvbbit->")
    enter(shell, "FROM tickets WHERE text IS NULL;")
    shell.expect(r"id.*5.*\(1 row\)")
    shell.expect("rvbbit=>")
    enter(shell, MEANS + ";")
    shell.expect(r"3 calls, 0 cached")


def test_an_error_leaves_the_shell_running(shell: Any) -> None:
    enter(shell, "SELEC 1;")
    shell.expect("error:.*SELEC")
    shell.expect("rvbbit=>")
    enter(shell, "SELECT 40 + 2 AS answer;")
    shell.expect("42")


def test_tab_completes_tables_and_operators(shell: Any) -> None:
    shell.send("SELECT count(*) AS n FROM tick\t")
    shell.expect("tick.*ets")
    enter(shell, ";")
    shell.expect(r"\(1 row\)")
    shell.expect("rvbbit=>")
    shell.send("SELECT CLASSI\t")
    shell.expect(r"CLASSI.*FY.*\(")


def test_backslash_commands_do_what_psql_users_expect(shell: Any) -> None:
    enter(shell, "\\d")
    shell.expect("tickets.*id, text")
    enter(shell, "\\d tickets")
    shell.expect("id.*INTEGER.*text.*VARCHAR")
    enter(shell, "\\do")
    shell.expect("text MEANS criterion")
    shell.expect("rvbbit=>")  # the list is long: what is typed while it is printed is lost
    enter(shell, "\\x", "SELECT 7 AS seven;")
    shell.expect(r"-\[ row 1 \].*seven \| 7")
    enter(shell, "\\timing", "SELECT 1;")
    shell.expect("Time: ")
    enter(shell, "\\nonsense")
    shell.expect("no such command")
    enter(shell, "\\q")
    shell.expect(pexpect.EOF)


def test_ctrl_c_stops_the_query_and_not_the_shell(shell: Any) -> None:
    enter(shell, SLOW + ";")
    shell.expect("/20,000")
    shell.sendintr()
    shell.expect("error:.*cancelled")
    shell.expect("rvbbit=>")
    enter(shell, "SELECT 40 + 2 AS answer;")
    shell.expect("42")


def test_ctrl_c_at_the_prompt_drops_the_line_and_ctrl_d_leaves(shell: Any, project: Any) -> None:
    shell.send("SELECT nonsense")
    shell.sendintr()
    shell.expect("rvbbit=>")
    enter(shell, "SELECT 1;")
    shell.expect(r"\(1 row\)")
    shell.expect("rvbbit=>")
    shell.sendeof()
    shell.expect(pexpect.EOF)
    shell.close()
    assert shell.exitstatus == 0
    assert "SELECT 1;" in (project.home / ".rvbbit" / "history").read_text("utf-8")
