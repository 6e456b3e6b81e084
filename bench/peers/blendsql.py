"""BlendSQL (github.com/parkervg/blendsql) on the scenarios: one of its queries over data frames, with its optimizations, as is its default.

It asks about one value a prompt and has no size of a batch to set; what it has for speed is how many calls it makes at once, here the
bench's number. Its cache of answers on disk begins empty and is off but for W9, which is about nothing else. It has no aggregate over
groups; SQL's own puts a group's texts together and one question is asked about each. W8 orders by a number for each text. Its model
for OpenAI's servers is taken; the one for vLLM would send a grammar with each request.
"""

from __future__ import annotations

import os
import tempfile
from functools import partial
from typing import Any

os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="blendsql")  # read at import

import pandas as pd
from bench.peers.common import Given, Run, tell
from blendsql import BlendSQL, config
from blendsql.models import OpenAI

GROUPS = "(SELECT id % 20 AS part, string_agg(text, ' | ') AS texts FROM tickets GROUP BY 1)"


def prepare(scenario: str, given: Given) -> Run | str:
    """Loads the tables and asks one other question."""
    config.set_async_limit(given["concurrency"])
    found = query(scenario, given)
    if found is None:
        return f"{scenario} has no form of its own here"
    tables = {name: pd.DataFrame(given[name]) for name in ("tickets", "abt", "buy") if name in given}
    blend = BlendSQL({**tables, "warm": pd.DataFrame({"id": [0], "text": ["hello"]})})
    rows(blend, "SELECT id FROM warm w WHERE {{LLMMap('Is it a greeting?', w.text)}} = TRUE", OpenAI("fake"))
    if scenario == "W9":
        rows(blend, found, OpenAI("fake", caching=True))
    return partial(rows, blend, found, OpenAI("fake", caching=scenario == "W9"))


def query(scenario: str, given: Given) -> str | None:
    """A scenario as BlendSQL's SQL, None where it has no form for it."""
    kept = f"{{{{LLMMap('Is the text {given['criterion']}?', t.text)}}}} = TRUE"
    first = f"(SELECT id, text FROM tickets ORDER BY id LIMIT {given['limit']})"
    labels = ", ".join(f"'{label}'" for label in given["labels"])
    score = f"{{{{LLMMap('From 0 to 1, how much is the text about {given['topic']}?', t.text, return_type='float')}}}}"
    same = "{{LLMJoin(l.title, r.title, join_criteria='Join to the same product.')}}"
    w1 = f"SELECT id FROM tickets t WHERE {kept}"
    return {
        "W1": w1,
        "W2a": f"SELECT id FROM tickets t WHERE id < {given['below']} AND {kept}",
        "W2b": f"SELECT id FROM tickets t WHERE {kept} AND id < {given['below']}",
        "W3": f"{w1} LIMIT {given['limit']}",
        "W4": f"WITH t AS {first} SELECT t.id, {{{{LLMMap('What is it about?', t.text)}}}} AS said FROM t",
        "W5": f"SELECT l.id AS one, r.id AS other FROM abt l JOIN buy r ON {same}",
        "W6": f"WITH g AS {GROUPS} SELECT g.part, {{{{LLMMap('Summarize what all of the texts are about', g.texts)}}}} AS said FROM g",
        "W7": f"SELECT id, {{{{LLMMap('Which label fits the text best?', t.text, options=({labels}))}}}} AS said FROM tickets t",
        "W8": f"SELECT id FROM tickets t ORDER BY {score} DESC LIMIT {given['limit']}",
        "W9": w1,
        "W10": w1,
    }.get(scenario)


def rows(blend: Any, asked: str, model: Any) -> list[list[Any]]:
    """Each query has a model of its own: its client's connections end with the event loop of the query that made them."""
    return [list(row) for row in blend.execute(asked, model=model).pl().rows()]


if __name__ == "__main__":
    tell(prepare)
