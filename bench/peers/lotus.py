"""LOTUS (github.com/lotus-data/lotus) on the scenarios, by its own operators on a data frame, with its defaults."""

from __future__ import annotations

from functools import partial
from typing import Any

import lotus
import pandas as pd
from bench.peers.common import Given, Run, tell
from lotus.models import LM

WARM = "{text} is a greeting"


def prepare(scenario: str, given: Given) -> Run | str:
    """Loads the model and the frame, and asks one other question."""
    lotus.settings.configure(lm=LM(model="openai/fake", max_batch_size=given["concurrency"]))
    pd.DataFrame({"text": ["hello"]}).sem_filter(WARM)
    if scenario == "W5":
        return partial(joined, pd.DataFrame(given["abt"]), pd.DataFrame(given["buy"]))
    frame = pd.DataFrame(given.get("tickets", ()))
    runs: dict[str, Run] = {
        "W1": partial(kept, frame, given),
        "W2a": partial(kept, frame[frame.id < given["below"]], given),
        "W3": lambda: kept(frame, given)[: given["limit"]],  # a filter has no limit
        "W4": partial(mapped, frame.nsmallest(given["limit"], "id"), "What is {text} about?"),
        "W6": partial(grouped, frame),
        "W7": partial(mapped, frame, f"Which one of these labels fits {{text}} best: {', '.join(given['labels'])}?"),
        "W8": partial(ranked, frame, given),
        "W10": partial(kept, frame, given),
    }
    return runs.get(scenario, f"{scenario} has no form of its own here")


def kept(frame: Any, given: Given) -> list[list[Any]]:
    return [[id_] for id_ in frame.sem_filter(f"{{text}} is {given['criterion']}").id]


def mapped(frame: Any, question: str) -> list[list[Any]]:
    said = frame.sem_map(question, suffix="said")
    return list(map(list, zip(said.id, said.said, strict=True)))


def grouped(frame: Any) -> list[list[Any]]:
    said = frame.assign(part=frame.id % 20).sem_agg("Summarize what all {text} are about", suffix="said", group_by=["part"])
    return list(map(list, zip(said.part, said.said, strict=True)))


def ranked(frame: Any, given: Given) -> list[list[Any]]:
    return [[id_] for id_ in frame.sem_topk(f"Which {{text}} is most about {given['topic']}?", K=given["limit"]).id]


def joined(left: Any, right: Any) -> list[list[Any]]:
    both = left.rename(columns={"id": "l", "title": "one"}).sem_join(
        right.rename(columns={"id": "r", "title": "other"}), "{one:left} and {other:right} are the same product"
    )
    return list(map(list, zip(both.l, both.r, strict=True)))


if __name__ == "__main__":
    tell(prepare)
