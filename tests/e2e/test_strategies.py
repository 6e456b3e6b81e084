"""Every strategy in every format on every store, from a decision to the bytes that a model's server receives."""

from __future__ import annotations

import itertools
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

import rvbbit
from rvbbit.cascades import builtin
from rvbbit.engine import Database
from rvbbit.testing import FakeServer, question
from rvbbit.types import Format

STRATEGIES = ("recent", "high_confidence", "random", "semantic")
STORES = ("duckdb", "clickhouse")
TEXTS = [
    f"{thing} number {place}" for place, thing in enumerate(("a kettle", "an old kettle", "a violin", "the sea", "a <b>& bear", "rain"))
]
UNAPPROVED, CORRECTED, UNLIKE = TEXTS[5], TEXTS[4], TEXTS[3]
ASKED = "one more kettle"
LIMIT = 3
TURN = {"xml": "<example>", "markdown": "## Example", "few_shot": "\nQ: "}


@pytest.fixture(scope="module", params=STORES)
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, FakeServer, Path]]:
    """Six answers logged; five approved with growing confidence, one of them corrected; the sixth was unmarked again."""
    home = tmp_path_factory.mktemp(request.param)
    database = f"t{uuid.uuid4().hex}"
    store = request.getfixturevalue("clickhouse").url(database) if request.param == "clickhouse" else str(home / "store.duckdb")
    with pytest.MonkeyPatch.context() as patch, FakeServer(answer=lambda body: True) as server:
        patch.setenv("OPENAI_BASE_URL", server.base_url)
        patch.setenv("OPENAI_API_KEY", "none")
        with rvbbit.connect(home, store=store, database=":memory:", model="openai:fake") as db:
            for text in TEXTS:
                db.sql("SELECT $text MEANS 'odd'", {"text": text})
            ids = {str(row.inputs["text"]): row.trace_id for row in db.training.examples(limit=None).rows}
            for place, text in enumerate(TEXTS):
                db.training.mark([ids[text]], trainable=True, confidence=0.5 + place / 20)
            db.training.mark([ids[CORRECTED]], corrected_output=False)
            db.training.mark([ids[UNAPPROVED]], trainable=False)
            yield db, server, home


def learning(home: Path, strategy: str, form: str) -> None:
    source = (Path(builtin.__path__[0]) / "means.cascade.yaml").read_text("utf-8")
    said = f"use_training: true\n    training_strategy: {strategy}\n    training_format: {form}\n    training_limit: {LIMIT}"
    (home / "cascades").mkdir(exist_ok=True)
    (home / "cascades" / "means.cascade.yaml").write_text(source.replace("use_training: true", said), "utf-8")


def shown(body: Any, form: str) -> list[str]:
    """The texts of the examples in a request, in order."""
    before = body["messages"][:-1]
    if form == "chat":
        assert [one["role"] for one in before] == ["system", *["user", "assistant"] * (len(before) // 2)]
        found = [str(one["content"]) for one in before if one["role"] == "user"]
    else:
        assert [one["role"] for one in before] == ["system"]
        found = str(before[0]["content"]).split(TURN[form])[1:]
    plain = [one.replace("&lt;", "<").replace("&amp;", "&") for one in found]
    return [next(text for text in [*TEXTS, ASKED] if text in one) for one in plain]


@pytest.mark.parametrize(("strategy", "form"), list(itertools.product(STRATEGIES, get_args(Format))))
def test_the_request_holds_exactly_the_examples_that_the_strategy_chooses(project: Any, strategy: str, form: str) -> None:
    db, server, home = project
    learning(home, strategy, form)
    result = db.sql(f"SELECT x MEANS 'odd' FROM (VALUES ('{ASKED}'), ('{TEXTS[0]}')) t(x)")
    assert f"📚 Injected {LIMIT} training examples ({strategy} strategy)" in [notice.message for notice in result.notices]
    new, own = (next(body for body in reversed(server.requests) if text in question(body)) for text in (ASKED, TEXTS[0]))
    for body in (new, own):
        texts = shown(body, form)
        assert len(texts) == len(set(texts)) == LIMIT
        assert UNAPPROVED not in str(body), "nobody approves it now"
    chosen = shown(new, form)
    if strategy in ("recent", "high_confidence"):
        assert chosen == TEXTS[2:5]
        answers = re.findall(r"true|false", str([one["content"] for one in new["messages"][:-1]]).split(chosen[0])[1])
        assert answers[:3] == ["true", "true", "false"], "the correction, not what the model said"
    if strategy == "semantic":
        assert set(TEXTS[:2]) <= set(chosen) and chosen[-1] in TEXTS[:2], "the nearest last"
    assert TEXTS[0] not in shown(own, form), "never its own answer"
    query = "SELECT example_ids, set_version FROM rvbbit.unified_logs WHERE source = 'sql' ORDER BY timestamp DESC LIMIT 2"
    for ids, version in db.sql(query).fetchall():
        assert len(ids) == LIMIT and version, "the answer cites them"
