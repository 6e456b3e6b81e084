"""DocETL (github.com/ucbepic/docetl) on the scenarios: a pipeline of one operation over a file, without its optimizer or its cache.

It counts tokens with an encoding that tiktoken fetches from the network; here one that comes with LiteLLM stands in. No prompt changes.
"""

from __future__ import annotations

import json
import os
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import litellm
import tiktoken
from bench.peers.common import Given, Run, tell
from docetl.api import Dataset, FilterOp, MapOp, Pipeline, PipelineOutput, PipelineStep

os.environ["TIKTOKEN_CACHE_DIR"] = str(Path(litellm.__file__).parent / "litellm_core_utils" / "tokenizers")
tiktoken.encoding_for_model = lambda name: tiktoken.get_encoding("cl100k_base")
FOLDER = Path(tempfile.mkdtemp(prefix="docetl"))
FORM = {"mode": "structured_output"}  # its other way is a call of a function, which the fake server has none of
ROW = "{{ input.text }}"


def prepare(scenario: str, given: Given) -> Run | str:
    """Writes the rows and asks one other question."""
    run([{"id": 0, "text": "hello"}], filtering("a greeting"), given)
    rows = given.get("tickets", [])
    kept = filtering(given["criterion"])
    labels = ", ".join(given["labels"])
    runs: dict[str, Run] = {
        "W1": partial(run, rows, kept, given),
        "W2a": partial(run, [row for row in rows if row["id"] < given["below"]], kept, given),
        "W3": partial(run, rows, filtering(given["criterion"], given["limit"]), given),
        "W7": partial(run, rows, mapping(f"Which one of these labels fits the text best: {labels}?"), given, "said"),
        "W10": partial(run, rows, kept, given),
    }
    return runs.get(scenario, f"{scenario} has no form of its own here")


def filtering(criterion: str, limit: int | None = None) -> Any:
    given = {"limit": limit} if limit else {}
    form = {**FORM, "schema": {"keep": "boolean"}}
    return FilterOp(name="op", type="filter", prompt=f"Is this {criterion}?\n{ROW}", output=form, bypass_cache=True, **given)


def mapping(question: str) -> Any:
    return MapOp(name="op", type="map", prompt=f"{question}\n{ROW}", output={**FORM, "schema": {"said": "string"}}, bypass_cache=True)


def run(rows: list[dict[str, Any]], operation: Any, given: Given, *columns: str) -> list[list[Any]]:
    source, target = FOLDER / "in.json", FOLDER / "out.json"
    source.write_text(json.dumps(rows))
    Pipeline(
        name="bench",
        datasets={"rows": Dataset(type="file", path=str(source))},
        operations=[operation],
        steps=[PipelineStep(name="step", input="rows", operations=["op"])],
        output=PipelineOutput(type="file", path=str(target), intermediate_dir=str(FOLDER / "between")),
        default_model="openai/fake",
    ).run(max_threads=given["concurrency"])
    return [[row["id"], *(row[column] for column in columns)] for row in json.loads(target.read_text())]


if __name__ == "__main__":
    tell(prepare)
