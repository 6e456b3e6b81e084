"""The installed command, run as a user runs it: in a process of its own, on a project of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pexpect
import pytest

import rvbbit
from rvbbit.testing import FakeServer

RVBBIT = [sys.executable, "-c", "from rvbbit.cli.main import main; main()"]


@dataclass(frozen=True)
class Command:
    """Runs `rvbbit` in `home`, with none of the caller's own settings; a terminal is as wide as it is, not as wide as theirs."""

    home: Path

    @property
    def env(self) -> Mapping[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("RVBBIT_") and name not in ("COLUMNS", "LINES")}
        return kept | {"PAGER": "", "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"}

    def __call__(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*RVBBIT, *arguments], cwd=self.home, env=self.env, input=stdin, capture_output=True, text=True, timeout=300, check=False
        )

    def ok(self, *arguments: str) -> str:
        """Its standard output; the test fails where it did not exit with 0."""
        done = self(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Started and left running."""
        return subprocess.Popen(
            [*RVBBIT, *arguments], cwd=self.home, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def terminal(self, *arguments: str) -> pexpect.spawn[str]:
        """Started at a terminal of 100 × 40."""
        program, *rest = RVBBIT
        return pexpect.spawn(
            program, [*rest, *arguments], cwd=self.home, env=dict(self.env), dimensions=(40, 100), encoding="utf-8", timeout=60
        )


@pytest.fixture(scope="session")
def rvbbit_in() -> type[Command]:
    """The command in a directory of the test's choice."""
    return Command


@pytest.fixture
def rvbbit_command(tmp_path: Path) -> Command:
    """The command in a new project."""
    command = Command(tmp_path)
    command.ok("init")
    return command


@dataclass(frozen=True)
class Remote:
    """A project in `home` whose model is a fake server: `openai:fake`, for `connect()` here and for commands started from here."""

    home: Path
    server: FakeServer

    def connect(self, **settings: Any) -> rvbbit.Database:
        """The project, opened with these settings."""
        return rvbbit.connect(self.home, **{"model": "openai:fake", **settings})

    def cascade(self, name: str, text: str) -> Path:
        """Drop an operator's file into the project."""
        file = self.home / "cascades" / f"{name}.cascade.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        return file


@pytest.fixture
def remote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Remote]:
    """A new project and its fake server; the server's rule, faults and counts are the test's to set."""
    with FakeServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-anything")
        yield Remote(tmp_path, server)
