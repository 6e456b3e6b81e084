"""Decisions through the engine: a correction must be an answer that the execution's own arguments allow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import rvbbit
from rvbbit.engine import Database
from rvbbit.errors import TrainingError


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with rvbbit.connect(tmp_path, store=":memory:", database=":memory:", model="local:minilm") as opened:
        opened.sql("SELECT CLASSIFY('win a prize now', 'spam,ham')")
        yield opened


def test_a_correction_that_is_none_of_the_labels_is_refused_and_nothing_is_marked(db: Database) -> None:
    (row,) = db.training.examples().rows
    with pytest.raises(TrainingError, match="hamm"):
        db.training.mark([row.trace_id], trainable=True, corrected_output="hamm")
    assert db.training.stats().total.trainable == 0


def test_a_correction_that_is_one_of_the_labels_holds(db: Database) -> None:
    (row,) = db.training.examples().rows
    assert db.training.mark([row.trace_id], trainable=True, corrected_output="ham").updated == 1
    assert db.training.examples(trainable=True).rows[0].corrected_output == "ham"


def test_a_correction_by_filter_fits_every_execution_it_reaches_or_none_is_marked(db: Database) -> None:
    db.sql("SELECT CLASSIFY('where is my parcel', 'delivery,billing')")
    spam = {"label": "spam"} if db.training.examples(label="spam").rows else {"label": "ham"}
    with pytest.raises(TrainingError, match="'ham' is not one of"):
        db.training.mark(filter={"cascade_id": "classify"}, trainable=True, corrected_output="ham")
    assert db.training.stats().total.trainable == 0
    assert db.training.mark(filter=spam, trainable=True, corrected_output="ham").updated == 1
    assert [row.corrected_output for row in db.training.examples(trainable=True).rows] == ["ham"]
