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
