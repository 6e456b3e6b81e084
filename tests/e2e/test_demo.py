"""The demo for real: the whole circle on BANKING77 with the embedded model."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rvbbit.datasets import banking77


@pytest.fixture(scope="module")
def figures(rvbbit_in: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    done = rvbbit_in(tmp_path_factory.mktemp("demo"))("demo", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_what_was_curated_makes_held_out_answers_better(figures: Any) -> None:
    assert figures["before"]["accuracy"] >= 0.60
    assert figures["after"]["accuracy"] >= 0.84


def test_ten_a_label_are_curated_and_every_held_out_row_is_measured(figures: Any) -> None:
    _, test, labels = banking77()
    assert figures["examples"] == 10 * len(labels) and 0 < figures["corrected"] < figures["examples"]
    assert figures["before"]["rows"] == figures["after"]["rows"] == test.num_rows


def test_marking_asks_again_and_asking_again_costs_nothing(figures: Any) -> None:
    assert figures["before"]["calls"] == figures["after"]["calls"] > figures["before"]["rows"]
    assert (figures["again"]["calls"], figures["again"]["cached"]) == (0, figures["after"]["calls"])
    assert figures["again"]["accuracy"] == figures["after"]["accuracy"]


def test_the_console_line_is_said(figures: Any) -> None:
    assert any(line.startswith(f"📚 Injected {figures['examples']} training examples (") for line in figures["notices"])
