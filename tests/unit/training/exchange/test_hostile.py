"""Files that are broken or meant to break something: a reason for each bad record, the good ones land, and nothing else is raised."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rvbbit.errors import UsageError
from rvbbit.logs.schema import UNIFIED_LOGS, call_row, to_table
from rvbbit.training.exchange.importing import KEPT
from rvbbit.training.exchange.lines import LONGEST

Run = Callable[..., Any]
GOOD = '{"prompt": "p", "response": "r"}'
LAST = '{"prompt": "last", "response": "r"}'


def parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b'{"prompt": "p", ', "not JSON"),
        (b'{"prompt": "\xe9t\xe9", "response": "r"}', "byte 13 is not UTF-8"),
        (b'{"prompt": "a\x00b", "response": "r"}', "not JSON: invalid control character"),
        (b"[1, 2]", "not an object"),
        (b'"prompt"', "not an object"),
        (b"[" * 100_000, "nested"),
        (b'{"prompt": ' + b"[" * 300 + b"]" * 300 + b"}", "nested more than 100 deep"),
        (b'{"prompt": "p", "response": ' + b"9" * 5_000 + b"}", "not JSON"),
        (b"{}", "what was asked"),
        (b'{"messages": [{"role": "user"}, 7]}', "no answer"),
        (b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"attributes": [{"key": "gen_ai.system"}]}]}]}]}', "no messages"),
        (b'{"type": "GENERATION", "input": {}, "output": "x"}', "no input"),
        (b'{"trace_id": "t", "cell_fingerprint": "f", "arguments": 5}', "missing"),
        (b'{"trace_id": "t", "cell_fingerprint": "f", "arguments": {}, "kind": "sql"}', "cannot teach"),
        (b'{"trace_id": "t", "cell_fingerprint": "f", "arguments": {}, "decisions": [{"fields": ["x"]}]}', "decision"),
    ],
)
def test_a_bad_line_is_reported_with_its_number_and_the_others_land(imported: Run, bad: bytes, reason: str) -> None:
    done = imported(GOOD.encode() + b"\n\n" + bad + b"\n" + LAST.encode())
    ((number, why),) = done.reasons
    assert number == 3 and reason in why
    assert [record.arguments["prompt"] for record in done.shelf.records.values()] == ["p", "last"]


def test_a_line_of_50_mb_is_passed_over(imported: Run) -> None:
    content = f'{{"prompt": "{"x" * (50 << 20)}", "response": "r"}}\n{LAST}\n'.encode()
    done = imported(content)
    assert done.reasons == [(1, f"the line is longer than {LONGEST >> 20} MB")] and done.report.added == 1
    rows = b"prompt,answer\n" + b"y" * (50 << 20) + b",a\np,a\n"
    assert (imported(rows, "a.csv").report.added, imported(rows, "a.csv").reasons[0][0]) == (1, 2)


def test_half_a_surrogate_pair_is_stored(imported: Run) -> None:
    record = imported('{"prompt": "\\ud83d", "response": "r"}\n').shelf.only
    (row,) = to_table(UNIFIED_LOGS, [call_row(record)]).to_pylist()
    assert json.loads(row["arguments"]) == {"prompt": "\ufffd"}


def test_utf_16_is_named_and_a_utf_8_mark_passed_over(imported: Run) -> None:
    with pytest.raises(UsageError, match="UTF-16"):
        imported(GOOD.encode("utf-16"))
    assert imported(GOOD.encode("utf-8-sig")).report.added == 1
    assert imported("prompt,answer\np,a\n".encode("utf-8-sig"), "a.csv").report.added == 1


def test_a_report_holds_some_problems_and_counts_all(imported: Run) -> None:
    done = imported("x\n" * (KEPT + 50))
    assert (len(done.report.problems), done.report.rejected) == (KEPT, KEPT + 50)


def test_batches_bound_what_waits(imported: Run) -> None:
    rows = "".join(json.dumps({"id": n, "prompt": "p", "response": "r"}) + "\n" for n in range(5_000))
    assert imported(rows).shelf.batches == [2_000, 2_000, 1_000]
    long = "".join(json.dumps({"id": n, "prompt": "x" * (3 << 20), "response": "r"}) + "\n" for n in range(12))
    assert max(imported(long).shelf.batches) <= 6


@pytest.mark.parametrize("content", ["[]", "[", "", "[,,]", "]", "{", "{\n", "[[[", "null"])
def test_an_array_of_nothing_is_nothing(imported: Run, content: str) -> None:
    assert imported(content, "a.json", format="langfuse").report.added == 0


def test_arrays_and_values_over_many_lines_are_read(imported: Run) -> None:
    rows = [{"id": n, "prompt": "p" * 1_000, "response": "r"} for n in range(500)]
    assert imported(json.dumps(rows), "a.json").report.added == 500
    assert imported(json.dumps(rows, indent=2), "a.json").report.added == 500
    assert imported("\n".join(json.dumps(row, indent=2) for row in rows), "a.json").report.added == 500
    assert imported("\n".join(json.dumps(row) for row in rows), "a.json").report.added == 500


def test_after_a_broken_element_of_an_array_what_came_before_is_there(imported: Run) -> None:
    done = imported(f"[{GOOD}, {{broken, {LAST}]", "a.json")
    assert done.report.added == 1
    ((number, why),) = done.reasons
    assert number == 2 and "the rest of the file was not read" in why


def test_csv_cells_are_text_whatever_they_look_like(imported: Run) -> None:
    cells = ["=cmd|'/c calc'!A0", "+1", "@SUM(A1)", "two\nlines", 'a "quote"', "NUL\0here", "001", " x "]
    sink = io.StringIO(newline="")
    csv.writer(sink).writerows([["prompt", "answer"], *([cell, "a"] for cell in cells)])
    done = imported(sink.getvalue(), "a.csv")
    assert [record.arguments["prompt"] for record in done.shelf.records.values()] == cells


@pytest.mark.parametrize(
    ("row", "reason"), [(b"a,b,c", "3 cells, the header has 2"), (b"a", "1 cells"), (b"\xff,a", "not UTF-8"), (b"p,", "answered")]
)
def test_a_bad_csv_row_is_reported_with_its_line(imported: Run, row: bytes, reason: str) -> None:
    done = imported(b"prompt,answer\ngood,a\n" + row + b"\nlast,a\n", "a.csv")
    assert done.report.added == 2
    ((number, why),) = done.reasons
    assert number == 3 and reason in why


@pytest.mark.parametrize("header", [b"", b"a,a\n", b"\xff,b\n"])
def test_a_csv_header_that_cannot_be_used_is_refused(imported: Run, header: bytes) -> None:
    with pytest.raises(UsageError, match="header"):
        imported(header, "a.csv")


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_other_delimiters_are_seen(imported: Run, delimiter: str) -> None:
    content = f"prompt{delimiter}answer\na, b{delimiter}c\n"
    assert imported(content, "a.csv").shelf.only.arguments == {"prompt": "a, b"}


def test_parquet_values_become_json_values(imported: Run) -> None:
    table = pa.table({
        "prompt": [b"bytes", b"\xff"], "answer": [{"a": [1, None]}, {"a": []}], "timestamp": pa.array([1, 2], pa.timestamp("ns", "UTC")),
    })  # fmt: skip
    done = imported(parquet(table), "a.parquet")
    assert (done.shelf.only.arguments, done.shelf.only.answer) == ({"prompt": "bytes"}, {"a": [1, None]})
    assert done.reasons[0][0] == 2


def test_a_parquet_date_after_every_calendar_costs_its_row(imported: Run) -> None:
    when = pa.array([2**62, 1_700_000_000_000_000], pa.timestamp("us"))
    done = imported(parquet(pa.table({"prompt": ["a", "b"], "answer": ["x", "y"], "timestamp": when})), "a.parquet")
    assert done.shelf.only.timestamp.replace(tzinfo=None) == datetime(2023, 11, 14, 22, 13, 20)
    assert done.reasons[0][0] == 1


def test_a_parquet_file_that_is_cut_short_is_refused(imported: Run) -> None:
    whole = parquet(pa.table({"prompt": ["a"], "answer": ["b"]}))
    for content in (whole[:-20], b"PAR1", b"PAR1" * 9):
        with pytest.raises(UsageError, match="Parquet"):
            imported(content, "a.parquet")
    with pytest.raises(UsageError, match="not a Parquet file"):
        imported(GOOD, "a.parquet")


def test_a_file_that_says_nothing_of_its_format_is_refused(imported: Run) -> None:
    with pytest.raises(UsageError, match="what format"):
        imported("hello", "notes.txt")


KEYS = st.sampled_from(
    ["prompt", "response", "messages", "role", "content", "parts", "resourceSpans", "scopeSpans", "spans", "attributes", "key", "value",
     "stringValue", "arrayValue", "kvlistValue", "values", "events", "name", "status", "code", "startTimeUnixNano", "type", "input",
     "output", "observations", "usage", "usageDetails", "costDetails", "startTime", "endTime", "latency", "traceId", "level", "choices",
     "trace_id", "cell_fingerprint", "arguments", "decisions", "fields", "batch", "timestamp", "tags", "scores", "scorer", "tool_calls"]
)  # fmt: skip
VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.dictionaries(KEYS, VALUES, max_size=6), max_size=4),
    format=st.sampled_from(["auto", "openai", "langfuse", "otlp", "jsonl"]),
)
def test_no_object_raises_anything(imported: Run, rows: list[dict[str, Any]], format: str) -> None:
    done = imported("".join(json.dumps(row) + "\n" for row in rows), format=format)
    to_table(UNIFIED_LOGS, [call_row(record) for record in done.shelf.records.values()])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200), name=st.sampled_from(["a.jsonl", "a.json", "a.csv"]))
def test_no_bytes_raise_anything_but_a_usage_error(imported: Run, content: bytes, name: str) -> None:
    try:
        done = imported(content, name)
    except UsageError:
        return
    to_table(UNIFIED_LOGS, [call_row(record) for record in done.shelf.records.values()])
