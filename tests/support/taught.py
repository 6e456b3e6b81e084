"""A project whose sets are worth looking at: one version that helps, a newer one of wrong answers that does harm, and why each is there."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import rvbbit
from rvbbit import datasets
from rvbbit.engine import Database
from support.browser import project

LABELS = ["card_arrival", "lost_or_stolen_card", "exchange_rate", "pin_blocked", "top_up_failed", "card_not_working"]
LOCAL = "local:minilm"
EACH = 40
ASKED = f"-- @ model: {LOCAL}\nSELECT text, CLASSIFY(text, '{','.join(LABELS)}') FROM q"


def make(home: Path) -> Path:
    """240 questions of six intents, answered by the local model: 60 taught right, then 90 more taught wrong; 150 verified."""
    project(home)
    train, _, _ = datasets.banking77()
    parts = [train.filter(pc.equal(train["label"], label)).slice(0, EACH) for label in LABELS]
    rows = pa.concat_tables(parts)
    (home / "data").mkdir(exist_ok=True)
    pq.write_table(rows.select(["text"]), home / "data" / "q.parquet")
    truth = dict(zip(rows["text"].to_pylist(), rows["label"].to_pylist(), strict=True))
    with rvbbit.connect(home) as db:
        db.sql(f"CREATE TABLE q AS SELECT * FROM '{home}/data/q.parquet'")
        db.sql(ASKED)
        found = {row.inputs["text"]: row.trace_id for row in db.training.examples(cascade_id="classify", limit=None).rows}
        texts = [text for place in range(EACH) for text in list(truth)[place::EACH]]
        _teach(db, found, {text: truth[text] for text in texts[:150]}, verified=True)
        db.training.mark([found[text] for text in texts[:60]], trainable=True)
        db.sql(ASKED + " LIMIT 1")
        scope = {"labels": LABELS}
        db.training.sets.evaluate("classify", scope=scope, model=LOCAL)  # type: ignore[arg-type]
        wrong = {text: LABELS[(LABELS.index(truth[text]) + 1) % len(LABELS)] for text in texts[150:240]}
        _teach(db, found, wrong, trainable=True)
        db.sql(ASKED + " LIMIT 1")
        harmful = db.training.sets.evaluate("classify", scope=scope, model=LOCAL)  # type: ignore[arg-type]
        db.score(free=True)
        assert harmful.found.harm, harmful.found.gains
    return home


def _teach(db: Database, found: dict[str, str], answers: dict[str, str], **decided: bool) -> None:
    for label in LABELS:
        traces = [found[text] for text, answer in answers.items() if answer == label]
        db.training.mark(traces, corrected_output=label, **decided)
