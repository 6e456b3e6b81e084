"""`rvbbit training calibration` and the judge's line under `stats`: what the engine found is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from rvbbit.engine import Bin, CellCalibration, Figures, Mistaken, Stats
from rvbbit.types import CellKey

Run = Callable[..., Any]
FOUND = CellCalibration(
    "classify",
    "label",
    "platt",
    60,
    45,
    58,
    0.041,
    0.03,
    0.062,
    0.12,
    0.8,
    (Bin(0.7, 0.8, 58, 0.75, 0.7),),
    (Mistaken("card", "card", 45), Mistaken("card", "refund", 14), Mistaken("card", None, 1)),
)
SOME = Figures(100, 0, 60, 15, 100, 0.7, 100, 0.7, 1.0, 1, 1)


@pytest.fixture
def cells(db: Any) -> dict[CellKey, Figures]:
    """The cells there are; those named to `calibration` are answered with FOUND."""
    given = {CellKey("classify", "label"): SOME}
    stats = Stats(SOME, given, scoring_cost=0.2, scoring_messages=1_000, execution_cost=4.0)
    db.training = SimpleNamespace(stats=lambda: stats, calibration=lambda *cell: FOUND)
    return given


def test_every_cell_with_verified_answers_has_a_row(cells: Any, rvbbit_cli: Run) -> None:
    told = rvbbit_cli("training", "calibration").out
    for part in ("classify.label", "60", "45", "58", "platt", "0.041", "0.030-0.062", "0.120", "0.800"):
        assert part in told


def test_one_cell_is_shown_with_its_bins_and_mistakes(cells: Any, rvbbit_cli: Run) -> None:
    told = rvbbit_cli("training", "calibration", "classify", "label").out
    for part in ("0.7-0.8", "0.750", "0.700", "refund", "14"):
        assert part in told
    assert json.loads(rvbbit_cli("training", "calibration", "classify", "label", "--json").out)["confusion"][1]["held"] == "refund"


def test_half_a_cell_is_refused(cells: Any, rvbbit_cli: Run) -> None:
    done = rvbbit_cli("training", "calibration", "classify")
    assert (done.code, "give both, or neither" in done.err) == (2, True)


def test_where_nothing_is_verified_it_says_what_to_do(cells: dict[CellKey, Figures], rvbbit_cli: Run) -> None:
    cells.clear()
    assert "rvbbit training review" in rvbbit_cli("training", "calibration").err


def test_stats_say_what_the_judge_cost_a_message_and_which_share_that_is(cells: Any, rvbbit_cli: Run) -> None:
    assert "judged 1,000 executions for $0.2000, $0.00020 each: 5.0% of what executions cost" in rvbbit_cli("training", "stats").err
