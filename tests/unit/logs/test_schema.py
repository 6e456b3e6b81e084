"""Records as rows: JSON that every parser reads, and text that every store takes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import MappingProxyType

import pyarrow as pa
import pytest

from rvbbit.jsontext import to_json
from rvbbit.logs.schema import TRAINING_ANNOTATIONS, UNIFIED_LOGS, call_row, decision_row, to_table
from rvbbit.types import CallRecord, Decision

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def call(**changes: object) -> dict[str, object]:
    known = {"trace_id": "t", "timestamp": NOW, "session_id": "s", "cascade_id": "c", "cell_name": "n", "kind": "llm", "arguments": {}}
    record = CallRecord(**{**known, "cascade_fingerprint": "f", "cell_fingerprint": "g", **changes})  # type: ignore[arg-type]
    (row,) = to_table(UNIFIED_LOGS, [call_row(record)]).to_pylist()
    return dict(row)


def test_an_answer_of_null_is_an_answer_and_a_failure_has_none() -> None:
    assert call(answer=None)["answer"] == "null"
    assert call(answer=None, error="no")["answer"] is None


def test_what_was_not_sent_is_null_rather_than_json_null() -> None:
    row = call()
    assert (row["request"], row["response"]) == (None, None)


def test_duration_is_in_milliseconds() -> None:
    assert call(duration=0.25)["duration_ms"] == 250.0


@pytest.mark.parametrize(("value", "text"), [(float("nan"), '"NaN"'), (float("inf"), '"Infinity"'), ([-float("inf")], '["-Infinity"]')])
def test_numbers_json_does_not_have_become_their_names(value: object, text: str) -> None:
    assert to_json(value) == text  # type: ignore[arg-type]


def test_any_mapping_and_sequence_is_json() -> None:
    assert to_json(MappingProxyType({"a": (1, MappingProxyType({"b": float("nan")}))})) == '{"a":[1,{"b":"NaN"}]}'


def test_what_is_not_json_is_refused() -> None:
    with pytest.raises(TypeError, match="datetime"):
        to_json({"when": NOW})


def test_half_a_surrogate_pair_becomes_the_replacement_character() -> None:
    row = call(answer={"x": "ok \ud83d"}, error=None, finish_reason="\ud83d", example_ids=("a",))
    assert json.loads(str(row["answer"])) == {"x": "ok \ufffd"}
    assert row["finish_reason"] == "\ufffd"


def test_a_whole_surrogate_pair_becomes_its_character() -> None:
    assert call(finish_reason="\ud83d\ude00")["finish_reason"] == "😀"


def test_a_correction_of_none_takes_the_correction_back() -> None:
    cleared = Decision("t", "ann", NOW, "b", ("corrected_output", "tags"), tags=("\ud83d", "x"))
    (row,) = to_table(TRAINING_ANNOTATIONS, [decision_row(7, cleared)]).to_pylist()
    assert (row["seq"], row["corrected_output"], row["tags"]) == (7, None, ["\ufffd", "x"])


def test_a_value_of_the_wrong_type_is_refused_by_arrow() -> None:
    with pytest.raises(pa.ArrowException):
        call(attempt="two")


def test_no_rows_make_an_empty_table() -> None:
    assert to_table(UNIFIED_LOGS, []).num_rows == 0
