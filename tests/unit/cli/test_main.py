"""The command itself: help, usage errors, bugs, speed of start-up by what it does not load."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from types import SimpleNamespace
from typing import Any

import pytest

from rvbbit.cli.main import COMMANDS
from rvbbit.errors import CascadeInvalid

Run = Callable[..., Any]


def test_help_lists_every_command(rvbbit_cli: Run) -> None:
    done = rvbbit_cli("-h")
    assert done.code == 0 and all(f"\n  {name} " in done.out for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(rvbbit_cli: Run, name: str) -> None:
    done = rvbbit_cli(name, "-h")
    assert done.code == 0 and done.out.startswith(f"Usage: rvbbit {name}")


def test_version(rvbbit_cli: Run) -> None:
    assert metadata.version("rvbbit") in rvbbit_cli("--version").out


def test_help_loads_neither_database_nor_model() -> None:
    code = "import sys; from rvbbit.cli.main import run; run(['--help']); print(sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not [
        name for name in ("duckdb", "pyarrow", "onnxruntime", "sqlglot", "prompt_toolkit", "rich", "pydantic") if f"'{name}'" in loaded
    ]


@pytest.mark.parametrize("arguments", [("frobnicate",), ("sql", "--frobnicate"), ("training", "frobnicate"), ("run",)])
def test_bad_usage_says_where_to_look(rvbbit_cli: Run, arguments: tuple[str, ...]) -> None:
    done = rvbbit_cli(*arguments)
    assert done.code == 2 and done.out == ""
    assert done.err.startswith("error: ") and "--help`" in done.err


def test_what_nobody_raised_on_purpose_is_called_a_bug(db: Any, rvbbit_cli: Run) -> None:
    db.results = [KeyError("x")]
    done = rvbbit_cli("sql", "SELECT 1")
    assert done.code == 1 and "this is a bug in rvbbit: KeyError: 'x'" in done.err and "Traceback" not in done.err
    assert "Traceback" in rvbbit_cli("--debug", "sql", "SELECT 1").err


def test_every_problem_of_an_operator_file_is_shown(db: Any, rvbbit_cli: Run) -> None:
    db.results = [CascadeInvalid("tone.cascade.yaml cannot be used", problems=("tone:3: cellz: unknown key", "tone:9: name: missing"))]
    err = rvbbit_cli("sql", "SELECT 1").err
    assert "  tone:3: cellz: unknown key\n  tone:9: name: missing\n" in err


def test_a_reader_that_leaves_is_no_error() -> None:
    code = (
        "import sys, pyarrow as pa; from rvbbit.cli import output, main\n"
        "main.cli.invoke = lambda ctx: output.write(pa.table({'x': range(200000)}), 'csv', None)\n"
        "sys.exit(main.run(['doctor']))"
    )
    writer = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert writer.stdout is not None and writer.stderr is not None
    writer.stdout.readline()
    writer.stdout.close()
    assert (writer.stderr.read(), writer.wait()) == (b"", 0)


def test_operators_are_listed_with_what_was_left_out(db: Any, rvbbit_cli: Run) -> None:
    db.broken = ("bad.cascade.yaml:1: not YAML",)
    done = rvbbit_cli("operators")
    assert "text MEANS criterion" in done.out and "bad.cascade.yaml:1: not YAML" in done.err


def test_show_prints_the_yaml_and_nothing_else_to_stdout(db: Any, rvbbit_cli: Run) -> None:
    done = rvbbit_cli("operators", "show", "means")
    assert done.out == "cascade_id: means\n" and done.err == "/project/means.cascade.yaml\n"


def test_a_failed_test_case_fails_the_command(db: Any, rvbbit_cli: Run) -> None:
    good = SimpleNamespace(operator="means", case="'Thank you'", passed=True, error=None)
    bad = SimpleNamespace(operator="tone", case="'Go away'", passed=False, error='"happy" is not "angry"')
    cannot = SimpleNamespace(operator="ask", case="'Why?'", passed=None, error="local:minilm cannot write")
    db.outcomes = [good, cannot]
    done = rvbbit_cli("operators", "test")
    assert done.code == 0 and "1 of 1 passed, 1 left out" in done.out
    db.outcomes = [good, bad]
    done = rvbbit_cli("operators", "test")
    assert done.code == 1 and '"happy" is not "angry"' in done.out and "1 of 2 passed" in done.out


def test_doctor_says_how_to_mend_and_fails(db: Any, rvbbit_cli: Run) -> None:
    db.checks = [SimpleNamespace(name="store", ok=True, detail="writable", hint=None)]
    assert rvbbit_cli("doctor").code == 0
    db.checks.append(SimpleNamespace(name="model", ok=False, detail="no key", hint="set OPENAI_API_KEY"))
    done = rvbbit_cli("doctor")
    assert done.code == 1 and "set OPENAI_API_KEY" in done.out and "1 of 2 checks failed" in done.out
