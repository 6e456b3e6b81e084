"""`rvbbit sql` without a terminal."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rvbbit.errors import BudgetReached, Cancelled, SQLSyntaxError
from rvbbit.result import QueryUsage, Result
from rvbbit.types import Notice

Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def _rows(db: Any, rows: Run) -> None:
    db.results = [rows(id=[1, 2], text=["a, b", None])]


def test_rows_go_to_stdout_and_notices_to_stderr(db: Any, rvbbit_cli: Run) -> None:
    db.notices = [Notice("📚 Injected 5 training examples (recent strategy)"), Notice("one row was null", "warning")]
    done = rvbbit_cli("sql", "SELECT 1")
    assert done.code == 0
    assert "(2 rows)" in done.out and "📚" not in done.out
    assert done.err == "📚 Injected 5 training examples (recent strategy)\nwarning: one row was null\n"


def test_usage_is_told_for_semantic_queries_only(db: Any, rows: Run, rvbbit_cli: Run) -> None:
    assert rvbbit_cli("sql", "SELECT 1").err == ""
    db.results = [rows(QueryUsage(calls=12, cached=988, cost_usd=0.0012, seconds=1.3), id=[1])]
    assert rvbbit_cli("sql", "SELECT 1").err == "12 calls, 988 cached, $0.0012, 1.3 s\n"


def test_csv_tells_null_from_the_empty_string(db: Any, rows: Run, rvbbit_cli: Run) -> None:
    db.results = [rows(x=["a,b", None, "", 'say "hi"'], y=[1, 2, 3, 4])]
    out = rvbbit_cli("sql", "SELECT 1", "--format", "csv").out
    assert out.splitlines() == ["x,y", '"a,b",1', ",2", '"",3', '"say ""hi""",4']
    assert [row["x"] for row in csv.DictReader(io.StringIO(out))] == ["a,b", "", "", 'say "hi"']


def test_json_is_one_array_and_jsonl_one_object_a_line(rvbbit_cli: Run) -> None:
    expected = [{"id": 1, "text": "a, b"}, {"id": 2, "text": None}]
    assert json.loads(rvbbit_cli("sql", "SELECT 1", "--format", "json").out) == expected
    assert [json.loads(line) for line in rvbbit_cli("sql", "SELECT 1", "--format", "jsonl").out.splitlines()] == expected


def test_json_of_no_rows_is_an_empty_array(db: Any, rvbbit_cli: Run) -> None:
    db.results = [Result(pa.table({"x": pa.array([], pa.int64())}))]
    assert json.loads(rvbbit_cli("sql", "SELECT 1", "--format", "json").out) == []


@pytest.mark.parametrize("format_", ["parquet", "arrow"])
def test_a_binary_format_holds_the_last_result(db: Any, rows: Run, rvbbit_cli: Run, tmp_path: Path, format_: str) -> None:
    db.results = [rows(x=[1]), rows(y=[2, 3]), Result(pa.table({}))]
    target = tmp_path / "out"
    assert rvbbit_cli("sql", "SELECT 1", "--format", format_, "-o", str(target)).code == 0
    table = pq.read_table(target) if format_ == "parquet" else pa.ipc.open_stream(target.read_bytes()).read_all()
    assert table.to_pydict() == {"y": [2, 3]}


def test_what_parquet_cannot_hold_is_refused_before_the_file_is_touched(db: Any, rvbbit_cli: Run, tmp_path: Path) -> None:
    lasting = pa.array([pa.MonthDayNano([0, 3, 0])])
    db.results = [Result(pa.table({"id": [1], "lasts": lasting}))]
    target = tmp_path / "out"
    target.write_text("what was there")
    refused = rvbbit_cli("sql", "SELECT 1", "--format", "parquet", "-o", str(target))
    assert (refused.code, target.read_text()) == (2, "what was there")
    assert "column 'lasts' is of type INTERVAL" in refused.err
    assert 'CAST("lasts" AS VARCHAR)' in refused.err
    piped = rvbbit_cli("sql", "SELECT 1", "--format", "parquet")
    assert (piped.code, piped.out) == (2, "")
    for format_ in ("table", "csv", "json", "jsonl", "arrow"):
        assert rvbbit_cli("sql", "SELECT 1", "--format", format_, "-o", str(target)).code == 0


def test_every_result_of_a_script_is_shown(db: Any, rows: Run, rvbbit_cli: Run, tmp_path: Path) -> None:
    db.results = [Result(pa.table({})), rows(x=[1]), rows(x=[2])]
    assert rvbbit_cli("sql", "CREATE …; SELECT 1; SELECT 2", "--format", "csv").out == "x\n1\nx\n2\n"
    rvbbit_cli("sql", "…", "--format", "csv", "-o", str(tmp_path / "f"))
    assert (tmp_path / "f").read_text() == "x\n1\nx\n2\n"


def test_a_file_that_cannot_be_written_is_refused_before_anything_is_asked(db: Any, rvbbit_cli: Run, tmp_path: Path) -> None:
    done = rvbbit_cli("sql", "SELECT 1", "-o", str(tmp_path / "no" / "where"))
    assert done.code == 2 and "hint:" in done.err and db.asked == []


def test_a_plan_of_duckdb_is_shown_as_it_is_drawn(db: Any, rows: Run, rvbbit_cli: Run) -> None:
    db.results = [rows(explain_key=["physical_plan"], explain_value=["┌──┐\n│ a│\n└──┘\n"])]
    assert rvbbit_cli("sql", "EXPLAIN SELECT 1").out == "┌──┐\n│ a│\n└──┘\n"


def test_sql_is_read_from_a_file_and_from_a_pipe(db: Any, rvbbit_cli: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "q.sql"
    file.write_text("SELECT 'file'", "utf-8")
    rvbbit_cli("sql", "-f", str(file))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"SELECT 'pipe'")))
    rvbbit_cli("sql")
    assert [text for text, *_ in db.asked] == ["SELECT 'file'", "SELECT 'pipe'"]


COMMENTED = "-- @ pack: 8\nSELECT 1"


@pytest.mark.parametrize(
    "arguments",
    [
        (COMMENTED,),
        (COMMENTED, "--format", "csv"),
        ("--model", "a:b", COMMENTED),
        ("--", COMMENTED),
        ("--format=csv", COMMENTED, "--explain"),
        ("--comment\nSELECT 1 = 1",),
        ("-- a = b\nSELECT 1",),
    ],
)
def test_sql_may_begin_with_a_comment(db: Any, rvbbit_cli: Run, arguments: tuple[str, ...]) -> None:
    assert rvbbit_cli("sql", *arguments).code == 0
    assert "--explain" in arguments or [asked[0] for asked in db.asked] == [max(arguments, key=len)]


@pytest.mark.parametrize("arguments", [("--formt", "csv", "SELECT 1"), ("--formt=a b", "SELECT 1")])
def test_a_word_with_dashes_is_an_option_still(rvbbit_cli: Run, arguments: tuple[str, ...]) -> None:
    done = rvbbit_cli("sql", *arguments)
    assert done.code == 2 and "option" in done.err.lower()


def test_an_options_value_may_look_like_a_comment(db: Any, rvbbit_cli: Run, tmp_path: Path) -> None:
    file = tmp_path / "my script.sql"
    file.write_text(COMMENTED)
    assert rvbbit_cli("sql", f"--file={file}").code == rvbbit_cli("sql", "-f", str(file)).code == 0
    assert rvbbit_cli("sql", "-f", "-- no file").err.startswith("error: cannot read -- no file")
    assert "both" in rvbbit_cli("sql", "-f", str(file), COMMENTED).err


def test_sql_given_twice_is_bad_usage(rvbbit_cli: Run) -> None:
    assert rvbbit_cli("sql", "SELECT 1", "-f", "q.sql").code == 2


def test_a_file_that_is_not_there_is_named(rvbbit_cli: Run) -> None:
    done = rvbbit_cli("sql", "-f", "/no/such.sql")
    assert done.code == 2 and "/no/such.sql" in done.err


def test_budget_and_model_reach_the_engine(db: Any, rvbbit_cli: Run) -> None:
    rvbbit_cli("sql", "SELECT 1", "--budget", "0.5", "--model", "openai:x")
    assert db.asked == [("SELECT 1", 0.5, "openai:x")]


def test_explain_prints_the_plan_as_text(rvbbit_cli: Run) -> None:
    assert rvbbit_cli("sql", "--explain", "SELECT 1").out == "Scan tickets\n  Filter\n"


def test_an_sql_error_shows_its_line_with_a_caret(db: Any, rvbbit_cli: Run) -> None:
    db.results = [SQLSyntaxError("syntax error at FORM", hint="did you mean FROM?", line=2, column=5)]
    done = rvbbit_cli("sql", "SELECT *\n東京 FORM t")
    assert done.code == 1
    assert done.err == "error: syntax error at FORM\nLINE 2: 東京 FORM t\n              ^\nhint: did you mean FROM?\n"


@pytest.mark.parametrize(("error", "code"), [(BudgetReached("the ceiling of $1 was met"), 3), (Cancelled("cancelled"), 130)])
def test_exit_codes_tell_how_it_ended(db: Any, rvbbit_cli: Run, error: Exception, code: int) -> None:
    db.results = [error]
    assert rvbbit_cli("sql", "SELECT 1").code == code
