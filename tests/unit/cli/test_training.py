"""`rvbbit training`: flags become filters and decisions."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from rvbbit.cli.filters import FILTERS
from rvbbit.errors import TrainingError

Run = Callable[..., Any]


def execution(trace_id: str, answer: Any) -> Any:
    return SimpleNamespace(
        trace_id=trace_id,
        timestamp=dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC),
        cascade_id="classify",
        cell_name="label",
        user_input="where is my card?",
        answer=answer,
        assistant_output=str(answer),
        corrected_output=None,
        trainable=False,
        verified=False,
        confidence=None,
        notes=None,
        tags=("a", "b"),
    )


class FakeTraining:
    def __init__(self) -> None:
        self.rows = [execution("t1", "card_arrival")]
        self.total = 1
        self.filters: dict[str, Any] = {}
        self.decided: list[tuple[list[str], dict[str, Any]]] = []

    def examples(self, **filters: Any) -> Any:
        self.filters = filters
        return SimpleNamespace(rows=self.rows, total=self.total)

    def mark(self, trace_ids: Any = None, filter: Any = None, **decided: Any) -> Any:
        self.decided.append((filter if trace_ids is None else trace_ids, decided))
        return SimpleNamespace(updated=27_000 if trace_ids is None else len(trace_ids), undo="d1")

    def undo(self, batch: str) -> Any:
        if batch != "d1":
            raise TrainingError(f"there is no decision {batch!r} to undo")
        return SimpleNamespace(updated=2, undo="d2")


@pytest.fixture
def training(db: Any) -> FakeTraining:
    db.training = FakeTraining()
    return db.training  # type: ignore[no-any-return]


def test_every_filter_of_the_http_api_is_a_flag() -> None:
    names = "cascade_id cell_name session_id caller_id model trainable verified scored min_confidence max_confidence"
    names += " label tag search since until sort order limit offset"

    def command(**_: Any) -> None: ...

    for option in FILTERS:
        option(command)
    assert {parameter.name for parameter in command.__click_params__} == set(names.split())  # type: ignore[attr-defined]


def test_flags_reach_the_engine_as_filters(training: FakeTraining, rvbbit_cli: Run) -> None:
    flags = ["--cascade-id", "a", "--cascade-id", "b", "--no-trainable", "--min-confidence", "0.5", "--since", "2026-01-31", "--limit", "7"]
    assert rvbbit_cli("training", "list", *flags).code == 0
    asked = training.filters
    assert (asked["cascade_id"], asked["trainable"], asked["verified"]) == (("a", "b"), False, None)
    assert (asked["min_confidence"], asked["limit"]) == (0.5, 7)
    assert asked["since"].date() == dt.date(2026, 1, 31) and asked["since"].tzinfo is not None and asked["until"] is None


def test_a_list_says_how_many_there_are_in_all(training: FakeTraining, rvbbit_cli: Run) -> None:
    training.total = 2316
    done = rvbbit_cli("training", "list", "--format", "json")
    (row,) = json.loads(done.out)
    assert (row["trace_id"], row["cell"], row["confidence"], row["tags"]) == ("t1", "classify.label", None, "a, b")
    assert "1 of 2,316" in done.err


def test_marking_decides_only_what_was_said(training: FakeTraining, rvbbit_cli: Run) -> None:
    done = rvbbit_cli("training", "mark", "t1", "t2")
    assert training.decided == [(["t1", "t2"], {"trainable": True})]
    assert done.out == "marked 2 executions\n" and "rvbbit training undo d1" in done.err
    rvbbit_cli("training", "mark", "t1", "--no-verified", "--note", "n", "--tag", "x", "--tag", "y")
    assert training.decided[1][1] == {"trainable": True, "verified": False, "notes": "n", "tags": ("x", "y")}


def test_a_filter_marks_everything_it_finds(training: FakeTraining, rvbbit_cli: Run) -> None:
    done = rvbbit_cli("training", "mark", "--cascade-id", "a", "--min-confidence", "0.8", "--verified", "--since", "2026-01-31")
    assert done.out == "marked 27,000 executions\n" and "rvbbit training undo d1" in done.err
    ((asked, decided),) = training.decided
    assert (asked["cascade_id"], asked["min_confidence"], asked["since"].tzinfo is None) == (("a",), 0.8, False)
    assert set(asked) == {"cascade_id", "min_confidence", "since"} and decided == {"trainable": True, "verified": True}
    rvbbit_cli("training", "unmark", "--all")
    assert training.decided[1] == ({}, {"trainable": False})


@pytest.mark.parametrize("said", [[], ["--search", ""], ["t1", "--all"], ["t1", "--search", "x"]])
def test_a_mark_that_names_nothing_or_ids_and_a_filter_is_refused(training: FakeTraining, rvbbit_cli: Run, said: list[str]) -> None:
    assert rvbbit_cli("training", "mark", *said).code == 2
    assert training.decided == []


def test_unmarking_is_a_decision_too(training: FakeTraining, rvbbit_cli: Run) -> None:
    assert rvbbit_cli("training", "unmark", "t1").out == "unmarked 1 execution\n"
    assert training.decided == [(["t1"], {"trainable": False})]


@pytest.mark.parametrize(
    ("answer", "text", "value"), [("a", "5", "5"), (True, "false", False), (0.5, "0.75", 0.75), ({"a": 1}, '{"a": 2}', {"a": 2})]
)
def test_a_correction_is_read_as_the_answers_type(training: FakeTraining, rvbbit_cli: Run, answer: Any, text: str, value: Any) -> None:
    training.rows = [execution("t1", answer)]
    assert rvbbit_cli("training", "mark", "t1", "--correct", text).code == 0
    assert training.decided[0][1]["corrected_output"] == value


def test_a_correction_that_is_not_json_shows_one_that_is(training: FakeTraining, rvbbit_cli: Run) -> None:
    training.rows = [execution("t1", True)]
    done = rvbbit_cli("training", "mark", "t1", "--correct", "yes")
    assert done.code == 2 and "true" in done.err and not training.decided


def test_undo_names_the_decision(training: FakeTraining, rvbbit_cli: Run) -> None:
    assert rvbbit_cli("training", "undo", "d1").out == "undone for 2 executions\n"
    assert rvbbit_cli("training", "undo", "d9").code == 1


def test_the_start_of_an_id_is_enough_where_it_is_the_only_one(db: Any, training: FakeTraining, rvbbit_cli: Run) -> None:
    db.ids = ("abc1", "abd2")
    assert rvbbit_cli("training", "mark", "abc", "abd2", "zzz").code == 0
    assert training.decided[0][0] == ["abc1", "abd2", "zzz"]
    done = rvbbit_cli("training", "mark", "ab")
    assert done.code == 2 and "several" in done.err and len(training.decided) == 1


def test_the_table_shows_ids_that_mark_takes(training: FakeTraining, rvbbit_cli: Run) -> None:
    training.rows = [execution("0123456789abcdef", "card_arrival")]
    assert "0123456789 |" in rvbbit_cli("training", "list").out
