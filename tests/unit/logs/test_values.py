"""What stores make of the rows they read."""

from __future__ import annotations

from typing import Any

from rvbbit.logs import values


def row(trace_id: str) -> dict[str, Any]:
    told = {"cascade_id": "c", "cell_name": "m", "arguments": "{}", "answer": "true", "probability": None, "finish_reason": "stop"}
    return {"trace_id": trace_id, **told, "logprobs": None, "others": None, "held": "true", "right": None, "again": False}


def test_an_execution_that_went_between_two_reads_is_left_out_of_what_is_to_be_scored() -> None:
    assert [one.trace_id for one in values.scorables(["c", "gone", "a"], [], [row("a"), row("c")])] == ["c", "a"]
