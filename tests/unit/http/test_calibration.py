"""`GET /api/training/calibration`: figures of one cell, from what was verified and scored; refused where there is no such cell."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from rvbbit.engine import Database

PATH = "/api/training/calibration"
CELL = {"cascade_id": "imported", "cell_name": "answer"}


def test_a_cell_nobody_verified_has_no_figures(http: TestClient, ids: list[str]) -> None:
    found = http.get(PATH, params=CELL).json()
    assert (found["method"], found["verified"], found["measured"], found["ece"], found["bins"]) == ("uncalibrated", 0, 0, None, [])


def test_what_people_verified_is_measured(http: TestClient, db: Database, ids: list[str]) -> None:
    db.training.mark(ids[:10], verified=True)
    db.training.mark(ids[:2], corrected_output="something else")
    db.score(free=True)
    found = http.get(PATH, params=CELL).json()
    assert (found["verified"], found["right"], found["measured"], found["method"]) == (10, 8, 10, "uncalibrated")
    assert found["low"] <= found["high"] and found["ece"] >= 0 and 0 <= found["brier"] <= 1
    assert sum(one["number"] for one in found["bins"]) == 10
    stood = [one["number"] for one in found["confusion"] if one["answer"] == one["held"]]
    assert (sum(stood), [one["held"] for one in found["confusion"] if one["answer"] != one["held"]]) == (8, ["something else"] * 2)


def test_an_unknown_cell_is_not_found(http: TestClient, ids: list[str]) -> None:
    answer = http.get(PATH, params={**CELL, "cell_name": "nothing"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("asked", [{}, {"cascade_id": "imported"}, {**CELL, "more": "x"}, {**CELL, "cell_name": ""}])
def test_a_cell_is_named_whole(http: TestClient, asked: dict[str, str]) -> None:
    assert http.get(PATH, params=asked).status_code == 422
