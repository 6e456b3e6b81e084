"""Tables of any columns: what they are taken for, the cell they are given to, and who an execution is."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from rvbbit.errors import OutputInvalid, UsageError
from rvbbit.training.exchange.place import Cell
from rvbbit.types import CellKey

Run = Callable[..., Any]


def boolean(value: Any) -> None:
    if not isinstance(value, bool):
        raise OutputInvalid(f"{value!r} is neither true nor false")


MEANS = Cell(CellKey("means", "judge"), "text", frozenset(), frozenset({"text", "criterion"}), boolean)
CLASSIFY = Cell(CellKey("classify", "label"), "text", frozenset({"labels"}), frozenset({"text"}), lambda _: None)


def lines(*rows: Any) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_usual_names_are_guessed_and_what_is_left_is_told(imported: Run) -> None:
    row = {"Prompt": "p", "response": "r", "model": "m", "created_at": "2026-01-02T03:04:05Z", "prompt_tokens": "7", "stars": 5}
    done = imported(lines(row))
    record = done.shelf.only
    assert (record.arguments, record.answer, record.model, record.usage.tokens_in) == ({"prompt": "p"}, "r", "m", 7)
    assert record.timestamp == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert (record.source, record.kind, record.cache_key, record.usage.cost_usd) == ("import", "llm", None, None)
    assert done.report.mapping["Prompt"] == "user_input" and done.report.left == ("stars",)


def test_a_mapping_beats_the_guess_and_reaches_into_objects(imported: Run) -> None:
    row = {"prompt": "not this", "call": {"asked": "this"}, "response": "r"}
    assert imported(lines(row), mapping={"call.asked": "user_input"}).shelf.only.arguments == {"prompt": "this"}
    named = imported(lines(row), mapping={"prompt": "inputs.a", "call.asked": "inputs.b"}).shelf.only
    assert named.arguments == {"a": "not this", "b": "this"}


def test_a_field_that_does_not_exist_is_refused(imported: Run) -> None:
    with pytest.raises(UsageError, match="promt"):
        imported(lines({"prompt": "p"}), mapping={"prompt": "promt"})


def test_a_decision_is_never_guessed_and_holds_where_it_is_mapped(imported: Run) -> None:
    row = {"prompt": "p", "response": "r", "confidence": 0.9, "ok": "yes", "right": "R"}
    assert imported(lines(row)).shelf.decisions == []
    (decision,) = imported(lines(row), mapping={"ok": "trainable", "right": "corrected_output"}).shelf.decisions
    assert (decision.trainable, decision.corrected_output, decision.author) == (True, "R", "ann")
    assert set(decision.fields) == {"trainable", "corrected_output"}
    assert decision.batch == imported(lines(row), mapping={"ok": "trainable", "right": "corrected_output"}).shelf.decisions[0].batch


def test_the_same_record_is_the_same_execution_and_another_is_not(imported: Run) -> None:
    row = {"id": 1, "prompt": "p", "response": "r"}
    others = [{**row, **change} for change in ({"id": 2}, {"prompt": "q"}, {"response": "s"}, {"model": "m"}, {"timestamp": 1e9})]
    done = imported(lines(row, row, *others))
    assert (done.report.added, done.report.known) == (6, 1)
    assert imported(lines(*others, row), shelf=done.shelf).report.added == 0


def test_a_cell_names_the_inputs_and_gives_answers_their_type(imported: Run) -> None:
    rows = "message,answer,about\nhello,True,greetings\nbye,false,greetings\nwell,perhaps,greetings\n"
    mapping = {"about": "inputs.criterion"}
    done = imported(rows, "a.csv", cell=MEANS, cascade_id="means", mapping=mapping)
    records = list(done.shelf.records.values())
    assert [(one.cascade_id, one.cell_name, one.answer) for one in records] == [("means", "judge", True), ("means", "judge", False)]
    assert records[0].arguments == {"text": "hello", "criterion": "greetings"}
    assert done.reasons == [(4, "the answer 'perhaps' does not fit means.judge: 'perhaps' is neither true nor false")]


def test_an_input_that_the_cell_asks_with_must_be_said(imported: Run) -> None:
    row = lines({"prompt": "p", "response": True})
    assert "criterion" in imported(row, cell=MEANS, cascade_id="means").reasons[0][1]
    done = imported(row, cell=MEANS, cascade_id="means", constants={"criterion": "c"})
    assert done.shelf.only.arguments == {"criterion": "c", "text": "p"}


def test_a_text_for_a_list_is_split(imported: Run) -> None:
    done = imported(lines({"prompt": "p", "label": "a"}), cell=CLASSIFY, cascade_id="classify", constants={"labels": "a, b"})
    assert done.shelf.only.arguments["labels"] == ["a", "b"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"timestamp": "99999-12-31"}, "not a time"),
        ({"timestamp": "0001-01-01"}, "between 1970 and 2199"),
        ({"timestamp": 1e300}, "not a time"),
        ({"timestamp": [1]}, "not a time"),
        ({"tokens_in": -1}, "not a number"),
        ({"tokens_in": 10**30}, "not a number of tokens"),
        ({"cost": "NaN"}, "not a number"),
        ({"cost": True}, "not a number"),
        ({"response": None}, "what was answered"),
        ({"prompt": None}, "what was asked"),
    ],
)
def test_an_absurd_value_costs_its_line_and_no_other(imported: Run, change: dict[str, Any], reason: str) -> None:
    good = {"prompt": "p", "response": "r"}
    done = imported(lines(good, {**good, **change}, {**good, "id": 3}))
    assert done.report.added == 2
    ((number, why),) = done.reasons
    assert number == 2 and reason in why


def test_a_model_that_said_nothing_has_answered(imported: Run) -> None:
    assert imported(lines({"prompt": "p", "response": ""})).shelf.only.answer == ""


def test_epochs_of_every_unit_are_times(imported: Run) -> None:
    rows = [{"id": n, "prompt": "p", "response": "r", "timestamp": 1_700_000_000 * 1000**n} for n in range(4)]
    rows.append({"prompt": "p", "response": "r", "timestamp": "20231114"})
    assert {record.timestamp.date().isoformat() for record in imported(lines(*rows)).shelf.records.values()} == {"2023-11-14"}


def test_a_mapped_column_that_is_not_there_is_named(imported: Run) -> None:
    done = imported("prompt,answer\np,a\n", "a.csv", mapping={"promt": "user_input"})
    assert "there is no 'promt'" in done.reasons[0][1]
