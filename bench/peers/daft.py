"""Daft (github.com/Eventual-Inc/Daft) on the scenarios: its `prompt` expression on a data frame, with structured output for a filter."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

import daft
from bench.peers.common import Given, Run, tell
from daft.ai.openai.provider import OpenAIProvider
from daft.functions.ai import prompt
from pydantic import BaseModel


class Verdict(BaseModel):
    """What a filter answers with."""

    answer: bool


def prepare(scenario: str, given: Given) -> Run | str:
    """Loads the frame and asks one other question."""
    model = {
        "provider": OpenAIProvider(base_url=os.environ["OPENAI_BASE_URL"], api_key="sk-none"),
        "model": "fake",
        "use_chat_completions": True,
    }
    daft.from_pydict({"text": ["hello"]}).with_column(
        "said", prompt(daft.col("text"), system_message="Is it a greeting?", **model)
    ).collect()
    if "tickets" not in given:
        return "it has no join by meaning"
    frame = daft.from_pylist(given["tickets"])
    asked = f"Is the text {given['criterion']}?"
    runs: dict[str, Run] = {
        "W1": partial(kept, frame, asked, model),
        "W2a": partial(kept, frame.where(daft.col("id") < given["below"]), asked, model),
        "W3": partial(kept, frame, asked, model, given["limit"]),
        "W7": partial(mapped, frame, f"Which one of these labels fits the text best: {', '.join(given['labels'])}?", model),
        "W10": partial(kept, frame, asked, model),
    }
    return runs.get(scenario, f"{scenario} has no form of its own here")


def kept(frame: Any, asked: str, model: dict[str, Any], limit: int | None = None) -> list[list[Any]]:
    said = frame.with_column("said", prompt(daft.col("text"), return_format=Verdict, system_message=asked, **model))
    rows = said.where(daft.col("said")["answer"]).select("id")
    return [[row["id"]] for row in (rows if limit is None else rows.limit(limit)).to_pylist()]


def mapped(frame: Any, asked: str, model: dict[str, Any]) -> list[list[Any]]:
    said = frame.with_column("said", prompt(daft.col("text"), system_message=asked, **model))
    return [[row["id"], row["said"]] for row in said.select("id", "said").to_pylist()]


if __name__ == "__main__":
    tell(prepare)
