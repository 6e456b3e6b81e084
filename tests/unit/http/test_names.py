"""A cascade is named, by requests and by logs from elsewhere, and a name is never a path: no file of this machine is opened for it."""

from __future__ import annotations

import json

import pytest
from starlette.testclient import TestClient

from rvbbit.engine import Database

PATHS = ("{home}/secret.yaml", "secret.yaml", "secret.yaml.yaml", "secret.yaml.yml", "{home}/secret")


@pytest.fixture(params=PATHS)
def path(request: pytest.FixtureRequest, db: Database) -> str:
    """One that a file stands behind; as a cascade it would be refused with what it says."""
    for name in ("secret.yaml", "secret"):
        (db.settings.home / name).write_text("hunter2: [")
    return str(request.param).format(home=db.settings.home)


def test_no_route_opens_a_file_for_a_name(http: TestClient, path: str) -> None:
    for asked in (
        http.get(f"/api/cascades/{path}"),
        http.post(f"/api/operators/{path}/test", json={}),
        http.post("/api/run", json={"cascade": path}),
        http.post("/api/training/evaluate", json={"cascade_id": path}),
        http.post("/api/training/race", json={"cascade_id": path}),
        http.get("/api/training/contradictions", params={"cascade_id": path, "cell_name": "x"}),
        http.post("/api/training/import", params={"cascade_id": path, "format": "jsonl", "dry_run": True}, content=b""),
    ):
        assert asked.status_code in (200, 404, 422), asked.text
        assert "expected" not in asked.text and "cascade_invalid" not in asked.text


def test_a_record_that_names_a_file_lands_with_the_others(http: TestClient, path: str) -> None:
    rows = [{"prompt": f"{path} {n}", "response": "a", "cascade_id": name} for n, name in enumerate(("one", path, "two"))]
    told = http.post("/api/training/import", params={"format": "jsonl"}, content="\n".join(map(json.dumps, rows)).encode()).json()
    assert (told["added"], told["rejected"]) == (3, 0)
    (row,) = http.get("/api/training/examples", params={"cascade_id": path}).json()["examples"]
    corrected = http.post("/api/training/mark-trainable", json={"trace_ids": [row["trace_id"]], "corrected_output": "b"})
    assert corrected.json()["updated"] == 1, corrected.text
