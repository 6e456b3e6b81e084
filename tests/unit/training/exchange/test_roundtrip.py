"""What is exported imports back to the same state; what is imported twice is there once; what was decided here is never overruled."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rvbbit.errors import UsageError
from rvbbit.logs.duckdb import Store
from rvbbit.logs.examples import ExampleFilter
from rvbbit.training.curation import Curation
from rvbbit.training.exchange import own
from rvbbit.training.exchange.exporting import chunks
from rvbbit.training.exchange.importing import Import, Imported
from rvbbit.training.exchange.place import Place
from rvbbit.types import CallRecord, Message, Score, Usage

NOW = datetime(2026, 1, 1, 12, 30, tzinfo=UTC)
ALL = ExampleFilter(limit=None)
FORMULA = '=HYPERLINK("http://x")'
TABLES = "unified_logs", "training_annotations", "current_scores"


def opened() -> tuple[duckdb.DuckDBPyConnection, Store]:
    connection = duckdb.connect()
    connection.execute("ATTACH ':memory:' AS rvbbit").fetchall()
    return connection, Store(connection)


@pytest.fixture
def stores() -> Iterator[list[tuple[duckdb.DuckDBPyConnection, Store]]]:
    made = [opened(), opened()]
    yield made
    for connection, store in made:
        store.close()
        connection.close()


def record(trace_id: str, **changes: Any) -> CallRecord:
    known: dict[str, Any] = {"answer": "billing", "arguments": {"text": f"{trace_id} é\n\t"}, "model": "openai:gpt", "source": "query"}
    known |= {"usage": Usage(10, 5, 3, 0.25), "duration": 0.5, "example_ids": ("x", "y"), "request": {"messages": []}, "cache_key": "k"}
    return CallRecord(
        trace_id, NOW, FORMULA, "classify", "label", "llm", cascade_fingerprint="c", cell_fingerprint="f", **{**known, **changes}
    )


def fill(store: Store) -> None:
    """Answers of every type; decisions made, changed, undone and set back to nothing; scores."""
    answers: list[Any] = ["", "null", None, 0.1, True, {"a": [1, "é"]}, ["x"], "'quoted", "NUL\0", "-1"]
    records = [record(f"t{number}", answer=answer) for number, answer in enumerate(answers)]
    unknown = record("tx", usage=Usage(cost_usd=None), caller_id="", model="", request=None, probability=0.5)
    store.take_in([*records, unknown], (), [Score("t1", "confidence", "v1", 0.75, "=why", NOW, True, None)])
    desk = Curation(store)
    desk.mark(["t0", "t1", "t2"], author="ann", trainable=True, notes="=1+1", tags=["a,b", "-c"], reason="good")
    desk.mark(["t1"], author="bob", corrected_output={"x": None}, verified=True, confidence=0.5)
    desk.mark(["t1"], author="bob", notes=None, corrected_output=None)
    desk.undo(desk.mark(["t3"], author="ann", trainable=True).undo or "", author="ann")
    desk.mark(["t5"], author="ann", notes="", tags=[])


def run(store: Store, content: bytes, name: str) -> Imported:
    done = Import(Place(lambda *_: None, "importer", NOW), store.take_in)
    done.file(io.BytesIO(content), name)
    return done.report


def exported(store: Store, format: Any, asked: ExampleFilter = ALL) -> bytes:
    return b"".join(chunks(store.stream(asked), format, lambda *_: None))


def state(connection: duckdb.DuckDBPyConnection) -> dict[str, list[Any]]:
    """Everything but the cache's keys and the numbers that order decisions."""
    skipped = {"unified_logs": "cache_key", "training_annotations": "seq"}
    found: dict[str, list[Any]] = {}
    for table in (*TABLES, "training_examples_with_annotations"):
        exclude = f"EXCLUDE ({skipped[table]})" if table in skipped else ""
        found[table] = connection.sql(f"SELECT * {exclude} FROM rvbbit.main.{table} ORDER BY ALL").to_arrow_table().to_pylist()
    return found


@pytest.mark.parametrize("format", ["jsonl", "csv", "parquet"])
def test_an_export_imports_back_to_the_same_state(stores: Any, format: str) -> None:
    (source, one), (target, two) = stores
    fill(one)
    content = exported(one, format)
    report = run(two, content, f"x.{format}")
    assert (report.added, report.rejected, report.problems) == (11, 0, [])
    assert state(target) == state(source)
    again = run(two, content, f"x.{format}")
    assert (again.added, again.known, again.decisions) == (0, 11, 0)
    assert state(target) == state(source)
    assert run(one, content, f"x.{format}").added == 0, "nor does it change the store it came from"


def test_what_comes_from_a_file_never_answers_a_query(stores: Any) -> None:
    (_, one), (target, two) = stores
    fill(one)
    run(two, exported(one, "jsonl"), "x.jsonl")
    assert target.sql("SELECT count(cache_key) FROM rvbbit.main.unified_logs").fetchall() == [(0,)]


def test_an_older_decision_from_outside_does_not_overrule_a_newer_one_here(stores: Any) -> None:
    _, (target, two) = stores
    (_, one), _ = stores
    one.take_in([record("t")])
    Curation(one).mark(["t"], author="ann", trainable=True)
    content = exported(one, "jsonl")
    two.take_in([record("t")])
    Curation(two).mark(["t"], author="bob", trainable=False)
    assert run(two, content, "x.jsonl").decisions == 0
    assert target.sql("SELECT author, trainable FROM rvbbit.main.training_state").fetchall() == [("bob", False)]


def test_a_decision_that_came_with_columns_is_made_once(stores: Any) -> None:
    _, (_, two) = stores
    content = b"prompt,answer,ok\np,a,true\n"

    def again(after: int) -> Imported:
        done = Import(Place(lambda *_: None, "ann", NOW + timedelta(days=after)), two.take_in, mapping={"ok": "trainable"})
        done.file(io.BytesIO(content), "x.csv")
        return done.report

    assert (again(0).decisions, again(1).decisions) == (1, 0)
    (row,) = two.page(ALL).rows
    assert row.trainable
    Curation(two).mark([row.trace_id], author="bob", trainable=False)
    assert again(2).decisions == 0 and not two.page(ALL).rows[0].trainable, "a person has decided since"


def test_the_filter_says_what_is_exported(stores: Any) -> None:
    (_, one), _ = stores
    fill(one)
    rows = exported(one, "jsonl", ExampleFilter(trainable=True, limit=None)).splitlines()
    assert {json.loads(row)["trace_id"] for row in rows} == {"t0", "t1", "t2"}


def test_no_cell_of_a_csv_export_is_a_formula(stores: Any) -> None:
    (_, one), _ = stores
    fill(one)
    cells = [cell for row in csv.reader(io.StringIO(exported(one, "csv").decode(), newline="")) for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    assert f"'{FORMULA}" in cells


@given(st.text() | st.none())
def test_a_guarded_cell_comes_back_as_it_was(cell: str | None) -> None:
    assert own.unguarded(own.guarded(cell)) == cell


def test_a_parquet_export_has_a_row_group_a_batch(stores: Any) -> None:
    (_, one), _ = stores
    one.take_in([record(f"t{number}") for number in range(50)])
    parts = list(chunks(one.stream(ALL, 20), "parquet", lambda *_: None))
    assert len(parts) > 2 and pq.ParquetFile(io.BytesIO(b"".join(parts))).metadata.num_row_groups == 3


@pytest.mark.parametrize("format", ["jsonl", "csv", "parquet", "openai"])
def test_an_export_of_nothing_is_a_file_that_can_be_read(stores: Any, format: str) -> None:
    (_, one), (_, two) = stores
    content = exported(one, format)
    if content:
        assert run(two, content, f"x.{format}").rejected == 0


def test_a_lesson_is_the_cells_question_and_the_answer_that_holds(stores: Any) -> None:
    (_, one), _ = stores
    one.take_in([record("t")])
    Curation(one).mark(["t"], author="ann", corrected_output={"label": "refund"})
    rendered = b"".join(chunks(one.stream(ALL), "openai", lambda *_: (Message("system", "s"), Message("user", "u"))))
    assert json.loads(rendered) == {
        "messages": [
            {"role": "system", "content": "s"},
            {"role": "user", "content": "u"},
            {"role": "assistant", "content": '{"label": "refund"}'},
        ]
    }
    assert json.loads(exported(one, "openai"))["messages"][0] == {"role": "user", "content": "t é\n\t"}


def test_an_imported_chat_is_exported_as_it_was(stores: Any) -> None:
    (_, one), _ = stores
    chat = {"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}, {"role": "assistant", "content": "a"}]}
    run(one, json.dumps(chat).encode(), "x.jsonl")
    assert json.loads(exported(one, "openai")) == chat


def test_an_unknown_format_is_refused_at_once(stores: Any) -> None:
    (_, one), _ = stores
    with pytest.raises(UsageError, match="xml"):
        exported(one, "xml")
