"""Palimpzest (github.com/mitdbg/palimpzest) on the scenarios: a data set with a step by a model, its plans for one model, for speed.

0.7.21 is the newest that runs on Python 3.11: 0.8 and 0.9 take `TypeAliasType` from `typing`, which 3.12 put there, and 1.0 asks for 3.12.
It asks about one row a prompt, alike or not, and has no batch to set and no cache. Of its ways to run a plan, the one that works on all
rows of a step at once is the faster; under a limit the one that hands rows on as they come stops early. What asks more than once
about a row is off. The model's name is one that it knows; the fake server takes any.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
from bench.peers.common import Given, Run, tell
from palimpzest import Dataset, MinTime, QueryProcessorConfig
from palimpzest.constants import Model

ONCE = ("allow_rag_reduction", "allow_mixtures", "allow_critic", "allow_code_synth", "allow_split_merge")


def prepare(scenario: str, given: Given) -> Run | str:
    """Loads the frame and asks one other question."""
    if "tickets" not in given:
        return "it has no join by meaning"
    frame, limit = pd.DataFrame(given["tickets"]).rename(columns={"id": "row"}), given["limit"]  # its records have an id of their own
    told(filtered(frame[:1], "a greeting"), given)
    kept = filtered(frame, given["criterion"])
    asked = f"Which one of these labels fits the text best: {', '.join(given['labels'])}"
    runs: dict[str, Run] = {
        "W1": partial(told, kept, given),
        "W2a": partial(told, filtered(Dataset(frame).filter(below(given["below"]), depends_on=["row"]), given["criterion"]), given),
        "W2b": partial(told, kept.filter(below(given["below"]), depends_on=["row"]), given),
        "W3": partial(told, kept.limit(limit), given, way="parallel"),
        "W4": partial(told, mapped(frame.nsmallest(limit, "row"), "What the text is about"), given, "said"),
        "W7": partial(told, mapped(frame, asked), given, "said"),
        "W10": partial(told, kept, given),
    }
    return runs.get(scenario, f"{scenario} has no form of its own here")


def below(bound: int) -> Any:
    """A predicate with a name, which a plan wants."""

    def smaller(row: dict[str, Any]) -> bool:
        return bool(row["row"] < bound)

    return smaller


def filtered(rows: Any, criterion: str) -> Any:
    source = rows if isinstance(rows, Dataset) else Dataset(rows)
    return source.sem_filter(f"The text is {criterion}", depends_on=["text"])


def mapped(rows: Any, asked: str) -> Any:
    return Dataset(rows).sem_add_columns([{"name": "said", "desc": asked, "type": str}], depends_on=["text"])


def told(data: Any, given: Given, *columns: str, way: str = "sequential_parallel") -> list[list[Any]]:
    plan = QueryProcessorConfig(
        policy=MinTime(),
        available_models=[Model.GPT_4o_MINI],
        execution_strategy=way,
        max_workers=given["concurrency"],
        progress=False,
        **dict.fromkeys(ONCE, False),
    )
    return [[getattr(row, column) for column in ("row", *columns)] for row in data.run(plan)]


if __name__ == "__main__":
    tell(prepare)
