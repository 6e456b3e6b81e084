"""Palimpzest (github.com/mitdbg/palimpzest) on the scenarios: `sem_filter`, `sem_map` and `limit` on one model, its parallel execution."""

from __future__ import annotations

from functools import partial
from typing import Any

import palimpzest as pz
from bench.peers.common import Given, Run, tell
from palimpzest.constants import Model


def prepare(scenario: str, given: Given) -> Run | str:
    """Asks one other question."""
    settings = pz.QueryProcessorConfig(
        policy=pz.MinCost(),
        available_models=[Model.GPT_4o_MINI],
        max_workers=given["concurrency"],
        progress=False,
        allow_mixtures=False,
        allow_critic=False,
        allow_rag_reduction=False,
    )
    asked = f"The text is {given['criterion']}"
    ran(data([{"id": 0, "text": "hello"}]).sem_filter("The text is a greeting", depends_on=["text"]), settings)
    if "tickets" not in given:
        return "not written"
    rows = data(given["tickets"])
    few = data([row for row in given["tickets"] if row["id"] < given["below"]])
    runs: dict[str, Run] = {
        "W1": partial(ran, rows.sem_filter(asked, depends_on=["text"]), settings),
        "W2a": partial(ran, few.sem_filter(asked, depends_on=["text"]), settings),
        "W3": partial(ran, rows.sem_filter(asked, depends_on=["text"]).limit(given["limit"]), settings),
        "W10": partial(ran, rows.sem_filter(asked, depends_on=["text"]), settings),
    }
    return runs.get(scenario, f"{scenario} has no form of its own here")


def data(rows: list[dict[str, Any]]) -> Any:
    fields = [{"name": "id", "type": int, "desc": "the row's id"}, {"name": "text", "type": str, "desc": "what is judged"}]
    return pz.MemoryDataset(id="rows", vals=rows, schema=fields)


def ran(plan: Any, settings: Any) -> list[list[Any]]:
    return [[record.id] for record in plan.run(settings)]


if __name__ == "__main__":
    tell(prepare)
