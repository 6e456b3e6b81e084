"""The parts of the shell that need no terminal; the rest is in tests/e2e/test_cli.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rvbbit.cli import backslash
from rvbbit.cli.shell import complete
from rvbbit.errors import UsageError


@pytest.mark.parametrize("text", ["SELECT 1;", "SELECT 1; -- done", "SELECT ';';", "", "\\d", "quit", "SELECT 1;\n\n", "SELECT $$;$$;"])
def test_enter_runs_what_is_complete(text: str) -> None:
    assert complete(text)


@pytest.mark.parametrize(
    "text", ["SELECT 1", "SELECT ';", "SELECT 1 -- ;", "SELECT 1 /* ;", 'SELECT ";', "SELECT 1; SELECT 2", "SELECT $$;"]
)
def test_enter_goes_on_where_something_is_open(text: str) -> None:
    assert not complete(text)


class FakeShell:
    def __init__(self, db: Any) -> None:
        self.db = db
        self.expanded = False
        self.timing = False
        self.last = "SELECT 1;"
        self.ran: list[str] = []

    def execute(self, text: str) -> None:
        self.ran.append(text)


@pytest.fixture
def shell(db: Any) -> Any:
    return FakeShell(db)


def test_every_command_in_the_help_exists(shell: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("click.edit", lambda text, extension: text)
    script = tmp_path / "q.sql"
    script.write_text("SELECT 2;", "utf-8")
    arguments = {"\\i": str(script), "\\d": "tickets"}
    for name in backslash.COMMANDS:
        if name != "\\q":
            backslash.run(shell, f"{name} {arguments.get(name, '')}".strip())
    assert shell.expanded and shell.timing and "SELECT 2;" in shell.ran and any("DESCRIBE tickets" in ran for ran in shell.ran)


def test_q_leaves(shell: Any) -> None:
    with pytest.raises(backslash.Leave):
        backslash.run(shell, "\\q")


def test_an_edited_statement_comes_back_to_the_prompt(shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("click.edit", lambda text, extension: text.replace("1", "2"))
    assert backslash.run(shell, "\\e") == "SELECT 2;"


@pytest.mark.parametrize("text", ["\\zz", "\\i"])
def test_what_cannot_be_done_says_so(shell: Any, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        backslash.run(shell, text)
    assert caught.value.hint


def test_one_operator_shows_its_yaml(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    backslash.run(shell, "\\do tone")
    assert capsys.readouterr().out == "cascade_id: tone\n"
